"""The losses of contrib.losses: predictions or logits first, then the truth; each is added to LOSSES."""

from ...graph.convert import convert_to_tensor
from ...graph.scopes import name_scope
from ...ground import dtypes
from ...ground.errors import need
from ...ops import activations as nn
from ...ops.elementwise import PLAIN, abs, cast, div_no_nan, multiply, square, subtract
from ...ops.fill import ones_like, zeros_like
from ...ops.reduce import reduce_sum
from ...ops.shape import reshape, shape
from ...ops.slicing import where
from .weighted import add_loss, compute_weighted_loss, everywhere, num_present, scale

__all__ = ["mean_squared_error", "softmax_cross_entropy"]

_DOC = """{what}, as a weighted mean that is added to LOSSES.

    Args:
      {first}: a tensor.
      {second}: the truth, of its shape.
      weights: a number, or a tensor of the first dimensions.{more}
      scope: of the nodes.

    Returns:
      A scalar.

    Raises:
      ValueError: the shapes differ.
    """


def _loss(what, first="predictions", second="labels", more=""):
    def decorate(function):
        function.__doc__ = _DOC.format(what=what, first=first, second=second, more=more)
        return everywhere(function)

    return decorate


def _floats(predictions, labels):
    predictions.get_shape().assert_is_compatible_with(labels.get_shape())
    return cast(predictions, dtypes.float32), cast(labels, dtypes.float32)


@_loss("|predictions - labels|")
def absolute_difference(predictions, labels=None, weights=1.0, scope=None):
    with name_scope(scope, "absolute_difference", [predictions, labels, weights]) as scope:
        predictions, labels = _floats(predictions, labels)
        return compute_weighted_loss(abs(subtract(predictions, labels)), weights, scope=scope)


_SMOOTHING = "\n      label_smoothing: how far labels are moved to the mean, in [0, 1]."


@_loss("The cross entropy of independent classes, nats", "logits", "multi_class_labels", _SMOOTHING)
def sigmoid_cross_entropy(logits, multi_class_labels, weights=1.0, label_smoothing=0, scope=None):
    with name_scope(scope, "sigmoid_cross_entropy_loss", [logits, multi_class_labels, weights]) as scope:
        logits.get_shape().assert_is_compatible_with(multi_class_labels.get_shape())
        labels = cast(multi_class_labels, logits.dtype)
        if label_smoothing > 0:
            labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
        losses = nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope=scope)


@_loss("The cross entropy of one class of several, nats", "logits", "onehot_labels", _SMOOTHING)
def softmax_cross_entropy(logits, onehot_labels, weights=1.0, label_smoothing=0, scope=None):
    with name_scope(scope, "softmax_cross_entropy_loss", [logits, onehot_labels, weights]) as scope:
        logits.get_shape().assert_is_compatible_with(onehot_labels.get_shape())
        labels = cast(onehot_labels, logits.dtype)
        if label_smoothing > 0:
            classes = cast(shape(labels)[1], logits.dtype)
            most, least = 1.0 - label_smoothing, label_smoothing / classes
            labels = labels * most + least
        losses = nn.softmax_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope=scope)


@_loss("The cross entropy of one class of several, nats, where `labels` are the classes' numbers", "logits")
def sparse_softmax_cross_entropy(logits, labels, weights=1.0, scope=None):
    with name_scope(scope, "sparse_softmax_cross_entropy_loss", [logits, labels, weights]) as scope:
        labels = reshape(labels, shape=[shape(labels)[0]])
        losses = nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=logits, name="xentropy")
        return compute_weighted_loss(losses, weights, scope=scope)


@_loss(
    "-labels log(predictions + epsilon) - (1 - labels) log(1 - predictions + epsilon)",
    more="\n      epsilon: keeps logarithms finite.",
)
def log_loss(predictions, labels=None, weights=1.0, epsilon=1e-7, scope=None):
    with name_scope(scope, "log_loss", [predictions, labels, weights]) as scope:
        predictions, labels = _floats(predictions, labels)
        losses = -multiply(labels, PLAIN["Log"](predictions + epsilon)) - multiply(
            (1 - labels), PLAIN["Log"](1 - predictions + epsilon)
        )
        return compute_weighted_loss(losses, weights, scope=scope)


@everywhere
def hinge_loss(logits, labels=None, scope=None):
    """max(0, 1 - (2 labels - 1) logits) of each element; it is no mean, and is not added to LOSSES.

    Args:
      logits: a tensor.
      labels: 0 or 1, of its shape.
      scope: of the nodes.
    """
    with name_scope(scope, "hinge_loss", [logits, labels]):
        logits.get_shape().assert_is_compatible_with(labels.get_shape())
        labels = cast(labels, dtypes.float32)
        one = ones_like(labels)
        signs = subtract(2 * labels, one)
        return nn.relu(subtract(one, multiply(signs, logits)))


@_loss("(predictions - labels)^2")
def mean_squared_error(predictions, labels=None, weights=1.0, scope=None):
    with name_scope(scope, "mean_squared_error", [predictions, labels, weights]) as scope:
        predictions, labels = _floats(predictions, labels)
        return compute_weighted_loss(PLAIN["SquaredDifference"](predictions, labels), weights, scope=scope)


@_loss("The squared difference of the errors of each pair of an example's elements")
def mean_pairwise_squared_error(predictions, labels=None, weights=1.0, scope=None):
    with name_scope(scope, "mean_pairwise_squared_error", [predictions, labels, weights]):
        predictions, labels = _floats(predictions, labels)
        weights = cast(convert_to_tensor(weights), dtypes.float32)
        errors = subtract(predictions, labels)
        need(errors.rank is not None, "diffs.get_shape().ndims cannot be None")
        need(weights.rank is not None, "weights.get_shape().ndims cannot be None")
        axes = list(range(1, errors.rank))
        squares = reduce_sum(square(errors), reduction_indices=axes)
        present = num_present(errors, weights, per_batch=True)
        first = 2.0 * div_no_nan(squares, present, name="value")
        total = reduce_sum(errors, reduction_indices=axes)
        second = 2.0 * div_no_nan(square(total), square(present), name="value")
        loss = scale(first - second, weights)
        mean = where(reduce_sum(present) > 0, loss, zeros_like(loss), name="value")
        add_loss(mean)
        return mean


@everywhere
def cosine_distance(predictions, labels=None, axis=None, weights=1.0, scope=None, dim=None):
    """1 - predictions . labels of unit vectors, as a weighted mean that is added to LOSSES.

    Args:
      predictions, labels: unit vectors along `axis`.
      axis: the dimension; dim: its older name.
      weights: a number, or a tensor of the first dimensions.
      scope: of the nodes.

    Raises:
      ValueError: no axis, or the shapes differ.
    """
    need(axis is None or dim is None, "Cannot specify both 'axis' and 'dim'")
    axis = dim if axis is None else axis
    need(axis is not None, "You must specify 'axis'.")
    with name_scope(scope, "cosine_distance_loss", [predictions, labels, weights]) as scope:
        predictions, labels = _floats(predictions, labels)
        losses = 1 - reduce_sum(multiply(predictions, labels), reduction_indices=[axis])
        return compute_weighted_loss(losses, weights, scope=scope)
