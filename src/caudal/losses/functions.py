"""The losses of tf.losses. Each value goes into a collection, LOSSES by default."""

from ..build.weights import assert_broadcastable, broadcast_weights
from ..graph.convert import convert_to_tensor
from ..graph.graph import GraphKeys, default_graph
from ..graph.scopes import control_dependencies, name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops import activations as nn
from ..ops.basic import constant
from ..ops.elementwise import NODES, PLAIN, cast, div_no_nan, multiply, square, subtract
from ..ops.elementwise import abs as abs_
from ..ops.fill import ones_like, range_, zeros_like
from ..ops.math import add_n
from ..ops.reduce import reduce_sum
from ..ops.shape import axis_argument, rank, shape, size, squeeze
from ..ops.slicing import stop_gradient, where

__all__ = ["Reduction", "compute_weighted_loss", "get_total_loss"]


@export("losses.Reduction")
class Reduction:
    """How the weighted losses of single elements become one value."""

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = "weighted_sum_by_nonzero_weights"
    SUM_OVER_NONZERO_WEIGHTS = SUM_BY_NONZERO_WEIGHTS

    @classmethod
    def all(cls):
        """All ways."""
        return (
            cls.NONE,
            cls.SUM,
            cls.MEAN,
            cls.SUM_OVER_BATCH_SIZE,
            cls.SUM_OVER_NONZERO_WEIGHTS,
            cls.SUM_BY_NONZERO_WEIGHTS,
        )

    @classmethod
    def validate(cls, key):
        """Raises ValueError if there is no such way."""
        need(key in cls.all(), f"Invalid Reduction Key {key}.")


def _safe_mean(losses, present):
    return div_no_nan(reduce_sum(losses), present, name="value")


def _num_present(losses, weights, per_batch=False):
    """How many elements have a weight that is not 0."""
    known = not hasattr(weights, "op") and weights == 0.0 if isinstance(weights, float) else False
    if known:
        return zeros_like(losses)
    with name_scope(None, "num_present", (losses, weights)) as scope:
        weights = cast(weights, dtypes.float32)
        present = where(NODES["Equal"](weights, 0.0), zeros_like(weights), ones_like(weights))
        present = broadcast_weights(present, losses)
        if per_batch:
            return reduce_sum(present, axis=range_(1, rank(present)), keepdims=True, name=scope)
        return reduce_sum(present, name=scope)


@export("losses.compute_weighted_loss")
def compute_weighted_loss(
    losses, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=Reduction.SUM_BY_NONZERO_WEIGHTS
):
    """Losses of single elements, weighted and made one value.

    Args:
      losses: `[batch, ...]`.
      weights: a scalar, or of the losses' rank with each dimension 1 or the same.
      scope: the scope's name.
      loss_collection: where the value goes; None for nowhere.
      reduction: one of `Reduction`.

    Returns:
      A scalar; with NONE a tensor shaped as `losses`.

    Raises:
      ValueError: weights that don't fit, or an unknown reduction.
    """
    Reduction.validate(reduction)
    with name_scope(scope, "weighted_loss", (losses, weights)):
        with control_dependencies((assert_broadcastable(weights, losses),)):
            losses = convert_to_tensor(losses)
            kind = losses._dtype
            losses = cast(losses, dtypes.float32)
            weights = cast(weights, dtypes.float32)
            weighted = multiply(losses, weights)
            if reduction == Reduction.NONE:
                loss = weighted
            else:
                loss = reduce_sum(weighted)
                if reduction == Reduction.MEAN:
                    loss = _safe_mean(loss, reduce_sum(ones_like(losses) * weights))
                elif reduction == Reduction.SUM_BY_NONZERO_WEIGHTS:
                    loss = _safe_mean(loss, _num_present(losses, weights))
                elif reduction == Reduction.SUM_OVER_BATCH_SIZE:
                    loss = _safe_mean(loss, _num_elements(losses))
            loss = cast(loss, kind)
            add_loss(loss, loss_collection)
            return loss


def _num_elements(losses):
    with name_scope(None, "num_elements", [losses]) as scope:
        return cast(size(losses, name=scope), losses._dtype)


@export("losses.add_loss")
def add_loss(loss, loss_collection=GraphKeys.LOSSES):
    """Puts a loss into a collection."""
    if loss_collection:
        default_graph().add_to_collection(loss_collection, loss)


@export("losses.get_losses")
def get_losses(scope=None, loss_collection=GraphKeys.LOSSES):
    """The losses of a collection; `scope` is a regular expression that names match."""
    return default_graph().get_collection(loss_collection, scope)


@export("losses.get_regularization_losses")
def get_regularization_losses(scope=None):
    """The regularisation losses."""
    return default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


@export("losses.get_regularization_loss")
def get_regularization_loss(scope=None, name="total_regularization_loss"):
    """The sum of the regularisation losses; 0 if there are none."""
    losses = get_regularization_losses(scope)
    return add_n(losses, name=name) if losses else constant(0.0)


@export("losses.get_total_loss")
def get_total_loss(add_regularization_losses=True, name="total_loss", scope=None):
    """The sum of all losses, regularisation included unless told otherwise."""
    losses = get_losses(scope=scope)
    if add_regularization_losses:
        losses += get_regularization_losses(scope=scope)
    return add_n(losses, name=name)


def _matched(labels, predictions):
    """Both as float32, of shapes that fit."""
    predictions = cast(predictions, dtypes.float32)
    labels = cast(labels, dtypes.float32)
    predictions.get_shape().assert_is_compatible_with(labels.get_shape())
    return labels, predictions


def _given(labels, predictions, what="predictions"):
    need(labels is not None, "labels must not be None.")
    need(predictions is not None, f"{what} must not be None.")


@export("losses.absolute_difference")
def absolute_difference(
    labels, predictions, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=Reduction.SUM_BY_NONZERO_WEIGHTS
):
    """|predictions - labels|, weighted and reduced as `compute_weighted_loss` does."""
    _given(labels, predictions)
    with name_scope(scope, "absolute_difference", (predictions, labels, weights)) as scope:
        labels, predictions = _matched(labels, predictions)
        losses = abs_(subtract(predictions, labels))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.mean_squared_error")
def mean_squared_error(
    labels, predictions, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=Reduction.SUM_BY_NONZERO_WEIGHTS
):
    """(predictions - labels)^2, weighted and reduced as `compute_weighted_loss` does."""
    _given(labels, predictions)
    with name_scope(scope, "mean_squared_error", (predictions, labels, weights)) as scope:
        labels, predictions = _matched(labels, predictions)
        losses = NODES["SquaredDifference"](predictions, labels)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.huber_loss")
def huber_loss(
    labels,
    predictions,
    weights=1.0,
    delta=1.0,
    scope=None,
    loss_collection=GraphKeys.LOSSES,
    reduction=Reduction.SUM_BY_NONZERO_WEIGHTS,
):
    """0.5 e^2 where |e| <= delta, else delta |e| - 0.5 delta^2; weighted and reduced.

    Source: Huber (1964).
    """
    _given(labels, predictions)
    with name_scope(scope, "huber_loss", (predictions, labels, weights)) as scope:
        labels, predictions = _matched(labels, predictions)
        error = subtract(predictions, labels)
        size_of = abs_(error)
        quadratic = PLAIN["Minimum"](size_of, delta)
        linear = subtract(size_of, quadratic)
        half = convert_to_tensor(0.5, dtype=quadratic._dtype)
        losses = NODES["Add"](multiply(half, multiply(quadratic, quadratic)), multiply(delta, linear))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.hinge_loss")
def hinge_loss(
    labels, logits, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=Reduction.SUM_BY_NONZERO_WEIGHTS
):
    """max(0, 1 - y x) for labels 0 and 1 taken as y = -1 and 1; weighted and reduced."""
    _given(labels, logits, "logits")
    with name_scope(scope, "hinge_loss", (logits, labels, weights)) as scope:
        logits = cast(logits, dtypes.float32)
        labels = cast(labels, dtypes.float32)
        logits.get_shape().assert_is_compatible_with(labels.get_shape())
        ones = ones_like(labels)
        labels = subtract(2 * labels, ones)
        losses = nn.relu(subtract(ones, multiply(labels, logits)))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.log_loss")
def log_loss(
    labels,
    predictions,
    weights=1.0,
    epsilon=1e-7,
    scope=None,
    loss_collection=GraphKeys.LOSSES,
    reduction=Reduction.SUM_BY_NONZERO_WEIGHTS,
):
    """-y log(p + epsilon) - (1 - y) log(1 - p + epsilon), weighted and reduced."""
    _given(labels, predictions)
    with name_scope(scope, "log_loss", (predictions, labels, weights)) as scope:
        labels, predictions = _matched(labels, predictions)
        log = PLAIN["Log"]
        losses = -multiply(labels, log(predictions + epsilon)) - multiply((1 - labels), log(1 - predictions + epsilon))
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.cosine_distance")
def cosine_distance(
    labels,
    predictions,
    axis=None,
    weights=1.0,
    scope=None,
    loss_collection=GraphKeys.LOSSES,
    reduction=Reduction.SUM_BY_NONZERO_WEIGHTS,
    dim=None,
):
    """1 - the sum of products along `axis` of vectors of length 1; weighted and reduced."""
    axis = axis_argument(axis, dim)
    need(axis is not None, "You must specify 'axis'.")
    _given(labels, predictions)
    with name_scope(scope, "cosine_distance_loss", (predictions, labels, weights)) as scope:
        labels, predictions = _matched(labels, predictions)
        losses = 1 - reduce_sum(multiply(predictions, labels), axis=(axis,), keepdims=True)
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.softmax_cross_entropy")
def softmax_cross_entropy(
    onehot_labels,
    logits,
    weights=1.0,
    label_smoothing=0,
    scope=None,
    loss_collection=GraphKeys.LOSSES,
    reduction=Reduction.SUM_BY_NONZERO_WEIGHTS,
):
    """Cross entropy of probabilities with logits, in nats; weighted and reduced.

    Args:
      onehot_labels: `[batch, classes]`; logits: the same shape.
      weights: a scalar or `[batch]`.
      label_smoothing: how much of each label is spread evenly over all classes.
      scope, loss_collection, reduction: as `compute_weighted_loss` has them.
    """
    need(onehot_labels is not None, "onehot_labels must not be None.")
    need(logits is not None, "logits must not be None.")
    with name_scope(scope, "softmax_cross_entropy_loss", (logits, onehot_labels, weights)) as scope:
        logits = convert_to_tensor(logits)
        onehot_labels = cast(onehot_labels, logits._dtype)
        logits.get_shape().assert_is_compatible_with(onehot_labels.get_shape())
        if label_smoothing > 0:
            classes = cast(shape(onehot_labels)[-1], logits._dtype)
            smooth = label_smoothing / classes
            onehot_labels = onehot_labels * (1.0 - label_smoothing) + smooth
        onehot_labels = stop_gradient(onehot_labels, name="labels_stop_gradient")
        losses = nn.softmax_cross_entropy_with_logits_v2(labels=onehot_labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


def _squeezed_labels(labels, predictions, weights, expected_rank_diff=0):
    """Labels and weights without a last dimension of size 1 that is too many."""
    with name_scope(None, "remove_squeezable_dimensions", [labels, predictions]):
        labels, predictions = convert_to_tensor(labels), convert_to_tensor(predictions)
        if predictions.rank is not None and labels.rank is not None:
            difference = predictions.rank - labels.rank
            if difference == expected_rank_diff + 1:
                predictions = squeeze(predictions, [-1])
            elif difference == expected_rank_diff - 1:
                labels = squeeze(labels, [-1])
    if weights is None:
        return labels, predictions, None
    weights = convert_to_tensor(weights)
    if weights.rank == 0:
        return labels, predictions, weights
    if labels.rank is not None and weights.rank is not None:
        if weights.rank - labels.rank == 1:
            weights = squeeze(weights, [-1])
        return labels, predictions, weights
    return labels, predictions, weights


@export("losses.sparse_softmax_cross_entropy")
def sparse_softmax_cross_entropy(
    labels, logits, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES, reduction=Reduction.SUM_BY_NONZERO_WEIGHTS
):
    """Cross entropy of class numbers with logits, in nats; weighted and reduced."""
    _given(labels, logits, "logits")
    with name_scope(scope, "sparse_softmax_cross_entropy_loss", (logits, labels, weights)) as scope:
        labels, logits, weights = _squeezed_labels(labels, logits, weights, expected_rank_diff=1)
        losses = nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.sigmoid_cross_entropy")
def sigmoid_cross_entropy(
    multi_class_labels,
    logits,
    weights=1.0,
    label_smoothing=0,
    scope=None,
    loss_collection=GraphKeys.LOSSES,
    reduction=Reduction.SUM_BY_NONZERO_WEIGHTS,
):
    """Cross entropy of independent yes-or-no labels with logits, in nats; weighted and reduced."""
    need(multi_class_labels is not None, "multi_class_labels must not be None.")
    need(logits is not None, "logits must not be None.")
    with name_scope(scope, "sigmoid_cross_entropy_loss", (logits, multi_class_labels, weights)) as scope:
        logits = convert_to_tensor(logits)
        multi_class_labels = cast(multi_class_labels, logits._dtype)
        logits.get_shape().assert_is_compatible_with(multi_class_labels.get_shape())
        if label_smoothing > 0:
            multi_class_labels = multi_class_labels * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = nn.sigmoid_cross_entropy_with_logits(labels=multi_class_labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope, loss_collection, reduction=reduction)


@export("losses.mean_pairwise_squared_error")
def mean_pairwise_squared_error(labels, predictions, weights=1.0, scope=None, loss_collection=GraphKeys.LOSSES):
    """The mean squared difference of all pairs of elements' errors in each example; weighted."""
    _given(labels, predictions)
    with name_scope(scope, "mean_pairwise_squared_error", (predictions, labels, weights)) as scope:
        weights = cast(weights, dtypes.float32)
        labels = cast(labels, dtypes.float32)
        with control_dependencies((assert_broadcastable(weights, labels),)):
            predictions = cast(predictions, dtypes.float32)
            predictions.get_shape().assert_is_compatible_with(labels.get_shape())
            diffs = subtract(predictions, labels)
            axis = range_(1, rank(diffs))
            squares = reduce_sum(square(diffs), axis=axis, keepdims=True)
            present = _num_present(diffs, weights, per_batch=True)
            first = 2.0 * div_no_nan(squares, PLAIN["Maximum"](present - 1, 0), name="value")
            total = reduce_sum(diffs, axis=axis, keepdims=True)
            second = 2.0 * div_no_nan(square(total), PLAIN["Maximum"](multiply(present, present - 1), 0), name="value")
            weighted = multiply(first - second, weights)
            loss = reduce_sum(weighted)
            mean = where(reduce_sum(present) > 0, loss, zeros_like(loss), name="value")
            add_loss(mean, loss_collection)
            return mean
