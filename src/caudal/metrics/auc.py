"""The area under the ROC or the precision-recall curve, as a sum over thresholds."""

from ..build.scopes import variable_scope
from ..ground.errors import need
from ..ops.elementwise import PLAIN, div, div_no_nan, multiply
from ..ops.fill import ones_like
from ..ops.reduce import reduce_sum
from ..ops.slicing import where
from ..platform.logging import warn
from .base import collected, metric
from .thresholds import confusion_at_thresholds, spread_thresholds

__all__ = ["auc"]

_EPSILON = 1.0e-6  # keeps quotients from 0 / 0
_HEIGHTS = {
    "trapezoidal": lambda left, right: (left + right) / 2.0,
    "careful_interpolation": lambda left, right: (left + right) / 2.0,
    "minoring": lambda left, right: PLAIN["Minimum"](left, right),
    "majoring": lambda left, right: PLAIN["Maximum"](left, right),
}


def _interpolated(counts, last):
    """The area under the PR curve where positives, not precision, are taken as linear between thresholds.

    Within a step from A to B, precision is (TP_A + slope (P - P_A)) / P with P = TP + FP and slope = dTP / dP; its
    integral over P is dTP + (TP_B - slope P_B) log(P_A / P_B), times slope / (TP + FN). (Davis and Goadrich 2006, sec. 4)
    """
    tp, fp, fn = counts["tp"], counts["fp"], counts["fn"]
    gained = tp[:last] - tp[1:]
    p = tp + fp
    slope = div_no_nan(gained, PLAIN["Maximum"](p[:last] - p[1:], 0), name="prec_slope")
    intercept = tp[1:] - multiply(slope, p[1:])
    both = PLAIN["LogicalAnd"](p[:last] > 0, p[1:] > 0)
    ratio = div_no_nan(p[:last], PLAIN["Maximum"](p[1:], 0), name="recall_relative_ratio")
    ratio = where(both, ratio, ones_like(p[1:]))
    area = slope * (gained + intercept * PLAIN["Log"](ratio))
    steps = div_no_nan(area, PLAIN["Maximum"](tp[1:] + fn[1:], 0), name="pr_auc_increment")
    return reduce_sum(steps, name="interpolate_pr_auc")


def _curve(counts, curve):
    """The points (x, y), a pair of vectors."""
    tp, fp = counts["tp"], counts["fp"]
    recall = div(tp + _EPSILON, tp + counts["fn"] + _EPSILON)
    if curve == "ROC":
        return div(fp, fp + counts["tn"] + _EPSILON), recall
    return recall, div(tp + _EPSILON, tp + fp + _EPSILON)


def _area(counts, curve, summation, last, name):
    if curve == "PR" and summation == "trapezoidal":
        warn('Trapezoidal rule is known to produce incorrect PR-AUCs; please switch to "careful_interpolation" instead.')
    if curve == "PR" and summation == "careful_interpolation":
        return _interpolated(counts, last)
    x, y = _curve(counts, curve)
    need(summation in _HEIGHTS, f"Invalid summation_method: {summation}")
    return reduce_sum(multiply(x[:last] - x[1:], _HEIGHTS[summation](y[:last], y[1:])), name=name)


@metric("auc")
def auc(
    labels,
    predictions,
    weights=None,
    num_thresholds=200,
    metrics_collections=None,
    updates_collections=None,
    curve="ROC",
    name=None,
    summation_method="trapezoidal",
    thresholds=None,
):
    """The area under a curve of scores, in [0, 1]: 1 where every true case scores above every other.

    Args:
      labels: the truth, a tensor; what is not 0 is true.
      predictions: floats in `[0, 1]` of its shape.
      num_thresholds: at how many thresholds the curve is known.
      curve: "ROC" (recall over false positive rate) or "PR" (precision over recall).
      summation_method: "trapezoidal", "careful_interpolation", "minoring" or "majoring".
      thresholds: a list of thresholds in `[0, 1]`, instead of `num_thresholds`.
    """
    with variable_scope(name, "auc", (labels, predictions, weights)):
        need(curve in ("ROC", "PR"), f"curve must be either ROC or PR, {curve} unknown")
        limits = spread_thresholds(num_thresholds if thresholds is None else 2)
        limits = limits if thresholds is None else [limits[0], *sorted(thresholds), limits[1]]
        values, updates = confusion_at_thresholds(labels, predictions, limits, weights)
        last = len(limits) - 1
        value = collected(metrics_collections, _area(values, curve, summation_method, last, "value"))
        return value, collected(updates_collections, _area(updates, curve, summation_method, last, "update_op"))
