"""Python values as arrays of TF's types, with TF's refusals."""

import numpy as np

from ..ground import dtypes
from ..ground.shapes import dims_of


def to_array(values, dtype=None, shape=None, verify_shape=False):
    """(array, DType) of what a user gave as a constant."""
    kind = None if dtype is None else dtypes.as_dtype(dtype)
    if values is None:
        raise ValueError("None values not supported.")
    array = np.asarray(values, dtype=None if kind is None else kind.np)
    if kind is None:
        if not isinstance(values, (np.ndarray, np.generic)):
            if array.dtype == np.float64:
                array = array.astype(np.float32)
            elif array.dtype == np.int64 and array.size and abs(array).max() < 2**31:
                array = array.astype(np.int32)
        kind = dtypes.as_dtype(array.dtype)
    if kind is dtypes.string:
        flat = [v.encode() if isinstance(v, str) else v for v in array.ravel()]
        out = np.empty(len(flat), object)
        out[:] = flat
        array = out.reshape(array.shape)
    return (array if shape is None else _shaped(array, dims_of(shape), verify_shape)), kind


def _shaped(array, dims, verify_shape):
    """`array` in a shape; a shorter one is filled up with its last element."""
    if verify_shape and array.shape != dims:
        shown = tuple(array.shape)
        raise TypeError(f"Expected Tensor's shape: {dims}, got {shown}.")
    n = int(np.prod(dims, dtype=np.int64))
    if array.size == 1:
        return np.broadcast_to(array.reshape(()), dims)
    if array.size > n or not array.size:
        raise ValueError(f"Too many elements provided. Needed at most {n}, but received {array.size}")
    flat = array.reshape(-1)
    return np.concatenate([flat, np.repeat(flat[-1:], n - flat.size)]).reshape(dims)
