"""Metrics of scores in [0, 1] that are called true above one of several thresholds."""

from ..build.scopes import variable_scope
from ..build.weights import broadcast_weights
from ..graph.scopes import control_dependencies
from ..ground import dtypes
from ..ground.errors import need
from ..ops.asserts import assert_greater_equal, assert_less_equal
from ..ops.basic import constant, identity
from ..ops.elementwise import NODES, PLAIN, cast, div
from ..ops.elementwise import abs as abs_
from ..ops.join import stack
from ..ops.math import cumsum
from ..ops.reduce import argmax, argmin, reduce_min, reduce_sum
from ..ops.shape import expand_dims, reshape, shape, tile, transpose
from ..ops.state import assign_add
from .base import accumulator, collected, in_step, metric

__all__ = ["confusion_at_thresholds", "spread_thresholds"]

_EPSILON = 1e-7  # keeps quotients from 0 / 0, and the outer thresholds outside of [0, 1]
_NAMES = {"tp": "true_positives", "fn": "false_negatives", "tn": "true_negatives", "fp": "false_positives"}


def spread_thresholds(count, last=1.0 + _EPSILON):
    """`count` thresholds: one below 0, `last`, and others between them at equal distances."""
    return [0.0 - _EPSILON, *((k + 1) * 1.0 / (count - 1) for k in range(count - 2)), last]


def _in_range(predictions):
    kind, words = predictions.dtype, "predictions must be in [0, 1]"
    return [
        assert_greater_equal(predictions, cast(0.0, kind), message=words),
        assert_less_equal(predictions, cast(1.0, kind), message=words),
    ]


def _tiled_weights(weights, predictions, count, thresholds):
    weights = broadcast_weights(cast(weights, dtypes.float32), predictions)
    tiled = tile(reshape(weights, [1, -1]), [count, 1])
    thresholds.get_shape().assert_is_compatible_with(tiled.get_shape())
    return tiled


def _outcomes(predictions, labels, thresholds, includes):
    """({kind: its two conditions}, the thresholds), each `[thresholds, predictions]`; nots only where they are wanted."""
    count = len(thresholds)
    column, row = reshape(predictions, [-1, 1]), reshape(cast(labels, dtypes.bool), [1, -1])
    n = column.dims[0] if column.dims[0] is not None else shape(column)[0]
    limits = tile(expand_dims(constant(thresholds), [1]), stack([1, n]))
    called = PLAIN["Greater"](tile(transpose(column), [count, 1]), limits)
    not_called = PLAIN["LogicalNot"](called) if {"fn", "tn"} & set(includes) else None
    true = tile(row, [count, 1])
    not_true = PLAIN["LogicalNot"](true) if {"fp", "tn"} & set(includes) else None
    return {"tp": (true, called), "fn": (true, not_called), "tn": (not_true, not_called), "fp": (not_true, called)}, limits


def confusion_at_thresholds(labels, predictions, thresholds, weights=None, includes=tuple(_NAMES), check=True):
    """({kind: variable}, {kind: update}) of the weights counted at each threshold.

    Args:
      labels: the truth, a tensor; what is not 0 is true.
      predictions: floats in `[0, 1]` of its shape.
      thresholds: a list of floats.
      weights: what each counts.
      includes: the kinds to count, of "tp", "fn", "tn", "fp".
      check: whether predictions beyond `[0, 1]` are refused.
    """
    if check:
        with control_dependencies(_in_range(predictions)):
            predictions, labels, weights = in_step(cast(predictions, dtypes.float32), cast(labels, dtypes.bool), weights)
    else:
        predictions, labels, weights = in_step(predictions, labels, weights)
    count = len(thresholds)
    conditions, limits = _outcomes(predictions, labels, thresholds, includes)
    weights = None if weights is None else _tiled_weights(weights, predictions, count, limits)
    values, updates = {}, {}
    for kind in (k for k in _NAMES if k in includes):
        values[kind] = accumulator([count], dtypes.float32, _NAMES[kind])
        hits = cast(PLAIN["LogicalAnd"](*conditions[kind]), dtypes.float32)
        hits = hits if weights is None else hits * weights
        updates[kind] = assign_add(values[kind], reduce_sum(hits, 1))
    return values, updates


# --- counts -------------------------------------------------------------------------------------------


def _counter(kind, what):
    scope = _NAMES[kind]

    def count(labels, predictions, thresholds, weights=None, metrics_collections=None, updates_collections=None, name=None):
        with variable_scope(name, scope, (predictions, labels, weights)):
            values, updates = confusion_at_thresholds(labels, predictions, thresholds, weights, (kind,))
            value = collected(metrics_collections, identity(values[kind]))
            return value, collected(updates_collections, updates[kind])

    count.__name__ = count.__qualname__ = scope + "_at_thresholds"
    count.__doc__ = f"""How many {what}, for each threshold, float32 `[len(thresholds)]`.

    Args:
      labels: the truth, a tensor; what is not 0 is true.
      predictions: floats in `[0, 1]` of its shape.
      thresholds: a list of floats; what is above one is called true.
    """
    return metric(scope + "_at_thresholds")(count)


true_positives_at_thresholds = _counter("tp", "are called true and are")
false_positives_at_thresholds = _counter("fp", "are called true and are not")
true_negatives_at_thresholds = _counter("tn", "are called false and are")
false_negatives_at_thresholds = _counter("fn", "are called false and are not")


# --- ratios -------------------------------------------------------------------------------------------


def _ratio(what, other, labels, predictions, thresholds, weights, metrics_collections, updates_collections, name):
    def share(counts, last):
        return div(counts["tp"], _EPSILON + counts["tp"] + counts[other], name=f"{what}_{last}")

    with variable_scope(name, what + "_at_thresholds", (predictions, labels, weights)):
        values, updates = confusion_at_thresholds(labels, predictions, thresholds, weights, ("tp", other))
        value = collected(metrics_collections, share(values, "value"))
        return value, collected(updates_collections, share(updates, "update_op"))


@metric("precision_at_thresholds")
def precision_at_thresholds(
    labels, predictions, thresholds, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """TP / (TP + FP) for each threshold, `[len(thresholds)]`.

    Args:
      labels: the truth, a tensor; what is not 0 is true.
      predictions: floats in `[0, 1]` of its shape.
      thresholds: a list of floats; what is above one is called true.
    """
    return _ratio("precision", "fp", labels, predictions, thresholds, weights, metrics_collections, updates_collections, name)


@metric("recall_at_thresholds")
def recall_at_thresholds(
    labels, predictions, thresholds, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """TP / (TP + FN) for each threshold, `[len(thresholds)]`.

    Args:
      labels: the truth, a tensor; what is not 0 is true.
      predictions: floats in `[0, 1]` of its shape.
      thresholds: a list of floats; what is above one is called true.
    """
    return _ratio("recall", "fn", labels, predictions, thresholds, weights, metrics_collections, updates_collections, name)


# --- one rate where the other is given ----------------------------------------------------------------


def _at(scope, choose, right, wrong, labels, predictions, thresholds, weights, metrics_collections, updates_collections, name):
    """`right` / (`right` + `wrong`) at the threshold that `choose(counts)` picks."""

    def rate(counts, last):
        k = cast(choose(counts), dtypes.int32)
        return div(counts[right][k], counts[right][k] + counts[wrong][k] + _EPSILON, last)

    with variable_scope(name, scope, (predictions, labels, weights)):
        values, updates = confusion_at_thresholds(labels, predictions, thresholds, weights)
        value = collected(metrics_collections, rate(values, "value"))
        return value, collected(updates_collections, rate(updates, "update_op"))


@metric("sensitivity_at_specificity")
def sensitivity_at_specificity(
    labels,
    predictions,
    specificity,
    weights=None,
    num_thresholds=200,
    metrics_collections=None,
    updates_collections=None,
    name=None,
):
    """TP / (TP + FN) at the threshold whose specificity TN / (TN + FP) comes nearest to a given one.

    Args:
      labels: the truth, a tensor; what is not 0 is true.
      predictions: floats in `[0, 1]` of its shape.
      specificity: a number in `[0, 1]`.
      num_thresholds: how many thresholds are tried.
    """
    need(0 <= specificity <= 1, "`specificity` must be in the range [0, 1].")

    def nearest(counts):
        rates = div(counts["tn"], counts["tn"] + counts["fp"] + _EPSILON)
        return argmin(abs_(rates - specificity), 0)

    return _at(
        "sensitivity_at_specificity",
        nearest,
        "tp",
        "fn",
        labels,
        predictions,
        spread_thresholds(num_thresholds),
        weights,
        metrics_collections,
        updates_collections,
        name,
    )


@metric("specificity_at_sensitivity")
def specificity_at_sensitivity(
    labels,
    predictions,
    sensitivity,
    weights=None,
    num_thresholds=200,
    metrics_collections=None,
    updates_collections=None,
    name=None,
):
    """TN / (TN + FP) at the last threshold whose sensitivity TP / (TP + FN) comes nearest to a given one.

    Args:
      labels: the truth, a tensor; what is not 0 is true.
      predictions: floats in `[0, 1]` of its shape.
      sensitivity: a number in `[0, 1]`.
      num_thresholds: how many thresholds are tried.
    """
    need(0 <= sensitivity <= 1, "`sensitivity` must be in the range [0, 1].")

    def last_nearest(counts):
        rates = div(counts["tp"], counts["tp"] + counts["fn"] + _EPSILON)
        least = reduce_min(abs_(rates - sensitivity))
        nearest = NODES["Equal"](abs_(rates - sensitivity), least)
        return argmax(cumsum(cast(nearest, dtypes.int64)), 0)  # of the running count the first greatest is the last hit

    thresholds = spread_thresholds(num_thresholds, 1.0 - _EPSILON)  # TF's last one lies inside of [0, 1] here
    return _at(
        "specificity_at_sensitivity",
        last_nearest,
        "tn",
        "fp",
        labels,
        predictions,
        thresholds,
        weights,
        metrics_collections,
        updates_collections,
        name,
    )
