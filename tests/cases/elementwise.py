"""Rows of elementwise ops of one and two arguments, and of what goes with them."""

import numpy as np
from scipy import special

from .row import ints, normal, positive, row, uniform

f32, f64, i32, i64, c64 = np.float32, np.float64, np.int32, np.int64, np.complex64


def wave(*dims):
    """Complex numbers away from 0 and from the cuts."""
    return (positive(*dims) + 1j * uniform(*dims)).astype(c64)


_ANY, _UP, _IN, _OUT = normal(3, 4), positive(3, 4), uniform(3, 4, low=-0.9, high=0.9), positive(3, 4) + f32(1)

# op type: meaning, inputs
_ONE = {
    "Abs": (np.abs, _ANY),
    "Neg": (np.negative, _ANY),
    "Sign": (np.sign, _ANY),
    "Square": (np.square, _ANY),
    "Sqrt": (np.sqrt, _UP),
    "Rsqrt": (lambda x: x**-0.5, _UP),
    "Reciprocal": (lambda x: 1 / x, _UP),
    "Inv": (lambda x: 1 / x, -_UP),
    "Exp": (np.exp, _ANY),
    "Expm1": (np.expm1, _ANY),
    "Log": (np.log, _UP),
    "Log1p": (np.log1p, _UP),
    "Sin": (np.sin, _ANY),
    "Cos": (np.cos, _ANY),
    "Tan": (np.tan, _IN),
    "Asin": (np.arcsin, _IN),
    "Acos": (np.arccos, _IN),
    "Atan": (np.arctan, _ANY),
    "Sinh": (np.sinh, _ANY),
    "Cosh": (np.cosh, _ANY),
    "Asinh": (np.arcsinh, _ANY),
    "Acosh": (np.arccosh, _OUT),
    "Atanh": (np.arctanh, _IN),
    "Tanh": (np.tanh, _ANY),
    "Sigmoid": (special.expit, _ANY),
    "Floor": (np.floor, _ANY * 3),
    "Ceil": (np.ceil, _ANY * 3),
    "Rint": (np.rint, _ANY * 3),
    "Round": (np.round, _ANY * 3),
    "Erf": (special.erf, _ANY),
    "Erfc": (special.erfc, _ANY),
    "Lgamma": (special.gammaln, _UP),
    "Digamma": (special.digamma, _UP),
    "Softplus": (lambda x: np.log1p(np.exp(x)), _ANY),
    "Softsign": (lambda x: x / (1 + np.abs(x)), _ANY),
    "BesselI0e": (special.i0e, _ANY),
    "BesselI1e": (special.i1e, _ANY),
}
_FLAT = ("Floor", "Ceil", "Rint", "Round")  # they have no slope
for _op, (_meaning, _x) in _ONE.items():
    _slopes = () if _op in _FLAT else None
    row(_op, [_x], _meaning, slopes=_slopes)
    row(_op, [_x[1, :2].astype(f64)], _meaning, slopes=_slopes)
    row(_op, [np.zeros((2, 0), f32)], _meaning)
for _op in ("Neg", "Square", "Sqrt", "Rsqrt", "Reciprocal", "Exp", "Log", "Sin", "Cos", "Tanh", "Sigmoid"):
    row(_op, [wave(2, 3)], {"Sigmoid": lambda z: 1 / (1 + np.exp(-z))}.get(_op, _ONE[_op][0]))
for _op in ("Abs", "Neg", "Sign", "Square"):
    row(_op, [ints(2, 3)], _ONE[_op][0])
    row(_op, [ints(4, kind=i64)], _ONE[_op][0])
row("Sign", [np.array([0.0, -0.0, 2.0, -3.0], f32)], np.sign, slopes=())
row("Sign", [wave(3)], lambda z: z / np.abs(z), slopes=())
row("Rint", [np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], f32)], lambda x: np.array([-2, -2, 0, 0, 2, 2], f32), slopes=())
row("Round", [np.array([-2.5, -1.5, -0.5, 0.5, 1.5, 2.5], f32)], lambda x: np.array([-2, -2, 0, 0, 2, 2], f32), slopes=())
row("Softplus", [np.array([-200.0, -30.0, 0.0, 30.0, 200.0], f32)], lambda x: np.logaddexp(x, 0))
row("Sigmoid", [np.array([-200.0, -30.0, 0.0, 30.0, 200.0], f32)], special.expit)
row("Tanh", [np.array([-50.0, 1e-4, 50.0], f32)], np.tanh)
row("Expm1", [np.array([1e-7, -1e-7], f32)], np.expm1)
row("Log1p", [np.array([1e-7, -1e-7], f32)], np.log1p)
row("Lgamma", [np.array([-2.5, -0.5, 0.5, 30.0], f32)], special.gammaln)
row("Digamma", [np.array([-2.5, -0.5, 0.5, 30.0], f32)], special.digamma)
row("ComplexAbs", [wave(2, 3)], np.abs)
row("Conj", [wave(2, 3)], np.conj)
row("Real", [wave(2, 3)], np.real)
row("Imag", [wave(2, 3)], np.imag)
row("Angle", [wave(2, 3)], np.angle)
row("Complex", [normal(2, 3), normal(3)], lambda x, y: x + 1j * y)
row("Complex", [normal(2, 3, kind=f64), normal(2, 3, kind=f64)], lambda x, y: x + 1j * y, Tout=np.complex128)
_STRANGE = np.array([[0.0, np.nan, np.inf], [-np.inf, 1.0, -2.0]], f32)
row("IsNan", [_STRANGE], np.isnan)
row("IsInf", [_STRANGE], np.isinf)
row("IsFinite", [_STRANGE], np.isfinite)
row("LogicalNot", [np.array([True, False])], np.logical_not)
row("Invert", [ints(3)], np.invert)
row("Invert", [ints(3, low=0, high=255, kind=np.uint8)], np.invert)

# --- slopes of one argument that are ops: of y = f(x), and dy ---------------------------------------------

_Y = uniform(3, 4, low=0.1, high=0.9)
row("InvGrad", [_Y, normal(3, 4)], lambda y, dy: -dy * y * y)
row("ReciprocalGrad", [_Y, normal(3, 4)], lambda y, dy: -dy * y * y)
row("SqrtGrad", [_Y, normal(3, 4)], lambda y, dy: dy * 0.5 / y)
row("RsqrtGrad", [_Y, normal(3, 4)], lambda y, dy: dy * -0.5 * y**3)
row("SigmoidGrad", [_Y, normal(3, 4)], lambda y, dy: dy * y * (1 - y))
row("TanhGrad", [_Y, normal(3, 4)], lambda y, dy: dy * (1 - y * y))
row("SigmoidGrad", [_Y.astype(f64), normal(3, 4, kind=f64)], lambda y, dy: dy * y * (1 - y))
for _op, _rule in {
    "InvGrad": lambda y, dy: -dy * np.conj(y * y),
    "ReciprocalGrad": lambda y, dy: -dy * np.conj(y * y),
    "SqrtGrad": lambda y, dy: dy * 0.5 / np.conj(y),
    "RsqrtGrad": lambda y, dy: dy * -0.5 * np.conj(y) ** 3,
    "SigmoidGrad": lambda y, dy: dy * y * (1 - y),  # 1.15's rule hands the conjugate to these two
    "TanhGrad": lambda y, dy: dy * (1 - y * y),
}.items():
    row(_op, [wave(3), wave(3)], _rule)

# --- of two arguments that broadcast ----------------------------------------------------------------------


def _truncated(x, y):
    return np.trunc(x / y).astype(x.dtype)


_TWO = {
    "Add": np.add,
    "AddV2": np.add,
    "Sub": np.subtract,
    "Mul": np.multiply,
    "RealDiv": np.divide,
    "Div": np.divide,
    "Pow": np.power,
    "Maximum": np.maximum,
    "Minimum": np.minimum,
    "SquaredDifference": lambda x, y: (x - y) ** 2,
    "DivNoNan": np.divide,
    "MulNoNan": np.multiply,
    "Xdivy": np.divide,
    "Xlogy": special.xlogy,
    "Atan2": np.arctan2,
    "FloorDiv": np.floor_divide,
    "FloorMod": np.mod,
    "TruncateMod": np.fmod,
    "Mod": np.fmod,
}
for _op, _meaning in _TWO.items():
    _slopes = () if _op == "FloorDiv" else None
    row(_op, [_UP, positive(3, 4)], _meaning, slopes=_slopes)
    if _op not in ("Atan2", "DivNoNan", "MulNoNan"):
        row(_op, [positive(2, 1, 3), positive(4, 1)], _meaning, slopes=_slopes)
    if _op not in ("DivNoNan", "MulNoNan"):
        row(_op, [positive(5, kind=f64), positive(5, kind=f64)], _meaning, slopes=_slopes)
row(
    "DivNoNan",
    [normal(2, 1, 3), np.array([[1.0], [0.0]], f32)],
    lambda x, y: np.where(y == 0, 0, x / np.where(y == 0, 1, y)),
    slopes=(0,),
)
row("MulNoNan", [_STRANGE, np.zeros(3, f32)], lambda x, y: np.zeros((2, 3), f32), slopes=())
row("MulNoNan", [normal(2, 1, 3), normal(4, 1)], np.multiply)
row("Xdivy", [np.zeros(2, f32), np.array([0.0, 2.0], f32)], lambda x, y: x, slopes=())
row("Xlogy", [np.zeros(2, f32), np.array([0.0, 2.0], f32)], lambda x, y: x, slopes=())
row("Atan2", [normal(3, 4), normal(3, 4)], np.arctan2)
row("Atan2", [normal(3, 1), normal(4)], np.arctan2, slopes=())  # 1.15's rule does not sum over what was broadcast
for _op in ("Add", "AddV2", "Sub", "Mul", "Maximum", "Minimum", "SquaredDifference"):
    row(_op, [ints(2, 1, 3), ints(4, 1)], _TWO[_op])
    row(_op, [ints(3, kind=i64), ints(kind=i64)], _TWO[_op])
    row(_op, [np.zeros((0, 3), f32), normal(3)], _TWO[_op])
for _op in ("Add", "AddV2", "Sub", "Mul", "RealDiv"):
    row(_op, [wave(2, 1), wave(3)], _TWO[_op])
row("Pow", [wave(3), wave(3)], np.power)
row("Pow", [ints(4, low=-3, high=4), ints(4, low=0, high=4)], np.power)
row("Pow", [np.array([0.0, 0.0, 2.0], f32), np.array([0.0, 2.0, 0.0], f32)], np.power, slopes=())
row("Pow", [np.array([-2.0, 3.0], f32), np.array([3.0, 2.0], f32)], np.power, slopes=(0,))
_A, _B = ints(20), np.where(ints(20) == 0, 3, ints(20, low=1, high=5) * np.sign(ints(20) + 0.5)).astype(i32)
row("FloorDiv", [_A, _B], np.floor_divide)
row("FloorMod", [_A, _B], np.mod)
row("TruncateDiv", [_A, _B], _truncated)
row("TruncateMod", [_A, _B], np.fmod)
row("Mod", [_A, _B], np.fmod)
row("Div", [_A, _B], _truncated)
row("FloorDiv", [normal(3, 4) * 5, normal(4)], np.floor_divide, slopes=())
row("FloorMod", [normal(3, 4) * 5, -positive(4)], np.mod)
row("TruncateMod", [normal(3, 4) * 5, normal(4)], np.fmod)
row("FloorDiv", [_A.astype(i64), _B.astype(i64)], np.floor_divide)
for _op, _meaning in {
    "Equal": np.equal,
    "NotEqual": np.not_equal,
    "Less": np.less,
    "LessEqual": np.less_equal,
    "Greater": np.greater,
    "GreaterEqual": np.greater_equal,
}.items():
    row(_op, [ints(3, 4, low=-1, high=2), ints(4, low=-1, high=2)], _meaning)
    row(_op, [_STRANGE, _STRANGE[::-1]], _meaning)
    row(_op, [normal(0, 2), normal(2)], _meaning)
row("Equal", [np.array([True, False]), np.array([True, True])], np.equal)
row("NotEqual", [wave(2), wave(1)], np.not_equal)
row("LogicalAnd", [np.array([[True], [False]]), np.array([True, False])], np.logical_and)
row("LogicalOr", [np.array([[True], [False]]), np.array([True, False])], np.logical_or)
row("ApproximateEqual", [np.array([1.0, 2.0], f32), np.array([1.05, 2.5], f32)], lambda x, y: np.abs(x - y) < 0.1, tolerance=0.1)
for _op, _meaning in {"BitwiseAnd": np.bitwise_and, "BitwiseOr": np.bitwise_or, "BitwiseXor": np.bitwise_xor}.items():
    row(_op, [ints(2, 1), ints(3)], _meaning)
    row(_op, [ints(3, low=0, high=255, kind=np.uint8)] * 2, _meaning)
row("LeftShift", [ints(4), ints(4, low=0, high=6)], np.left_shift)
row("RightShift", [ints(4, high=1), ints(4, low=0, high=6)], np.right_shift)
row("NextAfter", [normal(3), normal(3)], np.nextafter)
row("NextAfter", [normal(2, 1, kind=f64), normal(3, kind=f64)], np.nextafter)

# --- of more than two, and special functions --------------------------------------------------------------

row("AddN", [[normal(2, 3), normal(2, 3), normal(2, 3)]], lambda xs: sum(xs))
row("AddN", [[ints(3)]], lambda xs: xs[0])
row("AccumulateNV2", [[normal(2, 3), normal(2, 3)]], lambda xs: sum(xs), shape=(2, 3))
row("ClipByValue", [normal(3, 4), f32(-0.5), f32(0.5)], np.clip)
row("ClipByValue", [normal(3, 4), uniform(3, 4) - f32(1), uniform(3, 4) + f32(1)], np.clip, slopes=(0,))
row("ClipByValue", [ints(5), i32(-2), i32(3)], np.clip)
row("Betainc", [positive(3), positive(3), uniform(3, low=0.1, high=0.9)], special.betainc, slopes=(2,))
row("Igamma", [positive(3), positive(2, 3)], special.gammainc)
row("Igammac", [positive(3), positive(2, 3)], special.gammaincc)
row("Igamma", [positive(3, kind=f64) * 5, positive(3, kind=f64) * 5], special.gammainc)


def _igamma_slope(a, x):
    a = a.astype(f64)
    h = 1e-4
    f = special.gammainc
    return (8 * (f(a + h, x) - f(a - h, x)) - (f(a + 2 * h, x) - f(a - 2 * h, x))) / (12 * h)


row("IgammaGradA", [positive(3), positive(3)], _igamma_slope, tol=1e-4)
row("IgammaGradA", [positive(3, kind=f64), positive(3, kind=f64)], _igamma_slope, tol=1e-7)
row("Polygamma", [np.array([0.0, 1.0, 2.0, 3.0], f32), positive(4)], special.polygamma, slopes=(1,), tol=1e-4)
row("Zeta", [positive(3) + f32(1.5), positive(3)], special.zeta, slopes=(1,))
