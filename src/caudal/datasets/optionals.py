"""Optional: an element, or none; and data sets as the tensors that carry them."""

import numpy as np

from ..graph.define import define
from ..graph.type_spec import SparseTensorSpec, TensorSpec
from ..ground import dtypes
from ..ground.api import constant, export
from ..ground.errors import InvalidArgumentError, OutOfRangeError
from .columns import as_array
from .dataset import DatasetV1Adapter
from .elements import text
from .experimental import both
from .iterators import flat_attributes
from .specs import from_tensors, spec_of, to_tensors

__all__ = ["Optional"]


class _Value:
    """An element, or none."""

    def __init__(self, element=None):
        self.element = element


def _next(B, place):
    try:
        return _Value(place.next())
    except OutOfRangeError:
        return _Value()


def _get(B, value):
    value = as_array(value).item() if isinstance(value, np.ndarray) else value
    if value.element is None:
        raise InvalidArgumentError(None, None, "The given optional does not have a value.")
    return tuple([text(v) for v in value.element])


_next_node = define("IteratorGetNextAsOptional", infer=lambda _: [()], lower=_next, host=True, grad=None)
_from_node = define("OptionalFromValue", infer=lambda *_: [()], lower=lambda B, *parts: _Value(parts), host=True, grad=None)
_none_node = define("OptionalNone", infer=lambda: [()], lower=lambda B: _Value(), host=True, grad=None)
_has_node = define(
    "OptionalHasValue", infer=lambda _: [()], lower=lambda B, value: np.asarray(value.element is not None), host=True, grad=None
)
_get_node = define("OptionalGetValue", infer=lambda _, *, output_shapes: list(output_shapes), lower=_get, host=True, grad=None)


@both("Optional")
class Optional:
    """An element that may be missing.

    Args:
      variant: the tensor that carries it.
      specs: the structure of the element's specs.
    """

    def __init__(self, variant, specs):
        self._variant_tensor, self._specs = variant, specs

    @staticmethod
    def from_value(value):
        """One that is there."""
        specs = spec_of(value)
        return Optional(_from_node(to_tensors(specs, value)), specs)

    @staticmethod
    def none_from_structure(value_structure):
        """One that is missing, of a structure of specs."""
        return Optional(_none_node(), value_structure)

    def has_value(self, name=None):
        """Whether it is there, a bool scalar."""
        return _has_node(self._variant_tensor, name=name)

    def get_value(self, name=None):
        """The element, tensors.

        Raises:
          tf.errors.InvalidArgumentError: (when run) it is missing.
        """
        return from_tensors(self._specs, _get_node(self._variant_tensor, name=name, **flat_attributes(self._specs)))

    @property
    def value_structure(self):
        """The structure of the element's specs."""
        return self._specs


@both("get_next_as_optional")
def get_next_as_optional(iterator):
    """The next element of an iterator, or none at the end."""
    specs = iterator.element_spec
    return Optional(_next_node(iterator._iterator_resource, **flat_attributes(specs)), specs)


@export("data.experimental.to_variant")
def to_variant(dataset):
    """The tensor that carries a data set."""
    return dataset._variant_tensor


@export("data.experimental.from_variant")
def from_variant(variant, structure):
    """The data set that a tensor carries, of elements of a structure of specs."""
    return DatasetV1Adapter(variant, structure)


def tensor_structure(dtype, shape):
    """The spec of a tensor."""
    return TensorSpec(shape, dtypes.as_dtype(dtype))


def sparse_structure(dtype, shape):
    """The spec of a SparseTensor."""
    return SparseTensorSpec(shape, dtypes.as_dtype(dtype))


constant(tensor_structure, "data.experimental.TensorStructure")
constant(sparse_structure, "data.experimental.SparseTensorStructure")
