"""Metrics of the k classes that score highest: recall and precision at k."""

from ..build.cond import cond
from ..build.weights import assert_broadcastable
from ..graph.composite import SparseTensor, convert_or_composite
from ..graph.scopes import control_dependencies, name_scope
from ..ground import dtypes
from ..ground.errors import need
from ..ops.counting import top_k
from ..ops.elementwise import NODES, add, cast, div, multiply
from ..ops.fill import fill
from ..ops.join import concat
from ..ops.math_grads import reduced_shape
from ..ops.reduce import reduce_sum
from ..ops.sets import set_difference, set_intersection, set_size
from ..ops.shape import expand_dims, rank, reshape, shape, size
from ..ops.sparse_order import sparse_reshape
from ..ops.sparse_parts import sparse_retain
from ..ops.state import assign_add
from .base import accumulator, collected, metric

__all__ = ["at_k_name", "expanded_labels", "hits_at_k"]


def at_k_name(name, k=None, class_id=None):
    """The scope of a metric: `recall_at_2_class1`."""
    name = f"{name}_at_k" if k is None else f"{name}_at_{k:d}"
    return name if class_id is None else f"{name}_class{class_id:d}"


def expanded_labels(labels, predictions):
    """Labels `[..., labels a row]`: with one dimension more if they have one label a row."""
    with name_scope(None, "expand_labels", (labels, predictions)) as scope:
        labels = convert_or_composite(labels)
        if isinstance(labels, SparseTensor):
            return _expanded_sparse(labels, predictions, scope)
        if labels.rank is not None and predictions.rank is not None:
            need(
                predictions.rank in (labels.rank, labels.rank + 1),
                f"Unexpected labels shape {labels.get_shape()} for predictions shape {predictions.get_shape()}.",
            )
            return labels if predictions.rank == labels.rank else expand_dims(labels, -1, name=scope)
        fewer = NODES["Equal"](rank(predictions), rank(labels) + 1)
        return cond(fewer, lambda: expand_dims(labels, -1, name=scope), lambda: labels)


def _expanded_sparse(labels, predictions, scope):
    fewer = NODES["Equal"](rank(predictions), size(labels.dense_shape) + 1)
    more = lambda: sparse_reshape(labels, concat((labels.dense_shape, (1,)), 0), name=scope)  # noqa: E731
    return cond(fewer, more, lambda: labels)


# --- counts -------------------------------------------------------------------------------------------


def _only(ids, class_id):
    """A SparseTensor with the entries of `ids` that are `class_id`."""
    ids = convert_or_composite(ids)
    if isinstance(ids, SparseTensor):
        return sparse_retain(ids, NODES["Equal"](ids.values, class_id))
    whole = shape(ids, out_type=dtypes.int64)
    last = size(whole) - 1
    wanted = fill(reduced_shape(whole, reshape(last, [1])), cast(class_id, dtypes.int64))
    found = set_intersection(wanted, ids)
    return SparseTensor(found.indices, found.values, whole)


def _set_sizes(combine, labels, predictions, class_id, weights):
    """How many elements a set operation leaves in each row, float64, times weights."""
    if class_id is not None:
        labels, predictions = _only(labels, class_id), _only(predictions, class_id)
    counts = cast(set_size(combine(predictions, labels)), dtypes.float64)
    if weights is not None:
        with control_dependencies((assert_broadcastable(weights, counts),)):
            counts = multiply(counts, cast(weights, dtypes.float64))
    return counts


def hits_at_k(labels, predictions, class_id=None, weights=None, name=None):
    """How many of a row's predicted classes are among its labels, float64."""
    with name_scope(name, "true_positives", (predictions, labels, weights)):
        return _set_sizes(set_intersection, labels, predictions, class_id, weights)


def _misses(labels, predictions, class_id, weights):
    with name_scope(None, "false_negatives", (predictions, labels, weights)):
        return _set_sizes(lambda p, t: set_difference(p, t, aminusb=False), labels, predictions, class_id, weights)


def _false_alarms(labels, predictions, class_id, weights):
    with name_scope(None, "false_positives", (predictions, labels, weights)):
        return _set_sizes(lambda p, t: set_difference(p, t, aminusb=True), labels, predictions, class_id, weights)


def _summed(kind, count, labels, predictions, k, class_id, weights):
    """The sum of a count over all batches, and its update."""
    with name_scope(None, at_k_name(kind, k, class_id), (predictions, labels, weights)) as scope:
        batch = cast(reduce_sum(count(labels, predictions, class_id, weights)), dtypes.float64)
        total = accumulator([], dtypes.float64, scope)
        return total, assign_add(total, batch, name="update")


# --- ratios -------------------------------------------------------------------------------------------


def _ratio(what, kind, count, labels, predictions, k, class_id, weights, metrics_collections, updates_collections, name):
    """Hits / (hits + another count)."""
    with name_scope(name, at_k_name(what, k, class_id), (predictions, labels, weights)) as scope:
        labels = expanded_labels(labels, predictions)
        predictions = cast(predictions, dtypes.int64)
        hits, new_hits = _summed("true_positive", hits_at_k, labels, predictions, k, class_id, weights)
        rest, new_rest = _summed(kind, count, labels, predictions, k, class_id, weights)
        value = collected(metrics_collections, div(hits, add(hits, rest), name=scope))
        return value, collected(updates_collections, div(new_hits, add(new_hits, new_rest), name="update"))


def _of_scores(what, at_top_k, labels, predictions, k, class_id, weights, metrics_collections, updates_collections, name):
    with name_scope(name, at_k_name(what, k, class_id), (predictions, labels, weights)) as scope:
        _, best = top_k(predictions, k)
        return at_top_k(labels, best, k, class_id, weights, metrics_collections, updates_collections, scope)


@metric("recall_at_top_k")
def recall_at_top_k(
    labels, predictions_idx, k=None, class_id=None, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """Which part of the labels is among the classes predicted, float64.

    Args:
      labels: int64 `[..., labels a row]` or `[...]`, a tensor or SparseTensor.
      predictions_idx: int `[..., k]`, the classes predicted.
      k: for the name.
      class_id: the one class to look at; all by default.
    """
    return _ratio(
        "recall",
        "false_negative",
        _misses,
        labels,
        predictions_idx,
        k,
        class_id,
        weights,
        metrics_collections,
        updates_collections,
        name,
    )


@metric("recall_at_k")
def recall_at_k(
    labels, predictions, k, class_id=None, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """Which part of the labels is among the k classes that score highest, float64.

    Args:
      labels: int64 `[..., labels a row]` or `[...]`, a tensor or SparseTensor.
      predictions: floats `[..., classes]`, scores.
      k: how many of the highest count.
      class_id: the one class to look at; all by default.
    """
    return _of_scores(
        "recall", recall_at_top_k, labels, predictions, k, class_id, weights, metrics_collections, updates_collections, name
    )


@metric("precision_at_top_k")
def precision_at_top_k(
    labels, predictions_idx, k=None, class_id=None, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """Which part of the classes predicted is among the labels, float64.

    Args:
      labels: int64 `[..., labels a row]` or `[...]`, a tensor or SparseTensor.
      predictions_idx: int `[..., k]`, the classes predicted.
      k: for the name.
      class_id: the one class to look at; all by default.
    """
    return _ratio(
        "precision",
        "false_positive",
        _false_alarms,
        labels,
        predictions_idx,
        k,
        class_id,
        weights,
        metrics_collections,
        updates_collections,
        name,
    )


@metric("precision_at_k")
def precision_at_k(
    labels, predictions, k, class_id=None, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """Which part of the k classes that score highest is among the labels, float64.

    Args:
      labels: int64 `[..., labels a row]` or `[...]`, a tensor or SparseTensor.
      predictions: floats `[..., classes]`, scores.
      k: how many of the highest count.
      class_id: the one class to look at; all by default.
    """
    return _of_scores(
        "precision",
        precision_at_top_k,
        labels,
        predictions,
        k,
        class_id,
        weights,
        metrics_collections,
        updates_collections,
        name,
    )


@metric("sparse_precision_at_k")
def sparse_precision_at_k(
    labels, predictions, k, class_id=None, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """`precision_at_k` under its older name.

    Args:
      labels, predictions, k, class_id: as there.
    """
    return precision_at_k(labels, predictions, k, class_id, weights, metrics_collections, updates_collections, name)
