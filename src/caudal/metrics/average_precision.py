"""The mean over the rows of average precision at k."""

from ..build.cond import cond
from ..build.weights import broadcast_weights
from ..graph.composite import SparseTensor, convert_or_composite
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.errors import need
from ..ops.counting import top_k
from ..ops.elementwise import PLAIN, cast, div, div_no_nan, multiply
from ..ops.fill import ones_like, zeros_like
from ..ops.join import concat
from ..ops.math import cumsum
from ..ops.reduce import reduce_max, reduce_sum
from ..ops.sets import set_size
from ..ops.shape import expand_dims, reshape, shape, size, tile
from ..ops.slicing import slice_, where_v2
from ..ops.sparse_order import sparse_reshape
from ..ops.sparse_parts import sparse_concat
from ..ops.state import assign_add
from .base import accumulator, collected, metric
from .top_k import at_k_name, expanded_labels, hits_at_k

__all__ = ["average_precision_at_k"]


def _in_range(labels, classes):
    """Labels beyond the classes become -1, which no prediction is."""

    def cleaned(values):
        return where_v2(PLAIN["GreaterEqual"](values, classes), -1 * ones_like(values), values)

    def all_cleaned():
        if isinstance(labels, SparseTensor):
            return SparseTensor(labels.indices, cleaned(labels.values), labels.dense_shape)
        return cleaned(labels)

    most = reduce_max(labels.values if isinstance(labels, SparseTensor) else labels)
    return cond(PLAIN["GreaterEqual"](most, classes), all_cleaned, lambda: labels)


def _repeated(labels, times, name):
    """Labels `[..., n]` as `[..., times, n]`."""
    with name_scope(name, "expand_and_tile", (labels, times, -1)) as scope:
        labels = convert_or_composite(labels)
        if isinstance(labels, SparseTensor):
            return _repeated_sparse(labels, times, scope)
        expanded = expand_dims(labels, -2, name="expand")
        if times == 1:
            return expanded
        each = ones_like(shape(labels))
        return tile(expanded, concat((each[:-1], (times,), each[-1:]), 0, name="multiples"), name=scope)


def _repeated_sparse(labels, times, scope):
    sizes = labels.dense_shape
    before = reshape(size(sizes) + -1, [1])
    sizes = concat((slice_(sizes, [0], before), [1], slice_(sizes, before, [-1])), 0, name="expanded_shape")
    expanded = sparse_reshape(labels, shape=sizes, name="expand")
    return expanded if times == 1 else sparse_concat(-2, [expanded] * times, name=scope)


def _relevant(labels, k):
    """How many of a row's labels can be found among k, int."""
    with name_scope(None, "num_relevant", (labels,)) as scope:
        labels = convert_or_composite(labels)
        if isinstance(labels, SparseTensor):
            return PLAIN["Minimum"](set_size(labels), k, name=scope)
        known = where_v2(PLAIN["GreaterEqual"](labels, 0), ones_like(labels), zeros_like(labels))
        return PLAIN["Minimum"](reduce_sum(known, axis=-1), k, name=scope)


def _rows(labels, predictions):
    """Each row's average precision: the sum over i of precision at i where the i-th is right, over the labels to find."""
    with name_scope(None, "average_precision", (predictions, labels)) as scope:
        predictions = cast(predictions, dtypes.int64, name="predictions_idx")
        need(predictions.rank != 0, "The rank of predictions_idx must be at least 1.")
        k = predictions.get_shape().as_list()[-1]
        need(k is not None, "The last dimension of predictions_idx must be set.")
        labels = expanded_labels(labels, predictions)
        single = expand_dims(predictions, -1, name="predictions_idx_per_k")
        right = hits_at_k(_repeated(labels, k, "labels_per_k"), single, name="relevant_per_k")
        found = cumsum(right, axis=-1, name="tp_per_k")
        tried = cumsum(ones_like(right), axis=-1, name="retrieved_per_k")
        precision = div(cast(found, dtypes.float64), cast(tried, dtypes.float64), name="precision_per_k")
        precision = multiply(precision, cast(right, dtypes.float64), name="relevant_precision_per_k")
        total = reduce_sum(precision, axis=(-1,), name="precision_sum")
        return div(total, cast(_relevant(labels, k), dtypes.float64), name=scope)


def _most(rows, weights):
    """What the sum would be if all were right, and its update."""
    with name_scope(None, "max", (rows,)) as scope:
        most = accumulator([], dtypes.float64, scope)
        if weights is None:
            batch = cast(size(rows, name="batch_max"), dtypes.float64)
        else:
            batch = reduce_sum(weights, name="batch_max")
        return most, assign_add(most, batch, name="update")


def _total(rows):
    with name_scope(None, "total", (rows,)) as scope:
        total = accumulator([], dtypes.float64, scope)
        return total, assign_add(total, reduce_sum(rows, name="batch_total"), name="update")


def _streamed(labels, predictions, weights, metrics_collections, updates_collections, name):
    with name_scope(name, "average_precision_at_top_k", (predictions, labels, weights)) as scope:
        rows = _rows(labels, predictions)
        if weights is not None:
            weights = broadcast_weights(cast(weights, dtypes.float64), rows)
            rows = multiply(rows, weights)
        most, new_most = _most(rows, weights)
        total, new_total = _total(rows)
        value = collected(metrics_collections, div_no_nan(total, most, name="mean"))
        return value, collected(updates_collections, div_no_nan(new_total, new_most, name=scope))


@metric("average_precision_at_k")
def average_precision_at_k(labels, predictions, k, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The mean of the rows' average precision at k, float64: early right classes count more than late ones.

    Args:
      labels: int64 `[..., labels a row]` or `[...]`, a tensor or SparseTensor.
      predictions: floats `[..., classes]`, scores.
      k: how many of the highest count.
    """
    need(k >= 1, f"Invalid k={k}.")
    with name_scope(name, at_k_name("average_precision", k), (predictions, labels, weights)) as scope:
        _, best = top_k(predictions, k)
        labels = _in_range(labels, cast(shape(predictions)[-1], dtypes.int64))
        return _streamed(labels, best, weights, metrics_collections, updates_collections, scope)


@metric("sparse_average_precision_at_k")
def sparse_average_precision_at_k(
    labels, predictions, k, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """`average_precision_at_k` under its older name.

    Args:
      labels, predictions, k: as there.
    """
    return average_precision_at_k(labels, predictions, k, weights, metrics_collections, updates_collections, name)
