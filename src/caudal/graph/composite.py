"""IndexedSlices and SparseTensor: several tensors that stand for one."""

import collections

from ..ground import dtypes, nest
from ..ground.api import constant, export
from ..ground.shapes import TensorShape
from . import static
from .convert import convert
from .graph import Tensor
from .scopes import name_scope

__all__ = ["IndexedSlices", "IndexedSlicesValue", "SparseTensor", "SparseTensorValue"]


@export("IndexedSlices")
class IndexedSlices:
    """Rows of a larger tensor: `dense[indices[i]]` is `values[i]`; the gradient of a look-up.

    Args:
      values: `[n, ...]`, the rows.
      indices: int `[n]`, where they belong; one that comes again adds up.
      dense_shape: int `[rank]`, the shape of the whole, or None.
    """

    def __init__(self, values, indices, dense_shape=None):
        self._values, self._indices, self._dense_shape = values, indices, dense_shape

    @property
    def values(self):
        """The rows."""
        return self._values

    @property
    def indices(self):
        """Where the rows belong."""
        return self._indices

    @property
    def dense_shape(self):
        """The shape of the whole, or None."""
        return self._dense_shape

    @property
    def name(self):
        """The name of the rows' tensor."""
        return self.values.name

    @property
    def device(self):
        """The device of the rows' op."""
        return self.values.device

    @property
    def op(self):
        """The op that gives the rows."""
        return self.values.op

    @property
    def dtype(self):
        """The dtype of the rows."""
        return self.values.dtype

    @property
    def graph(self):
        """The graph."""
        return self.values.graph

    @property
    def shape(self):
        """The static shape of the whole, as far as it is known."""
        known = None if self._dense_shape is None else static.fold(self._dense_shape)
        return TensorShape(None if known is None else [int(d) for d in known])

    def consumers(self):
        """The ops that take the rows."""
        return self.values.consumers()

    def __str__(self):
        shape = f", dense_shape={self._dense_shape}" if self._dense_shape is not None else ""
        return f"IndexedSlices(indices={self._indices}, values={self._values}{shape})"

    def __neg__(self):
        return IndexedSlices(-self.values, self.indices, self.dense_shape)


IndexedSlicesValue = collections.namedtuple("IndexedSlicesValue", ["values", "indices", "dense_shape"])
SparseTensorValue = collections.namedtuple("SparseTensorValue", ["indices", "values", "dense_shape"])
constant(IndexedSlicesValue, "compat.v1.IndexedSlicesValue")
constant(SparseTensorValue, "SparseTensorValue", "compat.v1.SparseTensorValue")


@export("SparseTensor", "sparse.SparseTensor")
class SparseTensor:
    """A tensor that is zero but for a list of elements.

    Args:
      indices: int64 `[n, rank]`, in the order of rows.
      values: `[n]`.
      dense_shape: int64 `[rank]`.

    Raises:
      ValueError: the parts' static shapes don't fit.
    """

    __module__ = "tensorflow.python.framework.sparse_tensor"  # programs print the classes of a data set's elements

    def __init__(self, indices, values, dense_shape):
        with name_scope(None, "SparseTensor", [indices, values, dense_shape]):
            indices = convert(indices, dtypes.int64, "indices")
            values = convert(values, None, "values")
            dense_shape = convert(dense_shape, dtypes.int64, "dense_shape")
        self._indices, self._values, self._dense_shape = indices, values, dense_shape
        index, value, shape = (t.get_shape() for t in (indices, values, dense_shape))
        index, value, shape = index.with_rank(2), value.with_rank(1), shape.with_rank(1)
        index.dims[0].merge_with(value.dims[0])
        index.dims[1].merge_with(shape.dims[0])
        for part in (indices, values):
            if part.op.type == "Placeholder":  # fed with another length in each run: nothing is compiled for each
                part.op.is_list = True

    @classmethod
    def from_value(cls, sparse_tensor_value):
        """The SparseTensor of a `SparseTensorValue` (or of a SparseTensor, itself)."""
        if not isinstance(sparse_tensor_value, (SparseTensor, SparseTensorValue)):
            raise TypeError(f"Neither a SparseTensor nor SparseTensorValue: {sparse_tensor_value}.")
        return cls(*(getattr(sparse_tensor_value, k) for k in SparseTensorValue._fields))

    @property
    def indices(self):
        """int64 `[n, rank]`."""
        return self._indices

    @property
    def values(self):
        """`[n]`."""
        return self._values

    @property
    def dense_shape(self):
        """int64 `[rank]`."""
        return self._dense_shape

    @property
    def op(self):
        """The op that gives the values."""
        return self.values.op

    @property
    def dtype(self):
        """The dtype of the values."""
        return self._values.dtype

    @property
    def graph(self):
        """The graph."""
        return self._indices.graph

    @property
    def shape(self):
        """The static shape, as far as it is known."""
        return TensorShape(static.python_shape(self._dense_shape))

    def get_shape(self):
        """The static shape, as far as it is known."""
        return self.shape

    def consumers(self):
        """The ops that take the values."""
        return self.values.consumers()

    def __str__(self):
        return f"SparseTensor(indices={self._indices}, values={self._values}, dense_shape={self._dense_shape})"

    def eval(self, feed_dict=None, session=None):
        """The value as a `SparseTensorValue`; arguments and errors are `Tensor.eval`'s."""
        parts = [self.indices, self.values, self.dense_shape]
        chosen = self.graph._session_for(session, "eval", "tensor", "evaluate tensor", "")
        return SparseTensorValue(*chosen.run(parts, feed_dict))


def is_composite(value):
    """Whether `value` is several tensors that stand for one."""
    return isinstance(value, (IndexedSlices, SparseTensor))


def pieces(value):
    """The tensors of a composite, or the tensor itself."""
    if isinstance(value, IndexedSlices):
        return [t for t in (value.values, value.indices, value.dense_shape) if t is not None]
    if isinstance(value, SparseTensor):
        return [value.indices, value.values, value.dense_shape]
    return [value] if isinstance(value, Tensor) else []


def convert_or_composite(value, dtype=None, name=None):
    """`value` as a tensor; IndexedSlices and SparseTensors as they are, SparseTensorValues as SparseTensors."""
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    if is_composite(value):
        if dtype is not None and not dtypes.as_dtype(dtype).is_compatible_with(value.dtype):
            raise ValueError(
                f"Tensor conversion requested dtype {dtypes.as_dtype(dtype).name} for Tensor with dtype "
                f"{value.dtype.name}: {value}"
            )
        return value
    return convert(value, None if dtype is None else dtypes.as_dtype(dtype), name)


@export("convert_to_tensor_or_indexed_slices")
def convert_to_tensor_or_indexed_slices(value, dtype=None, name=None):
    """`value` as a tensor, unless it is IndexedSlices or a SparseTensor, which stay as they are.

    Args:
      value: anything that converts to a tensor, or IndexedSlices.
      dtype: the type that it has to have.
      name: the name of the `Const` node, where one is made.

    Raises:
      ValueError: it has another dtype; TypeError: nothing converts it.
    """
    if isinstance(value, SparseTensorValue):
        return convert(value, None if dtype is None else dtypes.as_dtype(dtype), name)
    return convert_or_composite(value, dtype, name)


@export("convert_to_tensor_or_sparse_tensor", "contrib.framework.convert_to_tensor_or_sparse_tensor")
def convert_to_tensor_or_sparse_tensor(value, dtype=None, name=None):
    """`value` as a tensor, or as a SparseTensor if it is one or a `SparseTensorValue`.

    Args:
      value: a SparseTensor, a SparseTensorValue, or anything that converts to a tensor.
      dtype: the type that it has to have.
      name: the name of the `Const` node, where one is made.

    Raises:
      RuntimeError: a SparseTensor of another dtype; ValueError: a tensor of another one; TypeError: nothing converts it.
    """
    kind = None if dtype is None else dtypes.as_dtype(dtype)
    if isinstance(value, SparseTensorValue):
        value = SparseTensor.from_value(value)
    if not isinstance(value, SparseTensor):
        return convert(value, kind, name)
    if kind is not None and not kind.is_compatible_with(value.dtype):
        raise RuntimeError(f"Sparse dtype: requested = {kind.name}, actual = {value.dtype.name}")
    return value


nest.register(IndexedSlices, pieces, lambda _, parts: IndexedSlices(*parts))
nest.register(SparseTensor, pieces, lambda _, parts: SparseTensor(*parts))
