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


def _check_types(values, kind):
    taken = next((t for test, t in _KINDS if test(kind)), None)
    unfit = None if taken is None else _first_unfit(values, taken)
    if unfit is not None:
        raise TypeError(f"Expected {kind.name}, got {unfit[0]!r} of type '{type(unfit[0]).__name__}' instead.")


def _dense_dims(values):
    """The shape that nested lists have, as their first elements tell."""
    if not isinstance(values, (list, tuple)):
        return list(np.shape(values))
    return [len(values), *(_dense_dims(values[0]) if values else [])]


def _of_python(values, kind):
    """An array of numbers, strings or lists of these."""
    if kind is not None:
        _check_types(values, kind)
    wanted = _dense_dims(values)
    try:
        array = np.array(values, dtype=None if kind is None else kind.np)
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
        array = np.empty(dims_of(shape), None if kind is None else kind.np) if empty else _of_python(values, kind)
    else:
        array = np.asarray(values, dtype=None if kind is None else kind.np)
    kind = dtypes.as_dtype(array.dtype) if kind is None else kind
    if kind is dtypes.string:
        array = _bytes(array, values)
    return (array if shape is None else _shaped(array, dims_of(shape), verify_shape)), kind


def _bytes(array, values):
    """Strings as bytes objects."""
    flat = [v.encode() if isinstance(v, str) else v for v in array.ravel()]
    if not all(isinstance(v, bytes) for v in flat):
        raise TypeError(
            f"Failed to convert object of type {type(values)} to Tensor. Contents: {values}. "
            "Consider casting elements to a supported type."
        )
    out = np.empty(len(flat), object)
    out[:] = flat
    return out.reshape(array.shape)


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
