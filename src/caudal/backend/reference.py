"""The namespace B on NumPy: plain, slow, the judge. Whatever is not named here is NumPy's function of that name."""

import numpy as np

from .windows import (  # noqa: F401  # part of B
    avg_pool,
    avg_pool_grad,
    conv,
    conv_filter_grad,
    conv_input_grad,
    max_pool,
    max_pool_grad,
)

compiled = False  # the other backend says True: a rule may need to know where values are known only later
xp = np


def __getattr__(name):
    return getattr(np, name)


def cast(x, kind):
    """`x` as elements of the NumPy dtype `kind`; floats to integers go towards zero, as C does."""
    with np.errstate(all="ignore"):
        return np.asarray(x).astype(kind)


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
