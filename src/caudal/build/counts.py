"""What is known of values by looking at all of them, with a branch: whether they go up, how many are zero."""

from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import identity
from ..ops.elementwise import NODES, PLAIN, cast
from ..ops.fill import zeros
from ..ops.reduce import reduce_all, reduce_sum
from ..ops.shape import reshape, shape, size
from ..ops.slicing import strided_slice
from .cond import cond

__all__ = ["is_non_decreasing", "is_strictly_increasing", "zero_fraction"]


def _steps(x):
    """Each element of `x` less the one before; none if there are fewer than two."""
    x = reshape(x, [-1])
    numeric = x._dtype.is_floating or x._dtype.is_integer or x._dtype.is_complex
    need(numeric, f"Expected x to be numeric, instead found: {x}", kind=TypeError)
    short = PLAIN["Less"](size(x), 2)
    n = shape(x) - 1
    return cond(
        short,
        lambda: convert_to_tensor([], dtype=x._dtype),
        lambda: strided_slice(x, [1], [1] + n) - strided_slice(x, [0], n),
    )


@export("is_non_decreasing", "math.is_non_decreasing", "debugging.is_non_decreasing")
def is_non_decreasing(x, name=None):
    """Whether no element is less than the one before.

    Raises:
      TypeError: `x` is not numeric.
    """
    with name_scope(name, "is_non_decreasing", [x]):
        steps = _steps(x)
        return reduce_all(PLAIN["LessEqual"](convert_to_tensor(0, dtype=steps._dtype), steps))


@export("is_strictly_increasing", "math.is_strictly_increasing", "debugging.is_strictly_increasing")
def is_strictly_increasing(x, name=None):
    """Whether each element is greater than the one before.

    Raises:
      TypeError: `x` is not numeric.
    """
    with name_scope(name, "is_strictly_increasing", [x]):
        steps = _steps(x)
        return reduce_all(PLAIN["Less"](convert_to_tensor(0, dtype=steps._dtype), steps))


def _nonzero(x, dtype):
    with name_scope("count_nonzero", values=[x]):
        there = cast(NODES["NotEqual"](x, zeros([], dtype=x._dtype)), dtype)
        return reduce_sum(there, name="nonzero_count")


@export("nn.zero_fraction", "math.zero_fraction")
def zero_fraction(value, name=None):
    """The share of elements that are 0, a float32 scalar; counted in int32 where that is enough."""
    with name_scope(name, "zero_fraction", [value]):
        value = convert_to_tensor(value, name="value")
        total = size(value, out_type=dtypes.int64)
        count = cond(
            total <= dtypes.int32.max,
            true_fn=lambda: cast(_nonzero(value, dtypes.int32), dtypes.int64),
            false_fn=lambda: _nonzero(value, dtypes.int64),
        )
        with name_scope("counts_to_fraction"):
            zeros_ = total - count
            share = cast(zeros_, dtypes.float32) / cast(total, dtypes.float32)
        return identity(share, "fraction")
