"""Rows of segments, sorted and not, also of chosen rows; of sets, and of sparse tensors."""

import numpy as np
from scipy import special

from .row import classes, normal, positive, row

f32, f64, i32, i64 = np.float32, np.float64, np.int32, np.int64


def vector(*numbers, kind=i32):
    return np.array(numbers, kind)


def each(function, start, size=None):
    """`function` of the rows of each segment, `start` where there are none."""

    def meaning(x, ids, number=None):
        n = int(ids.max()) + 1 if number is None else int(number)
        tail = x.shape[ids.ndim :]
        parts = [x[ids == k] for k in range(n)]
        return np.stack([function(p, axis=0) if len(p) else np.full(tail, start) for p in parts]).astype(x.dtype)

    return meaning


_IDS = vector(0, 0, 2, 2, 2)
_WAYS = {"Sum": (np.sum, 0), "Mean": (np.mean, 0), "Max": (np.max, 0), "Min": (np.min, 0), "Prod": (np.prod, 1)}
for _name, (_way, _start) in _WAYS.items():
    row(f"Segment{_name}", [positive(5, 3), vector(0, 0, 1, 1, 1)], each(_way, _start))
    row(f"Segment{_name}", [positive(5, kind=f64), _IDS.astype(i64)], each(_way, _start), second=False)  # 0 / 0 for none
_LEAST = {"Sum": 0, "Prod": 1, "Max": np.finfo(f32).min, "Min": np.finfo(f32).max}
for _name, _start in _LEAST.items():
    row(f"UnsortedSegment{_name}", [positive(5, 3), vector(3, 0, 3, 1, -1), i32(4)], each(_WAYS[_name][0], _start), slopes=())
    row(f"UnsortedSegment{_name}", [positive(5, 3), vector(1, 0, 1, 2, -1), i32(3)], each(_WAYS[_name][0], _start))
    row(f"UnsortedSegment{_name}", [positive(2, 2, 3), np.array([[1, 0], [1, 1]], i64), i32(2)], each(_WAYS[_name][0], _start))


def _root(x, axis):
    return x.sum(axis) / np.sqrt(len(x))


_CHOSEN = {"Sum": np.sum, "Mean": np.mean, "SqrtN": _root}
for _name, _way in _CHOSEN.items():
    _at = [vector(3, 0, 3, 1), vector(0, 0, 1, 3)]
    row(f"SparseSegment{_name}", [normal(5, 2), *_at], lambda x, i, s, f=_way: each(f, 0)(x[i], s))
    row(
        f"SparseSegment{_name}WithNumSegments",
        [normal(5, 2), _at[0].astype(i64) if _name == "Sum" else _at[0], _at[1], i32(6)],
        lambda x, i, s, n, f=_way: each(f, 0)(x[i], s, n),
    )
    if _name == "Sum":
        continue
    _power = 1.0 if _name == "Mean" else 0.5

    def _slope(dy, at, ids, n, power=_power):
        out = np.zeros((int(n), *dy.shape[1:]), dy.dtype)
        np.add.at(out, at, dy[ids] / np.bincount(ids)[ids][:, None] ** power)
        return out

    row(f"SparseSegment{_name}Grad", [normal(4, 2), *_at, i32(5)], _slope)

# --- sparse tensors: indices in order, values, shape ------------------------------------------------------


def sparse(x):
    """(indices, values, shape) of what isn't 0."""
    at = np.argwhere(x).astype(i64)
    return [at, x[tuple(at.T)], np.array(x.shape, i64)]


def dense(at, values, dims):
    out = np.zeros(tuple(int(d) for d in dims), values.dtype)
    out[tuple(at.T)] = values
    return out


def some(*dims):
    """Normal numbers, about half of them 0."""
    x = normal(*dims)
    x[np.abs(x) < 0.6] = 0
    x[(0,) * len(dims)] = 1
    return x


_S = some(4, 5)
row("SparseToDense", [sparse(_S)[0], sparse(_S)[2], sparse(_S)[1], f32(0)], lambda i, d, v, x: dense(i, v, d), slopes=(2,))
row(
    "SparseToDense",
    [vector(0, 3), vector(5), f32(2), f32(-1)],
    lambda i, d, v, x: np.where(np.isin(np.arange(5), i), v, x),
    slopes=(),
)
row("SparseTensorDenseAdd", [*sparse(_S), normal(4, 5)], lambda i, v, d, y: dense(i, v, d) + y)
for _a, _b in ((False, False), (True, False), (False, True)):
    row(
        "SparseTensorDenseMatMul",
        [*sparse(_S), normal(*((4, 3) if _a else (3, 5) if _b else (5, 3)))],
        lambda i, v, d, y, a=_a, b=_b: (dense(i, v, d).T if a else dense(i, v, d)) @ (y.T if b else y),
        adjoint_a=_a,
        adjoint_b=_b,
    )
row("SparseReduceSum", [*sparse(_S), vector(1)], lambda i, v, d, a: dense(i, v, d).sum(1))
row("SparseReduceSum", [*sparse(_S), vector(-2)], lambda i, v, d, a: dense(i, v, d).sum(0, keepdims=True), keep_dims=True)
_P = np.abs(_S)
row("SparseReduceMax", [*sparse(_P), vector(1)], lambda i, v, d, a: dense(i, v, d).max(1))
for _op, _way in (("Sum", np.sum), ("Max", np.max)):
    row(f"SparseReduce{_op}Sparse", [*sparse(_P), vector(1)], lambda i, v, d, a, f=_way: tuple(sparse(f(dense(i, v, d), 1))))
row("SparseReorder", [sparse(_S)[0][::-1].copy(), sparse(_S)[1][::-1].copy(), sparse(_S)[2]], lambda i, v, d: (i[::-1], v[::-1]))
row(
    "SparseReshape",
    [sparse(_S)[0], sparse(_S)[2], vector(2, -1, kind=i64)],
    lambda i, d, n: (np.argwhere(_S.reshape(2, 10)), vector(2, 10)),
)
row(
    "SparseSlice",
    [*sparse(_S), vector(1, 0, kind=i64), vector(2, 4, kind=i64)],
    lambda i, v, d, b, n: tuple(sparse(dense(i, v, d)[1:3, :4])),
)
row("SparseConcat", [[sparse(_S)[0], sparse(_P)[0]], [sparse(_S)[1], sparse(_P)[1]], [sparse(_S)[2]] * 2], lambda i, v, d: tuple(sparse(np.concatenate([_S, _P], 1))), concat_dim=1, slopes=())  # fmt: skip
row("SparseAdd", [*sparse(_S), *sparse(_P), f32(0)], lambda i, v, d, j, w, e, t: _union(i, v, d, j, w, np.add), slopes=())
for _op, _way in (("Maximum", np.maximum), ("Minimum", np.minimum)):
    row(
        f"SparseSparse{_op}",
        [*sparse(_S), *sparse(some(4, 5))],
        lambda i, v, d, j, w, e, f=_way: _union(i, v, d, j, w, f)[:2],
        slopes=(),
    )
for _op, _way in (("Add", np.add), ("Mul", np.multiply), ("Div", np.divide)):
    row(f"SparseDenseCwise{_op}", [*sparse(_S), positive(4, 5)], lambda i, v, d, y, f=_way: f(v, y[tuple(i.T)]), slopes=())


def _union(i, v, d, j, w, way):
    at = np.argwhere((dense(i, np.ones(len(i)), d) + dense(j, np.ones(len(j)), d)) > 0)
    return at, way(dense(i, v, d), dense(j, w, d))[tuple(at.T)], d


def _softmax(at, values, dims):
    full = np.full(tuple(dims), -np.inf, values.dtype)
    full[tuple(at.T)] = values
    return special.softmax(full, -1)[tuple(at.T)]


_ROWS = _S.copy()
_ROWS[:, 2] = 1
row("SparseSoftmax", sparse(_ROWS), _softmax, slopes=(1,), second=False)


def _filled(at, values, dims, value):
    empty = np.array([r not in at[:, 0] for r in range(dims[0])])
    rows = [(r, c, v, k) for k, ((r, c), v) in enumerate(zip(at.tolist(), values.tolist(), strict=True))]
    rows += [(r, 0, float(value), None) for r in np.flatnonzero(empty)]
    rows.sort(key=lambda x: x[:2])
    where = [k for k, x in enumerate(rows) if x[3] is not None]
    return np.array([x[:2] for x in rows]), np.array([x[2] for x in rows], values.dtype), empty, np.array(where)


_GAPS = _S.copy()
_GAPS[2] = 0
row("SparseFillEmptyRows", [*sparse(_GAPS), f32(7)], _filled, slopes=())
row(
    "SparseFillEmptyRowsGrad",
    [vector(0, 2, kind=i64), normal(4)],
    lambda at, dy: (dy[at], dy.sum() - dy[at].sum()),
)
row("SparseSplit", [i64(1), *sparse(some(3, 4))], lambda k, i, v, d: _parts(dense(i, v, d)), num_split=2, slopes=())


def _parts(x):
    halves = [sparse(h) for h in np.split(x, 2, 1)]
    return [*[h[0] for h in halves], *[h[1] for h in halves], *[h[2] for h in halves]]


# --- sets: of the last dimension --------------------------------------------------------------------------


def _set(way):
    def meaning(x, y):
        made = [sorted(way(set(a), set(b))) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
        at = [(r, k) for r, one in enumerate(made) for k in range(len(one))]
        return (
            np.array(at).reshape(-1, 2),
            np.array([v for one in made for v in one], x.dtype),
            np.array([len(made), max(map(len, made))]),
        )

    return meaning


_SETS = [np.array([[1, 2, 2], [3, 4, 5]], i32), np.array([[2, 9], [4, 3]], i32)]
for _name, _way in {
    "a-b": lambda a, b: a - b,
    "b-a": lambda a, b: b - a,
    "intersection": lambda a, b: a & b,
    "union": lambda a, b: a | b,
}.items():
    row("DenseToDenseSetOperation", _SETS, _set(_way), set_operation=_name)
    _full = sparse(_SETS[1])
    row(
        "DenseToSparseSetOperation",
        [_SETS[0], *_full],
        lambda x, i, v, d, f=_set(_way): f(x, dense(i, v, d)),
        set_operation=_name,
    )
    row(
        "SparseToSparseSetOperation",
        [*sparse(_SETS[0]), *_full],
        lambda i, v, d, j, w, e, f=_set(_way): f(dense(i, v, d), dense(j, w, e)),
        set_operation=_name,
    )
row("SetSize", sparse(_SETS[0]), lambda i, v, d: np.array([len(set(r)) for r in dense(i, v, d).tolist()]))

# --- searching, unravelling -------------------------------------------------------------------------------

_SORTED = np.sort(classes(2, 6, below=9), -1)
for _op, _side in (("LowerBound", "left"), ("UpperBound", "right")):
    row(
        _op,
        [_SORTED, classes(2, 4, below=9)],
        lambda x, v, s=_side: np.stack([np.searchsorted(a, b, s) for a, b in zip(x, v, strict=True)]),
    )
row("UnravelIndex", [vector(5, 11, 0), vector(3, 4)], lambda i, d: np.stack(np.unravel_index(i, (3, 4))))
row("EnsureShape", [normal(2, 3)], np.copy, shape=(2, None))
row("ParallelConcat", [[normal(1, 3), normal(1, 3)]], lambda xs: np.concatenate(xs), shape=(2, 3), slopes=())
row("Bitcast", [normal(2, 3)], lambda x: x.view(i32), type=i32)
row("Bitcast", [normal(2, 2)], lambda x: x.view(f64)[:, 0], type=f64, slopes=())
row("GuaranteeConst", [normal(2, 3)], np.copy, slopes=())


def _slice_slope(dy, at, start, out):
    there = {tuple(o): g for o, g in zip(out.tolist(), dy.tolist(), strict=True)}
    return np.array([there.get(tuple(a), 0) for a in (at - start).tolist()], dy.dtype)


_CUT = sparse(_S[1:3, :4])[0]
row("SparseSliceGrad", [normal(len(_CUT)), sparse(_S)[0], vector(1, 0, kind=i64), _CUT], _slice_slope)


def _add_slope(dy, a, b, total):
    there = {tuple(o): g for o, g in zip(total.tolist(), dy.tolist(), strict=True)}
    return tuple(np.array([there.get(tuple(k), 0) for k in at.tolist()], dy.dtype) for at in (a, b))


_OTHER = some(4, 5)
_BOTH = np.argwhere((_S != 0) | (_OTHER != 0)).astype(i64)
row("SparseAddGrad", [normal(len(_BOTH)), sparse(_S)[0], sparse(_OTHER)[0], _BOTH], _add_slope)
