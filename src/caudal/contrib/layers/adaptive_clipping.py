"""Bounds of the slopes' norm that follow what the norm has been."""

from ...build.initializers import Zeros
from ...build.scopes import get_variable, variable_scope
from ...graph.composite import IndexedSlices
from ...ground import dtypes
from ...ground.api import export
from ...ops.clip import global_norm
from ...ops.elementwise import PLAIN, cast, sqrt, square
from ...ops.fill import ones_like
from ...ops.slicing import where
from ...summary.functions import scalar
from ...train.moving_averages import assign_moving_average

__all__ = ["adaptive_clipping_fn"]


@export("contrib.layers.adaptive_clipping_fn", "contrib.slim.adaptive_clipping_fn")
def adaptive_clipping_fn(
    std_factor=2.0, decay=0.95, static_max_norm=None, global_step=None, report_summary=False, epsilon=1e-8, name=None
):
    """A function that bounds slopes' norms: where the norm is above exp(mean + std_factor std) of its logarithm, it becomes exp(mean).

    Args:
      std_factor: how many standard deviations are allowed.
      decay: of the mean and the mean square of the norm's logarithm.
      static_max_norm: a fixed bound as well.
      global_step: a step counter; the decay is smaller at first.
      report_summary: whether the bound has a summary.
      epsilon: keeps logarithm and root finite.
      name: of the scope.

    Returns:
      A function of the list of (slope, variable), as `optimize_loss` takes it.
    """

    def clip(grads_and_vars):
        slopes = [g for g, _ in grads_and_vars]
        norm = global_norm(slopes)
        bound, mean = _bound(norm, std_factor, decay, global_step, epsilon, name)
        if report_summary:
            scalar("global_norm/adaptive_max_gradient_norm", bound)
        factor = where(norm < bound, ones_like(norm), PLAIN["Exp"](mean) / norm)
        if static_max_norm is not None:
            factor = PLAIN["Minimum"](static_max_norm / norm, factor)
        return [(_times(g, factor), v) for g, v in grads_and_vars]

    return clip


def _times(slope, factor):
    if slope is None:
        return None
    if isinstance(slope, IndexedSlices):
        return IndexedSlices(slope.values * factor, slope.indices, slope.dense_shape)
    return slope * factor


def _bound(norm, std_factor, decay, global_step, epsilon, name):
    """(the bound, the mean of the norm's logarithm)."""
    with variable_scope(name, "AdaptiveMaxNorm", [norm]):
        log_norm = PLAIN["Log"](norm + epsilon)
        if global_step is not None:
            n = cast(global_step, dtypes.float32)
            decay = PLAIN["Minimum"](decay, n / (n + 1.0))
        mean = _average("mean", log_norm, decay)
        variance = _average("sq_mean", square(log_norm), decay) - square(mean)
        std = sqrt(PLAIN["Maximum"](epsilon, variance))
        return PLAIN["Exp"](mean + std_factor * std), mean


def _average(name, value, decay):
    variable = get_variable(name, shape=value.get_shape(), dtype=value.dtype, initializer=Zeros(), trainable=False)
    return assign_moving_average(variable, value, decay, zero_debias=False)
