"""RaggedTensor: rows of different lengths, as one tensor of all values and one of the places where rows end."""

import numpy as np

from ..build.cond import cond
from ..graph.composite import SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import Tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import TensorShape
from ..ops.basic import constant
from ..ops.counting import bincount
from ..ops.elementwise import PLAIN, cast, equal
from ..ops.fill import range_, sequence_mask, zeros
from ..ops.join import concat, expand_dims_node
from ..ops.math import cumprod, cumsum
from ..ops.reduce import reduce_all, reduce_max
from ..ops.shape import rank, reshape, shape
from ..ops.slicing import boolean_mask
from ..run.fetches import register_fetch
from .value import RaggedTensorValue

__all__ = ["RaggedTensor", "convert_to_tensor_or_ragged_tensor"]


def _infer_to_sparse(*parts, **_):
    return [(None, None), (None,), (None,)]


def _rows(splits, values):
    """Nested lists of what a ragged tensor holds."""
    for split in reversed(splits):
        values = [values[a:b] for a, b in zip(split[:-1].tolist(), split[1:].tolist(), strict=True)]
    return values


def _places(rows, depth):
    """(index, value) of each element of nested rows."""
    if depth == 0:
        for index in np.ndindex(*rows.shape) if isinstance(rows, np.ndarray) else [()]:
            yield index, rows[index] if index else rows
        return
    for k, row in enumerate(rows):
        for index, value in _places(row, depth - 1):
            yield (k, *index), value


def _lower_to_sparse(B, *parts):
    *splits, values = map(np.asarray, parts)
    found = list(_places(_rows(splits, values), len(splits) + 1))
    n = len(splits) + values.ndim
    indices = np.array([i for i, _ in found], np.int64).reshape(-1, n)
    out = np.empty(len(found), values.dtype)
    for k, (_, value) in enumerate(found):
        out[k] = value
    widths = [max((np.diff(s).tolist()), default=0) for s in splits]
    return indices, out, np.array([len(splits[0]) - 1, *widths, *values.shape[1:]], np.int64)


to_sparse_node = define("RaggedTensorToSparse", infer=_infer_to_sparse, lower=_lower_to_sparse, host=True, grad=None)


@export("RaggedTensor")
class RaggedTensor:
    """A tensor whose rows may differ in length.

    Args:
      values: `[n, ...]`, the elements of all rows; a RaggedTensor itself for more than one ragged axis.
      row_splits: int32 or int64 `[rows + 1]`: row k is `values[row_splits[k]:row_splits[k + 1]]`.
      cached_row_lengths, cached_value_rowids, cached_nrows: what else is known of the rows.
      internal: True; programs use `tf.ragged.constant` or `RaggedTensor.from_...`.

    Raises:
      ValueError: not made by one of these.
    """

    def __init__(
        self,
        values,
        row_splits,
        cached_row_lengths=None,
        cached_value_rowids=None,
        cached_nrows=None,
        internal=False,
    ):
        need(
            internal,
            "RaggedTensor constructor is private; please use one of the factory methods instead (e.g., "
            "RaggedTensor.from_row_lengths())",
        )
        self._values, self._row_splits = values, row_splits
        self._lengths, self._rowids, self._nrows = cached_row_lengths, cached_value_rowids, cached_nrows

    # --- how one is made ------------------------------------------------------------------------------

    @classmethod
    def from_row_splits(cls, values, row_splits, name=None, validate=True):
        """From the places where rows begin and end.

        Args:
          values: the elements of all rows.
          row_splits: int `[rows + 1]`, from 0 to the number of values, never falling.
          name: the scope's name.
          validate: unused here: splits that don't fit fail when they are used.
        """
        with name_scope(name, "RaggedFromRowSplits", [values, row_splits]):
            values, row_splits = _values_of(values), _places_of(row_splits, "row_splits")
            row_splits.shape.assert_has_rank(1)
            return cls(values, row_splits, internal=True)

    @classmethod
    def from_value_rowids(cls, values, value_rowids, nrows=None, name=None, validate=True):
        """From the number of the row of each value.

        Args:
          values: the elements of all rows.
          value_rowids: int `[n]`, never falling.
          nrows: how many rows there are; up to the last value's if None.
          name: the scope's name.
          validate: unused here.
        """
        with name_scope(name, "RaggedFromValueRowIds", [values, value_rowids, nrows]):
            values, ids = _values_of(values), _places_of(value_rowids, "value_rowids")
            nrows = concat([ids[-1:], [-1]], axis=0)[0] + 1 if nrows is None else convert_to_tensor(nrows, ids.dtype, "nrows")
            narrow, count = cast(ids, dtypes.int32), cast(nrows, dtypes.int32)
            lengths = bincount(narrow, minlength=count, maxlength=count, dtype=ids.dtype)
            splits = concat([[0], cumsum(lengths)], axis=0)
            return cls(values, splits, cached_row_lengths=lengths, cached_value_rowids=ids, cached_nrows=nrows, internal=True)

    @classmethod
    def from_row_lengths(cls, values, row_lengths, name=None, validate=True):
        """From the length of each row, int `[rows]`."""
        with name_scope(name, "RaggedFromRowLengths", [values, row_lengths]):
            values, lengths = _values_of(values), _places_of(row_lengths, "row_lengths")
            splits = concat([[0], cumsum(lengths)], axis=0)
            return cls(values, splits, cached_row_lengths=lengths, internal=True)

    @classmethod
    def from_row_starts(cls, values, row_starts, name=None, validate=True):
        """From the place where each row begins, int `[rows]`."""
        with name_scope(name, "RaggedFromRowStarts", [values, row_starts]):
            values, starts = _values_of(values), _places_of(row_starts, "row_starts")
            count = _first_size(values, starts.dtype)
            return cls(values, concat([starts, [count]], axis=0), internal=True)

    @classmethod
    def from_row_limits(cls, values, row_limits, name=None, validate=True):
        """From the place where each row ends, int `[rows]`."""
        with name_scope(name, "RaggedFromRowLimits", [values, row_limits]):
            values, limits = _values_of(values), _places_of(row_limits, "row_limits")
            return cls(values, concat([zeros([1], limits.dtype), limits], axis=0), internal=True)

    @classmethod
    def from_nested_row_splits(cls, flat_values, nested_row_splits, name=None, validate=True):
        """From the splits of each ragged axis, the outermost first."""
        with name_scope(name, "RaggedFromNestedRowSplits", [flat_values, *nested_row_splits]):
            made = flat_values
            for splits in reversed(nested_row_splits):
                made = cls.from_row_splits(made, splits, validate=validate)
            return made

    @classmethod
    def from_nested_row_lengths(cls, flat_values, nested_row_lengths, name=None, validate=True):
        """From the row lengths of each ragged axis, the outermost first."""
        with name_scope(name, "RaggedFromNestedRowlengths", [flat_values, *nested_row_lengths]):
            made = flat_values
            for lengths in reversed(nested_row_lengths):
                made = cls.from_row_lengths(made, lengths, validate=validate)
            return made

    @classmethod
    def from_tensor(cls, tensor, lengths=None, padding=None, ragged_rank=1, name=None, row_splits_dtype=dtypes.int64):
        """From a tensor whose rows are of one length, or padded.

        Args:
          tensor: `[rows, columns, ...]`.
          lengths: int `[rows]`, how much of each row counts; all if None.
          padding: the value that fills rows up at their ends, instead of `lengths`.
          ragged_rank: how many axes become ragged.
          name: the scope's name.
          row_splits_dtype: int32 or int64.

        Raises:
          ValueError: both `lengths` and `padding`; a `ragged_rank` below 1.
        """
        kind = dtypes.as_dtype(row_splits_dtype)
        need(lengths is None or padding is None, "Specify lengths or padding, but not both")
        need(isinstance(ragged_rank, int), f"ragged_rank expected int, got {ragged_rank!r}", kind=TypeError)
        need(ragged_rank > 0, f"ragged_rank must be greater than 0; got {ragged_rank}")
        with name_scope(name, "RaggedFromTensor", [tensor, lengths, padding]):
            tensor = convert_to_tensor(tensor, name="tensor")
            tensor.shape.with_rank_at_least(ragged_rank + 1)
            dims = shape(tensor, out_type=kind)
            columns = dims[1]
            if ragged_rank > 1:
                return _deep(cls, tensor, lengths, padding, ragged_rank, dims, kind)
            if padding is not None:
                lengths = _lengths_without(tensor, padding, columns, kind)
            if lengths is not None:
                return _cut(cls, tensor, lengths, columns, kind)
            rows = dims[0]
            count = rows * columns
            splits = range_(rows + 1) * columns
            values = reshape(tensor, concat([[count], dims[2:]], axis=0))
            return cls(values, splits, internal=True)

    @classmethod
    def from_sparse(cls, st_input, name=None, row_splits_dtype=dtypes.int64):
        """From a SparseTensor `[rows, columns]` whose rows are filled from their beginnings."""
        need(isinstance(st_input, SparseTensor), f"Expected SparseTensor, got {type(st_input).__name__}", kind=TypeError)
        with name_scope(name, "RaggedFromSparse", [st_input.indices, st_input.values, st_input.dense_shape]):
            ids, nrows = cast(st_input.indices[:, 0], row_splits_dtype), cast(st_input.dense_shape[0], row_splits_dtype)
            return cls.from_value_rowids(st_input.values, ids, nrows=nrows, validate=False)

    # --- what it is -----------------------------------------------------------------------------------

    @property
    def values(self):
        """The elements of all rows; a RaggedTensor itself for more than one ragged axis."""
        return self._values

    @property
    def row_splits(self):
        """Int `[rows + 1]`: where rows begin and end."""
        return self._row_splits

    @property
    def flat_values(self):
        """The innermost values, a tensor."""
        return self._values.flat_values if isinstance(self._values, RaggedTensor) else self._values

    @property
    def nested_row_splits(self):
        """The splits of all ragged axes, the outermost first."""
        inner = self._values.nested_row_splits if isinstance(self._values, RaggedTensor) else ()
        return (self._row_splits, *inner)

    @property
    def ragged_rank(self):
        """How many axes are ragged."""
        return 1 + (self._values.ragged_rank if isinstance(self._values, RaggedTensor) else 0)

    @property
    def dtype(self):
        """The dtype of the values."""
        return self._values.dtype

    @property
    def shape(self):
        """The static shape: None for ragged axes."""
        rows = self._row_splits.shape[0] - 1
        inner = self._values.shape
        return TensorShape(None) if inner.ndims is None else TensorShape([rows, None, *inner[1:]])

    def get_shape(self):
        """`shape`."""
        return self.shape

    def nrows(self, out_type=None, name=None):
        """How many rows there are, a scalar."""
        kind = self._row_splits.dtype if out_type is None else dtypes.as_dtype(out_type)
        with name_scope(name, "RaggedNRows", [self]):
            return shape(self.row_splits, out_type=kind)[0] - 1

    def row_starts(self, name=None):
        """Where each row begins."""
        with name_scope(name, "RaggedRowStarts", [self]):
            return self.row_splits[:-1]

    def row_limits(self, name=None):
        """Where each row ends."""
        with name_scope(name, "RaggedRowLimits", [self]):
            return self.row_splits[1:]

    def row_lengths(self, axis=1, name=None):
        """How long each row is; of the rows of a deeper axis, a RaggedTensor."""
        if self._lengths is not None and axis == 1:
            return self._lengths
        with name_scope(name, "RaggedRowLengths", [self]):
            if axis > 1:
                return self.with_values(self.values.row_lengths(axis - 1))
            return self.row_splits[1:] - self.row_splits[:-1]

    def value_rowids(self, name=None):
        """The number of the row of each value."""
        if self._rowids is not None:
            return self._rowids
        with name_scope(name, "RaggedValueRowIds", [self]):
            ends = self.row_splits[1:-1]
            marks = bincount(cast(ends, dtypes.int32), minlength=shape(self.flat_values)[0], dtype=self.row_splits.dtype)
            return cumsum(marks[: shape(self.flat_values)[0]])

    # --- what is made of it -----------------------------------------------------------------------------

    def with_values(self, new_values):
        """The same rows of other values."""
        return RaggedTensor(_values_of(new_values), self._row_splits, self._lengths, self._rowids, self._nrows, internal=True)

    def with_flat_values(self, new_values):
        """The same rows of other innermost values."""
        if isinstance(self._values, RaggedTensor):
            return self.with_values(self._values.with_flat_values(new_values))
        return self.with_values(new_values)

    def to_sparse(self, name=None):
        """A SparseTensor of the same elements."""
        with name_scope(name, "RaggedToSparse", [self]):
            return SparseTensor(*to_sparse_node(list(self.nested_row_splits), self.flat_values, name=name))

    def to_tensor(self, default_value=None, name=None):
        """A tensor in which rows are filled up with `default_value`, zero by default."""
        with name_scope(name, "RaggedToTensor", [self, default_value]):
            filler = zeros((), self.dtype) if default_value is None else convert_to_tensor(default_value, self.dtype)
            nodes = to_tensor_node(
                constant(-1, dtypes.int64),
                self.flat_values,
                filler,
                [cast(s, dtypes.int64) for s in self.nested_row_splits],
                row_partition_types=["ROW_SPLITS"] * self.ragged_rank,
            )
            return nodes

    def __getitem__(self, key):
        """Rows, or parts of rows: `rt[2]` is a row, `rt[1:3]` are rows."""
        with name_scope(None, "RaggedGetItem", [self]):
            return _item(self, list(key) if isinstance(key, tuple) else [key])

    def consumers(self):
        """The ops that take its parts."""
        return [op for t in (self.flat_values, *self.nested_row_splits) for op in t.consumers()]

    @property
    def graph(self):
        """The graph."""
        return self._row_splits.graph

    @property
    def op(self):
        """The op that gives the innermost values."""
        return self.flat_values.op

    @property
    def name(self):
        """The name of the innermost values."""
        return self.flat_values.name

    def eval(self, feed_dict=None, session=None):
        """The value as a `RaggedTensorValue`; arguments and errors are `Tensor.eval`'s."""
        return self.graph._session_for(session, "eval", "tensor", "evaluate tensor", "").run(self, feed_dict)

    def __repr__(self):
        return f"tf.RaggedTensor(values={self._values}, row_splits={self._row_splits})"


def _lower_to_tensor(B, sizes, values, default, *splits):
    values, splits = np.asarray(values), [np.asarray(s) for s in splits]
    widths = [int(np.diff(s).max(initial=0)) for s in splits]
    out = np.empty((len(splits[0]) - 1, *widths, *values.shape[1:]), values.dtype)
    out[...] = default[()] if values.dtype == object else default
    _fill(out, _rows(splits, values), len(splits))
    return out


def _fill(out, rows, depth):
    for k, row in enumerate(rows):
        if depth == 1:
            out[k, : len(row)] = row
        else:
            _fill(out[k], row, depth - 1)


def _infer_to_tensor(sizes, values, default, *splits):
    rows = splits[0].dims
    inner = values.dims
    return [None if rows is None or inner is None else (rows[0] and rows[0] - 1, *[None] * len(splits), *inner[1:])]


to_tensor_node = define("RaggedTensorToTensor", infer=_infer_to_tensor, lower=_lower_to_tensor, host=True)


def _values_of(values):
    return values if isinstance(values, RaggedTensor) else convert_to_tensor(values, name="values")


def _places_of(places, name):
    """Row places as int32 if they are, else int64."""
    kind = getattr(places, "dtype", None)
    if kind is not None and dtypes.as_dtype(kind) is dtypes.int32 and isinstance(places, Tensor):
        return places
    return convert_to_tensor(places, dtype=None if isinstance(places, Tensor) else dtypes.int64, name=name)


def _first_size(values, kind):
    if isinstance(values, RaggedTensor):
        return values.nrows(out_type=kind)
    return shape(values, out_type=kind)[0]


def _deep(cls, tensor, lengths, padding, ragged_rank, dims, kind):
    """A tensor with several ragged axes: all but the last are flattened, and their splits put back on."""
    flat = reshape(tensor, concat([constant([-1], kind), dims[ragged_rank:]], axis=0))
    values = cls.from_tensor(flat, lengths, padding, row_splits_dtype=kind)
    sizes = cumprod(dims)
    splits = [range_(0, sizes[k - 1] + 1) * dims[k] for k in range(1, ragged_rank)]
    return cls.from_nested_row_splits(values, splits)


def _cut(cls, tensor, lengths, columns, kind):
    """The beginnings of rows."""
    lengths = convert_to_tensor(lengths, kind, "lengths")
    lengths.shape.assert_has_rank(1)
    lengths = PLAIN["Maximum"](PLAIN["Minimum"](lengths, columns), constant(0, kind))
    splits = concat([zeros([1], kind), cumsum(lengths)], axis=0)
    return cls.from_row_splits(boolean_mask(tensor, sequence_mask(lengths, maxlen=columns)), splits, validate=False)


def _lengths_without(tensor, padding, columns, kind):
    """How long rows are without what fills them up."""
    padding = convert_to_tensor(padding, dtype=tensor.dtype, name="padding")
    same = equal(padding, tensor)
    n = rank(tensor)
    axes = range_(2, n)
    filled = cond(n > 2, lambda: reduce_all(same, axis=axes), lambda: same)
    filled.set_shape(tensor.shape[:2])
    holds = cast(PLAIN["LogicalNot"](filled), kind)
    return reduce_max(holds * expand_dims_node(range_(1, columns + 1), 0), axis=1)


def _item(rt, keys):
    """`rt[keys]`, axis by axis."""
    if not keys:
        return rt
    first, rest = keys[0], keys[1:]
    need(first is not Ellipsis and first is not None, "Ellipsis and newaxis are not supported with ragged tensors")
    if isinstance(first, slice):
        rows = _some_rows(rt, first)
        return rows if not rest else rows.with_values(rows.values[(slice(None), *rest)])
    starts, limits = rt.row_splits[:-1], rt.row_splits[1:]
    row = rt.values[starts[first] : limits[first]]
    return row[tuple(rest)] if isinstance(row, Tensor) else _item(row, rest)


def _some_rows(rt, key):
    """Rows in one stretch."""
    if key == slice(None):
        return rt
    need(key.step in (None, 1), "Strided slices of ragged axes are not supported")
    starts, limits = rt.row_splits[:-1][key], rt.row_splits[1:][key]
    zero = zeros([1], rt.row_splits.dtype)
    begin, end = concat([starts, zero], axis=0)[0], concat([zero, limits], axis=0)[-1]
    splits = concat([starts, [end]], axis=0) - begin
    return RaggedTensor(rt.values[begin:end], splits, internal=True)


def convert_to_tensor_or_ragged_tensor(value, dtype=None, name=None):
    """`value` as a tensor; a RaggedTensor as it is, a RaggedTensorValue as a RaggedTensor."""
    if isinstance(value, RaggedTensor):
        return value
    if isinstance(value, RaggedTensorValue):
        with name_scope(name, "ConvertToTensorOrRaggedTensor", []):
            return RaggedTensor.from_nested_row_splits(value.flat_values, value.nested_row_splits, validate=False)
    return convert_to_tensor(value, dtype=dtype, name=name)


def _value_of(parts):
    made = parts[0]
    for splits in reversed(parts[1:]):
        made = RaggedTensorValue(made, splits)
    return made


register_fetch(RaggedTensor, lambda rt: ([rt.flat_values, *rt.nested_row_splits], _value_of))
