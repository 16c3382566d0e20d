"""Python values as arrays of TF's types, with TF's refusals."""

import numbers

import numpy as np

from ..ground import dtypes
from ..ground.shapes import Dimension, dims_of

_KINDS = (  # what Python values a dtype takes
    (lambda kind: kind.is_bool, bool),
    (lambda kind: kind.is_integer, (numbers.Integral, np.integer, Dimension)),
    (lambda kind: kind.is_floating, (numbers.Real, np.integer, np.floating)),
    (lambda kind: kind.is_complex, (numbers.Complex, np.number)),
    (lambda kind: kind is dtypes.string, (bytes, str)),
)


def _first_unfit(values, taken):
    """The first element that is none of the types `taken`, in a tuple; None if all are."""
    if isinstance(values, (list, tuple)):
        return next((found for v in values if (found := _first_unfit(v, taken)) is not None), None)
    return None if isinstance(values, taken) else (values,)


def _holds_graph(values):
    """Whether nested lists hold a tensor of a graph."""
    if isinstance(values, (list, tuple)):
        return any(map(_holds_graph, values))
    return hasattr(values, "op") and hasattr(values, "_value_index")


def _check_types(values, kind):
    if kind is None:
        if _holds_graph(values):
            raise TypeError("List of Tensors when single Tensor expected")
        return
    taken = next((t for test, t in _KINDS if test(kind)), None)
    unfit = None if taken is None else _first_unfit(values, taken)
    if unfit is not None:
        raise TypeError(f"Expected {kind.name}, got {unfit[0]!r} of type '{type(unfit[0]).__name__}' instead.")


def _dense_dims(values):
    """The shape that nested lists have, as their first elements tell."""
    if not isinstance(values, (list, tuple)):
        return list(np.shape(values))
    return [len(values), *(_dense_dims(values[0]) if values else [])]


def _first_leaf(values):
    while isinstance(values, (list, tuple)) and values:
        values = values[0]
    return values


def _of_python(values, kind):
    """An array of numbers, strings or lists of these."""
    _check_types(values, kind)
    wanted = _dense_dims(values)
    as_object = kind is None and isinstance(_first_leaf(values), (bytes, str))  # NumPy's strings lose zeros at their ends
    try:
        array = np.array(values, dtype=object if as_object else None if kind is None else kind.np)
    except OverflowError:  # TF keeps the low bits
        array = np.array(values, np.int64).astype(kind.np)
    except ValueError:
        array = None
    if array is None or list(array.shape) != wanted:
        seen = wanted[:1] if array is None else list(array.shape)
        raise ValueError(f"Argument must be a dense tensor: {values} - got shape {seen}, but wanted {wanted}.")
    if kind is None and array.dtype == np.float64:
        return array.astype(np.float32)
    if kind is None and array.dtype == np.int64:
        small = array.astype(np.int32)
        return small if np.array_equal(small, array) else array
    return array


@np.errstate(all="ignore")  # a number that is too large becomes inf, without a word
def to_array(values, dtype=None, shape=None, verify_shape=False):
    """(array, DType) of what a user gave as a constant.

    Raises:
      TypeError: elements that are not of `dtype`; ValueError: None, lists of several lengths, too many elements.
    """
    kind = None if dtype is None else dtypes.as_dtype(dtype)
    if values is None:
        raise ValueError("None values not supported.")
    if isinstance(values, (list, tuple, numbers.Number, bytes, str, Dimension)) and not isinstance(values, np.generic):
        empty = shape is not None and 0 in dims_of(shape)
        array = np.empty(dims_of(shape), np.float32 if kind is None else kind.np) if empty else _of_python(values, kind)
    else:
        if not isinstance(values, (np.ndarray, np.generic)):
            _check_types(values, kind)
        array = np.asarray(values, dtype=None if kind is None else kind.np)
    kind = dtypes.as_dtype(array.dtype) if kind is None else kind
    if kind is dtypes.string:
        array = _bytes(array, values)
    return (array if shape is None else _shaped(array, dims_of(shape), verify_shape)), kind


def _bytes(array, values):
    """Strings as bytes objects."""
    given = array.ravel() if isinstance(values, np.ndarray) else _flat(values)
    unfit = [v for v in given if not isinstance(v, (bytes, str))]
    if unfit and isinstance(values, np.ndarray):
        raise TypeError(f"Expected binary or unicode string, got {unfit[0]!r}")
    if unfit:
        raise TypeError(
            f"Failed to convert object of type {type(values)} to Tensor. Contents: {values}. "
            "Consider casting elements to a supported type."
        )
    out = np.empty(array.size, object)
    out[:] = [v.encode() if isinstance(v, str) else v for v in array.ravel()]
    return out.reshape(array.shape)


def _flat(values):
    """The elements of nested lists, from left to right."""
    return [one for v in values for one in _flat(v)] if isinstance(values, (list, tuple)) else [values]


def _shaped(array, dims, verify_shape):
    """`array` in a shape; a shorter one is filled up with its last element."""
    if verify_shape and array.shape != dims:
        shown = tuple(array.shape)
        raise TypeError(f"Expected Tensor's shape: {dims}, got {shown}.")
    n = int(np.prod(dims, dtype=np.int64))
    if array.size == 1:
        return np.broadcast_to(array.reshape(()), dims)
    if array.size > n:
        raise ValueError(f"Too many elements provided. Needed at most {n}, but received {array.size}")
    if array.size == n:
        return array.reshape(dims)
    flat = array.reshape(-1)
    return np.concatenate([flat, np.repeat(flat[-1:], n - flat.size)]).reshape(dims)
