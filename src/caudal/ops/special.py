"""Special functions of one to three arguments, and their slopes: Bessel, incomplete gamma and beta, zeta, polygamma."""

import numpy as np

from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.opdef import gradient
from ..graph.scopes import control_dependencies, name_scope
from ..ground import shapes
from ..ground.api import export
from .basic import constant, same
from .elementwise import NODES, PLAIN, abs, broadcast, cast, conj, negative, reciprocal_of, sign
from .fill import zeros_like
from .reduce import reduce_sum
from .shape import broadcast_gradient_args, reshape, shape
from .slicing import where

__all__ = ["betainc", "igamma", "lbeta", "polyval"]


def _args(x, y):
    """(shape of x, shape of y, axes to sum for x, axes to sum for y)."""
    sx, sy = shape(x), shape(y)
    rx, ry = broadcast_gradient_args(sx, sy)
    return sx, sy, rx, ry


def _summed(slope, axes, like):
    return reshape(reduce_sum(slope, axes), like)


# --- Bessel functions ---------------------------------------------------------------------------------


def _i0e_slope(op, dy):
    x, y = op.inputs[0], op.outputs[0]
    with control_dependencies([dy]):
        return [dy * (bessel_i1e(x) - sign(x) * y)]


def _i1e_slope(op, dy):
    """Its limit at 0 is a half; there the formula divides by 0."""
    x, y = op.inputs[0], op.outputs[0]
    least = float(np.finfo(x._dtype.as_numpy_dtype).eps)
    with control_dependencies([dy]):
        zero = zeros_like(x)
        large = abs(x) > least
        safe = where(large, x, least + zero)
        slope = bessel_i0e(safe) - y * (sign(safe) + reciprocal_of(safe))
        return [dy * where(large, slope, 0.5 + zero)]


_i0e = define("BesselI0e", infer=same, lower=lambda B, x: B.i0e(x), grad=_i0e_slope)
_i1e = define("BesselI1e", infer=same, lower=lambda B, x: B.i1e(x), grad=_i1e_slope)


@export("math.bessel_i0e")
def bessel_i0e(x, name=None):
    """exp(-|x|) times the modified Bessel function I0 of each element."""
    return _i0e(x, name=name)


@export("math.bessel_i1e")
def bessel_i1e(x, name=None):
    """exp(-|x|) times the modified Bessel function I1 of each element."""
    return _i1e(x, name=name)


@export("math.bessel_i0")
def bessel_i0(x, name=None):
    """The modified Bessel function I0 of each element."""
    with name_scope(name, "bessel_i0", [x]):
        return PLAIN["Exp"](abs(x)) * bessel_i0e(x)


@export("math.bessel_i1")
def bessel_i1(x, name=None):
    """The modified Bessel function I1 of each element."""
    with name_scope(name, "bessel_i1", [x]):
        return PLAIN["Exp"](abs(x)) * bessel_i1e(x)


# --- gamma and beta functions -------------------------------------------------------------------------


def _igamma_slope(op, dy):
    """By x it is the density of the gamma distribution."""
    a, x = op.inputs
    sa, sx, ra, rx = _args(a, x)
    with control_dependencies([dy]):
        by_a = _igamma_by_a(a, x)
        by_x = PLAIN["Exp"](-x + (a - 1) * PLAIN["Log"](x) - PLAIN["Lgamma"](a))
        return [_summed(by_a * dy, ra, sa), _summed(by_x * dy, rx, sx)]


_igamma = define("Igamma", infer=broadcast, lower=lambda B, a, x: B.gammainc(a, x), grad=_igamma_slope)
_igammac = define(
    "Igammac", infer=broadcast, lower=lambda B, a, x: B.gammaincc(a, x), grad=lambda op, dy: [-g for g in _igamma_slope(op, dy)]
)
_igamma_by_a = define("IgammaGradA", infer=broadcast, lower=lambda B, a, x: B.gammainc_slope(a, x))


@export("igamma", "math.igamma")
def igamma(a, x, name=None):
    """The lower regularised incomplete gamma function P(a, x), for a > 0 and x >= 0."""
    return _igamma(a, x, name=name)


@export("igammac", "math.igammac")
def igammac(a, x, name=None):
    """The upper regularised incomplete gamma function Q(a, x) = 1 - P(a, x)."""
    return _igammac(a, x, name=name)


def _digamma_slope(op, dy):
    with control_dependencies([dy]):
        x = conj(op.inputs[0])
        return [dy * polygamma(constant(1, x._dtype), x)]


def _polygamma_slope(op, dy):
    n, x = op.inputs
    _, sx, _, rx = _args(n, x)
    with control_dependencies([dy]):
        n, x = conj(n), conj(x)
        return [None, _summed(polygamma(n + 1, x) * dy, rx, sx)]


def _zeta_slope(op, dy):
    x, q = op.inputs
    _, sq, _, rq = _args(x, q)
    with control_dependencies([dy]):
        x, q = conj(x), conj(q)
        return [None, _summed(-x * zeta(x + 1, q) * dy, rq, sq)]


gradient("Digamma", _digamma_slope)
_polygamma = define("Polygamma", infer=broadcast, lower=lambda B, n, x: B.polygamma(n, x), grad=_polygamma_slope)
_zeta = define("Zeta", infer=broadcast, lower=lambda B, x, q: B.zeta(x, q), grad=_zeta_slope)


@export("polygamma", "math.polygamma")
def polygamma(a, x, name=None):
    """The derivative of order `a` of the digamma function at `x`."""
    return _polygamma(a, x, name=name)


@export("zeta", "math.zeta")
def zeta(x, q, name=None):
    """The Hurwitz zeta function: the sum of (k + q) ** -x over k = 0, 1, ..."""
    return _zeta(x, q, name=name)


def _infer_betainc(a, b, x):
    """Scalars go with any shape; all others are alike."""
    dims = ()
    for one in (a, b, x):
        if one.dims is None:
            return [None]
        dims = shapes.merge(dims, one.dims) if dims and one.dims else dims or one.dims
    return [dims]


def _betainc_slope(op, dy):
    a, b, x = op.inputs
    _, sx, _, rx = _args(a, x)
    lgamma, log = PLAIN["Lgamma"], PLAIN["Log"]
    scale = lgamma(a) + lgamma(b) - lgamma(a + b)
    by_x = PLAIN["Exp"]((b - 1) * log(1 - x) + (a - 1) * log(x) - scale)
    return [None, None, _summed(by_x * dy, rx, sx)]


_betainc = define("Betainc", infer=_infer_betainc, lower=lambda B, a, b, x: B.betainc(a, b, x), grad=_betainc_slope)


@export("betainc", "math.betainc")
def betainc(a, b, x, name=None):
    """The regularised incomplete beta function I_x(a, b), for x in [0, 1]; scalars go with any shape."""
    return _betainc(a, b, x, name=name)


@export("lbeta", "math.lbeta")
def lbeta(x, name=None):
    """The logarithm of |Beta(x)|, along the last dimension: the sum of lgamma(x) less lgamma(sum of x)."""
    with name_scope(name, "lbeta", [x]):
        x = convert_to_tensor(x, name="x")
        total = reduce_sum(PLAIN["Lgamma"](x), axis=[-1])
        return total - PLAIN["Lgamma"](reduce_sum(x, axis=[-1]))


# --- with care at zero --------------------------------------------------------------------------------


def _not_zero(x):
    return cast(NODES["NotEqual"](x, cast(0.0, x._dtype)), x._dtype)


def _xlogy_slope(op, dy):
    x, y = op.inputs
    sx, sy, rx, ry = _args(x, y)
    with control_dependencies([dy]):
        by_x = NODES["Xlogy"](_not_zero(x), y)
        by_y = NODES["Xdivy"](x, y)
        return [_summed(by_x * dy, rx, sx), _summed(by_y * dy, ry, sy)]


def _xdivy_slope(op, dy):
    x, y = op.inputs
    sx, sy, rx, ry = _args(x, y)
    with control_dependencies([dy]):
        by_x = NODES["Xdivy"](_not_zero(x), y)
        by_y = NODES["Xdivy"](negative(x), y**2)
        return [_summed(by_x * dy, rx, sx), _summed(by_y * dy, ry, sy)]


def _mul_no_nan_slope(op, dy):
    x, y = op.inputs
    node = NODES["MulNoNan"]
    if shapes.known(x.dims) and x.dims == y.dims == dy.dims:
        return [node(dy, y), node(x, dy)]
    sx, sy, rx, ry = _args(x, y)
    return [_summed(node(dy, y), rx, sx), _summed(node(x, dy), ry, sy)]


gradient("Xlogy", _xlogy_slope)
gradient("Xdivy", _xdivy_slope)
gradient("MulNoNan", _mul_no_nan_slope)


@export("math.reciprocal_no_nan")
def reciprocal_no_nan(x, name=None):
    """One over each element; 0 where it is 0."""
    with name_scope(name, "reciprocal_no_nan", [x]) as scope:
        x = convert_to_tensor(x, name="x")
        one = constant(1, x._dtype.base_dtype, name="one")
        return NODES["DivNoNan"](one, x, name=scope)


@export("math.polyval")
def polyval(coeffs, x, name=None):
    """The polynomial with coefficients `coeffs` (a list, the highest power first) at `x`, by Horner's rule.

    Raises:
      ValueError: `coeffs` is no list.
    """
    if not isinstance(coeffs, list):
        raise ValueError(f"Argument coeffs must be list type found {type(coeffs)}.")
    with name_scope(name, "polyval", [*coeffs, x]) as scope:
        x = convert_to_tensor(x, name="x")
        if not coeffs:
            return zeros_like(x, name=scope)
        coeffs = [convert_to_tensor(c, name=f"coeff_{k}") for k, c in enumerate(coeffs)]
        total = coeffs[0]
        for c in coeffs[1:]:
            total = c + total * x
        return total
