"""Covariance, correlation, agreement, counts: measures that build up over batches."""

from ...build.confusion import confusion_matrix
from ...build.scopes import variable_scope
from ...build.weights import broadcast_weights
from ...graph.scopes import control_dependencies
from ...ground import dtypes
from ...ground.api import constant, export
from ...ground.errors import need
from ...metrics.base import accumulator, collected, in_step
from ...ops.basic import identity
from ...ops.elementwise import PLAIN, cast, div_no_nan, multiply, sqrt, truediv
from ...ops.matrices import diag_part
from ...ops.reduce import reduce_sum
from ...ops.sets import set_difference, set_intersection, set_size, set_union
from ...ops.shape import size, squeeze
from ...ops.slicing import where
from ...ops.state import assign_add

__all__ = ["cohen_kappa", "count", "streaming_covariance", "streaming_pearson_correlation"]

_DOC = """

    Args:
      {first}
      weights: what each value counts; 1 by default.
      metrics_collections: collections that the value goes into.
      updates_collections: collections that the update goes into.
      name: the scope's name.

    Returns:
      (value, update_op): the value over all batches taken in so far, and the op that takes in this one.

    Raises:
      ValueError: shapes that don't fit.
    """
_PAIR = "predictions: a tensor.\n      labels: a tensor of its shape."


def _documented(first):
    def hang(function):
        function.__doc__ = function.__doc__.rstrip() + _DOC.format(first=first)
        return function

    return hang


def _mean_step(mean, batch, rows, total):
    """(the batch's mean, the mean before) while `mean` takes the batch in."""
    now = div_no_nan(reduce_sum(batch), rows)
    step = div_no_nan((now - mean) * rows, total)
    return now, assign_add(mean, step) - step


@export("contrib.metrics.streaming_covariance", "contrib.slim.metrics.streaming_covariance")
@_documented(_PAIR)
def streaming_covariance(predictions, labels, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The unbiased covariance, C_AB = C_A + C_B + (x_A - x_B)(y_A - y_B) n_A n_B / n_AB from batch to batch."""
    with variable_scope(name, "covariance", (predictions, labels, weights)):
        predictions, labels, weights = in_step(predictions, labels, weights)
        kind = dtypes.float32
        total, mean_x, mean_y, comoment = (
            accumulator([], kind, n) for n in ("count", "mean_prediction", "mean_label", "comoment")
        )
        if weights is None:
            rows, x, y = cast(size(labels), kind), predictions, labels
        else:
            weights = broadcast_weights(weights, labels)
            rows, x, y = reduce_sum(weights), multiply(predictions, weights), multiply(labels, weights)
        after = assign_add(total, rows)
        before = after - rows
        now_x, before_x = _mean_step(mean_x, x, rows, after)
        now_y, before_y = _mean_step(mean_y, y, rows, after)
        apart = (predictions - now_x) * (labels - now_y)
        batch = reduce_sum(apart if weights is None else apart * weights)
        more = batch + (before_x - now_x) * (before_y - now_y) * (before * rows / after)
        update = assign_add(comoment, more)

        def covariance(last):
            return where(PLAIN["LessEqual"](total, 1.0), float("nan"), truediv(comoment, total - 1), name=last)

        value = covariance("covariance")
        with control_dependencies([update]):
            update = covariance("update_op")
    return collected(metrics_collections, value), collected(updates_collections, update)


@export("contrib.metrics.streaming_pearson_correlation", "contrib.slim.metrics.streaming_pearson_correlation")
@_documented(_PAIR)
def streaming_pearson_correlation(
    predictions, labels, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """Pearson's correlation: the covariance over the root of both variances."""
    with variable_scope(name, "pearson_r", (predictions, labels, weights)):
        predictions, labels, weights = in_step(predictions, labels, weights)
        if weights is not None:
            weights = broadcast_weights(weights, labels)
        both = streaming_covariance(predictions, labels, weights, name="covariance")
        of_x = streaming_covariance(predictions, predictions, weights, name="variance_predictions")
        of_y = streaming_covariance(labels, labels, weights, name="variance_labels")
        value, update = (
            truediv(xy, multiply(sqrt(xx), sqrt(yy)), name=last)
            for xy, xx, yy, last in zip(both, of_x, of_y, ("pearson_r", "update_op"), strict=True)
        )
    return collected(metrics_collections, value), collected(updates_collections, update)


@export("contrib.metrics.count")
@_documented("values: a tensor of which only the shape counts.")
def count(values, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """How many values there were, or the sum of their weights."""
    with variable_scope(name, "count", (values, weights)):
        total = accumulator([], dtypes.float32, "count")
        if weights is None:
            rows = cast(size(values), dtypes.float32)
        else:
            values, _, weights = in_step(cast(values, dtypes.float32), None, weights)
            rows = reduce_sum(broadcast_weights(cast(weights, dtypes.float32), values))
        with control_dependencies([values]):
            update = assign_add(total, rows)
        value = collected(metrics_collections, identity(total))
        return value, collected(updates_collections, update)


@export("contrib.metrics.cohen_kappa")
@_documented(
    "labels: int `[batch]`.\n      predictions_idx: int `[batch]`.\n      num_classes: how many classes there are, 2 or more."
)
def cohen_kappa(
    labels,
    predictions_idx,
    num_classes,
    weights=None,
    metrics_collections=None,
    updates_collections=None,
    name=None,
):
    """Cohen's kappa, how far two agree beyond chance: (p_o - p_e) / (n - p_e)."""
    need(num_classes >= 2, f"`num_classes` must be >= 2.Found: {num_classes}")
    with variable_scope(name, "cohen_kappa", (labels, predictions_idx, weights)):
        labels.get_shape().with_rank_at_most(2)
        if labels.get_shape().ndims == 2:
            labels = squeeze(labels, axis=[-1])
        predictions_idx, labels, weights = in_step(predictions_idx, labels, weights)
        kind = dtypes.int64 if weights is None or weights.dtype.is_integer else dtypes.float32
        held = [accumulator((num_classes,), kind, n) for n in ("po", "pe_row", "pe_col")]
        table = confusion_matrix(
            labels, predictions_idx, num_classes=num_classes, weights=weights, dtype=kind, name="counts_in_table"
        )
        parts = [diag_part(table), reduce_sum(table, axis=0), reduce_sum(table, axis=1)]
        updates = [assign_add(v, x) for v, x in zip(held, parts, strict=True)]
        value, update = _kappa(*held, "value"), _kappa(*updates, "update_op")
        return collected(metrics_collections, value), collected(updates_collections, update)


def _kappa(agreed, rows, columns, name):
    wide = dtypes.float64
    agreed, total = reduce_sum(agreed), reduce_sum(rows)
    chance = reduce_sum(div_no_nan(cast(rows * columns, wide), cast(total, wide)))
    agreed, chance, total = cast(agreed, wide), cast(chance, wide), cast(total, wide)
    return div_no_nan(agreed - chance, total - chance, name=name)


constant(confusion_matrix, "contrib.metrics.confusion_matrix")
for _call in (set_difference, set_intersection, set_size, set_union):
    constant(_call, f"contrib.metrics.{_call.__name__}")
