"""Tensors put together from parts by index, and differences of lists."""

import numpy as np

from ..graph import static
from ..graph.define import define
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError, require
from .slicing import gather

__all__ = ["dynamic_partition", "dynamic_stitch", "set_diff"]


def _infer_stitch(*inputs):
    half = len(inputs) // 2
    indices, data = inputs[:half], inputs[half:]
    known = [static.fold(i) for i in indices]
    rows = None if any(k is None for k in known) else max((int(k.max()) + 1 for k in known if k.size), default=0)
    tail = None
    for i, d in zip(indices, data, strict=True):
        if i.dims is not None and d.dims is not None:
            tail = d.dims[len(i.dims) :]
    return [None if tail is None else (rows, *tail)]


def _lower_stitch(B, *inputs, op):
    half = len(inputs) // 2
    indices, data = [np.asarray(i) for i in inputs[:half]], inputs[half:]
    for k, (i, d) in enumerate(zip(indices, data, strict=True)):
        words = f"data[{k}].shape = {shapes.text(d.shape)} does not start with indices[{k}].shape = {shapes.text(i.shape)}"
        require(d.shape[: i.ndim] == i.shape, op, words)
    rows = max((int(i.max()) + 1 for i in indices if i.size), default=0)
    tail = data[0].shape[indices[0].ndim :]
    out = B.zeros((rows, *tail), data[0].dtype)
    for i, d in zip(indices, data, strict=True):
        out = B.set_at(out, i.reshape(-1), d.reshape((-1, *tail)))
    return out


def _stitch_slope(op, dy):
    half = len(op.inputs) // 2
    return [None] * half + [gather(dy, i) for i in op.inputs[:half]]


_stitch = define("DynamicStitch", infer=_infer_stitch, lower=_lower_stitch, static=tuple(range(32)), grad=_stitch_slope)
_parallel = define("ParallelDynamicStitch", infer=_infer_stitch, lower=_lower_stitch, static=tuple(range(32)), grad=_stitch_slope)


def parallel_dynamic_stitch(indices, data, name=None):
    """`dynamic_stitch` that may write rows in any order; no row comes twice."""
    return _parallel(indices, data, name=name)


@export("dynamic_stitch")
def dynamic_stitch(indices, data, name=None):
    """A tensor whose row `indices[m][i]` is `data[m][i]`; of several the last."""
    return _stitch(indices, data, name=name)


def _lower_partition(B, data, partitions, *, num_partitions, op):
    flat = data.reshape((-1, *data.shape[partitions.ndim :]))
    if data.shape[: partitions.ndim] != partitions.shape:
        words = "data.shape must start with partitions.shape, got data.shape = {}, partitions.shape = {}"
        raise InvalidArgumentError(None, op, words.format(shapes.text(data.shape), shapes.text(partitions.shape)))
    bad = (partitions < 0) | (partitions >= num_partitions)
    if bad.any():
        at = tuple(np.argwhere(bad)[0])
        where = f"[{','.join(map(str, at))}]" if at else ""
        raise InvalidArgumentError(None, op, f"partitions{where} = {partitions[at]} is not in [0, {num_partitions})")
    return tuple(flat[partitions.reshape(-1) == k] for k in range(num_partitions))


def _infer_partition(data, partitions, *, num_partitions):
    if data.dims is None or partitions.dims is None:
        return [None] * num_partitions
    head = data.dims[: len(partitions.dims)]
    if len(head) < len(partitions.dims):
        raise InferError(f"Shape must be at least rank {len(partitions.dims)} but is rank {len(head)}")
    for size, other in zip(head, partitions.dims, strict=True):
        if None not in (size, other) and size != other:
            raise InferError(f"Dimensions must be equal, but are {size} and {other}")
    return [(None, *data.dims[len(partitions.dims) :])] * num_partitions


_partition = define("DynamicPartition", infer=_infer_partition, lower=_lower_partition, dynamic=True)


@export("dynamic_partition")
def dynamic_partition(data, partitions, num_partitions, name=None):
    """The rows of `data` as `num_partitions` tensors, by the numbers in `partitions`."""
    return _partition(data, partitions, num_partitions=num_partitions, name=name)


def _lower_diff(B, x, y, *, out_idx):
    keep = ~np.isin(x, y)
    return x[keep], np.flatnonzero(keep).astype(out_idx.np)


_list_diff = define("ListDiff", infer=lambda x, y: [(None,), (None,)], lower=_lower_diff, dynamic=True, grad=None)


@export("setdiff1d")
def set_diff(x, y, index_dtype=dtypes.int32, name=None):
    """(the elements of vector `x` that are not in `y`, where they stand)."""
    return _list_diff(x, y, out_idx=index_dtype, name=name)
