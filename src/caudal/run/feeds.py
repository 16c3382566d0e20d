"""What a user may feed: a value for a tensor, checked and made an array."""

import numpy as np

from ..graph.composite import IndexedSlices, IndexedSlicesValue, SparseTensor
from ..graph.graph import Tensor
from ..graph.notes import locate
from ..ground.shapes import TensorShape

__all__ = ["expand", "register_feed", "value_for"]

_EXPANSIONS: list[tuple] = []


def register_feed(kinds, expand):
    """`expand(key, value)` -> pairs of tensor and value: for feed keys of a user's own kind."""
    _EXPANSIONS.insert(0, (kinds, expand))


def expand(graph, key, value):
    """The pairs of tensor and value that one entry of a feed dict stands for.

    Raises:
      TypeError: the key is nothing that can be fed.
    """
    if isinstance(key, SparseTensor):
        parts = zip((key.indices, key.values, key.dense_shape), value, strict=False)
        return [(_tensor(graph, t, key), v) for t, v in parts]
    if isinstance(key, IndexedSlices):
        given = value if isinstance(value, IndexedSlicesValue) else IndexedSlicesValue(*value)
        pairs = [(key.values, given.values), (key.indices, given.indices)]
        pairs += [(key.dense_shape, given.dense_shape)] if key.dense_shape is not None else []
        return [(_tensor(graph, t, key), v) for t, v in pairs]
    for kinds, function in _EXPANSIONS:
        if isinstance(key, kinds):
            return function(key, value)
    return [(_tensor(graph, key, key), value)]


def _tensor(graph, leaf, key):
    try:
        return graph.as_graph_element(leaf, allow_tensor=True, allow_operation=False)
    except (ValueError, KeyError, TypeError) as error:
        raise TypeError(f"Cannot interpret feed_dict key as Tensor: {error.args[0]}") from None


def value_for(graph, tensor, value, key):
    """`value` as an array that `tensor` may be.

    Raises:
      TypeError: a tensor, or a number that the dtype doesn't hold; ValueError: a wrong shape, or not feedable.
    """
    kind = tensor._dtype.np
    if type(value) is not np.ndarray or value.dtype != kind:
        if isinstance(value, Tensor):
            error = TypeError(
                "The value of a feed cannot be a tf.Tensor object. Acceptable feed values include Python scalars, "
                "strings, lists, numpy ndarrays, or TensorHandles. For reference, the tensor object was "
                f"{value} which was passed to the feed with key {key}."
            )
            raise locate(error, tensor.op, "feed the value that sess.run gives for it, or build the graph with the tensor itself")
        if isinstance(value, int) and kind != np.dtype(object) and not _holds(kind, value):
            error = TypeError(
                f"Type of feed value {value} with type {type(value)} is not compatible with Tensor type "
                f"{tensor._dtype.as_numpy_dtype}. Try explicitly setting the type of the feed tensor to a larger type "
                "(e.g. int64)."
            )
            raise locate(error, tensor.op)
        value = _as_array(value, kind, tensor)
    if value.dtype.hasobject:
        value = _as_bytes(value)
    dims, shape = tensor.dims, value.shape
    if dims is not None and dims != shape and not _fits(dims, shape):
        words = f"Cannot feed value of shape {shape!r} for Tensor {tensor.name!r}, which has shape {str(TensorShape._of(dims))!r}"
        raise locate(ValueError(words), tensor.op, _reshape(dims, shape))
    if graph._unfeedable and tensor in graph._unfeedable:
        raise ValueError(f"Tensor {tensor} may not be fed.")
    return value


def _as_bytes(value):
    """Fed strings as bytes; text as UTF-8."""
    flat = value.reshape(-1).tolist()
    if all(type(v) is bytes for v in flat):
        return value
    out = np.empty(len(flat), object)
    out[:] = [v.encode() if isinstance(v, str) else v for v in flat]
    return out.reshape(value.shape)


def _reshape(want, have):
    """What to try where a value of shape `have` is fed for one of shape `want`."""
    if len(have) == len(want):
        return "feed an array of that shape, or make the placeholder with None where any size will do"
    if len(have) == len(want) - 1:
        return "value[None] adds a first dimension of size 1; a list of several values needs none"
    return "np.reshape the value, or make the placeholder with the shape that is fed"


@np.errstate(all="ignore")  # a number that is too large becomes inf, without a word
def _as_array(value, kind, tensor):
    try:
        return np.asarray(value, dtype=kind)
    except (NotImplementedError, TypeError, ValueError) as refused:
        inside = _has_tensor(value)
        error = ValueError("setting an array element with a sequence.") if inside else refused  # as NumPy says of both
        dtype = tensor._dtype.base_dtype.name
        raise locate(error, tensor.op, f"feed numbers that become {dtype}, in lists of one length") from None


def _has_tensor(value):
    return isinstance(value, Tensor) or (isinstance(value, (list, tuple)) and any(map(_has_tensor, value)))


def _holds(kind, number):
    try:
        return np.asarray(number).astype(kind) == number
    except (OverflowError, TypeError, ValueError):
        return False


def _fits(dims, shape):
    if len(dims) != len(shape):
        return False
    for a, b in zip(dims, shape, strict=True):
        if a != b and a is not None:
            return False
    return True
