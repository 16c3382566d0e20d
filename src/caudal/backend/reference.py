"""The namespace B on NumPy: plain, slow, the judge. Whatever is not named here is NumPy's function of that name."""

import functools
import sys

import numpy as np

from . import losses, norms
from .pointwise import run as pointwise  # noqa: F401  # part of B
from .rational import tanh  # noqa: F401  # part of B
from .special import (  # noqa: F401  # part of B
    betainc,
    digamma,
    erf,
    erfc,
    gamma_slope,
    gammainc,
    gammainc_slope,
    gammaincc,
    i0e,
    i1e,
    lgamma,
    polygamma,
    zeta,
)
from .windows import (  # noqa: F401  # part of B
    avg_pool,
    avg_pool_grad,
    conv,
    conv_bias,
    conv_filter_grad,
    conv_input_grad,
    max_pool,
    max_pool_grad,
    max_pool_pick,
    max_pool_relu_grad,
    relu_bias_grad,
)

compiled = False  # the other backend says True: a rule may need to know where values are known only later
xp = np


def __getattr__(name):
    return getattr(np, name)


def cast(x, kind):
    """`x` as elements of the NumPy dtype `kind`; floats to integers go towards zero, as C does."""
    x = np.asarray(x)
    if np.iscomplexobj(x) and not np.issubdtype(kind, np.complexfloating):
        x = x.real
    with np.errstate(all="ignore"):
        return x.astype(kind)


def mean(x, axis=None, keepdims=False, dtype=None):
    """The mean along axes; NaN of nothing, of which NumPy also warns, whatever `errstate` says."""
    if np.size(x):
        return np.mean(x, axis=axis, keepdims=keepdims, dtype=dtype)
    with np.errstate(all="ignore"):
        return np.sum(x, axis=axis, keepdims=keepdims, dtype=dtype) / 0


def known(x):
    """The value of `x` as a NumPy array; here every value is known. The other backend refuses what is not."""
    return np.asarray(x)


def set_at(x, index, value):
    """A copy of `x` in which `x[index]` is `value`."""
    out = np.array(x)
    out[index] = value
    return out


def add_at(x, index, value):
    """A copy of `x` to whose elements at `index` `value` was added, again for an index that comes again."""
    out = np.array(x)
    np.add.at(out, index, value)
    return out


def max_at(x, index, value):
    """A copy of `x` with the greater of itself and `value` at `index`."""
    out = np.array(x)
    np.maximum.at(out, index, value)
    return out


def min_at(x, index, value):
    """A copy of `x` with the lesser of itself and `value` at `index`."""
    out = np.array(x)
    np.minimum.at(out, index, value)
    return out


def multiply_at(x, index, value):
    """A copy of `x` whose elements at `index` are multiplied by `value`."""
    out = np.array(x)
    np.multiply.at(out, index, value)
    return out


def barrier(x):
    """`x`; the compiler may not merge what is before it with what is after it."""
    return x


def rsqrt(x):
    """One over the square root of `x`."""
    return 1 / np.sqrt(x)


def sigmoid(x):
    """1 / (1 + exp(-x))."""
    return 1 / (1 + np.exp(-x))


def matmul(x, y):
    """The products of the matrices in two batches."""
    return np.matmul(x, y)


def take_clipped(x, indices, axis):
    """The parts of `x` along `axis` that `indices` name; an index out of range names the first or the last."""
    return np.take(x, indices, axis=axis, mode="clip")


def batch_norm(x, scale, offset, epsilon, relu=False):
    """(normalised `x`, its mean, its variance) over all but the channels; what is below 0 is cut off if `relu` is true."""
    y, *moments = norms.batch_norm(sys.modules[__name__], x, scale, offset, epsilon)
    return (np.maximum(y, 0) if relu else y), *moments


def batch_norm_grad(dy, x, scale, mean, variance, epsilon, training=True, y=None):
    """The slopes by `x`, `scale` and `offset`; where `y`, if there is one, is 0, `dy` doesn't count."""
    return norms.batch_norm_grad(
        np, dy if y is None else np.where(y > 0, dy, np.zeros_like(dy)), x, scale, mean, variance, epsilon, training
    )


cross_entropy, half_squares, channel_sums = (
    functools.partial(one, np) for one in (losses.cross_entropy, losses.half_squares, losses.channel_sums)
)


def product(x, y, turn_x=False, turn_y=False):
    """The product of two matrices, of which one that is to be turned lies with its rows as columns."""
    return np.matmul(x.T if turn_x else x, y.T if turn_y else y)


def dense(x, y, bias, relu, turn_x=False, turn_y=False):
    """The product of two matrices and a bias, without what is below 0 if `relu`."""
    made = product(x, y, turn_x, turn_y) + bias
    return np.maximum(made, np.zeros((), made.dtype)) if relu else made


def cumulative_logaddexp(x, axis):
    """log(cumsum(exp(x))) along an axis."""
    return np.logaddexp.accumulate(x, axis=axis)


def triangular_solve(matrix, rhs, lower, adjoint):
    """The solutions of systems whose matrices are triangles; the other halves are not looked at."""
    half = (np.tril if lower else np.triu)(matrix)
    return np.linalg.solve(np.conj(np.swapaxes(half, -1, -2)) if adjoint else half, rhs)


def scan(step, carry, along, reverse=False):
    """`step(carry, parts)` gives (the next carry, a nest of results), for the first parts of the arrays in `along`,
    then the second ones, ...; gives (the last carry, the results stacked). With `reverse` it begins at the end."""
    size = len(along[0])
    results = [None] * size
    for k in reversed(range(size)) if reverse else range(size):
        carry, results[k] = step(carry, _parts(along, k))
    return carry, _stacked(results)


def _parts(along, k):
    return tuple(_parts(a, k) if isinstance(a, tuple) else a[k] for a in along)


def _stacked(results):
    if isinstance(results[0], tuple):
        return tuple(_stacked(list(parts)) for parts in zip(*results, strict=True))
    return np.stack(results)
