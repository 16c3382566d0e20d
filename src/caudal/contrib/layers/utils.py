"""slim.utils: the names that outputs have in collections, and sizes."""

import collections

from ...graph.graph import default_graph
from ...ground.api import export
from ...ground.errors import need
from .layers import collect

__all__ = ["convert_collection_to_dict", "get_tensor_aliases"]

_HOME = "contrib.slim.utils."
export(_HOME + "collect_named_outputs")(collect)


@export(_HOME + "append_tensor_alias")
def append_tensor_alias(tensor, alias):
    """Gives a tensor one more name, without a "/" at its end; gives the tensor back."""
    alias = alias[:-1] if alias.endswith("/") else alias
    tensor.aliases = [*getattr(tensor, "aliases", []), alias]
    return tensor


@export(_HOME + "get_tensor_aliases")
def get_tensor_aliases(tensor):
    """The names that a tensor was given; that of its op if none was."""
    if getattr(tensor, "aliases", None):
        return tensor.aliases
    name = tensor.name
    return [name[:-2] if name.endswith(":0") else name]


@export(_HOME + "convert_collection_to_dict")
def convert_collection_to_dict(collection, clear_collection=False):
    """The tensors of a collection by their names, in order; emptied after that if asked."""
    found = collections.OrderedDict(
        (name, tensor) for tensor in default_graph().get_collection(collection) for name in get_tensor_aliases(tensor)
    )
    if clear_collection:
        default_graph().clear_collection(collection)
    return found


@export(_HOME + "last_dimension")
def last_dimension(shape, min_rank=1):
    """The size of the last dimension of a shape of rank `min_rank` or more.

    Raises:
      ValueError: it is not known.
    """
    need(shape.ndims is not None, "dims of shape must be known but is None")
    need(shape.ndims >= min_rank, f"rank of shape must be at least {min_rank} not: {shape.ndims}")
    need(shape.dims[-1].value is not None, "last dimension shape must be known but is None")
    return shape.dims[-1].value


@export(_HOME + "two_element_tuple")
def two_element_tuple(int_or_tuple):
    """A number twice, or a pair as it is.

    Raises:
      ValueError: neither.
    """
    if isinstance(int_or_tuple, (list, tuple)):
        need(len(int_or_tuple) == 2, f"Must be a list with 2 elements: {int_or_tuple}")
        return int(int_or_tuple[0]), int(int_or_tuple[1])
    need(isinstance(int_or_tuple, int), "Must be an int, a list with 2 elements or a TensorShape of length 2")
    return int(int_or_tuple), int(int_or_tuple)
