"""Rows of ops that move elements: shapes, joins, slices, gathers, pads, partitions."""

import numpy as np

from .row import classes, ints, normal, positive, row

f32, f64, i32, i64, c64 = np.float32, np.float64, np.int32, np.int64, np.complex64
_FLAGS = np.array([[True, False, True], [False, True, True]])


def vector(*numbers, kind=i32):
    return np.array(numbers, kind)


# --- shapes -----------------------------------------------------------------------------------------------

row("Shape", [normal(2, 0, 3)], lambda x: vector(2, 0, 3))
row("Shape", [ints(2)], lambda x: vector(2, kind=i64), out_type=i64)
row("ShapeN", [[normal(2, 3), normal()]], lambda xs: [vector(2, 3), np.zeros(0, i32)])
row("Size", [normal(2, 3)], lambda x: i32(6))
row("Size", [normal(0, 3)], lambda x: i64(0), out_type=i64)
row("Rank", [normal(2, 3)], lambda x: i32(2))
row("Reshape", [normal(2, 3), vector(3, -1)], lambda x, s: x.reshape(3, 2))
row("Reshape", [normal(1, 1), np.zeros(0, i32)], lambda x, s: x.reshape(()))
row("Reshape", [ints(0, 3), vector(3, 0, 2, kind=i64)], lambda x, s: x.reshape(3, 0, 2))
row("ExpandDims", [normal(2, 3), i32(1)], lambda x, d: x[:, None])
row("ExpandDims", [normal(2, 3), i64(-1)], lambda x, d: x[..., None])
row("Squeeze", [normal(1, 2, 1)], np.squeeze)
row("Squeeze", [normal(1, 2, 1)], lambda x: x[..., 0], squeeze_dims=[-1])
row("Transpose", [normal(2, 3, 4), vector(2, 0, 1)], np.transpose)
row("Transpose", [normal(3), vector(0, kind=i64)], np.transpose)
row("ConjugateTranspose", [(normal(2, 3) + 1j * normal(2, 3)).astype(c64), vector(1, 0)], lambda x, p: np.conj(x.T))
row("InvertPermutation", [vector(2, 0, 3, 1)], np.argsort)
row("BroadcastTo", [normal(2, 1), vector(4, 2, 3)], lambda x, s: np.broadcast_to(x, (4, 2, 3)))
row("BroadcastTo", [normal(), vector(0, 3, kind=i64)], lambda x, s: np.broadcast_to(x, (0, 3)), slopes=())
row("BroadcastArgs", [vector(2, 1, 3), vector(4, 1)], lambda x, y: vector(2, 4, 3))
row("BroadcastGradientArgs", [vector(2, 1, 3), vector(4, 1)], lambda x, y: (vector(1), vector(0, 2)))
row("BroadcastGradientArgs", [vector(2, 3, kind=i64), vector(2, 3, kind=i64)], lambda x, y: (vector(), vector()))
row("Tile", [normal(2, 3), vector(2, 1)], np.tile)
row("Tile", [ints(2, 1), vector(0, 3, kind=i64)], np.tile)
for _from, _to in (
    (f32, i32), (f32, f64), (i32, f32), (i32, np.int8), (i64, bool), (bool, f32), (f32, np.uint8), (f32, np.float16),
):  # fmt: skip
    row(
        "Cast",
        [positive(2, 3).astype(_from) * _from(2)],
        lambda x, t=_to: x.astype(t),
        DstT=_to,
        slopes=None if _to in (f64, c64) else (),
    )
row("Cast", [np.array([-2.9, 2.9, 0.0], f32)], lambda x: vector(-2, 2, 0, kind=i64), DstT=i64, slopes=())
row("Cast", [(normal(3) + 1j * normal(3)).astype(c64)], np.real, DstT=f32, slopes=())

# --- made of nothing --------------------------------------------------------------------------------------

row("Fill", [vector(2, 3), f32(1.5)], lambda s, v: np.full((2, 3), v))
row("Fill", [vector(0, 2, kind=i64), i32(7)], lambda s, v: np.full((0, 2), v))
row("ZerosLike", [normal(2, 3)], np.zeros_like, slopes=())
row("OnesLike", [ints(2, 3)], np.ones_like)
row("OnesLike", [normal(2, 0)], np.ones_like, slopes=())
row("Range", [i32(2), i32(11), i32(3)], lambda a, b, c: np.arange(2, 11, 3, i32))
row("Range", [f32(1), f32(0), f32(-0.25)], lambda a, b, c: np.arange(1, 0, -0.25, f32), slopes=())
row("Range", [i64(3), i64(3), i64(1)], lambda a, b, c: np.zeros(0, i64))
row("LinSpace", [f32(1), f32(4), i32(4)], lambda a, b, n: np.linspace(1, 4, 4), slopes=())
row("LinSpace", [f64(1), f64(4), i64(1)], lambda a, b, n: np.ones(1), slopes=())
row("OneHot", [vector(0, 2, -1, 5), i32(3), f32(5), f32(-1)], lambda i, n, a, b: np.where(i[:, None] == np.arange(3), a, b))
row(
    "OneHot",
    [classes(2, 3, below=4, kind=i64), i32(4), i32(1), i32(0)],
    lambda i, n, a, b: np.moveaxis(np.eye(4, dtype=i32)[i], -1, 0),
    axis=0,
)
row(
    "OneHot",
    [classes(2, below=3).astype(np.uint8), i32(3), np.array(True), np.array(False)],
    lambda i, n, a, b: np.eye(3, dtype=bool)[i],
)

# --- passed on --------------------------------------------------------------------------------------------

row("Identity", [normal(2, 3)], np.copy)
row("IdentityN", [[normal(2), ints(3)]], lambda xs: xs)
row("StopGradient", [normal(2, 3)], np.copy, slopes=())
row("PreventGradient", [normal(2, 3)], np.copy, slopes=())
row("PlaceholderWithDefault", [normal(2, 3)], np.copy, shape=(2, None))
row("CheckNumerics", [normal(2, 3)], np.copy, message="finite")

# --- joined and split -------------------------------------------------------------------------------------

row("ConcatV2", [[normal(2, 3), normal(2, 1)], i32(1)], lambda xs, a: np.concatenate(xs, 1))
row(
    "ConcatV2", [[normal(0, 3), normal(2, 3), normal(1, 3)], i64(-2)], lambda xs, a: np.concatenate(xs, 0), slopes=()
)  # 1.15's rule refuses int64
row("ConcatV2", [[ints(2), ints(3)], i32(0)], lambda xs, a: np.concatenate(xs, 0))
row("Concat", [i32(1), [normal(2, 3), normal(2, 1)]], lambda a, xs: np.concatenate(xs, 1))
row(
    "ConcatOffset", [i32(1), [vector(2, 3), vector(2, 4), vector(2, 1)]], lambda a, xs: [vector(0, 0), vector(0, 3), vector(0, 7)]
)
row("Pack", [[normal(2, 3), normal(2, 3)]], np.stack)
row("Pack", [[normal(2, 3), normal(2, 3)]], lambda xs: np.stack(xs, -1), axis=-1)
row("Unpack", [normal(2, 3)], list, num=2)
row("Unpack", [ints(2, 3)], lambda x: list(x.T), num=3, axis=-1)
row("Split", [i32(1), normal(2, 6)], lambda a, x: np.split(x, 3, 1), num_split=3)
row("Split", [i32(-2), normal(2, 6)], lambda a, x: np.split(x, 2, 0), num_split=2)
row("SplitV", [normal(2, 6), vector(1, 3, 2, kind=i64), i32(1)], lambda x, s, a: np.split(x, [1, 4], 1), num_split=3)
row("SplitV", [normal(5), vector(2, -1), i32(0)], lambda x, s, a: np.split(x, [2]), num_split=2)
row("Pad", [normal(2, 3), np.array([[1, 0], [2, 1]], i32)], lambda x, p: np.pad(x, p))
row("Pad", [ints(2), np.array([[0, 2]], i64)], lambda x, p: np.pad(x, p))
row(
    "PadV2", [normal(2, 3), np.array([[1, 0], [2, 1]], i32), f32(7)], lambda x, p, v: np.pad(x, p, constant_values=7), slopes=(0,)
)
for _mode, _way in (("REFLECT", "reflect"), ("SYMMETRIC", "symmetric")):
    row("MirrorPad", [normal(3, 4), np.array([[1, 2], [2, 1]], i32)], lambda x, p, w=_way: np.pad(x, p, w), mode=_mode)


def _unmirror(way, paddings, dims):
    """The adjoint of a mirrored pad, through the places that elements came from."""
    places = np.pad(np.arange(np.prod(dims)).reshape(dims), paddings, way)
    return lambda dy, p: np.bincount(places.ravel(), dy.ravel(), np.prod(dims)).reshape(dims).astype(dy.dtype)


for _mode, _way in (("REFLECT", "reflect"), ("SYMMETRIC", "symmetric")):
    _pads = np.array([[1, 1], [0, 2]], i32)
    row("MirrorPadGrad", [normal(5, 6), _pads], _unmirror(_way, _pads, (3, 4)), mode=_mode)
row("ReverseV2", [normal(2, 3), vector(1)], lambda x, a: x[:, ::-1])
row("ReverseV2", [normal(2, 3, 2), vector(-1, 0, kind=i64)], lambda x, a: x[::-1, :, ::-1])
row("Roll", [normal(3, 4), i32(-1), i32(1)], lambda x, s, a: np.roll(x, -1, 1))
row("Roll", [normal(3, 4), vector(1, 6, kind=i64), vector(0, -1, kind=i64)], lambda x, s, a: np.roll(x, (1, 6), (0, 1)))
row(
    "ReverseSequence",
    [normal(3, 4, 2), vector(0, 2, 4, kind=i64)],
    lambda x, n: np.stack([np.concatenate([r[:k][::-1], r[k:]]) for r, k in zip(x, n, strict=True)]),
    seq_dim=1,
    batch_dim=0,
)

# --- cut out and put in -----------------------------------------------------------------------------------

row("Slice", [normal(3, 4), vector(1, 0), vector(2, 3)], lambda x, b, s: x[1:3, :3])
row(
    "Slice", [normal(3, 4), vector(1, 2, kind=i64), vector(-1, 0, kind=i64)], lambda x, b, s: x[1:, 2:2], slopes=()
)  # 1.15 subtracts int64 from int32
for _begin, _end, _steps, _take, _masks in (
    ((0, 1), (2, 4), (1, 2), np.s_[0:2, 1:4:2], {}),
    ((-1, -1), (0, 0), (-1, -2), np.s_[-1:0:-1, -1:0:-2], {}),
    ((1, 1), (2, 3), (1, 1), np.s_[1, :3], {"shrink_axis_mask": 1, "begin_mask": 2}),
    ((0, 0, 1), (0, 0, 2), (1, 1, 1), np.s_[..., None, 1:2], {"ellipsis_mask": 1, "new_axis_mask": 2}),
    ((2, 0), (3, 9), (1, 1), np.s_[2:3, 0:9], {}),
    ((3, 0), (1, 2), (1, 1), np.s_[3:1, 0:2], {}),
):
    row(
        "StridedSlice",
        [normal(3, 4), vector(*_begin), vector(*_end), vector(*_steps)],
        lambda x, b, e, s, t=_take: x[t],
        **_masks,
    )

    def _put(shape, b, e, s, dy, take=_take):
        out = np.zeros(shape, dy.dtype)
        out[take] = dy
        return out

    _dy = normal(*np.zeros((3, 4))[_take].shape)
    row("StridedSliceGrad", [vector(3, 4), vector(*_begin), vector(*_end), vector(*_steps), _dy], _put, **_masks)
row("Gather", [normal(4, 3), classes(2, 2, below=4)], lambda x, i: x[i])
row("GatherV2", [normal(4, 3), classes(5, below=4, kind=i64), i32(0)], lambda x, i, a: x[i])
row("GatherV2", [normal(2, 4, 3), classes(2, 2, below=4), i32(1)], lambda x, i, a: np.take(x, i, 1))
row("GatherV2", [normal(2, 4), i32(1), i64(-1)], lambda x, i, a: x[:, 1])
row("GatherV2", [normal(2, 0), np.zeros(0, i32), i32(1)], lambda x, i, a: x, slopes=())
row(
    "GatherV2",
    [normal(2, 4, 3), classes(2, 2, below=4), i32(1)],
    lambda x, i, a: np.stack([r[k] for r, k in zip(x, i, strict=True)]),
    batch_dims=1,
    slopes=(),
)
row("GatherNd", [normal(3, 4), np.array([[2, 1], [0, 3], [2, 1]], i32)], lambda x, i: x[i[:, 0], i[:, 1]])
row("GatherNd", [normal(3, 4), np.array([[[2], [0]]], i64)], lambda x, i: x[i[..., 0]])
row("GatherNd", [normal(3), np.zeros((2, 0), i32)], lambda x, i: np.stack([x, x]))


def _added(base, at, updates, way=np.add):
    out = np.array(base)
    way.at(out, tuple(np.moveaxis(at, -1, 0)), updates)
    return out


def _replaced(base, at, updates):
    out = np.array(base)
    out[tuple(np.moveaxis(at, -1, 0))] = updates
    return out


_AT = np.array([[2], [0]], i32)
_TWICE = np.array([[2], [0], [2]], i32)
row("ScatterNd", [_TWICE, normal(3, 4), vector(3, 4)], lambda i, u, s: _added(np.zeros((3, 4), u.dtype), i, u))
row(
    "ScatterNd",
    [np.array([[0, 1], [1, 1]], i64), ints(2), vector(2, 3, kind=i64)],
    lambda i, u, s: _added(np.zeros((2, 3), u.dtype), i, u),
)
row("TensorScatterAdd", [normal(3, 4), _TWICE, normal(3, 4)], _added)
row("TensorScatterSub", [normal(3, 4), _TWICE, normal(3, 4)], lambda x, i, u: _added(x, i, u, np.subtract))
row("TensorScatterUpdate", [normal(3, 4), _AT, normal(2, 4)], _replaced)
row("TensorScatterUpdate", [ints(3, 4), np.array([[0, 1], [2, 3]], i64), ints(2)], _replaced)
row("Select", [_FLAGS, normal(2, 3), normal(2, 3)], np.where)
row("Select", [_FLAGS[:, 0], normal(2, 3), normal(2, 3)], lambda c, x, y: np.where(c[:, None], x, y))
row("Select", [np.array(True), normal(2, 3), normal(2, 3)], np.where)
row("SelectV2", [_FLAGS, normal(3), normal(2, 1)], np.where)
row("SelectV2", [_FLAGS[0], ints(2, 1), ints(3)], np.where)
row("Where", [_FLAGS], lambda c: np.argwhere(c))
row("Where", [np.array([0.0, 2.0, 0.0, -1.0], f32)], lambda c: np.argwhere(c))
row("Where", [np.zeros((2, 0), bool)], lambda c: np.zeros((0, 2), i64))


def _unique(x, kind=i32):
    seen = list(dict.fromkeys(x.tolist()))
    return (
        np.array(seen, x.dtype),
        np.array([seen.index(v) for v in x.tolist()], kind),
        np.array([x.tolist().count(v) for v in seen], kind),
    )


row("Unique", [vector(3, 1, 3, 2, 1)], lambda x: _unique(x)[:2])
row("Unique", [np.zeros(0, f32)], lambda x: (x, np.zeros(0, i64)), out_idx=i64, slopes=())
row("UniqueWithCounts", [vector(3, 1, 3, 2, 1, kind=i64)], lambda x: _unique(x, i64), out_idx=i64)
row("ListDiff", [vector(1, 2, 3, 4, 2), vector(2, 4)], lambda x, y: (vector(1, 3), vector(0, 2)))
row("DynamicPartition", [normal(4, 2), vector(1, 0, 1, 1)], lambda x, p: [x[p == k] for k in range(3)], num_partitions=3)
row(
    "DynamicPartition",
    [normal(2, 2), np.array([[1, 0], [0, 1]], i32)],
    lambda x, p: [x[p == k] for k in range(2)],
    num_partitions=2,
)


def _stitched(indices, data):
    tail = data[0].shape[indices[0].ndim :]
    out = np.zeros((1 + max(int(i.max()) for i in indices), *tail), data[0].dtype)
    for i, d in zip(indices, data, strict=True):
        out[i.ravel()] = d.reshape(-1, *tail)
    return out


for _op in ("DynamicStitch", "ParallelDynamicStitch"):
    row(_op, [[vector(0, 2), vector(3, 1)], [normal(2, 2), normal(2, 2)]], _stitched)
    row(_op, [[i32(4), np.array([[0, 2], [1, 3]], i32)], [normal(), normal(2, 2)]], _stitched)

# --- blocks -----------------------------------------------------------------------------------------------


def _to_depth(x, b=2):
    n, h, w, c = x.shape
    return x.reshape(n, h // b, b, w // b, b, c).transpose(0, 1, 3, 2, 4, 5).reshape(n, h // b, w // b, b * b * c)


def _from_depth(x, b=2):
    n, h, w, c = x.shape
    return x.reshape(n, h, w, b, b, c // b // b).transpose(0, 1, 3, 2, 4, 5).reshape(n, h * b, w * b, c // b // b)


row("SpaceToDepth", [normal(2, 4, 6, 3)], _to_depth, block_size=2)
row("DepthToSpace", [normal(2, 2, 3, 8)], _from_depth, block_size=2)
row("SpaceToDepth", [ints(1, 3, 3, 2)], lambda x: _to_depth(x, 3), block_size=3)


def _to_batch(x, block, pads):
    x = np.pad(x, [(0, 0), *map(tuple, pads), *[(0, 0)] * (x.ndim - 1 - len(block))])
    parts = [x[(slice(None), *[slice(o, None, b) for o, b in zip(at, block, strict=True)])] for at in np.ndindex(*block)]
    return np.concatenate(parts, 0)


def _from_batch(x, block, crops):
    n = x.shape[0] // int(np.prod(block))
    dims = [s * b for s, b in zip(x.shape[1:], block, strict=False)]
    out = np.zeros((n, *dims, *x.shape[1 + len(block) :]), x.dtype)
    for k, at in enumerate(np.ndindex(*block)):
        out[(slice(None), *[slice(o, None, b) for o, b in zip(at, block, strict=True)])] = x[k * n : (k + 1) * n]
    return out[(slice(None), *[slice(a, d - e) for (a, e), d in zip(crops, dims, strict=True)])]


row("SpaceToBatchND", [normal(2, 3, 4, 2), vector(2, 2), np.array([[0, 1], [1, 1]], i32)], _to_batch)
row("SpaceToBatchND", [normal(1, 6), vector(3, kind=i64), np.array([[0, 0]], i64)], _to_batch)
row("BatchToSpaceND", [normal(8, 2, 3, 1), vector(2, 2), np.array([[0, 1], [1, 1]], i32)], _from_batch)
row("BatchToSpaceND", [normal(6, 2), vector(3), np.array([[1, 0]], i32)], _from_batch)
