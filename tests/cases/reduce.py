"""Rows of reductions, cumulative ops, and counting."""

import numpy as np

from .row import classes, ints, normal, positive, row

f32, f64, i32, i64, c64 = np.float32, np.float64, np.int32, np.int64, np.complex64


def over(function, keep=False):
    """`function` of NumPy over axes that are given as an array."""
    return lambda x, axes: function(x, axis=tuple(int(a) for a in np.atleast_1d(axes)), keepdims=keep)


_NORM = lambda x, axis, keepdims: np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
_SUMS = {"Sum": np.sum, "Mean": np.mean, "Max": np.max, "Min": np.min, "Prod": np.prod, "EuclideanNorm": _NORM}
for _op, _meaning in _SUMS.items():
    row(_op, [positive(2, 3, 4), np.array([0, 2], i32)], over(_meaning))
    row(_op, [positive(2, 3, 4), i32(-2)], over(_meaning, True), keep_dims=True)
    row(_op, [positive(2, 3, kind=f64), np.array([1, 0], i64)], over(_meaning), slopes=() if _op == "Prod" else None)
    row(_op, [positive(2, 3), np.zeros(0, i32)], lambda x, axes: x)
    row(_op, [positive(3, 2).astype(np.float16), i32(0)], over(_meaning), slopes=())
for _op in ("Sum", "Max", "Min", "Prod"):
    row(_op, [ints(3, 4), i32(1)], over(_SUMS[_op]))
    row(_op, [ints(3, 4, kind=i64, low=1, high=4), np.array([-1, -2], i32)], over(_SUMS[_op]))
row("Sum", [np.zeros((2, 0), f32), i32(1)], over(np.sum))
row("Prod", [np.zeros((2, 0), f32), i32(1)], over(np.prod), slopes=())
row("Mean", [ints(3, 5), i32(1)], lambda x, axis: np.trunc(np.sum(x, 1) / 5).astype(i32))
row("Sum", [(normal(2, 3) + 1j * normal(2, 3)).astype(c64), i32(0)], over(np.sum))
row("Mean", [(normal(2, 3) + 1j * normal(2, 3)).astype(c64), i32(1)], over(np.mean))
row("Prod", [(normal(2, 3) + 1j * normal(2, 3)).astype(c64), i32(0)], over(np.prod))
row("Prod", [np.array([[0.0, 2.0, 3.0], [4.0, 0.0, 0.0]], f32), i32(1)], over(np.prod), second=False)
row("Max", [np.array([[1.0, 1.0, 0.0]], f32), i32(1)], over(np.max), slopes=())
row("All", [classes(3, 4, below=2).astype(bool), i32(1)], over(np.all))
row("Any", [classes(3, 4, below=2).astype(bool), np.array([0, 1], i32)], over(np.any, True), keep_dims=True)
row("All", [np.zeros((0, 2), bool), i32(0)], over(np.all))
row("Any", [np.zeros((0, 2), bool), i32(0)], over(np.any))
for _op, _meaning in {"ArgMax": np.argmax, "ArgMin": np.argmin}.items():
    row(_op, [normal(3, 4), i32(1)], lambda x, axis, f=_meaning: f(x, int(axis)))
    row(_op, [ints(3, 4, low=0, high=3), i64(-2)], lambda x, axis, f=_meaning: f(x, int(axis)), output_type=i32)

for _op, _meaning in {"Cumsum": np.cumsum, "Cumprod": np.cumprod}.items():
    row(_op, [positive(2, 3), i32(1)], lambda x, axis, f=_meaning: f(x, int(axis)))
    row(_op, [positive(2, 3), i32(-2)], lambda x, axis, f=_meaning: f(x[::-1], 0)[::-1], reverse=True)
    row(_op, [ints(4), i32(0)], lambda x, axis, f=_meaning: f(x, dtype=i32))
    row(_op, [np.zeros((0, 2), f32), i32(0)], lambda x, axis: x)
_FIRST = {"Cumsum": 0, "Cumprod": 1}
for _op, _meaning in {"Cumsum": np.cumsum, "Cumprod": np.cumprod}.items():
    row(
        _op,
        [positive(2, 4), i64(1)],
        lambda x, axis, f=_meaning, v=_FIRST[_op]: f(np.concatenate([np.full((2, 1), v), x[:, :-1]], 1), 1),
        exclusive=True,
    )
    row(
        _op,
        [positive(2, 4, kind=f64), i32(1)],
        lambda x, axis, f=_meaning, v=_FIRST[_op]: f(np.concatenate([np.full((2, 1), v), x[:, :0:-1]], 1), 1)[:, ::-1],
        exclusive=True,
        reverse=True,
    )
row("CumulativeLogsumexp", [normal(2, 4), i32(1)], lambda x, axis: np.log(np.cumsum(np.exp(x), 1)))
row("CumulativeLogsumexp", [normal(3, 2), i32(-2)], lambda x, axis: np.log(np.cumsum(np.exp(x[::-1]), 0))[::-1], reverse=True)
row(
    "CumulativeLogsumexp",
    [normal(4), i32(0)],
    lambda x, axis: np.concatenate([[np.finfo(x.dtype).min], np.log(np.cumsum(np.exp(x[:-1])))]).astype(x.dtype),
    exclusive=True,
    slopes=(),
)

row("Bincount", [classes(9, below=4), i32(6), np.zeros(0, i32)], lambda a, n, w: np.bincount(a, minlength=6).astype(i32))
row("Bincount", [classes(9, below=4), i32(3), normal(9)], lambda a, n, w: np.bincount(a, w, 4)[:3].astype(f32), slopes=())
row(
    "HistogramFixedWidth",
    [np.array([-1.0, 0.0, 1.5, 2.0, 5.0, 15.0], f32), np.array([0.0, 5.0], f32), i32(5)],
    lambda x, ends, n: np.array([2, 1, 1, 0, 2], i32),
)
_SCORES = normal(4, 6)


def _in_top(scores, labels, k):
    return np.array([np.sum(s > s[t]) < k for s, t in zip(scores, labels, strict=True)])


row("InTopKV2", [_SCORES, classes(4, below=6), i32(3)], _in_top)
row("InTopKV2", [_SCORES, classes(4, below=6, kind=i64), i64(1)], _in_top)


def _top(x, k):
    order = np.argsort(-x, -1, kind="stable")[..., : int(k)]
    return np.take_along_axis(x, order, -1), order.astype(i32)


row("TopKV2", [_SCORES, i32(3)], _top)
row("TopKV2", [ints(2, 3, 5, low=0, high=3), i32(5)], _top)
row("TopKV2", [_SCORES[0].astype(f64), i32(0)], _top, slopes=())
