"""What columns ask of their arguments."""

from ..ground import dtypes, nest
from ..ground.errors import need

__all__ = ["check_default", "check_key", "check_normalizer", "check_shape", "check_string_or_int"]


def check_key(key):
    """A key is a text."""
    need(isinstance(key, str), f"key must be a string. Got: type {type(key)}. Given key: {key}.")


def check_string_or_int(dtype, prefix):
    """A dtype is string or one of whole numbers."""
    fits = dtype == dtypes.string or dtype.is_integer
    need(fits, f"{prefix} dtype must be string or integer. dtype: {dtype}.")


def check_number(dtype, key):
    """A dtype is one of numbers."""
    need(dtype.is_integer or dtype.is_floating, f"dtype must be convertible to float. dtype: {dtype}, key: {key}")


def check_normalizer(function):
    """A normalizer is a function, or None."""
    need(function is None or callable(function), f"normalizer_fn must be a callable. Given: {function}", kind=TypeError)


def check_shape(shape, key):
    """A shape as a tuple of ints above 0."""
    assert shape is not None
    shape = tuple(shape if nest.is_nested(shape) else [shape])
    for dimension in shape:
        words = f"shape dimensions must be integer. shape: {shape}, key: {key}"
        need(isinstance(dimension, int), words, kind=TypeError)
        need(dimension >= 1, f"shape dimensions must be greater than 0. shape: {shape}, key: {key}")
    return shape


def check_default(shape, value, dtype, key):
    """A default value as nested tuples of that shape, or None."""
    if value is None:
        return None
    if isinstance(value, int) or (isinstance(value, float) and dtype.is_floating):
        return _repeated(shape, value)
    if callable(getattr(value, "tolist", None)):
        value = value.tolist()
    if nest.is_nested(value):
        words = f"The shape of default_value must be equal to given shape. default_value: {value}, shape: {shape}, key: {key}"
        need(_has_shape(value, shape), words)
        flat = nest.flatten(value)
        if all(isinstance(v, int) for v in flat) or (dtype.is_floating and any(isinstance(v, float) for v in flat)):
            return _as_tuple(value)
    raise TypeError(f"default_value must be compatible with dtype. default_value: {value}, dtype: {dtype}, key: {key}")


def _repeated(shape, value):
    return tuple(_repeated(shape[1:], value) for _ in range(shape[0])) if shape else value


def _as_tuple(value):
    return tuple(map(_as_tuple, value)) if nest.is_nested(value) else value


def _has_shape(value, shape):
    if nest.is_nested(value) != bool(shape):
        return False
    return not shape or (len(value) == shape[0] and all(_has_shape(v, shape[1:]) for v in value))
