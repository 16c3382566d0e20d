"""Python values as arrays of TF's types, with TF's refusals."""

import numpy as np

from ..ground import dtypes


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
    if shape is not None:
        array = np.broadcast_to(array, shape) if array.size == 1 else array.reshape(shape)
    return array, kind
