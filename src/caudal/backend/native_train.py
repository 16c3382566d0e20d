"""Native kernels of the training step: optimizers' updates of any number of variables in one call, and small arrays kept as one."""

import jax
import numpy as np

from . import native

__all__ = ["gather", "scatter", "suits", "update"]

_UPDATES = frozenset({"adagrad", "adam", "gradient_descent", "momentum", "rms_prop"})


def suits(kind, *arrays):
    """Whether there is a kernel for an optimizer's formula on these arrays."""
    return kind in _UPDATES and native.ready() and all(x.dtype == np.float32 for x in arrays)


def update(kind, rates, states, slopes, nesterov=False):
    """An optimizer's step for several variables, each in place where its memory may be given away.

    Args:
      kind: the formula's name in ops/training.py.
      rates: float32 scalars in the order of that formula.
      states: for each variable its value and its slots, float32 of one shape.
      slopes: for each variable its slope.
      nesterov: whether the formula looks ahead.

    Returns:
      for each variable its new value and new slots.
    """
    operands, results, aliases = list(rates), [], {}
    for state, slope in zip(states, slopes, strict=True):
        for x in state:
            aliases[len(operands)] = len(results)
            operands.append(x)
            results.append(jax.ShapeDtypeStruct(x.shape, x.dtype))
        operands.append(slope)
    made = native.call(kind, results, *operands, aliases=aliases, nesterov=np.bool_(nesterov))
    count = len(made) // max(len(states), 1)
    return [tuple(made[k : k + count]) for k in range(0, len(made), count)]


def gather(arrays):
    """The elements of arrays of one dtype, one array after the other, as a vector."""
    whole = jax.ShapeDtypeStruct((sum(x.size for x in arrays),), arrays[0].dtype)
    return native.call("gather", whole, *arrays)


def scatter(flat, shapes):
    """The arrays of those shapes that `gather` made into a vector."""
    return native.call("scatter", [jax.ShapeDtypeStruct(tuple(shape), flat.dtype) for shape in shapes], flat)
