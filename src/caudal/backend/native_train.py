"""Native kernels of the training step: optimizers' updates of any number of variables in one call, and small arrays kept as one."""

import numpy as np

from ..ground.late import Late
from . import native

__all__ = ["gather", "kernel_of", "most_gathered", "scatter", "update"]

jax = Late("jax")

_KERNELS = {  # what follows Apply or ResourceApply in an op's type: the kernel
    "Adagrad": "adagrad",
    "Adam": "adam",
    "GradientDescent": "gradient_descent",
    "Momentum": "momentum",
    "RMSProp": "rms_prop",
}


def kernel_of(kind, attrs):
    """The kernel for an optimizer's op of that type, with those attributes; None if there is none."""
    found = _KERNELS.get(kind.removeprefix("Resource").removeprefix("Apply"))
    fits = found is not None and attrs["T"].np == np.float32 and attrs.get("update_slots", True)
    return found if fits and native.ready() else None


def update(kind, rates, states, slopes, nesterov=False, scales=(), decays=(), after=()):
    """An optimizer's step for several variables, each in place where its memory may be given away.

    The slope of a variable is `scale * slope + decay * variable`.

    Args:
      kind: what `kernel_of` gave.
      rates: float32 scalars in the order of the formula in ops/training.py.
      states: for each variable its value and its slots, float32 of one shape.
      slopes: for each variable its slope.
      nesterov: whether the formula looks ahead.
      scales, decays: for each variable a float32 scalar, or None; or nothing at all.
      after: arrays that are computed first. What reads a variable's old value and isn't known to do so before keeps a copy of it.

    Returns:
      for each variable its new value and new slots.
    """
    operands, results, aliases = list(rates), [], {}
    scales, decays = (list(x) or [None] * len(states) for x in (scales, decays))
    for state, slope in zip(states, slopes, strict=True):
        for x in state:
            aliases[len(operands)] = len(results)
            operands.append(x)
            results.append(jax.ShapeDtypeStruct(x.shape, x.dtype))
        operands.append(slope)
    operands += [x for pair in zip(scales, decays, strict=True) for x in pair if x is not None]
    changes = [(a is not None) + 2 * (b is not None) for a, b in zip(scales, decays, strict=True)]
    settings = {"nesterov": np.bool_(nesterov), "changes": np.array(changes), "after": np.int64(len(after))}
    made = native.call(kind, results, *operands, *after, aliases=aliases, **settings)
    count = len(states[0])
    return [tuple(made[k : k + count]) for k in range(0, len(made), count)]


def most_gathered():
    """How many arrays a compiled step may join: XLA's own compiling takes longer than it saves with many (7.8 s with 210)."""
    return 500 if native.ready() else 48


def gather(arrays):
    """The elements of arrays of one dtype, one array after the other, as a vector."""
    whole = jax.ShapeDtypeStruct((sum(x.size for x in arrays),), arrays[0].dtype)
    return native.call("gather", whole, *arrays)


def scatter(flat, shapes):
    """The arrays of those shapes that `gather` made into a vector."""
    return native.call("scatter", [jax.ShapeDtypeStruct(tuple(shape), flat.dtype) for shape in shapes], flat)
