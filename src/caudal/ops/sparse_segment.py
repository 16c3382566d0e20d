"""Sums and means of chosen rows that have one segment number."""

import numpy as np

from ..graph import static
from ..graph.define import define
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError
from .segment import unsorted_segment_sum
from .shape import shape
from .slicing import gather

__all__ = ["sparse_segment_mean", "sparse_segment_sqrt_n", "sparse_segment_sum"]


def _check(op, data, indices, ids):
    if len(indices) != len(ids):
        raise InvalidArgumentError(None, op, "segment_ids and indices should have same size.")
    if len(ids) and (np.diff(ids) < 0).any():
        raise InvalidArgumentError(None, op, "segment ids are not increasing")
    if len(ids) and ids[0] < 0:
        raise InvalidArgumentError(None, op, "segment ids must be >= 0")
    bad = np.flatnonzero((indices < 0) | (indices >= len(data)))
    if len(bad):
        k = int(bad[0])
        raise InvalidArgumentError(None, op, f"Bad: indices[{k}] == {indices[k]} out of range [0, {len(data)})")


def _weights(kind, ids, n, dtype):
    """What each chosen row counts."""
    count = np.maximum(np.bincount(ids, minlength=n), 1)[ids] if len(ids) else np.zeros(0)
    weight = {"Sum": np.ones_like(count), "Mean": 1 / np.maximum(count, 1), "SqrtN": 1 / np.sqrt(np.maximum(count, 1))}[kind]
    return weight.astype(dtype)


def _lower(kind):
    def lower(B, data, indices, ids, number=None, *, op):
        data, indices, ids = np.asarray(data), np.asarray(indices), np.asarray(ids)
        n = (int(ids[-1]) + 1 if len(ids) else 0) if number is None else int(number)
        _check(op, data, indices, ids)
        if len(ids) and ids[-1] >= n:
            raise InvalidArgumentError(None, op, "segment ids must be < num_segments")
        weight = _weights(kind, ids, n, data.dtype).reshape((-1,) + (1,) * (data.ndim - 1))
        return B.add_at(np.zeros((n, *data.shape[1:]), data.dtype), ids, data[indices] * weight)

    return lower


def _lower_slope(kind):
    def lower(B, dy, indices, ids, rows):
        dy, indices, ids = np.asarray(dy), np.asarray(indices), np.asarray(ids)
        weight = _weights(kind, ids, len(dy), dy.dtype).reshape((-1,) + (1,) * (dy.ndim - 1))
        return B.add_at(np.zeros((int(rows), *dy.shape[1:]), dy.dtype), indices, dy[ids] * weight)

    return lower


def _infer(data, indices, ids, number=None):
    shapes.with_rank(indices.dims, 1)
    shapes.with_rank(ids.dims, 1)
    shapes.merge(indices.dims, ids.dims)
    n = None if number is None else static.value(number)
    if n is not None and n < 0:
        raise InferError("Cannot specify a negative value for num_segments")
    dims = shapes.with_rank_at_least(data.dims, 1)
    return [None if dims is None else (None if n is None else int(n), *dims[1:])]


def _infer_slope(dy, indices, ids, rows):
    n = static.value(rows)
    return [None if dy.dims is None else (None if n is None else int(n), *dy.dims[1:])]


def _sum_slope(op, dy):
    rows = shape(op.inputs[0])[0]
    slope = unsorted_segment_sum(gather(dy, op.inputs[2]), op.inputs[1], rows)
    return [slope] + [None] * (len(op.inputs) - 1)


def _weighted_slope(kind):
    node = define(f"SparseSegment{kind}Grad", infer=_infer_slope, lower=_lower_slope(kind), dynamic=True)

    def slope(op, dy):
        rows = shape(op.inputs[0])[0]
        return [node(dy, op.inputs[1], op.inputs[2], rows)] + [None] * (len(op.inputs) - 1)

    return slope


def _public(kind, name, what):
    slope = _sum_slope if kind == "Sum" else _weighted_slope(kind)
    plain = define(f"SparseSegment{kind}", infer=_infer, lower=_lower(kind), grad=slope, dynamic=True)
    numbered = define(f"SparseSegment{kind}WithNumSegments", infer=_infer, lower=_lower(kind), grad=slope, dynamic=True)

    def call(data, indices, segment_ids, name=None, num_segments=None):
        if num_segments is None:
            return plain(data, indices, segment_ids, name=name)
        return numbered(data, indices, segment_ids, num_segments, name=name)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"""{what} of the rows `data[indices]` that have one number in `segment_ids`.

    Args:
      data: `[n, ...]`.
      indices: int `[k]`, rows of `data`.
      segment_ids: int32 `[k]`, sorted.
      name: the node's name.
      num_segments: how many; one more than the last number by default.

    Returns:
      `[num_segments, ...]`; zeros where there are no rows.
    """
    return export(name, f"sparse.{name.removeprefix('sparse_')}")(call)


sparse_segment_sum = _public("Sum", "sparse_segment_sum", "The sum")
sparse_segment_mean = _public("Mean", "sparse_segment_mean", "The mean")
sparse_segment_sqrt_n = _public("SqrtN", "sparse_segment_sqrt_n", "The sum over the root of the number")
