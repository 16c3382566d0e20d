"""What is known of a value before it is there, as an object: TensorSpec, SparseTensorSpec, IndexedSlicesSpec."""

from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import need
from .composite import IndexedSlices, IndexedSlicesValue, SparseTensor, SparseTensorValue
from .convert import convert
from .graph import Tensor

__all__ = ["IndexedSlicesSpec", "SparseTensorSpec", "TensorSpec", "TypeSpec", "spec_of"]


@export("TypeSpec")
class TypeSpec:
    """The kind of a value; see the classes below it.

    A class gives `value_type`, the class of its values, and `_parts()`, all that tells its objects apart.
    """

    __slots__ = ()

    @property
    def value_type(self):
        """The class of the values."""
        raise NotImplementedError(f"{type(self).__name__}.value_type")

    def _parts(self):
        raise NotImplementedError(f"{type(self).__name__}._parts")

    def is_compatible_with(self, spec_or_value):
        """Whether a value, or each value of another spec, is of this kind.

        Args:
          spec_or_value: a `TypeSpec`, or a value that one describes.

        Raises:
          TypeError: no spec describes it.
        """
        other = spec_or_value if isinstance(spec_or_value, TypeSpec) else spec_of(spec_or_value)
        return type(self) is type(other) and _fit(self._parts(), other._parts())

    def most_specific_compatible_type(self, other):
        """The most specific spec that both are cases of.

        Args:
          other: another spec of the same class.

        Raises:
          ValueError: there is none.
        """
        need(type(self) is type(other), f"No TypeSpec is compatible with both {self} and {other}")
        try:
            return type(self)(*_merged(self._parts(), other._parts()))
        except ValueError:
            raise ValueError(f"No TypeSpec is compatible with both {self} and {other}") from None

    def __eq__(self, other):
        return type(self) is type(other) and _keys(self._parts()) == _keys(other._parts())

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash((type(self), _keys(self._parts())))

    def __repr__(self):
        return f"{type(self).__name__}{self._parts()!r}"


def _fit(a, b):
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(_fit, a, b))
    return a.is_compatible_with(b) if hasattr(a, "is_compatible_with") and b is not None else a == b


def _merged(a, b):
    if isinstance(a, (list, tuple)):
        need(len(a) == len(b), "parts")
        return tuple(map(_merged, a, b))
    if isinstance(a, shapes.TensorShape):
        return a.most_specific_compatible_shape(b)
    need(a == b, "parts")
    return a


def _keys(part):
    """What can be compared and hashed: shapes as tuples."""
    if isinstance(part, (list, tuple)):
        return tuple(map(_keys, part))
    return shapes.dims_of(part) if isinstance(part, shapes.TensorShape) else part


@export("TensorSpec")
class TensorSpec(TypeSpec):
    """A tensor of a dtype and a shape.

    Args:
      shape: its `TensorShape`, or what makes one.
      dtype: its `DType`.
      name: a name.
    """

    __slots__ = ("_dtype", "_name", "_shape")

    def __init__(self, shape, dtype=dtypes.float32, name=None):
        self._shape, self._dtype, self._name = shapes.TensorShape(shape), dtypes.as_dtype(dtype), name

    @classmethod
    def from_spec(cls, spec, name=None):
        """The shape and dtype of another spec, under a name."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    @classmethod
    def from_tensor(cls, tensor, name=None):
        """The spec of a tensor, under its op's name if none is given.

        Raises:
          ValueError: no tensor.
        """
        need(isinstance(tensor, Tensor), "`tensor` should be a tf.Tensor")
        return cls(tensor.shape, tensor.dtype, name or tensor.op.name)

    value_type = property(lambda self: Tensor, doc="The class of the values.")
    shape = property(lambda self: self._shape, doc="The `TensorShape`.")
    dtype = property(lambda self: self._dtype, doc="The `DType`.")
    name = property(lambda self: self._name, doc="The name, or None.")

    def is_compatible_with(self, spec_or_tensor):
        """Whether a tensor, or another spec, has the dtype and a shape that fits."""
        return self._dtype.is_compatible_with(spec_or_tensor.dtype) and self._shape.is_compatible_with(spec_or_tensor.shape)

    def most_specific_compatible_type(self, other):
        """The most specific spec that both are cases of.

        Raises:
          ValueError: another class or dtype.
        """
        same = type(self) is type(other) and self._dtype == other.dtype
        need(same, f"Types are not compatible: {self!r} vs {other!r}")
        name = self._name if self._name == other.name else None
        return TensorSpec(self._shape.most_specific_compatible_shape(other.shape), self._dtype, name)

    def _parts(self):
        return self._shape, self._dtype, self._name

    def __repr__(self):
        return f"TensorSpec(shape={self._shape}, dtype={self._dtype!r}, name={self._name!r})"


@export("SparseTensorSpec")
class SparseTensorSpec(TypeSpec):
    """A SparseTensor of a dtype and a dense shape.

    Args:
      shape: the `TensorShape` of the dense form, or what makes one.
      dtype: the `DType` of the values.
    """

    __slots__ = ("_dtype", "_shape")

    def __init__(self, shape=None, dtype=dtypes.float32):
        self._shape, self._dtype = shapes.as_shape(shape), dtypes.as_dtype(dtype)

    @classmethod
    def from_value(cls, value):
        """The spec of a `SparseTensor` or a `SparseTensorValue`.

        Raises:
          TypeError: something else.
        """
        if isinstance(value, SparseTensor):
            return cls(value.shape, value.dtype)
        need(isinstance(value, SparseTensorValue), "Expected SparseTensor or SparseTensorValue", kind=TypeError)
        return cls(list(value.dense_shape), value.values.dtype)

    value_type = property(lambda self: SparseTensor, doc="The class of the values.")
    shape = property(lambda self: self._shape, doc="The `TensorShape` of the dense form.")
    dtype = property(lambda self: self._dtype, doc="The `DType` of the values.")

    def _parts(self):
        return self._shape, self._dtype


@export("IndexedSlicesSpec")
class IndexedSlicesSpec(TypeSpec):
    """IndexedSlices of a dtype and a dense shape.

    Args:
      shape: the `TensorShape` of the whole, or what makes one.
      dtype: the `DType` of the rows.
      indices_dtype: int32 or int64.
      dense_shape_dtype: the dtype of `dense_shape`; None if there is none.
      indices_shape: the shape of the indices, `[n]`.
    """

    __slots__ = ("_dense_shape_dtype", "_indices_dtype", "_indices_shape", "_shape", "_values_dtype")

    def __init__(self, shape=None, dtype=dtypes.float32, indices_dtype=dtypes.int64, dense_shape_dtype=None, indices_shape=None):
        self._shape, self._values_dtype = shapes.as_shape(shape), dtypes.as_dtype(dtype)
        self._indices_dtype = dtypes.as_dtype(indices_dtype)
        self._dense_shape_dtype = None if dense_shape_dtype is None else dtypes.as_dtype(dense_shape_dtype)
        self._indices_shape = shapes.as_shape(indices_shape).with_rank(1)

    value_type = property(lambda self: IndexedSlices, doc="The class of the values.")

    def _parts(self):
        return self._shape, self._values_dtype, self._indices_dtype, self._dense_shape_dtype, self._indices_shape


def spec_of(value):
    """The spec that describes a value.

    Raises:
      TypeError: none does.
    """
    if isinstance(value, Tensor):
        return TensorSpec(value.shape, value.dtype)
    if isinstance(value, (SparseTensor, SparseTensorValue)):
        return SparseTensorSpec.from_value(value)
    if isinstance(value, (IndexedSlices, IndexedSlicesValue)):
        return _slices_spec(value)
    try:
        tensor = convert(value)
    except (TypeError, ValueError):
        raise TypeError(f"Could not build a TypeSpec for {value!r} with type {type(value).__name__}") from None
    return TensorSpec(tensor.shape, tensor.dtype)


def _slices_spec(value):
    shape = value.values.shape[1:]
    rows = value.dense_shape
    whole = shapes.TensorShape([None]).concatenate(shape) if isinstance(value, IndexedSlices) else [None, *shape]
    kind = None if rows is None else rows.dtype
    return IndexedSlicesSpec(whole, value.values.dtype, value.indices.dtype, kind, value.indices.shape)
