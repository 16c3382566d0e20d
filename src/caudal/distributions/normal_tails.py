"""The standard normal distribution function, its logarithm far out in the tails, and its inverse."""

import math

import numpy as np

from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ops.basic import constant
from ..ops.elementwise import PLAIN, abs, equal, erf, sqrt, square
from ..ops.fill import fill, zeros_like
from ..ops.shape import shape
from ..ops.slicing import where_v2

__all__ = ["log_ndtr", "ndtr", "ndtri"]

_NEAR_EDGE = {"float32": (-10.0, 5.0), "float64": (-20.0, 8.0)}  # where the logarithm is taken plainly
_MIDDLE = (
    [-1.23916583867381258016e0, 1.39312609387279679503e1, -5.66762857469070293439e1, 9.80010754185999661536e1,
     -5.99633501014107895267e1],
    [-1.18331621121330003142e0, 1.59056225126211695515e1, -8.20372256168333339912e1, 2.00260212380060660359e2,
     -2.25462687854119370527e2, 8.63602421390890590575e1, 4.67627912898881538453e0, 1.95448858338141759834e0, 1.0],
)  # fmt: skip
_TAIL = (
    [-8.57456785154685413611e-4, -3.50424626827848203418e-2, -1.40256079171354495875e-1, 2.18663306850790267539e0,
     1.46849561928858024014e1, 4.40805073893200834700e1, 5.71628192246421288162e1, 3.15251094599893866154e1,
     4.05544892305962419923e0],
    [-9.33259480895457427372e-4, -3.80806407691578277194e-2, -1.42182922854787788574e-1, 2.50464946208309415979e0,
     1.50425385692907503408e1, 4.13172038254672030440e1, 4.53907635128879210584e1, 1.57799883256466749731e1, 1.0],
)  # fmt: skip
_FAR_TAIL = (
    [6.23974539184983293730e-9, 2.65806974686737550832e-6, 3.01581553508235416007e-4, 1.23716634817820021358e-2,
     2.01485389549179081538e-1, 1.33303460815807542389e0, 3.93881025292474443415e0, 6.91522889068984211695e0,
     3.23774891776946035970e0],
    [6.79019408009981274425e-9, 2.89247864745380683936e-6, 3.28014464682127739104e-4, 1.34204006088543189037e-2,
     2.16236993594496635890e-1, 1.37702099489081330271e0, 3.67983563856160859403e0, 6.02427039364742014255e0, 1.0],
)  # fmt: skip


def ndtr(x, name="ndtr"):
    """The probability of a standard normal draw of at most x; by erfc in the tails, for precision."""
    with name_scope(name, values=[x]):
        return _ndtr(convert_to_tensor(x, name="x"))


def _ndtr(x):
    edge = constant(0.5 * np.sqrt(2.0), dtype=x._dtype, name="half_sqrt_2")
    w = x * edge
    z = abs(w)
    erfc = PLAIN["Erfc"]
    middle = PLAIN["Less"](z, edge), 1.0 + erf(w)
    return 0.5 * where_v2(*middle, where_v2(PLAIN["Greater"](w, 0.0), 2.0 - erfc(z), erfc(z)))


def log_ndtr(x, name="log_ndtr"):
    """The logarithm of `ndtr`, nats.

    Source: Abramowitz and Stegun (1964), 26.2.12, far out on the left.
    """
    with name_scope(name, values=[x]):
        x = convert_to_tensor(x, name="x")
        low, high = _NEAR_EDGE[x._dtype.name]
        near = PLAIN["Log"](_ndtr(PLAIN["Maximum"](x, low)))
        left = where_v2(PLAIN["Greater"](x, low), near, _far_left(PLAIN["Minimum"](x, low)))
        return where_v2(PLAIN["Greater"](x, high), -_ndtr(-x), left)


def _far_left(x):
    """The logarithm by three terms of an asymptotic series."""
    xx = square(x)
    scale = -0.5 * xx - PLAIN["Log"](-x) - 0.5 * math.log(2.0 * math.pi)
    return scale + PLAIN["Log"](1.0 - 1.0 / xx + 3.0 / square(xx) - 15.0 / (square(xx) * xx))


def ndtri(p, name="ndtri"):
    """The x of which `ndtr` is p.

    Source: Moshier, Cephes, ndtri.c.
    """
    with name_scope(name, values=[p]):
        p = convert_to_tensor(p, name="p")
        above = p > -np.expm1(-2.0)
        q = where_v2(above, 1.0 - p, p)
        q = where_v2(q <= 0.0, fill(shape(p), constant(0.5, p._dtype)), q)
        x = where_v2(q > np.exp(-2.0), _middle(q), _tail(q))
        x = where_v2(above, x, -x)
        infinity = fill(shape(p), constant(np.inf, p._dtype))
        return where_v2(equal(p, 0.0), -infinity, where_v2(equal(p, 1.0), infinity, x))


def _ratio(parts, x):
    """One polynomial over another, coefficients from the lowest power up."""
    top, bottom = (_horner(coefficients, x) for coefficients in parts)
    return top / bottom


def _horner(coefficients, x):
    out = zeros_like(x)
    for one in reversed(coefficients):
        out = out * x + one
    return out


def _middle(p):
    w = p - 0.5
    ww = square(w)
    return -math.sqrt(2.0 * math.pi) * (w + w * ww * _ratio(_MIDDLE, ww))


def _tail(p):
    z = sqrt(-2.0 * PLAIN["Log"](p))
    first = z - PLAIN["Log"](z) / z
    return first - where_v2(z >= 8.0, _ratio(_FAR_TAIL, 1.0 / z) / z, _ratio(_TAIL, 1.0 / z) / z)
