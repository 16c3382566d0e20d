"""Measures over many thresholds: rates of false calls, F1, precision and recall at each other, points of a curve."""

import collections

from ...build.cond import cond
from ...build.scopes import variable_scope
from ...graph.convert import convert_to_tensor
from ...graph.scopes import control_dependencies, name_scope
from ...ground import dtypes
from ...ground.api import export
from ...ground.errors import need
from ...metrics.base import accumulator, bools_in_step, collected, in_step
from ...metrics.counts import false_negatives, false_positives, true_negatives, true_positives
from ...metrics.thresholds import confusion_at_thresholds, spread_thresholds
from ...ops.asserts import assert_greater_equal, assert_less_equal, assert_type
from ...ops.control import group
from ...ops.elementwise import PLAIN, abs, cast, div
from ...ops.fill import linspace
from ...ops.join import stack
from ...ops.math import cumsum
from ...ops.reduce import argmax, argmin, reduce_max, reduce_sum
from ...ops.shape import reshape
from ...ops.slicing import where
from ...ops.state import scatter_functions

__all__ = ["f1_score", "precision_at_recall", "precision_recall_at_equal_thresholds", "recall_at_precision"]

_EPSILON = 1e-7
_DOC = """

    Args:
      labels: the truth, a tensor; what is not 0 is true.
      predictions: floats in `[0, 1]` of its shape.
      {more}weights: what each value counts; 1 by default.
      {count}metrics_collections: collections that the value goes into.
      updates_collections: collections that the update goes into.
      name: the scope's name.
{last}
    Returns:
      (value, update_op): the value over all batches taken in so far, and the op that takes in this one.

    Raises:
      ValueError: shapes that don't fit, a share beyond `[0, 1]`.
    """
_COUNT = "num_thresholds: how many thresholds are tried.\n      "


def _documented(more="", count=_COUNT, last=""):
    """Decorator: ends a measure's docs with what all of them share."""

    def hang(function):
        function.__doc__ = function.__doc__.rstrip() + _DOC.format(more=more, count=count, last=last)
        return function

    return hang


def _both(compute, values, updates, metrics_collections, updates_collections, *names):
    """(the value, the update) of a function of counts and a name."""
    value = compute(values, names[0])
    update = compute(updates, names[1])
    return collected(metrics_collections, value), collected(updates_collections, update)


@export("contrib.metrics.f1_score")
@_documented()
def f1_score(
    labels,
    predictions,
    weights=None,
    num_thresholds=200,
    metrics_collections=None,
    updates_collections=None,
    name=None,
):
    """The greatest F1 over the thresholds: 2 precision recall / (precision + recall)."""
    with variable_scope(name, "f1", (labels, predictions, weights)):
        predictions, labels, weights = in_step(predictions, labels, weights)
        counts = confusion_at_thresholds(labels, predictions, spread_thresholds(num_thresholds), weights, ("tp", "fp", "fn"))

        def best(found, last):
            precision = div(found["tp"], _EPSILON + found["tp"] + found["fp"], name="precision_" + last)
            recall = div(found["tp"], _EPSILON + found["tp"] + found["fn"], name="recall_" + last)
            return reduce_max(2.0 * precision * recall / (precision + recall + _EPSILON))

        return _both(best, *counts, metrics_collections, updates_collections, "value", "update")


def _recall(found, precision, name, strict):
    """The recall where the precision is nearest to the one wanted; `strict`: where it is least, but no lower."""
    tp, fn = found["tp"], found["fn"]
    precisions = div(tp, tp + found["fp"] + _EPSILON)
    if not strict:
        at = argmin(abs(precisions - precision), 0, output_type=dtypes.int32)
        return div(tp[at], tp[at] + fn[at] + _EPSILON, name)
    at = argmax(div(1.0, precisions - precision + _EPSILON), 0, output_type=dtypes.int32)
    return cond(precisions[at] >= precision, lambda: div(tp[at], tp[at] + fn[at] + _EPSILON, name), lambda: 0.0)


@export("contrib.metrics.recall_at_precision")
@_documented(
    more="precision: the precision wanted.\n      ",
    last="      strict_mode: whether a precision below the wanted one counts as recall 0.\n",
)
def recall_at_precision(
    labels,
    predictions,
    precision,
    weights=None,
    num_thresholds=200,
    metrics_collections=None,
    updates_collections=None,
    name=None,
    strict_mode=False,
):
    """The recall at the threshold whose precision is nearest to a wanted one."""
    need(0 <= precision <= 1, "`precision` must be in the range [0, 1].")
    with variable_scope(name, "recall_at_precision", (predictions, labels, weights)):
        counts = confusion_at_thresholds(labels, predictions, spread_thresholds(num_thresholds), weights, check=False)
        return _both(
            lambda found, last: _recall(found, precision, last, strict_mode),
            *counts,
            metrics_collections,
            updates_collections,
            "value",
            "update_op",
        )


@export("contrib.metrics.precision_at_recall")
@_documented(more="target_recall: the recall wanted.\n      ")
def precision_at_recall(
    labels,
    predictions,
    target_recall,
    weights=None,
    num_thresholds=200,
    metrics_collections=None,
    updates_collections=None,
    name=None,
):
    """The precision at the greatest threshold whose recall is at least a wanted one."""
    need(0 <= target_recall <= 1, "`target_recall` must be in the range [0, 1].")

    def precision(found, last):
        tp, fp = found["tp"], found["fp"]
        recalls = div(tp, tp + found["fn"] + _EPSILON)
        at = reduce_sum(cast(PLAIN["GreaterEqual"](recalls, target_recall), dtypes.int64)) - 1
        return div(tp[at] + _EPSILON, tp[at] + fp[at] + _EPSILON, last)

    with variable_scope(name, "precision_at_recall", (predictions, labels, weights)):
        counts = confusion_at_thresholds(labels, predictions, spread_thresholds(num_thresholds), weights, check=False)
        return _both(precision, *counts, metrics_collections, updates_collections, "value", "update_op")


@export("contrib.metrics.streaming_curve_points", "contrib.slim.metrics.streaming_curve_points")
@_documented(last='      curve: "ROC" or "PR".\n')
def streaming_curve_points(
    labels=None,
    predictions=None,
    weights=None,
    num_thresholds=200,
    metrics_collections=None,
    updates_collections=None,
    curve="ROC",
    name=None,
):
    """Points of the curve of recall over false positives, or of precision over recall, `[num_thresholds, 2]`."""
    with variable_scope(name, "curve_points", (labels, predictions, weights)):
        need(curve in ("ROC", "PR"), f"curve must be either ROC or PR, {curve} unknown")
        found, updates = confusion_at_thresholds(labels, predictions, spread_thresholds(num_thresholds), weights, check=False)
        small = 1.0e-6
        tp, fn, tn, fp = (found[k] for k in ("tp", "fn", "tn", "fp"))
        recall = div(tp + small, tp + fn + small)
        if curve == "ROC":
            points = stack([div(fp, fp + tn + small), recall], axis=1)
        else:
            points = stack([recall, div(tp + small, tp + fp + small)], axis=1)
        update = group(*updates.values())
        return collected(metrics_collections, points), collected(updates_collections, update)


# --- rates of false calls -----------------------------------------------------------------------------------


def _rate(scope, short, wrong, right, kinds):
    """The rate of wrong calls, at one half and at thresholds."""

    def rate(predictions, labels, weights=None, metrics_collections=None, updates_collections=None, name=None):
        with variable_scope(name, scope, (predictions, labels, weights)):
            predictions, labels, weights = bools_in_step(predictions, labels, weights)
            bad, good = (count(labels, predictions, weights) for count in (wrong, right))

            def share(k, last):
                b, g = bad[k], good[k]
                return where(PLAIN["Greater"](b + g, 0), div(b, b + g), 0, last)

            return _both(share, 0, 1, metrics_collections, updates_collections, "value", "update_op")

    def at(predictions, labels, thresholds, weights=None, metrics_collections=None, updates_collections=None, name=None):
        with variable_scope(name, scope + "_at_thresholds", (predictions, labels, weights)):
            counts = confusion_at_thresholds(labels, predictions, thresholds, weights, kinds, check=False)

            def share(found, last):
                b, g = (found[k] for k in kinds)
                return div(b, _EPSILON + b + g, name=f"{short}_{last}")

            return _both(share, *counts, metrics_collections, updates_collections, "value", "update_op")

    for function, more in ((rate, ""), (at, "_at_thresholds")):
        public = f"streaming_{scope}{more}"
        function.__name__ = function.__qualname__ = public
        function.__doc__ = f"The {scope.replace('_', ' ')}{' at each threshold' if more else ''}."
        extra = "thresholds: a list of floats.\n      " if more else ""
        export(f"contrib.metrics.{public}", f"contrib.slim.metrics.{public}")(_documented(extra, "")(function))


_rate("false_positive_rate", "fpr", false_positives, true_negatives, ("fp", "tn"))
_rate("false_negative_rate", "fnr", false_negatives, true_positives, ("fn", "tp"))


# --- many thresholds at equal distances ---------------------------------------------------------------------

PrecisionRecallData = collections.namedtuple("PrecisionRecallData", ["tp", "fp", "tn", "fn", "precision", "recall", "thresholds"])


def _bounded(predictions):
    words, kind = "predictions must be in [0, 1]", predictions.dtype
    return [
        assert_greater_equal(predictions, cast(0.0, kind), message=words),
        assert_less_equal(predictions, cast(1.0, kind), message=words),
    ]


@export("contrib.metrics.precision_recall_at_equal_thresholds")
def precision_recall_at_equal_thresholds(labels, predictions, weights=None, num_thresholds=None, use_locking=None, name=None):
    """Counts, precision and recall at thresholds at equal distances, by one pass over the predictions.

    Args:
      labels: a bool tensor.
      predictions: floats in `[0, 1]` of its shape.
      weights: what each value counts; 1 by default.
      num_thresholds: how many thresholds; 201 by default.
      use_locking: kept in the graph.
      name: the scope's name.

    Returns:
      (a tuple with tp, fp, tn, fn, precision, recall, thresholds, each `[num_thresholds]`; the update).
    """
    many = 201 if num_thresholds is None else num_thresholds
    weights = 1.0 if weights is None else weights
    locking = True if use_locking is None else use_locking
    assert_type(labels, dtypes.bool)
    wide = dtypes.float64  # sums of many ones lose the last of them in float32
    with variable_scope(name, "precision_recall_at_equal_thresholds", (labels, predictions, weights)):
        with control_dependencies(_bounded(predictions)):
            predictions, labels, weights = in_step(predictions, labels, weights)
        truth, weights = cast(labels, wide), cast(weights, wide)
        true, false = truth * weights, (1.0 - truth) * weights
        predictions = reshape(predictions, [-1])
        true, false = reshape(true, [-1]), reshape(false, [-1])
        places = cast(PLAIN["Floor"](predictions * (many - 1)), dtypes.int32)
        with name_scope("variables"):
            held = [accumulator([many], wide, f"{kind}_buckets") for kind in ("tp", "fp")]
        with name_scope("update_op"):
            updates = [
                scatter_functions["Add"](v, places, x, use_locking=locking) for v, x in zip(held, (true, false), strict=True)
            ]
        tp, fp = (cumsum(v, reverse=True, name=kind) for v, kind in zip(held, ("tp", "fp"), strict=True))
        tn, fn = fp[0] - fp, tp[0] - tp
        least = convert_to_tensor(1e-7, wide)
        precision = tp / PLAIN["Maximum"](least, tp + fp)
        recall = tp / PLAIN["Maximum"](least, tp + fn)
        kind = predictions.dtype
        parts = [cast(x, kind) for x in (tp, fp, tn, fn, precision, recall)]
        return PrecisionRecallData(*parts, cast(linspace(0.0, 1.0, many), kind)), group(*updates)
