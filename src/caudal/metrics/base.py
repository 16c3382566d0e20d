"""What the metrics share: their variables, how labels, predictions and weights are brought into step, their docs."""

from ..build.cond import cond
from ..build.confusion import remove_squeezable_dimensions
from ..build.synchronization import VariableAggregation, VariableSynchronization
from ..build.variables import Variable
from ..graph.convert import convert_to_tensor
from ..graph.graph import GraphKeys
from ..graph.scopes import add_to_collections
from ..ground import dtypes
from ..ground.api import export
from ..ops.elementwise import NODES, cast
from ..ops.fill import zeros
from ..ops.shape import expand_dims, rank, squeeze

__all__ = ["accumulator", "bools_in_step", "collected", "in_step", "metric"]

_SHARED = """
      weights: what each value counts, of rank 0 or of the values' rank, each dimension 1 or the same; 1 by default.
      metrics_collections: collections that the value goes into.
      updates_collections: collections that the update goes into.
      name: the scope's name.

    Returns:
      (value, update_op): the value over all batches taken in so far, and the op that takes in this one and gives the
      value after it.

    Raises:
      ValueError: shapes that don't fit.
    """


def metric(*names):
    """Decorator: the function is `tf.metrics.<name>`, and its docs end with what all metrics share."""

    def hang(function):
        head = function.__doc__.rstrip()
        function.__doc__ = head + _SHARED
        return export(*("metrics." + name for name in names))(function)

    return hang


def accumulator(shape, dtype, name):
    """A local variable of zeros."""
    return Variable(
        lambda: zeros(shape, dtype),
        trainable=False,
        collections=[GraphKeys.LOCAL_VARIABLES, GraphKeys.METRIC_VARIABLES],
        validate_shape=True,
        synchronization=VariableSynchronization.ON_READ,
        aggregation=VariableAggregation.SUM,
        name=name,
    )


def collected(collections, value):
    """`value`, put into collections if there are any."""
    if collections:
        add_to_collections(collections, value)
    return value


def in_step(predictions, labels, weights):
    """(predictions, labels, weights) of one rank: a last dimension of size 1 too many goes, one too few of weights comes."""
    predictions = convert_to_tensor(predictions)
    if labels is not None:
        labels, predictions = remove_squeezable_dimensions(labels, predictions)
        predictions.get_shape().assert_is_compatible_with(labels.get_shape())
    return predictions, labels, None if weights is None else _weights_in_step(convert_to_tensor(weights), predictions)


def _weights_in_step(weights, predictions):
    if weights.rank == 0:
        return weights
    if weights.rank is not None and predictions.rank is not None:
        more = weights.rank - predictions.rank
        return squeeze(weights, [-1]) if more == 1 else expand_dims(weights, [-1]) if more == -1 else weights
    return _dynamic_weights(weights, predictions)


def _dynamic_weights(weights, predictions):
    """The same for ranks that only a run knows."""
    weights_rank = rank(weights)
    more = weights_rank - rank(predictions)
    never = weights.rank is not None and weights.dims[-1] not in (1, None)

    def expanded():
        return cond(NODES["Equal"](more, -1), lambda: expand_dims(weights, [-1]), lambda: weights)

    def adjusted():
        return cond(NODES["Equal"](more, 1), lambda: weights if never else squeeze(weights, [-1]), expanded)

    return cond(NODES["Equal"](weights_rank, 0), lambda: weights, adjusted)


def bools_in_step(predictions, labels, weights):
    """`in_step` of predictions and labels as bools."""
    return in_step(cast(predictions, dtypes.bool), cast(labels, dtypes.bool), weights)
