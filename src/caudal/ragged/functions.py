"""tf.ragged: RaggedTensors out of nested lists and ranges, and what is done with them."""

import numpy as np

from ..formats.tensors import to_array
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant, placeholder
from ..ops.counting import bincount
from ..ops.elementwise import cast
from ..ops.join import concat
from ..ops.math import cumsum
from ..ops.text import refuse
from .tensor import RaggedTensor
from .value import RaggedTensorValue

__all__ = ["ragged_constant", "ragged_range"]


def _depth(values):
    """How deep lists are nested; an empty list says nothing of what is in it."""
    if isinstance(values, np.ndarray):
        return values.ndim
    if not isinstance(values, (list, tuple)):
        return 0
    return 1 + max(map(_depth, values), default=0)


def _parts(values, ragged_rank, inner_shape):
    """(the innermost values, the splits of each ragged axis) of nested lists."""
    splits = []
    for _ in range(ragged_rank):
        splits.append(np.cumsum([0, *map(len, values)]))
        values = [one for row in values for one in row]
    if inner_shape is not None:
        values = np.reshape(np.array(values), (-1, *inner_shape)).tolist()
    return values, splits


def _ranks(pylist, ragged_rank, inner_shape):
    """How many axes are ragged."""
    depth = _depth(pylist)
    need(depth > 0, "pylist may not be a scalar")
    if ragged_rank is None:
        return max(1, depth - 1 - len(inner_shape or ())) if inner_shape is not None else max(0, depth - 1)
    words = f"pylist has scalar values depth {depth}, but ragged_rank={ragged_rank} requires scalar value depth greater than {ragged_rank}"
    need(0 <= ragged_rank < depth, words)
    return ragged_rank


@export("ragged.constant")
def ragged_constant(pylist, dtype=None, ragged_rank=None, inner_shape=None, name=None, row_splits_dtype=dtypes.int64):
    """A RaggedTensor of nested lists.

    Args:
      pylist: nested lists, whose lengths may differ.
      dtype: the elements' dtype; told by them if None.
      ragged_rank: how many axes are ragged; all but the innermost by default.
      inner_shape: the shape of one value.
      name: the scope's name.
      row_splits_dtype: int32 or int64.

    Returns:
      A RaggedTensor; a tensor for a flat list.

    Raises:
      ValueError: lists that are nested in another way.
    """
    with name_scope(name, "RaggedConstant"):
        rank = _ranks(pylist, ragged_rank, inner_shape)
        values, splits = _parts(pylist, rank, inner_shape)
        flat = constant(values, dtype=dtype, name="values")
        kind = dtypes.as_dtype(row_splits_dtype)
        for split in reversed(splits):
            flat = RaggedTensor.from_row_splits(flat, constant(split, kind), validate=False)
        return flat


@export("ragged.constant_value")
def ragged_constant_value(pylist, dtype=None, ragged_rank=None, inner_shape=None, row_splits_dtype="int64"):
    """A `RaggedTensorValue` of nested lists; arguments as `tf.ragged.constant`'s."""
    rank = _ranks(pylist, ragged_rank, inner_shape)
    values, splits = _parts(pylist, rank, inner_shape)
    made = np.array(values, dtype) if dtype is not None or not values else np.asarray(to_array(values)[0])
    for split in reversed(splits):
        made = RaggedTensorValue(made, split.astype(dtypes.as_dtype(row_splits_dtype).np))
    return made


@export("ragged.placeholder")
def ragged_placeholder(dtype, ragged_rank, value_shape=None, name=None):
    """A RaggedTensor whose parts are fed.

    Args:
      dtype: the elements' dtype.
      ragged_rank: how many axes are ragged.
      value_shape: the shape of one value; any if None.
      name: the scope's name.
    """
    with name_scope(name, "RaggedPlaceholder", []):
        made = placeholder(dtype, None if value_shape is None else [None, *value_shape])
        for _ in range(ragged_rank):
            made = RaggedTensor.from_row_splits(made, placeholder(dtypes.int64, [None]), validate=False)
        return made


@export("ragged.map_flat_values")
def map_flat_values(op, *args, **kwargs):
    """`op` of the innermost values of its ragged arguments, in the same rows.

    Args:
      op: a function of tensors that keeps the first axis.
      *args, **kwargs: its arguments; RaggedTensors among them have the same rows.

    Raises:
      ValueError: no argument is ragged: then `op` itself is meant.
    """
    ragged = [x for x in (*args, *kwargs.values()) if isinstance(x, RaggedTensor)]
    if not ragged:
        return op(*args, **kwargs)
    plain = lambda x: x.flat_values if isinstance(x, RaggedTensor) else x  # noqa: E731
    return ragged[0].with_flat_values(op(*map(plain, args), **{k: plain(v) for k, v in kwargs.items()}))


def _lower_range(B, starts, limits, deltas, *, T, Tsplits, op):  # noqa: N803  # TF's names
    starts, limits, deltas = np.broadcast_arrays(*(np.asarray(x).reshape(-1) for x in (starts, limits, deltas)))
    if (deltas == 0).any():
        refuse(op, "Requires delta != 0")
    rows = [np.arange(a, b, d, dtype=T.np) for a, b, d in zip(starts, limits, deltas, strict=True)]
    return np.cumsum([0, *map(len, rows)]).astype(Tsplits.np), np.concatenate([np.empty(0, T.np), *rows]).astype(T.np)


def _infer_range(*vectors):
    sizes = {None if v.dims is None else v.dims[0] if v.dims else 1 for v in vectors}
    known = next((n for n in sizes if n not in (None, 1)), None if None in sizes else 1)
    return [(None if known is None else known + 1,), (None,)]


_range = define("RaggedRange", infer=_infer_range, lower=_lower_range, host=True, grad=None)


@export("ragged.range")
def ragged_range(starts, limits=None, deltas=1, dtype=None, name=None, row_splits_dtype=dtypes.int64):
    """A RaggedTensor with a row of numbers for each start, limit and step.

    Args:
      starts: `[rows]`, or a scalar for all rows; the limits, if they are not given.
      limits: `[rows]` or a scalar.
      deltas: `[rows]` or a scalar, not 0.
      dtype: the numbers' dtype; told by them if None.
      name: the scope's name.
      row_splits_dtype: int32 or int64.
    """
    if limits is None:
        starts, limits = 0, starts
    with name_scope(name, "RaggedRange", [starts, limits, deltas]):
        limits = convert_to_tensor(limits, dtype=dtype, name="limits")
        starts = convert_to_tensor(starts, dtype=limits.dtype, name="starts")
        deltas = convert_to_tensor(deltas, dtype=limits.dtype, name="deltas")
        splits, values = _range(starts, limits, deltas, Tsplits=dtypes.as_dtype(row_splits_dtype), name=name)
        return RaggedTensor.from_row_splits(values, splits, validate=False)


@export("ragged.row_splits_to_segment_ids")
def row_splits_to_segment_ids(splits, name=None, out_type=None):
    """The row of each value: `[0, 0, 1]` for splits `[0, 2, 3]`.

    Args:
      splits: int `[rows + 1]`.
      name: the scope's name.
      out_type: int32 or int64; the splits' by default.
    """
    with name_scope(name, "RaggedSplitsToSegmentIds"):
        splits = convert_to_tensor(splits, name="splits", preferred_dtype=dtypes.int64)
        kind = splits.dtype if out_type is None else dtypes.as_dtype(out_type)
        ends = cast(splits[1:-1], dtypes.int32)
        count = cast(splits[-1], dtypes.int32)
        return cumsum(bincount(ends, minlength=count, maxlength=count, dtype=kind))


@export("ragged.segment_ids_to_row_splits")
def segment_ids_to_row_splits(segment_ids, num_segments=None, out_type=None, name=None):
    """Where rows begin and end: `[0, 2, 3]` for rows `[0, 0, 1]`.

    Args:
      segment_ids: int `[n]`, never falling.
      num_segments: how many rows; up to the last value's if None.
      out_type: int32 or int64; int64 by default.
      name: the scope's name.
    """
    with name_scope(name, "SegmentIdsToRaggedSplits"):
        kind = dtypes.int64 if out_type is None else dtypes.as_dtype(out_type)
        ids = convert_to_tensor(segment_ids, dtypes.int32, name="segment_ids")
        lengths = bincount(ids, minlength=num_segments, maxlength=num_segments, dtype=kind)
        return concat([constant([0], kind), cumsum(lengths)], axis=0)
