"""The accuracy of one batch, and several measures at once."""

from ...graph.scopes import name_scope
from ...ground import dtypes
from ...ground.api import export
from ...ground.errors import need
from ...ops.elementwise import cast, div, equal, multiply
from ...ops.fill import ones_like
from ...ops.reduce import reduce_mean, reduce_sum

__all__ = ["accuracy", "aggregate_metric_map", "aggregate_metrics"]


def _everywhere(function):
    return export("contrib.metrics." + function.__name__, "contrib.slim.metrics." + function.__name__)(function)


@_everywhere
def accuracy(predictions, labels, weights=None, name=None):
    """The share of predictions that are the labels.

    Args:
      predictions: of the labels' shape and dtype.
      labels: bools, integers or strings.
      weights: what each counts.
      name: of the scope.

    Returns:
      A float32 scalar.

    Raises:
      ValueError: dtypes that don't fit.
    """
    kind = labels.dtype
    need(
        kind.is_integer or kind in (dtypes.bool, dtypes.string),
        f"Labels should have bool, integer, or string dtype, not {kind!r}",
    )
    need(
        kind.is_compatible_with(predictions.dtype),
        f"Dtypes of predictions and labels should match. Given: predictions ({predictions.dtype!r}) and labels ({kind!r})",
    )
    with name_scope(name, "accuracy", [predictions, labels]):
        correct = cast(equal(predictions, labels), dtypes.float32)
        if weights is None:
            return reduce_mean(correct)
        correct = multiply(correct, weights)
        count = multiply(weights, ones_like(correct))
        return div(reduce_sum(correct), reduce_sum(count))


@_everywhere
def aggregate_metrics(*value_update_tuples):
    """([values], [updates]) of several (value, update_op).

    Raises:
      ValueError: there are none.
    """
    need(value_update_tuples, "Expected at least one value_tensor/update_op pair")
    values, updates = zip(*value_update_tuples, strict=True)
    return list(values), list(updates)


@_everywhere
def aggregate_metric_map(names_to_tuples):
    """({name: value}, {name: update}) of a dict from name to (value, update_op)."""
    names = list(names_to_tuples.keys())
    values, updates = zip(*names_to_tuples.values(), strict=True)
    return dict(zip(names, values, strict=True)), dict(zip(names, updates, strict=True))
