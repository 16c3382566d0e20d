"""Counts of right and wrong, and the ratios of them: precision and recall."""

from ..build.scopes import variable_scope
from ..graph.scopes import control_dependencies
from ..ground import dtypes
from ..ops.asserts import assert_rank_in, assert_type
from ..ops.basic import identity
from ..ops.elementwise import NODES, PLAIN, cast, div, multiply
from ..ops.reduce import reduce_sum
from ..ops.shape import rank
from ..ops.slicing import where
from ..ops.state import assign_add
from .base import accumulator, bools_in_step, collected, metric

__all__ = ["false_negatives", "false_positives", "precision", "recall", "true_negatives", "true_positives"]


def _count(values, weights, metrics_collections, updates_collections):
    """The weights of the cases where `values` hold."""
    assert_type(values, dtypes.bool)
    count = accumulator([], dtypes.float32, "count")
    values = cast(values, dtypes.float32)
    if weights is not None:
        with control_dependencies((assert_rank_in(weights, (0, rank(values))),)):
            values = multiply(values, cast(weights, dtypes.float32))
    value = collected(metrics_collections, identity(count))
    return value, collected(updates_collections, assign_add(count, reduce_sum(values)))


def _counter(scope, what, label, prediction):
    def count(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
        with variable_scope(name, scope, (predictions, labels, weights)):
            predictions, labels, weights = bools_in_step(predictions, labels, weights)
            holds = PLAIN["LogicalAnd"](NODES["Equal"](labels, label), NODES["Equal"](predictions, prediction))
            return _count(holds, weights, metrics_collections, updates_collections)

    count.__name__ = count.__qualname__ = scope
    count.__doc__ = f"""How many {what}, the sum of their weights, float32.

    Args:
      labels: the truth, a tensor; what is not 0 is true.
      predictions: a tensor of its shape.
    """
    return metric(scope)(count)


true_positives = _counter("true_positives", "were called true and are", True, True)
false_positives = _counter("false_positives", "were called true and are not", False, True)
true_negatives = _counter("true_negatives", "were called false and are", False, False)
false_negatives = _counter("false_negatives", "were called false and are not", True, False)


def _share(part, rest, name):
    """part / (part + rest), 0 where both are 0."""
    some = PLAIN["Greater"](part + rest, 0)
    return where(some, div(part, part + rest), 0, name)


def _ratio(scope, other, labels, predictions, weights, metrics_collections, updates_collections, name):
    with variable_scope(name, scope, (predictions, labels, weights)):
        predictions, labels, weights = bools_in_step(predictions, labels, weights)
        right, new_right = true_positives(labels, predictions, weights)
        wrong, new_wrong = other(labels, predictions, weights)
        value = collected(metrics_collections, _share(right, wrong, "value"))
        return value, collected(updates_collections, _share(new_right, new_wrong, "update_op"))


@metric("precision")
def precision(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """Which part of what was called true is true: TP / (TP + FP), 0 where nothing was.

    Args:
      labels: the truth, a tensor; what is not 0 is true.
      predictions: a tensor of its shape.
    """
    return _ratio("precision", false_positives, labels, predictions, weights, metrics_collections, updates_collections, name)


@metric("recall")
def recall(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """Which part of what is true was called so: TP / (TP + FN), 0 where nothing is.

    Args:
      labels: the truth, a tensor; what is not 0 is true.
      predictions: a tensor of its shape.
    """
    return _ratio("recall", false_negatives, labels, predictions, weights, metrics_collections, updates_collections, name)
