"""The public names of what lies on the ground floor: dtypes, shapes, errors."""

from . import dtypes, errors, shapes
from .api import constant

for _name in (
    "float16 float32 float64 half double bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool string "
    "complex64 complex128 qint8 quint8 qint16 quint16 qint32 resource variant"
).split():
    constant(getattr(dtypes, _name), _name, "dtypes." + _name)
constant(dtypes.DType, "DType", "dtypes.DType")
constant(dtypes.as_dtype, "as_dtype", "dtypes.as_dtype")
constant(dtypes.QUANTIZED_DTYPES, "QUANTIZED_DTYPES", "dtypes.QUANTIZED_DTYPES")
constant(shapes.TensorShape, "TensorShape")
constant(shapes.Dimension, "Dimension")
constant(shapes.dimension_value, "compat.dimension_value", "dimension_value")
constant(shapes.dimension_at_index, "compat.dimension_at_index", "dimension_at_index")

constant(errors.OpError, "OpError", "errors.OpError")
for _function in (errors.error_code_from_exception_type, errors.exception_type_from_error_code):
    constant(_function, "errors." + _function.__name__)
for _error in errors.BY_CODE.values():
    constant(_error, "errors." + _error.__name__)
for _name, _code in errors.CODES.items():
    constant(_code, "errors." + _name)
