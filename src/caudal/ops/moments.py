"""Means and variances with weights, and in two steps: sufficient statistics, then moments."""

from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from .basic import constant
from .elementwise import PLAIN, add, cast, multiply, square, subtract
from .fill import zeros_like
from .reduce import both, reduce_prod, reduce_sum
from .shape import shape, squeeze
from .slicing import gather

__all__ = ["normalize_moments", "sufficient_statistics", "weighted_moments"]


@export("nn.weighted_moments")
def weighted_moments(x, axes, frequency_weights, name=None, keep_dims=None, keepdims=None):
    """(mean, variance) of `x` over `axes`, in which each element counts as often as its weight says.

    Args:
      x: a float tensor.
      axes: an int or a list of ints.
      frequency_weights: weights that broadcast with `x`.
      name: the scope's name.
      keep_dims: the older name of `keepdims`: whether the dimensions stay, with size 1.
      keepdims: see `keep_dims`.
    """
    _, keep = both(None, None, keepdims, keep_dims)
    with name_scope(name, "weighted_moments", [x, frequency_weights, axes]):
        x = convert_to_tensor(x, name="x")
        weights = convert_to_tensor(frequency_weights, name="frequency_weights")
        half = x._dtype is dtypes.float16
        x = cast(x, dtypes.float32) if half else x
        weights = cast(weights, x._dtype)
        total = reduce_sum(weights * x, axes, name="weighted_input_sum", keepdims=True)
        count = reduce_sum(weights + zeros_like(x), axes, name="sum_of_weights", keepdims=True)
        divisor = PLAIN["Reciprocal"](count, name="inv_weight_sum")
        mean = multiply(total, divisor)
        squares = reduce_sum(weights * PLAIN["SquaredDifference"](x, mean), axes, name="weighted_distsq", keepdims=True)
        made = mean, multiply(squares, divisor)
        if not keep:
            made = tuple(squeeze(m, axis=axes) for m in made)
        return tuple(cast(m, dtypes.float16) for m in made) if half else made


@export("nn.sufficient_statistics")
def sufficient_statistics(x, axes, shift=None, keep_dims=None, name=None, keepdims=None):
    """(count, sum, sum of squares, shift) of `x` over `axes`, of what is left after `shift` is taken away.

    Args:
      x: a float tensor.
      axes: a list of ints.
      shift: what to take away, for precision; None for nothing.
      keep_dims: the older name of `keepdims`: whether the dimensions stay, with size 1.
      name: the scope's name.
      keepdims: see `keep_dims`.
    """
    _, keep = both(None, None, keepdims, keep_dims)
    axes = list(set(axes))
    with name_scope(name, "sufficient_statistics", [x, shift]):
        x = convert_to_tensor(x, name="x")
        if x.dims is not None and all(x.dims[a] is not None for a in axes):
            count = 1
            for a in axes:
                count *= x.dims[a]
            count = constant(count, dtype=x._dtype)
        else:
            count = reduce_prod(gather(cast(shape(x), x._dtype), axes), name="count")
        if shift is None:
            first, second = x, square(x)
        else:
            shift = convert_to_tensor(shift, name="shift")
            first, second = subtract(x, shift), PLAIN["SquaredDifference"](x, shift)
        first = reduce_sum(first, axes, keepdims=keep, name="mean_ss")
        return count, first, reduce_sum(second, axes, keepdims=keep, name="var_ss"), shift


@export("nn.normalize_moments")
def normalize_moments(counts, mean_ss, variance_ss, shift, name=None):
    """(mean, variance) of what `sufficient_statistics` gave."""
    with name_scope(name, "normalize", [counts, mean_ss, variance_ss, shift]):
        divisor = PLAIN["Reciprocal"](counts, name="divisor")
        if shift is None:
            shifted = mean = multiply(mean_ss, divisor, name="mean")
        else:
            shifted = multiply(mean_ss, divisor, name="shifted_mean")
            mean = add(shifted, shift, name="mean")
        return mean, subtract(multiply(variance_ss, divisor), square(shifted), name="variance")
