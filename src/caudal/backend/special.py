"""Special functions on NumPy, part of the reference namespace B: SciPy's, in the dtype that comes in."""

import numpy as np

from ..ground.late import Late

__all__ = [
    "betainc",
    "digamma",
    "erf",
    "erfc",
    "gamma_slope",
    "gammainc",
    "gammainc_slope",
    "gammaincc",
    "i0e",
    "i1e",
    "lgamma",
    "polygamma",
    "zeta",
]


_special = Late("scipy.special")


def _typed(name):
    return lambda *xs: getattr(_special, name)(*xs).astype(np.asarray(xs[-1]).dtype)


erf, erfc, lgamma, digamma, i0e, i1e, gammainc, gammaincc, betainc, zeta = (
    _typed(f) for f in "erf erfc gammaln psi i0e i1e gammainc gammaincc betainc zeta".split()
)


def polygamma(n, x):
    """The n-th derivative of the digamma function; NaN where n is no integer."""
    sign = np.where(np.asarray(n) % 2 == 0, -1.0, 1.0)
    higher = sign * _special.gamma(n + 1.0) * _special.zeta(n + 1.0, x)
    values = np.where(np.asarray(n) == 0, _special.psi(x), higher)
    return np.where(np.asarray(n) % 1 == 0, values, np.nan).astype(np.asarray(x).dtype)


def _by_shape(a, x):
    """dP(a, x)/da by a five-point difference in float64, good to about 1e-11."""
    a, x = np.asarray(a, np.float64), np.asarray(x, np.float64)
    h = 1e-3 * a
    p = [_special.gammainc(a + k * h, x) for k in (-2, -1, 1, 2)]
    return (p[0] - 8 * p[1] + 8 * p[2] - p[3]) / (12 * h)


def gammainc_slope(a, x):
    """The slope of the lower regularised incomplete gamma function by `a`."""
    return _by_shape(a, x).astype(np.asarray(x).dtype)


def gamma_slope(alpha, x):
    """How a draw `x` of a gamma distribution moves with its shape `alpha` while its rank stays."""
    a, v = np.asarray(alpha, np.float64), np.asarray(x, np.float64)
    log_density = (a - 1) * np.log(v) - v - _special.gammaln(a)
    return (-_by_shape(a, v) / np.exp(log_density)).astype(np.asarray(x).dtype)
