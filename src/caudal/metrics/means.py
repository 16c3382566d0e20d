"""Means over batches, and the metrics that are means of something: accuracy and errors."""

from ..build.confusion import confusion_matrix, remove_squeezable_dimensions
from ..build.scopes import variable_scope
from ..build.weights import broadcast_weights
from ..graph.scopes import control_dependencies
from ..ground import dtypes
from ..ops.elementwise import NODES, PLAIN, cast, div, div_no_nan, multiply, sqrt, subtract
from ..ops.elementwise import abs as abs_
from ..ops.fill import ones, ones_like, zeros_like
from ..ops.matrices import diag_part
from ..ops.reduce import reduce_mean, reduce_sum
from ..ops.shape import reshape, size
from ..ops.slicing import where
from ..ops.state import assign_add, scatter_functions
from .base import accumulator, collected, in_step, metric

__all__ = ["accuracy", "mean"]


def _ratio(total, count, name=None):
    """total / count, 0 where nothing was counted."""
    return div_no_nan(total, PLAIN["Maximum"](count, 0), name=name)


def _weighted(values, weights):
    """(values times weights, weights in the shape of values)."""
    values, _, weights = in_step(values, None, weights)
    weights = broadcast_weights(cast(weights, dtypes.float32), values)
    return multiply(values, weights), weights


def _means(total, count, values, added, counted, metrics_collections, updates_collections):
    """The mean and its update from what a batch adds to both sums."""
    new_total = assign_add(total, added())
    with control_dependencies([values]):
        new_count = assign_add(count, counted)
    value = collected(metrics_collections, _ratio(total, count, "value"))
    return value, collected(updates_collections, _ratio(new_total, new_count, "update_op"))


@metric("mean")
def mean(values, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The mean of all elements: sum of weights times values over sum of weights, float32.

    Args:
      values: a tensor.
    """
    with variable_scope(name, "mean", (values, weights)):
        values = cast(values, dtypes.float32)
        total = accumulator([], dtypes.float32, "total")
        count = accumulator([], dtypes.float32, "count")
        if weights is None:
            counted = cast(size(values), dtypes.float32)
        else:
            values, weights = _weighted(values, weights)
            counted = reduce_sum(weights)
        return _means(total, count, values, lambda: reduce_sum(values), counted, metrics_collections, updates_collections)


@metric("mean_tensor")
def mean_tensor(values, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The mean over the batches, element by element, float32 shaped as `values`.

    Args:
      values: a tensor whose shape is known.
    """
    with variable_scope(name, "mean", (values, weights)):
        values = cast(values, dtypes.float32)
        total = accumulator(values.get_shape(), dtypes.float32, "total_tensor")
        count = accumulator(values.get_shape(), dtypes.float32, "count_tensor")
        counted = ones_like(values)
        if weights is not None:
            values, weights = _weighted(values, weights)
            counted = multiply(counted, weights)
        return _means(total, count, values, lambda: values, counted, metrics_collections, updates_collections)


@metric("accuracy")
def accuracy(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """How often predictions are the labels, in [0, 1].

    Args:
      labels: the truth, a tensor.
      predictions: a tensor of its shape.
    """
    predictions, labels, weights = in_step(predictions, labels, weights)
    predictions.get_shape().assert_is_compatible_with(labels.get_shape())
    if labels.dtype != predictions.dtype:
        predictions = cast(predictions, labels.dtype)
    right = cast(NODES["Equal"](predictions, labels), dtypes.float32)
    return mean(right, weights, metrics_collections, updates_collections, name or "accuracy")


@metric("mean_absolute_error")
def mean_absolute_error(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The mean of |predictions - labels|.

    Args:
      labels: the truth, a tensor.
      predictions: a tensor of its shape.
    """
    predictions, labels, weights = in_step(predictions, labels, weights)
    errors = abs_(predictions - labels)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_absolute_error")


@metric("mean_squared_error")
def mean_squared_error(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The mean of (predictions - labels)^2.

    Args:
      labels: the truth, a tensor.
      predictions: a tensor of its shape.
    """
    predictions, labels, weights = in_step(predictions, labels, weights)
    errors = PLAIN["SquaredDifference"](labels, predictions)
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_squared_error")


@metric("root_mean_squared_error")
def root_mean_squared_error(labels, predictions, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The square root of the mean of (predictions - labels)^2.

    Args:
      labels: the truth, a tensor.
      predictions: a tensor of its shape.
    """
    predictions, labels, weights = in_step(predictions, labels, weights)
    value, update = mean_squared_error(labels, predictions, weights, None, None, name or "root_mean_squared_error")
    value = collected(metrics_collections, sqrt(value))
    return value, collected(updates_collections, sqrt(update))


@metric("mean_relative_error")
def mean_relative_error(
    labels, predictions, normalizer, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """The mean of |labels - predictions| / normalizer; what has a normalizer of 0 counts as 0.

    Args:
      labels: the truth, a tensor.
      predictions: a tensor of its shape.
      normalizer: a tensor of its shape.
    """
    predictions, labels, weights = in_step(predictions, labels, weights)
    predictions, normalizer = remove_squeezable_dimensions(predictions, normalizer)
    predictions.get_shape().assert_is_compatible_with(normalizer.get_shape())
    zero = NODES["Equal"](normalizer, 0.0)
    errors = where(zero, zeros_like(labels), div(abs_(labels - predictions), normalizer))
    return mean(errors, weights, metrics_collections, updates_collections, name or "mean_relative_error")


@metric("mean_cosine_distance")
def mean_cosine_distance(labels, predictions, dim, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """1 minus the mean of the inner products of labels and predictions, which have to be unit vectors.

    Args:
      labels: the truth, a tensor.
      predictions: a tensor of its shape.
      dim: the dimension along which the vectors lie.
    """
    predictions, labels, weights = in_step(predictions, labels, weights)
    products = reduce_sum(multiply(predictions, labels), axis=[dim], keepdims=True)
    value, update = mean(products, weights, None, None, name or "mean_cosine_distance")
    value, update = subtract(1.0, value), subtract(1.0, update)
    return collected(metrics_collections, value), collected(updates_collections, update)


@metric("percentage_below")
def percentage_below(values, threshold, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """Which part of the values is below a threshold, in [0, 1].

    Args:
      values: a tensor of numbers.
      threshold: a scalar.
    """
    below = cast(PLAIN["Less"](values, threshold), dtypes.float32)
    return mean(below, weights, metrics_collections, updates_collections, name or "percentage_below_threshold")


# --- class by class -----------------------------------------------------------------------------------


def _flat(x):
    return reshape(x, [-1]) if x.get_shape().ndims > 1 else x


@metric("mean_per_class_accuracy")
def mean_per_class_accuracy(
    labels, predictions, num_classes, weights=None, metrics_collections=None, updates_collections=None, name=None
):
    """The mean over the classes of how often the class is recognised, in [0, 1]; the update gives them class by class.

    Args:
      labels: the true classes, ints, each in `[0, num_classes)`.
      predictions: a tensor of its shape.
      num_classes: how many classes there are.
    """
    with variable_scope(name, "mean_accuracy", (predictions, labels, weights)):
        labels = _flat(cast(labels, dtypes.int64))
        predictions = _flat(predictions)
        predictions.get_shape().assert_is_compatible_with(labels.get_shape())
        total = accumulator([num_classes], dtypes.float32, "total")
        count = accumulator([num_classes], dtypes.float32, "count")
        each = ones([size(labels)], dtypes.float32)
        if labels.dtype != predictions.dtype:
            predictions = cast(predictions, labels.dtype)
        right = cast(NODES["Equal"](predictions, labels), dtypes.float32)
        if weights is not None:
            weights = cast(_flat(weights), dtypes.float32)
            right, each = right * weights, each * weights
        add_rows = scatter_functions["Add"]
        new_total, new_count = add_rows(total, labels, each), add_rows(count, labels, right)
        value = collected(metrics_collections, reduce_mean(_ratio(count, total), name="mean_accuracy"))
        return value, collected(updates_collections, _ratio(new_count, new_total, "update_op"))


def _cells(labels, predictions, num_classes, weights):
    """The confusion matrix over all batches, and its update."""
    total = accumulator([num_classes, num_classes], dtypes.float64, "total_confusion_matrix")
    predictions, labels = cast(predictions, dtypes.int64), cast(labels, dtypes.int64)
    num_classes = cast(num_classes, dtypes.int64)
    predictions, labels = _flat(predictions), _flat(labels)
    weights = None if weights is None else _flat(weights)
    batch = confusion_matrix(labels, predictions, num_classes, weights=weights, dtype=dtypes.float64)
    return total, assign_add(total, batch)


def _mean_overlap(cells):
    """The mean of intersection over union, over the classes that came up."""
    rows, columns = (cast(reduce_sum(cells, axis), dtypes.float32) for axis in (0, 1))
    both = cast(diag_part(cells), dtypes.float32)
    union = rows + columns - both
    present = reduce_sum(cast(NODES["NotEqual"](union, 0), dtypes.float32))
    union = where(PLAIN["Greater"](union, 0), union, ones_like(union))
    overlap = div(both, union)
    some = PLAIN["Greater"](present, 0)
    return where(some, reduce_sum(overlap, name="mean_iou") / present, 0)


@metric("mean_iou")
def mean_iou(labels, predictions, num_classes, weights=None, metrics_collections=None, updates_collections=None, name=None):
    """The mean over the classes of TP / (TP + FP + FN), in [0, 1]; the update gives the confusion matrix.

    Args:
      labels: the true classes, ints, each in `[0, num_classes)`.
      predictions: a tensor of its shape.
      num_classes: how many classes there are.
    """
    with variable_scope(name, "mean_iou", (predictions, labels, weights)):
        predictions.get_shape().assert_is_compatible_with(labels.get_shape())
        cells, update = _cells(labels, predictions, num_classes, weights)
        value = collected(metrics_collections, _mean_overlap(cells))
        return value, collected(updates_collections, update)
