"""Elementwise functions of one and two arguments: a table of plain ops, and the public functions."""

import numpy as np

from ..graph.composite import IndexedSlices, SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.graph import Tensor
from ..graph.opdef import wants
from ..graph.scopes import name_scope
from ..ground import dtypes, shapes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError
from .basic import same
from .fill import cast_node, zeros_like

__all__ = ["add", "cast", "divide", "multiply", "subtract"]


def broadcast(x, y):
    """The shape rule of a binary op."""
    return [shapes.broadcast(x.dims, y.dims)]


# --- of one argument: op type, lowering, public names -----------------------------------------------

_UNARY = [
    ("Abs", lambda B, x: B.abs(x), ()),
    ("ComplexAbs", lambda B, x: B.abs(x), ()),
    ("Neg", lambda B, x: -x, ()),
    ("Sign", lambda B, x: B.sign(x), ()),
    ("Square", lambda B, x: x * x, ()),
    ("Sqrt", lambda B, x: B.sqrt(x), ()),
    ("Rsqrt", lambda B, x: B.rsqrt(x), ()),
    ("Reciprocal", lambda B, x: 1 / x, ("reciprocal", "math.reciprocal")),
    ("Inv", lambda B, x: 1 / x, ()),
    ("Exp", lambda B, x: B.exp(x), ("exp", "math.exp")),
    ("Expm1", lambda B, x: B.expm1(x), ("expm1", "math.expm1")),
    ("Log", lambda B, x: B.log(x), ("log", "math.log")),
    ("Log1p", lambda B, x: B.log1p(x), ("log1p", "math.log1p")),
    ("Sin", lambda B, x: B.sin(x), ("sin", "math.sin")),
    ("Cos", lambda B, x: B.cos(x), ("cos", "math.cos")),
    ("Tan", lambda B, x: B.tan(x), ("tan", "math.tan")),
    ("Asin", lambda B, x: B.arcsin(x), ("asin", "math.asin")),
    ("Acos", lambda B, x: B.arccos(x), ("acos", "math.acos")),
    ("Atan", lambda B, x: B.arctan(x), ("atan", "math.atan")),
    ("Sinh", lambda B, x: B.sinh(x), ("sinh", "math.sinh")),
    ("Cosh", lambda B, x: B.cosh(x), ("cosh", "math.cosh")),
    ("Asinh", lambda B, x: B.arcsinh(x), ("asinh", "math.asinh")),
    ("Acosh", lambda B, x: B.arccosh(x), ("acosh", "math.acosh")),
    ("Atanh", lambda B, x: B.arctanh(x), ("atanh", "math.atanh")),
    ("Tanh", lambda B, x: B.tanh(x), ()),
    ("Sigmoid", lambda B, x: B.sigmoid(x), ()),
    ("Floor", lambda B, x: B.floor(x), ("floor", "math.floor")),
    ("Ceil", lambda B, x: B.ceil(x), ("ceil", "math.ceil")),
    ("Rint", lambda B, x: B.rint(x), ("rint", "math.rint")),
    ("Round", lambda B, x: B.rint(x), ()),
    ("Erf", lambda B, x: B.erf(x), ()),
    ("Erfc", lambda B, x: B.erfc(x), ("erfc", "math.erfc")),
    ("Lgamma", lambda B, x: B.lgamma(x), ("lgamma", "math.lgamma")),
    ("Digamma", lambda B, x: B.digamma(x), ("digamma", "math.digamma")),
    ("IsNan", lambda B, x: B.isnan(x), ("is_nan", "math.is_nan", "debugging.is_nan")),
    ("IsInf", lambda B, x: B.isinf(x), ("is_inf", "math.is_inf", "debugging.is_inf")),
    ("IsFinite", lambda B, x: B.isfinite(x), ("is_finite", "math.is_finite", "debugging.is_finite")),
    ("LogicalNot", lambda B, x: B.logical_not(x), ("logical_not", "math.logical_not")),
    ("Conj", lambda B, x: B.conj(x), ()),
]
NODES = {}
for _type, _lower, _ in _UNARY:
    NODES[_type] = define(_type, infer=same, lower=_lower)


def _of_features(node):
    return lambda features, name=None: node(features, name=name)


def _unary(kind, argument="x"):
    node = NODES[kind]
    call = _of_features(node) if argument == "features" else lambda x, name=None: node(x, name=name)
    call.__name__ = call.__qualname__ = kind.lower()
    call.__doc__ = f"{kind} of each element of `x`; `name` is the node's name."
    return call


PLAIN = {kind: export(*names)(_unary(kind)) for kind, _, names in _UNARY if names}


def _of_values(kind, x, name, default):
    """A unary node under a scope of its own; of a SparseTensor, on its values."""
    with name_scope(name, default, [x]) as scope:
        if isinstance(x, SparseTensor):
            return SparseTensor(x.indices, NODES[kind](x.values, name=scope), x.dense_shape)
        return NODES[kind](convert_to_tensor(x, name="x"), name=scope)


def _direct_or_sparse(kind, x, name):
    if isinstance(x, SparseTensor):
        return _on_values(NODES[kind], kind, x, name)
    return NODES[kind](x, name=name)


def _on_values(function, kind, x, name):
    """`function` of a SparseTensor's values."""
    with name_scope(name, kind, [x]):
        pass  # 1.15 tries the whole first, which uses up the name
    return SparseTensor(x.indices, function(x.values, name=name), x.dense_shape)


@export("abs", "math.abs")
def abs(x, name=None):
    """The absolute value of each element; of complex ones the modulus, as a real tensor."""
    if isinstance(x, SparseTensor):
        return _on_values(abs, "Abs", x, name)
    with name_scope(name, "Abs", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x._dtype.is_complex:
            return NODES["ComplexAbs"](x, Tout=x._dtype.real_dtype, name=scope)
        return NODES["Abs"](x, name=scope)


@export("negative", "math.negative")
def negative(x, name=None):
    """Minus each element."""
    return _direct_or_sparse("Neg", x, name)


@export("sign", "math.sign")
def sign(x, name=None):
    """-1, 0 or 1 for each element."""
    return _direct_or_sparse("Sign", x, name)


@export("square", "math.square")
def square(x, name=None):
    """The square of each element."""
    return _direct_or_sparse("Square", x, name)


@export("sqrt", "math.sqrt")
def sqrt(x, name=None):
    """The square root of each element."""
    return _direct_or_sparse("Sqrt", x, name)


@export("rsqrt", "math.rsqrt")
def rsqrt(x, name=None):
    """One over the square root of each element."""
    return NODES["Rsqrt"](x, name=name)


@export("erf", "math.erf")
def erf(x, name=None):
    """The error function of each element."""
    return _direct_or_sparse("Erf", x, name)


@export("tanh", "math.tanh", "nn.tanh")
def tanh(x, name=None):
    """The hyperbolic tangent of each element, in (-1, 1)."""
    return _direct_or_sparse("Tanh", x, name)


@export("sigmoid", "math.sigmoid", "nn.sigmoid")
def sigmoid(x, name=None):
    """1 / (1 + exp(-x)) of each element, in (0, 1)."""
    with name_scope(name, "Sigmoid", [x]) as scope:
        return NODES["Sigmoid"](convert_to_tensor(x, name="x"), name=scope)


@export("log_sigmoid", "math.log_sigmoid")
def log_sigmoid(x, name=None):
    """log(sigmoid(x)) of each element, computed as -softplus(-x)."""
    with name_scope(name, "LogSigmoid", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        return negative(softplus_node(-x), name=scope)


softplus_node = define("Softplus", infer=same, lower=lambda B, x: B.logaddexp(x, B.zeros_like(x)))


@export("round", "math.round")
def round(x, name=None):
    """Each element rounded; halves go to the even number."""
    x = convert_to_tensor(x, name="x")
    return x if x._dtype.is_integer else NODES["Round"](x, name=name)


@export("conj", "math.conj")
def conj(x, name=None):
    """The complex conjugate of each element; a real tensor is given back as it is.

    Raises:
      TypeError: no numeric tensor.
    """
    if isinstance(x, Tensor) and (x._dtype.is_floating or x._dtype.is_integer):
        return x
    with name_scope(name, "Conj", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        if x._dtype.is_complex or x._dtype is dtypes.variant:
            return NODES["Conj"](x, name=scope)
        if x._dtype.is_floating or x._dtype.is_integer:
            return x
        raise TypeError(f"Expected numeric or variant tensor, got dtype {x._dtype!r}")


# --- of two arguments -------------------------------------------------------------------------------


def _check_zero(B, x, y, op):
    if B.compiled or not np.issubdtype(np.asarray(y).dtype, np.integer):
        return
    if np.size(x) and np.any(np.asarray(y) == 0):  # of nothing, nothing is divided: Sum's slope for a number does so
        raise InvalidArgumentError(None, op, "Integer division by zero")


def _floor_div(B, x, y, *, op):
    _check_zero(B, x, y, op)
    return B.floor_divide(x, y)


def _truncate_div(B, x, y, *, op):
    _check_zero(B, x, y, op)
    return B.sign(x) * B.sign(y) * (B.abs(x) // B.abs(y))


def _div(B, x, y, *, op):
    return _truncate_div(B, x, y, op=op) if np.issubdtype(x.dtype, np.integer) else x / y


def _floor_mod(B, x, y, *, op):
    _check_zero(B, x, y, op)
    return B.mod(x, y)


def _truncate_mod(B, x, y, *, op):
    _check_zero(B, x, y, op)
    return B.fmod(x, y)


def _pow(B, x, y, *, op):
    if np.issubdtype(x.dtype, np.integer):
        if not B.compiled and np.size(x) and np.any(y < 0):
            raise InvalidArgumentError(None, op, "Integers to negative integer powers are not allowed")
        return B.power(x, y)
    return B.power(x, y)


_BINARY = [
    ("Add", lambda B, x, y: _plus(B, x, y), ()),
    ("AddV2", lambda B, x, y: B.add(x, y), ()),
    ("Sub", lambda B, x, y: B.subtract(x, y), ()),
    ("Mul", lambda B, x, y: B.multiply(x, y), ()),
    ("RealDiv", lambda B, x, y: x / y, ("realdiv",)),
    ("Div", _div, ()),
    ("FloorDiv", _floor_div, ("floor_div",)),
    ("TruncateDiv", _truncate_div, ("truncatediv",)),
    ("FloorMod", _floor_mod, ("floormod", "mod", "math.floormod", "math.mod")),
    ("TruncateMod", _truncate_mod, ("truncatemod",)),
    ("Mod", _truncate_mod, ()),
    ("Pow", _pow, ()),
    ("Maximum", lambda B, x, y: B.maximum(x, y), ("maximum", "math.maximum")),
    ("Minimum", lambda B, x, y: B.minimum(x, y), ("minimum", "math.minimum")),
    ("SquaredDifference", lambda B, x, y: (x - y) * (x - y), ("squared_difference", "math.squared_difference")),
    ("DivNoNan", lambda B, x, y: B.where(y == 0, B.zeros_like(x / y), x / B.where(y == 0, B.ones_like(y), y)), ()),
    ("MulNoNan", lambda B, x, y: B.where(y == 0, B.zeros_like(x * y), x * y), ()),
    ("Xdivy", lambda B, x, y: B.where(x == 0, B.zeros_like(x / y), x / y), ("math.xdivy",)),
    ("Xlogy", lambda B, x, y: B.where(x == 0, B.zeros_like(x * y), x * B.log(y)), ("math.xlogy",)),
    ("Atan2", lambda B, y, x: B.arctan2(y, x), ()),
    ("Equal", lambda B, x, y: B.equal(x, y), ()),
    ("NotEqual", lambda B, x, y: B.not_equal(x, y), ()),
    ("Less", lambda B, x, y: B.less(x, y), ("less", "math.less")),
    ("LessEqual", lambda B, x, y: B.less_equal(x, y), ("less_equal", "math.less_equal")),
    ("Greater", lambda B, x, y: B.greater(x, y), ("greater", "math.greater")),
    ("GreaterEqual", lambda B, x, y: B.greater_equal(x, y), ("greater_equal", "math.greater_equal")),
    ("LogicalAnd", lambda B, x, y: B.logical_and(x, y), ("logical_and", "math.logical_and")),
    ("LogicalOr", lambda B, x, y: B.logical_or(x, y), ("logical_or", "math.logical_or")),
    ("ApproximateEqual", lambda B, x, y, *, tolerance: B.abs(x - y) < tolerance, ()),
    ("BitwiseAnd", lambda B, x, y: B.bitwise_and(x, y), ("bitwise.bitwise_and",)),
    ("BitwiseOr", lambda B, x, y: B.bitwise_or(x, y), ("bitwise.bitwise_or",)),
    ("BitwiseXor", lambda B, x, y: B.bitwise_xor(x, y), ("bitwise.bitwise_xor",)),
    ("LeftShift", lambda B, x, y: B.left_shift(x, y), ("bitwise.left_shift",)),
    ("RightShift", lambda B, x, y: B.right_shift(x, y), ("bitwise.right_shift",)),
    ("NextAfter", lambda B, x, y: B.nextafter(x, y), ()),
]


def _plus(B, x, y):
    """The sum; of strings, one after the other."""
    return np.add(x, y) if getattr(x, "dtype", None) == np.dtype(object) else B.add(x, y)


def _fitting(lower):
    """`lower`, once it is sure that the shapes broadcast."""
    names = wants(lower)

    def checked(B, x, y, *, op):
        if x.shape != y.shape:
            _check_shapes(x, y, op)
        return lower(B, x, y, **{k: op if k == "op" else op.attrs[k] for k in names})

    return checked


def _check_shapes(x, y, op):
    try:
        shapes.broadcast(x.shape, y.shape)
    except InferError:
        words = f"Incompatible shapes: {shapes.text(x.shape)} vs. {shapes.text(y.shape)}"
        raise InvalidArgumentError(None, op, words) from None


for _type, _lower, _ in _BINARY:
    NODES[_type] = define(_type, infer=broadcast, lower=_fitting(_lower))
define("Invert", infer=same, lower=lambda B, x: B.invert(x), grad=None)
for _type in ("BitwiseAnd", "BitwiseOr", "BitwiseXor", "LeftShift", "RightShift", "NextAfter"):
    define(_type, grad=None)


def _binary(kind):
    node = NODES[kind]

    def call(x, y, name=None):
        return node(x, y, name=name)

    call.__name__ = call.__qualname__ = kind.lower()
    call.__doc__ = f"{kind} of each pair of elements of `x` and `y`, which broadcast; `name` is the node's name."
    return call


for _type, _, _names in _BINARY:
    if _names:
        PLAIN[_type] = export(*_names)(_binary(_type))


@export("add", "math.add")
def add(x, y, name=None):
    """x + y."""
    return NODES["Add"](x, y, name=name)


@export("subtract", "math.subtract")
def subtract(x, y, name=None):
    """x - y."""
    return NODES["Sub"](x, y, name=name)


@export("multiply", "math.multiply")
def multiply(x, y, name=None):
    """x * y."""
    return NODES["Mul"](x, y, name=name)


@export("pow", "math.pow")
def pow(x, y, name=None):
    """x to the power of y."""
    with name_scope(name, "Pow", [x]) as scope:
        return NODES["Pow"](x, y, name=scope)


TRUE_DIV = {
    dtypes.uint8: dtypes.float32,
    dtypes.int8: dtypes.float32,
    dtypes.uint16: dtypes.float32,
    dtypes.int16: dtypes.float32,
    dtypes.int32: dtypes.float64,
    dtypes.int64: dtypes.float64,
    dtypes.bfloat16: None,
    dtypes.float16: None,
    dtypes.float32: None,
    dtypes.float64: None,
    dtypes.complex64: None,
    dtypes.complex128: None,
}


def true_divide(x, y, name=None):
    """x / y as Python 3 has it: integers are made floats."""
    with name_scope(name, "truediv", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, dtype_hint=x._dtype.base_dtype, name="y")
        kind, other = x._dtype.base_dtype, y._dtype.base_dtype
        if kind is not other:
            raise TypeError(f"x and y must have the same dtype, got {kind!r} != {other!r}")
        if kind not in TRUE_DIV:
            raise TypeError(f"Invalid dtype {kind!r} in __truediv__")
        if TRUE_DIV[kind] is not None:
            x, y = cast(x, TRUE_DIV[kind]), cast(y, TRUE_DIV[kind])
        return NODES["RealDiv"](x, y, name=scope)


@export("truediv", "math.truediv")
def truediv(x, y, name=None):
    """x / y as Python 3 has it: integers are made floats."""
    return true_divide(x, y, name)


@export("divide", "math.divide")
def divide(x, y, name=None):
    """x / y; of two Python numbers without a name, a number."""
    return true_divide(x, y, name) if name is not None or isinstance(x, Tensor) else x / y


@export("div")
def div(x, y, name=None):
    """x / y as Python 2 had it: of integers the floor."""
    with name_scope(name, "div", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x._dtype.base_dtype)
        node = "RealDiv" if x._dtype.is_floating or x._dtype.is_complex else "FloorDiv"
        return NODES[node](x, y, name=scope)


@export("div_no_nan", "math.divide_no_nan")
def div_no_nan(x, y, name=None):
    """x / y; 0 where y is 0."""
    with name_scope(name, "div_no_nan", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x._dtype.base_dtype)
        return NODES["DivNoNan"](x, y, name=scope)


@export("math.multiply_no_nan")
def multiply_no_nan(x, y, name=None):
    """x * y; 0 where y is 0, whatever x is."""
    with name_scope(name, "multiply_no_nan", [x, y]) as scope:
        x = convert_to_tensor(x, name="x")
        y = convert_to_tensor(y, name="y", dtype=x._dtype.base_dtype)
        return NODES["MulNoNan"](x, y, name=scope)


@export("floordiv", "math.floordiv")
def floordiv(x, y, name=None):
    """The floor of x / y."""
    with name_scope(name, "floordiv", [x, y]) as scope:
        return NODES["FloorDiv"](x, y, name=scope)


@export("equal", "math.equal")
def equal(x, y, name=None):
    """Whether elements are equal."""
    return NODES["Equal"](x, y, name=name)


@export("not_equal", "math.not_equal")
def not_equal(x, y, name=None):
    """Whether elements differ."""
    return NODES["NotEqual"](x, y, name=name)


@export("atan2", "math.atan2")
def atan2(y, x, name=None):
    """The angle of the point (x, y), in radians."""
    return NODES["Atan2"](y, x, name=name)


@export("math.nextafter")
def nextafter(x1, x2, name=None):
    """The float after `x1` in the direction of `x2`."""
    return NODES["NextAfter"](x1, x2, name=name)


@export("bitwise.invert")
def invert(x, name=None):
    """Each bit of each element the other way."""
    return invert_node(x, name=name)


invert_node = define("Invert")


@export("logical_xor", "math.logical_xor")
def logical_xor(x, y, name="LogicalXor"):
    """x or y, but not both."""
    return PLAIN["LogicalAnd"](PLAIN["LogicalOr"](x, y), PLAIN["LogicalNot"](PLAIN["LogicalAnd"](x, y)), name=name)


@export("scalar_mul", "math.scalar_mul")
def scalar_mul(scalar, x, name=None):
    """`x` times a scalar; of IndexedSlices, its rows.

    Raises:
      ValueError: `scalar` has a shape.
    """
    scalar = convert_to_tensor(
        scalar, dtype_hint=x._dtype.base_dtype if isinstance(x, Tensor) else x.dtype.base_dtype, name="scalar"
    )
    if scalar.rank not in (0, None):
        raise ValueError(f"Only scalar multiply works, got shape {scalar.shape}")
    if isinstance(x, IndexedSlices):
        return IndexedSlices(multiply(scalar, x.values, name), x.indices, x.dense_shape)
    return multiply(scalar, x, name)


# --- cast -------------------------------------------------------------------------------------------


@export("cast", "dtypes.cast")
def cast(x, dtype, name=None):
    """`x` as elements of another type.

    Args:
      x: a tensor, `SparseTensor` or `IndexedSlices`.
      dtype: the `DType`.
      name: the node's name.
    """
    kind = dtypes.as_dtype(dtype).base_dtype
    if (isinstance(x, Tensor) and kind is x._dtype) or (hasattr(x, "handle") and kind is getattr(x, "dtype", None)):
        return x  # a resource variable too: who takes it reads it
    with name_scope(name, "Cast", [x]) as scope:
        if isinstance(x, SparseTensor):
            return SparseTensor(x.indices, cast(x.values, kind, name=scope), x.dense_shape)
        if isinstance(x, IndexedSlices):
            return IndexedSlices(cast(x.values, kind, name=scope), x.indices, x.dense_shape)
        x = convert_to_tensor(x, name="x")
        if x._dtype.base_dtype is not kind:
            x = cast_node(x, DstT=kind, name=scope)
        return x


@export("dtypes.saturate_cast", "saturate_cast")
def saturate_cast(value, dtype, name=None):
    """`value` as another type, cut to the range that it has."""
    kind = dtypes.as_dtype(dtype).base_dtype
    with name_scope(name, "saturate_cast", [value]) as scope:
        value = convert_to_tensor(value, name="value")
        if value._dtype.min < kind.min:
            value = PLAIN["Maximum"](value, convert_to_tensor(kind.min, dtype=value._dtype, name="min"))
        if value._dtype.max > kind.max:
            value = PLAIN["Minimum"](value, convert_to_tensor(kind.max, dtype=value._dtype, name="max"))
        return cast(value, kind, name=scope)


def _to(kind, default):
    def call(x, name=default):
        return cast(x, kind, name=name)

    call.__name__, call.__doc__ = default, f"`x` as {kind.name}."
    return call


for _public, _kind in (
    ("ToFloat", dtypes.float32),
    ("ToDouble", dtypes.float64),
    ("ToInt32", dtypes.int32),
    ("ToInt64", dtypes.int64),
    ("ToBFloat16", dtypes.bfloat16),
    ("ToComplex64", dtypes.complex64),
    ("ToComplex128", dtypes.complex128),
):
    export("to_" + _public[2:].lower())(_to(_kind, _public))


@export("complex", "dtypes.complex")
def complex(real, imag, name=None):
    """real + i imag."""
    real = convert_to_tensor(real, name="real")
    imag = convert_to_tensor(imag, name="imag")
    with name_scope(name, "Complex", [real, imag]) as scope:
        pair = (real._dtype, imag._dtype)
        if pair == (dtypes.float64, dtypes.float64):
            out = dtypes.complex128
        elif pair == (dtypes.float32, dtypes.float32):
            out = dtypes.complex64
        else:
            raise TypeError(f"real and imag have incorrect types: {real._dtype.name} {imag._dtype.name}")
        return complex_node(real, imag, Tout=out, name=scope)


complex_node = define("Complex", infer=broadcast, lower=lambda B, x, y: x + 1j * y)
real_node = define("Real", infer=same, lower=lambda B, x: B.real(x))
imag_node = define("Imag", infer=same, lower=lambda B, x: B.imag(x))
angle_node = define("Angle", infer=same, lower=lambda B, x: B.angle(x))


@export("real", "math.real")
def real(input, name=None):
    """The real part; a real tensor is given back as it is."""
    with name_scope(name, "Real", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        return real_node(input, Tout=input._dtype.real_dtype, name=scope) if input._dtype.is_complex else input


@export("imag", "math.imag")
def imag(input, name=None):
    """The imaginary part; zeros for a real tensor."""
    with name_scope(name, "Imag", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        return imag_node(input, Tout=input._dtype.real_dtype, name=scope) if input._dtype.is_complex else zeros_like(input)


@export("angle", "math.angle")
def angle(input, name=None):
    """The argument of complex numbers, in radians."""
    with name_scope(name, "Angle", [input]) as scope:
        input = convert_to_tensor(input, name="input")
        if input._dtype.is_complex:
            return angle_node(input, Tout=input._dtype.real_dtype, name=scope)
        return zeros_like(input)


# --- slopes that have op types of their own -----------------------------------------------------------

_GRADS = {
    "SigmoidGrad": lambda B, y, dy: dy * y * (1 - y),
    "TanhGrad": lambda B, y, dy: dy * (1 - y * y),
    "SqrtGrad": lambda B, y, dy: dy * 0.5 / B.conj(y),
    "RsqrtGrad": lambda B, y, dy: dy * -0.5 * B.conj(y * y * y),
    "ReciprocalGrad": lambda B, y, dy: -dy * B.conj(y * y),
    "InvGrad": lambda B, y, dy: -dy * B.conj(y * y),
}
grad_nodes = {kind: define(kind, infer=lambda y, dy: [y.dims], lower=lower) for kind, lower in _GRADS.items()}


def reciprocal_of(x):
    """One over `x`."""
    return NODES["Reciprocal"](x)
