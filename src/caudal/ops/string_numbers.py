"""Numbers as text, and text as numbers."""

import re

from ..graph.define import define
from ..ground import dtypes
from ..ground.api import export
from .basic import same
from .shape import axis_argument
from .text import each, refuse

__all__ = ["as_string", "string_to_number"]

_INTEGERS = frozenset({dtypes.int8, dtypes.int16, dtypes.int32, dtypes.int64})


def _check_format(op, kind, scientific, shortest, precision, fill):
    """Refuses what C's printf has no form for."""
    if scientific and shortest:
        refuse(op, "Cannot select both scientific and shortest notation")
    if kind in _INTEGERS | {dtypes.bool}:
        if scientific or shortest:
            refuse(op, f"scientific and shortest format not supported for datatype {kind.name}")
        if precision >= 0:
            refuse(op, f"precision not supported for datatype {kind.name}")
    if len(fill) > 1:
        refuse(op, "Fill string must be one or fewer characters")
    if fill not in (b"", b" ", b"+", b"-", b"0", b"#"):
        refuse(op, f'Fill argument not supported: "{fill.decode("latin1")}"')


def _form(kind, scientific, shortest, precision, width, fill):
    """The printf form of one number: `%-8.3f`."""
    form = "%" + fill.decode() * (width > -1) + (str(width) if width > -1 else "")
    if kind in _INTEGERS:
        return form + "d"
    return form + (f".{precision}" if precision > -1 else "") + ("e" if scientific else "g" if shortest else "f")


def _lower_as_string(B, x, *, T, precision, scientific, shortest, width, fill, op):
    _check_format(op, T, scientific, shortest, precision, fill)
    if T is dtypes.bool:
        return each(lambda v: b"true" if v else b"false", x)
    form = _form(T, scientific, shortest, precision, width, fill)
    if T.is_complex:
        return each(lambda v: f"({form % v.real},{form % v.imag})".encode(), x)
    return each(lambda v: (form % v).encode(), x)


_as_string = define("AsString", infer=same, lower=_lower_as_string, host=True, grad=None)


@export("as_string", "strings.as_string", "dtypes.as_string")
def as_string(input, precision=-1, scientific=False, shortest=False, width=-1, fill="", name=None):
    """Each number as text, in the forms of C's printf.

    Args:
      input: numbers or bools.
      precision: digits after the point, floats only; 6 if below 0.
      scientific: whether floats are written with an exponent.
      shortest: whether floats are written in the shorter of both ways.
      width: the least number of characters; any if below 0.
      fill: the printf flag that goes with `width`: ' ', '+', '-', '0' or '#'.
      name: the node's name.

    Returns:
      Strings, shaped as `input`.
    """
    return _as_string(input, precision=precision, scientific=scientific, shortest=shortest, width=width, fill=fill, name=name)


_FLOAT = re.compile(rb"[+-]?(?:\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?|inf|infinity|nan)", re.I)
_HEX = re.compile(rb"[+-]?0x[0-9a-f]+", re.I)
_INT = re.compile(rb"[+-]?\d+")


def number_of(word, kind):
    """The number that a string says, of a dtype; None if it says none that fits.

    Args:
      word: bytes; white space at its ends doesn't count.
      kind: float32, float64, int32 or int64.
    """
    word = word.strip()
    if kind.is_floating:
        if _FLOAT.fullmatch(word):
            return float(word)
        return float(int(word, 16)) if _HEX.fullmatch(word) else None
    if not _INT.fullmatch(word):
        return None
    number = int(word)
    return number if kind.min <= number <= kind.max else None


def _lower_to_number(B, x, *, out_type, op):
    def one(word):
        number = number_of(word, out_type)
        if number is None:
            refuse(op, f"StringToNumberOp could not correctly convert string: {word.decode('latin1')}")
        return number

    return each(one, x, kind=out_type.np)


_to_number = define("StringToNumber", infer=same, lower=_lower_to_number, host=True, grad=None)


@export("string_to_number", "strings.to_number", "compat.v1.strings.to_number")
def string_to_number(string_tensor=None, out_type=dtypes.float32, name=None, input=None):
    """The number that each string says.

    Args:
      string_tensor: strings; the older name of `input`.
      out_type: float32, float64, int32 or int64.
      name: the node's name.
      input: strings.

    Returns:
      Numbers of `out_type`, shaped as the strings.

    Raises:
      (in run) InvalidArgumentError: a string says none.
    """
    return _to_number(axis_argument(input, string_tensor, "input", "string_tensor"), out_type=out_type, name=name)
