"""`roll`: elements that leave a tensor at one end come in again at the other."""

import numpy as np

from ..graph.define import define
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError

__all__ = ["roll"]


def _infer(x, shift, axis):
    shapes.with_rank_at_least(x.dims, 1)
    for one in (shift, axis):
        if one.dims is not None and len(one.dims) > 1:
            raise shapes.InferError(f"Shape must be at most rank 1 but is rank {len(one.dims)}")
    return [x.dims]


def _lower(B, x, shift, axis, *, op):
    shift, axis = np.asarray(shift).reshape(-1), np.asarray(axis).reshape(-1)
    if len(shift) != len(axis):
        raise InvalidArgumentError(None, op, "shift and axis must have the same size")
    for a in axis:
        if not -x.ndim <= a < x.ndim:
            raise InvalidArgumentError(None, op, f"axis {a} is out of range")
    return B.roll(x, tuple(int(s) for s in shift), tuple(int(a) for a in axis))


roll_node = define(
    "Roll", infer=_infer, lower=_lower, grad=lambda op, dy: [roll(dy, -op.inputs[1], op.inputs[2]), None, None], static=(1, 2)
)


@export("roll", "manip.roll")
def roll(input, shift, axis, name=None):
    """`input` with its elements moved on.

    Args:
      input: a tensor of at least one dimension.
      shift: int scalar or `[n]`, by how many places; back if negative.
      axis: int scalar or `[n]`, along which dimensions.
      name: the node's name.
    """
    return roll_node(input, shift, axis, name=name)
