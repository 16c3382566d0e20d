"""slim.utils: the names that outputs have in collections, and sizes."""

import collections

from ...build.cond import cond
from ...build.variables import Variable
from ...graph import static
from ...graph.graph import Tensor, default_graph
from ...ground.api import export
from ...ground.errors import need
from .model_layers import variable_collections

__all__ = ["collect_named_outputs", "convert_collection_to_dict", "get_tensor_aliases"]

_HOME = "contrib.slim.utils."


@export(_HOME + "collect_named_outputs")
def collect_named_outputs(collections, alias, outputs):
    """Puts a tensor into collections with one more name; gives it back.

    Args:
      collections: a name, or a list of names; None for none.
      alias: the tensor's name there.
      outputs: the tensor.
    """
    if collections:
        append_tensor_alias(outputs, alias)
        default_graph().add_to_collections(collections, outputs)
    return outputs


@export(_HOME + "get_variable_collections")
def get_variable_collections(variables_collections, name):
    """The collections of the variable `name`: the same for all, or what a dict has for it."""
    return variable_collections(variables_collections, name)


@export(_HOME + "constant_value")
def constant_value(value_or_tensor_or_var, dtype=None):
    """What is known of a value while the graph is built: a plain value itself, a tensor's if it is constant, else None.

    Raises:
      ValueError: there is none, or a tensor of another dtype.
    """
    value = value_or_tensor_or_var
    need(value is not None, "value_or_tensor_or_var cannot be None")
    if not isinstance(value, (Tensor, Variable)):
        return value
    need(not dtype or value.dtype == dtype, f"It has the wrong type {value.dtype!r} instead of {dtype!r}")
    return None if isinstance(value, Variable) else static.python_value(value)


@export(_HOME + "static_cond")
def static_cond(pred, fn1, fn2):
    """`fn1()` if `pred` is true, else `fn2()`.

    Raises:
      TypeError: one of them can't be called.
    """
    need(callable(fn1), "fn1 must be callable.", kind=TypeError)
    need(callable(fn2), "fn2 must be callable.", kind=TypeError)
    return fn1() if pred else fn2()


@export(_HOME + "smart_cond")
def smart_cond(pred, fn1, fn2, name=None):
    """`static_cond` if `pred` is known while the graph is built, else `tf.cond`."""
    known = constant_value(pred)
    return cond(pred, fn1, fn2, name=name) if known is None else static_cond(known, fn1, fn2)


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
    return _dimension(shape, -1, min_rank, "last")


@export(_HOME + "channel_dimension")
def channel_dimension(shape, data_format, min_rank=1):
    """The number of channels of a shape: the second dimension in the format NCHW, the last in another.

    Raises:
      ValueError: it is not known.
    """
    return _dimension(shape, 1 if data_format == "NCHW" else -1, min_rank, "channel")


def _dimension(shape, k, min_rank, which):
    need(shape.ndims is not None, "dims of shape must be known but is None")
    need(shape.ndims >= min_rank, f"rank of shape must be at least {min_rank} not: {shape.ndims}")
    need(shape.dims[k].value is not None, f"{which} dimension shape must be known but is None")
    return shape.dims[k].value


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


@export(_HOME + "n_positive_integers")
def n_positive_integers(n, value):
    """A number `n` times, or a sequence of `n` numbers as it is.

    Raises:
      ValueError: neither, or one of them isn't above 0.
    """
    need(int(n) >= 1 and int(n) == n, "n must be a positive integer")
    try:
        values = (int(value),) * int(n)
    except (TypeError, ValueError):
        values = _integers(n, value)
    for one in values:
        need(one >= 1, f"expected positive integer, but received {one}")
    return values


def _integers(n, sequence):
    words = f"Expected sequence of {n} positive integers, but received {sequence!r}"
    need(len(sequence) == n, words)
    try:
        return tuple(int(x) for x in sequence)
    except (TypeError, ValueError):
        raise ValueError(words) from None
