"""tanh in float32 as TF's kernels compute it: a quotient of two polynomials, not always the nearest float32.

Source: Eigen 3.3, generic_fast_tanh_float: a minimax fit on [-9, 9], beyond which the nearest float32 is 1.
"""

import numpy as np

__all__ = ["tanh"]

_ODD = [
    np.float32(c)
    for c in (
        -2.76076847742355e-16,
        2.00018790482477e-13,
        -8.60467152213735e-11,
        5.12229709037114e-08,
        1.48572235717979e-05,
        6.37261928875436e-04,
        4.89352455891786e-03,
    )
]
_EVEN = [np.float32(c) for c in (1.19825839466702e-06, 1.18534705686654e-04, 2.26843463243900e-03, 4.89352518554385e-03)]


def _horner(coefficients, x):
    out = coefficients[0]
    for c in coefficients[1:]:
        out = x * out + c
    return out


def tanh(x):
    """The hyperbolic tangent of a NumPy array."""
    x = np.asarray(x)
    if x.dtype != np.float32:
        return np.tanh(x)
    x = np.clip(x, np.float32(-9), np.float32(9))
    square = x * x
    return x * _horner(_ODD, square) / _horner(_EVEN, square)
