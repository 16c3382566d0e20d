"""`tf.compat`: bytes and text turned into each other, and dates of format changes."""

import contextlib
import datetime
import numbers
import os

import numpy as np

from ..ground.api import constant, export

__all__ = ["as_bytes", "as_str_any", "as_text", "forward_compatible", "path_to_str"]

_HORIZON = datetime.date(2019, 8, 28)  # of 1.15: it reads what was agreed on until then
_state = {"horizon": _HORIZON}

constant((bytes, str), "compat.bytes_or_text_types")
constant((numbers.Integral, np.integer), "compat.integral_types")
constant((numbers.Real, np.integer, np.floating), "compat.real_types")
constant((numbers.Complex, np.number), "compat.complex_types")


@export("compat.as_bytes")
def as_bytes(bytes_or_text, encoding="utf-8"):
    """`bytes_or_text` as bytes.

    Args:
      bytes_or_text: bytes, a bytearray or a string.
      encoding: of a string.

    Raises:
      TypeError: neither.
    """
    if isinstance(bytes_or_text, bytearray):
        return bytes(bytes_or_text)
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@export("compat.as_text", "compat.as_str")
def as_text(bytes_or_text, encoding="utf-8"):
    """`bytes_or_text` as a string.

    Args:
      bytes_or_text: bytes or a string.
      encoding: of the bytes.

    Raises:
      TypeError: neither.
    """
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"Expected binary or unicode string, got {bytes_or_text!r}")


@export("compat.as_str_any")
def as_str_any(value):
    """`value` as a string: bytes decoded, anything else as `str` shows it."""
    return as_text(value) if isinstance(value, bytes) else str(value)


@export("compat.path_to_str")
def path_to_str(path):
    """A path as a string, where it is an object for paths; anything else as it is."""
    return as_str_any(os.fspath(path)) if hasattr(path, "__fspath__") else path


@export("compat.forward_compatible")
def forward_compatible(year, month, day):
    """Whether graphs may use what was added to the format by that date.

    Args:
      year, month, day: ints, a date.
    """
    return _state["horizon"] > datetime.date(year, month, day)


@export("compat.forward_compatibility_horizon")
@contextlib.contextmanager
def forward_compatibility_horizon(year, month, day):
    """A context manager: `forward_compatible` goes by that date under it."""
    before = _state["horizon"]
    _state["horizon"] = datetime.date(year, month, day)
    try:
        yield
    finally:
        _state["horizon"] = before
