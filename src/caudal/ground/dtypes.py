"""DType: what kind of number a tensor holds. Everything above imports this; it imports nothing of ours."""

import builtins

import ml_dtypes
import numpy as np

__all__ = ["DType", "as_dtype"]

_REF = 100  # TF writes a reference type as the type's number plus 100

# number, TF's name, NumPy's type
_TABLE = [
    (1, "float32", np.float32),
    (2, "float64", np.float64),
    (3, "int32", np.int32),
    (4, "uint8", np.uint8),
    (5, "int16", np.int16),
    (6, "int8", np.int8),
    (7, "string", np.object_),
    (8, "complex64", np.complex64),
    (9, "int64", np.int64),
    (10, "bool", np.bool_),
    (11, "qint8", np.int8),
    (12, "quint8", np.uint8),
    (13, "qint32", np.int32),
    (14, "bfloat16", ml_dtypes.bfloat16),
    (15, "qint16", np.int16),
    (16, "quint16", np.uint16),
    (17, "uint16", np.uint16),
    (18, "complex128", np.complex128),
    (19, "float16", np.float16),
    (20, "resource", np.object_),
    (21, "variant", np.object_),
    (22, "uint32", np.uint32),
    (23, "uint64", np.uint64),
]
_NAMES = {number: name for number, name, _ in _TABLE}
_NUMPY = {number: kind for number, _, kind in _TABLE}
_AS_TF = {7: object, 10: builtins.bool}  # what 1.15 calls np.object and np.bool
_FLOATS = frozenset({1, 2, 14, 19})
_INTEGERS = frozenset({3, 4, 5, 6, 9, 17, 22, 23})
_UNSIGNED = frozenset({4, 17, 22, 23})
_COMPLEX = frozenset({8, 18})
_QUANTIZED = frozenset({11, 12, 13, 15, 16})
_BOUNDS = {14: tuple(ml_dtypes.bfloat16(float.fromhex(b)) for b in ("-0x1.FEp127", "0x1.FEp127"))}  # bfloat16


class DType:
    """The type of the elements of a `Tensor`: one object a type, so `is` and `==` agree.

    Args:
      type_enum: the number of the type in TF's `DataType` (float32 is 1; a reference adds 100).

    Raises:
      TypeError: no type has that number.
    """

    def __init__(self, type_enum):
        number = int(type_enum)
        if number % _REF not in _NAMES or number // _REF > 1 or number == 0:
            raise TypeError(f"type_enum is not a valid types_pb2.DataType: {type_enum}")
        base = number % _REF
        self._type_enum = number
        self._is_ref_dtype = number > _REF
        self.as_datatype_enum = number
        self.name = _NAMES[base] + ("_ref" if self._is_ref_dtype else "")
        self.is_floating = base in _FLOATS
        self.is_integer = base in _INTEGERS
        self.is_unsigned = base in _UNSIGNED
        self.is_complex = base in _COMPLEX
        self.is_bool = base == 10
        self.is_quantized = base in _QUANTIZED
        self.is_numpy_compatible = base not in (20, 21)
        self.base_dtype = self if not self._is_ref_dtype else _INTERNED[base]
        self.np = np.dtype(_NUMPY[base])

    @property
    def _as_ref(self):
        return self if self._is_ref_dtype else _INTERNED[self._type_enum + _REF]

    @property
    def as_numpy_dtype(self):
        """NumPy's type: a class, or a structured dtype for quantised numbers.

        Raises:
          KeyError: a resource or a variant, which no array holds.
        """
        base = self.base_dtype
        if not self.is_numpy_compatible:
            raise KeyError(self._type_enum)
        if self.is_quantized:
            return np.dtype([(base.name, self.np)])
        return _AS_TF.get(base._type_enum) or _NUMPY[base._type_enum]

    @property
    def real_dtype(self):
        """The type of the real part: float32 of complex64; a real type's is itself."""
        return {8: float32, 18: float64}.get(self.base_dtype._type_enum, self)

    @property
    def size(self):
        """Bytes that one element takes: 8 for a string, which is a pointer, and 1 for handles, as TF counts."""
        return self.np.itemsize if self.is_numpy_compatible else 1

    def _bound(self, which):
        base = self.base_dtype
        if self.is_quantized or base in (bool, string, complex64, complex128, resource, variant):
            raise TypeError(f"Cannot find {('minimum', 'maximum')[which]} value of {self}.")
        if base._type_enum in _BOUNDS:
            return _BOUNDS[base._type_enum][which]
        try:
            limits = np.finfo(self.np) if self.is_floating else np.iinfo(self.np)
        except (TypeError, ValueError):
            raise TypeError(f"Cannot find {('minimum', 'maximum')[which]} value of {self}.") from None
        return (limits.min, limits.max)[which]

    @property
    def min(self):
        """The least number that this type holds."""
        return self._bound(0)

    @property
    def max(self):
        """The greatest number that this type holds."""
        return self._bound(1)

    @property
    def limits(self, clip_negative=True):
        """(least, greatest) for images: `[0, 1]` for floats, the whole range for integers, from 0.

        Raises:
          KeyError: a type that images don't have.
        """
        low, high = _LIMITS[self.as_numpy_dtype]
        return (0 if clip_negative else low), high

    def is_compatible_with(self, other):
        """Whether a tensor of `other` may stand where this type is wanted: a reference takes either."""
        other = as_dtype(other)
        return self._type_enum in (other.as_datatype_enum, other.base_dtype.as_datatype_enum)

    def __eq__(self, other):
        if self is other:
            return True
        if other is None or type(other) is DType:
            return False
        try:
            return self is as_dtype(other)
        except TypeError:
            return False

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return self._type_enum

    def __int__(self):
        return self._type_enum

    def __str__(self):
        return f"<dtype: {self.name!r}>"

    def __repr__(self):
        return "tf." + self.name

    def __reduce__(self):
        return as_dtype, (self.name,)


_INTERNED: dict[int, DType] = {}
for _number, _, _ in _TABLE:
    _INTERNED[_number] = DType(_number)
for _number, _, _ in _TABLE:
    _INTERNED[_number + _REF] = DType(_number + _REF)

float32, float64, int32, uint8, int16, int8 = (_INTERNED[n] for n in (1, 2, 3, 4, 5, 6))
string, complex64, int64, bool, bfloat16 = (_INTERNED[n] for n in (7, 8, 9, 10, 14))
uint16, complex128, float16, resource, variant = (_INTERNED[n] for n in (17, 18, 19, 20, 21))
uint32, uint64 = _INTERNED[22], _INTERNED[23]
qint8, quint8, qint32, qint16, quint16 = (_INTERNED[n] for n in (11, 12, 13, 15, 16))
half, double = float16, float64
QUANTIZED_DTYPES = frozenset([_INTERNED[n] for n in sorted(_QUANTIZED)] + [_INTERNED[n + _REF] for n in sorted(_QUANTIZED)])
_LIMITS = {
    np.uint8: (0, 255),
    np.uint16: (0, 65535),
    np.int8: (-128, 127),
    np.int16: (-32768, 32767),
    np.int64: (-(2**63), 2**63 - 1),
    np.uint64: (0, 2**64 - 1),
    np.int32: (-(2**31), 2**31 - 1),
    np.uint32: (0, 2**32 - 1),
    np.float32: (-1, 1),
    np.float64: (-1, 1),
}

_BY_NAME = {t.name: t for t in _INTERNED.values()}
_BY_NAME |= {"half": float16, "half_ref": float16._as_ref, "float": float32, "float_ref": float32._as_ref}
_BY_NAME |= {"double": float64, "double_ref": float64._as_ref}
_BY_NUMPY = {t.np: t for t in reversed([_INTERNED[n] for n, _, _ in _TABLE if n not in _QUANTIZED and n < 20])}
_BY_NUMPY |= {np.dtype(np.uint32): uint32, np.dtype(np.uint64): uint64}
_BY_CLASS = {kind.type: t for kind, t in _BY_NUMPY.items()}
_BY_PYTHON = {float: float32, builtins.bool: bool, object: string}
_known: dict[object, DType] = {}  # what as_dtype was asked before, for the hot path


def as_dtype(type_value):
    """Converts `type_value` to a `DType`.

    Args:
      type_value: a `DType`, a number of TF's `DataType`, a name ("float32"), a NumPy or Python type.

    Returns:
      The `DType`.

    Raises:
      TypeError: nothing of the kind.
    """
    if type(type_value) is DType:
        return type_value
    try:
        return _known[type_value]
    except (KeyError, TypeError):
        pass
    found = _look_up(type_value)
    if isinstance(type_value, (str, type)):
        _known[type_value] = found
    return found


def _look_up(value):
    if isinstance(value, str):
        found = _BY_NAME.get(value)
    elif isinstance(value, np.dtype):
        found = string if value.kind in "SU" else _BY_NUMPY.get(value)
    elif isinstance(value, type):
        found = _BY_PYTHON.get(value) or _BY_CLASS.get(value)
    elif isinstance(value, int):
        found = _INTERNED.get(int(value))
    else:
        kind = None if callable(value) else getattr(value, "dtype", None)  # an array's, a tensor's or a variable's
        found = kind if type(kind) is DType else None if kind is None else _BY_NUMPY.get(np.dtype(kind))
    if found is None:
        raise TypeError(f"Cannot convert value {value!r} to a TensorFlow DType.")
    return found
