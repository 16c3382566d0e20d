"""What is known of a part of an element: a tensor's dtype and shape, a SparseTensor's, a data set's."""

import functools

from ..graph.composite import SparseTensor, SparseTensorValue, convert_or_composite
from ..graph.convert import convert_to_tensor
from ..graph.graph import Tensor
from ..graph.type_spec import SparseTensorSpec, TensorSpec
from ..ground import dtypes
from ..ground.shapes import as_shape
from ..ops.sparse_serialize import deserialize_sparse, serialize_many_sparse, serialize_sparse
from .nests import flatten, map_structure, pack

__all__ = ["flat", "from_tensors", "legacy", "spec_of", "specs_from", "to_batched", "to_tensors", "with_shape"]


@functools.singledispatch
def flat(spec):
    """(dtype, dims) of the tensor that carries a part."""
    return spec.dtype, spec.shape._tuple


@functools.singledispatch
def legacy(spec):
    """(dtype, shape, class) of a part, as `output_types` and its kin give them."""
    return spec.dtype, spec.shape, spec.value_type


@functools.singledispatch
def with_shape(spec, shape):
    """The same part of another shape."""
    return type(spec)(shape, spec.dtype)


@functools.singledispatch
def to_tensor(spec, value):
    """The tensor that carries a value."""
    return convert_to_tensor(value, spec.dtype)


@functools.singledispatch
def to_batched(spec, value):
    """The tensor that carries many values, as rows."""
    return convert_to_tensor(value, spec.dtype)


@functools.singledispatch
def from_tensor(spec, tensor):
    """The value that a tensor carries."""
    tensor.set_shape(spec.shape)
    return tensor


@flat.register
def _(spec: SparseTensorSpec):
    return dtypes.variant, None


@to_tensor.register
def _(spec: SparseTensorSpec, value):
    return serialize_sparse(value, out_type=dtypes.variant)


@to_batched.register
def _(spec: SparseTensorSpec, value):
    return serialize_many_sparse(value, out_type=dtypes.variant)


@from_tensor.register
def _(spec: SparseTensorSpec, tensor):
    made = deserialize_sparse(tensor, spec.dtype, spec.shape.ndims)
    if spec.shape.ndims is not None:
        made.indices.set_shape([None, spec.shape.ndims])
        made.dense_shape.set_shape([spec.shape.ndims])
    return made


_MORE: list[tuple] = []  # (class, its spec): data sets among them


def register_spec(kind, make):
    """`make(value)` is the spec of values of a class."""
    _MORE.append((kind, make))


def spec_of(value):
    """The specs of a value of any structure.

    Raises:
      TypeError, ValueError: something that is no value.
    """

    def one(leaf):
        for kind, make in _MORE:
            if isinstance(leaf, kind):
                return make(leaf)
        if isinstance(leaf, (SparseTensor, SparseTensorValue)):
            leaf = convert_or_composite(leaf)
            return SparseTensorSpec(leaf.shape, leaf.dtype)
        tensor = leaf if isinstance(leaf, Tensor) else convert_to_tensor(leaf)
        return TensorSpec(tensor.shape, tensor.dtype.base_dtype)

    return map_structure(one, value)


def to_tensors(specs, value):
    """The tensors that carry a value of these specs."""
    return [to_tensor(s, v) for s, v in zip(flatten(specs), flatten(value), strict=True)]


def from_tensors(specs, tensors):
    """The value of these specs that tensors carry."""
    return pack(specs, [from_tensor(s, t) for s, t in zip(flatten(specs), tensors, strict=True)])


def specs_from(types, shapes=None, classes=None):
    """The specs for structures of dtypes, shapes and classes, as iterators take them."""
    types = map_structure(dtypes.as_dtype, types)
    shapes = _shapes_like(types, shapes)
    classes = map_structure(lambda _: Tensor, types) if classes is None else classes

    def one(kind, shape, what):
        if what is Tensor:
            return TensorSpec(shape, kind)
        if what is SparseTensor:
            return SparseTensorSpec(shape, kind)
        return what  # a spec itself

    return map_structure(one, types, shapes, classes)


def _shapes_like(types, shapes):
    if shapes is None:
        return map_structure(lambda _: as_shape(None), types)
    flat = _flat_shapes(shapes, types)
    return pack(types, [as_shape(s) for s in flat])


def _flat_shapes(shapes, types):
    """Shapes, which may be tuples of ints themselves, leaf by leaf of `types`."""
    if isinstance(types, dict):
        return [s for k in sorted(types) for s in _flat_shapes(shapes[k], types[k])]
    if isinstance(types, tuple):
        if not isinstance(shapes, (tuple, list)) or len(shapes) != len(types):
            raise TypeError(f"The two structures don't have the same sequence length: {types}, {shapes}")
        return [s for t, one in zip(types, shapes, strict=True) for s in _flat_shapes(one, t)]
    return [shapes]
