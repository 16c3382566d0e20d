"""Arrays as TensorProto messages, and back."""

import math

import numpy as np

from ..ground import dtypes
from ..ground.api import export
from ..ground.shapes import TensorShape
from .proto import TensorProto
from .tensors import to_array

__all__ = ["make_ndarray", "make_tensor_proto", "to_proto"]

_FIELDS = {
    "float32": "float_val",
    "float64": "double_val",
    "int32": "int_val",
    "uint8": "int_val",
    "int16": "int_val",
    "int8": "int_val",
    "uint16": "int_val",
    "qint8": "int_val",
    "quint8": "int_val",
    "qint16": "int_val",
    "quint16": "int_val",
    "qint32": "int_val",
    "int64": "int64_val",
    "bool": "bool_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
}


_ONE_BY_ONE = (dtypes.float16, dtypes.bfloat16, dtypes.uint16, dtypes.bool, dtypes.complex64, dtypes.complex128)


def to_proto(array, dtype=None):
    """An array as a `TensorProto`: a single element (or one that was spread out) in its own field, more as bytes."""
    array = np.asarray(array)
    kind = dtypes.as_dtype(array.dtype if dtype is None else dtype).base_dtype
    out = TensorProto(dtype=kind.as_datatype_enum, tensor_shape=TensorShape(array.shape).as_proto())
    if kind is dtypes.string:
        out.string_val.extend(v.encode() if isinstance(v, str) else bytes(v) for v in array.ravel())
    elif array.size > 1 and any(array.strides) and kind in _ONE_BY_ONE:
        for value in array.ravel():
            _put_one(out, kind, value)
    elif array.size > 1 and any(array.strides):
        out.tensor_content = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    elif array.size:  # one element, or one that stands for all
        _put_one(out, kind, array.reshape(-1)[0])
    return out


def _put_one(out, kind, value):
    if kind.name in _FIELDS:
        getattr(out, _FIELDS[kind.name]).append(value.item())
    elif kind.is_complex:
        field = out.scomplex_val if kind is dtypes.complex64 else out.dcomplex_val
        field.extend([float(value.real), float(value.imag)])
    else:  # float16 and bfloat16 by their bits
        out.half_val.append(int(np.asarray(value, kind.np).view(np.uint16)))


@export("make_tensor_proto")
def make_tensor_proto(values, dtype=None, shape=None, verify_shape=False, allow_broadcast=False):
    """A `TensorProto` of a Python value.

    Args:
      values: a number, string, list or array; a `TensorProto` is given back.
      dtype: its `DType`.
      shape: its shape.
      verify_shape: whether the value must have it already.
      allow_broadcast: whether one value may fill it.
    """
    if isinstance(values, TensorProto):
        return values
    array, kind = to_array(values, dtype, shape, verify_shape)
    return to_proto(array, kind)


@export("make_ndarray")
def make_ndarray(tensor):
    """The array that a `TensorProto` holds.

    Raises:
      TypeError: a dtype that no array has; ValueError: a shape that doesn't fit what it holds.
    """
    shape = [d.size for d in tensor.tensor_shape.dim]
    kind = dtypes.as_dtype(tensor.dtype)
    if any(d < 0 for d in shape):
        raise ValueError(f"A tensor cannot have the shape {shape}")
    count = math.prod(shape)
    if tensor.tensor_content:
        return (
            np.frombuffer(tensor.tensor_content, dtype=kind.np.newbyteorder("<") if kind.np.kind != "V" else kind.np)
            .astype(kind.np)
            .reshape(shape)
        )
    if kind is dtypes.string:
        values = np.empty(len(tensor.string_val), object)
        values[:] = list(tensor.string_val)
    elif kind in (dtypes.float16, dtypes.bfloat16):
        values = np.array(tensor.half_val, np.uint16).view(kind.np)
    elif kind.is_complex:
        flat = tensor.scomplex_val if kind is dtypes.complex64 else tensor.dcomplex_val
        values = (np.array(flat[::2]) + 1j * np.array(flat[1::2])).astype(kind.np)
    elif kind.name in _FIELDS:
        values = np.array(getattr(tensor, _FIELDS[kind.name]), kind.np)
    else:
        raise TypeError(f"Unsupported tensor type: {tensor.dtype}")
    return _spread(values, count).reshape(shape)


def _spread(values, count):
    """The values that a message holds: the last one stands for all that are missing."""
    if len(values) >= count:
        return values[:count]
    if not len(values):
        return np.broadcast_to(np.zeros(1, values.dtype), count)
    if len(values) == 1:
        return np.broadcast_to(values, count)
    return np.concatenate([values, np.broadcast_to(values[-1:], count - len(values))])
