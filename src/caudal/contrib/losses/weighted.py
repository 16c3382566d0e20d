"""The weighted mean of losses, and the collection that it goes into."""

from ...graph.convert import convert_to_tensor
from ...graph.graph import GraphKeys, default_graph
from ...graph.scopes import name_scope
from ...ground import dtypes
from ...ground.api import export
from ...ground.errors import need
from ...ops.elementwise import cast, div, div_no_nan, equal, multiply, not_equal
from ...ops.fill import ones
from ...ops.math import add_n
from ...ops.reduce import reduce_prod, reduce_sum
from ...ops.shape import reshape, shape, size, squeeze
from ...ops.slicing import slice_, where
from ..framework.arg_scope import add_arg_scope

__all__ = ["add_loss", "compute_weighted_loss", "everywhere", "get_losses", "get_total_loss"]


def everywhere(function):
    """Exports a function of contrib.losses under that name and Slim's."""
    return export("contrib.losses." + function.__name__, "contrib.slim.losses." + function.__name__)(function)


def scale(losses, weights):
    """The sum of all losses, each times its weight."""
    axes = list(range(max(0, weights.rank), losses.rank))
    return reduce_sum(multiply(reduce_sum(losses, reduction_indices=axes), weights))


def num_present(losses, weights, per_batch=False):
    """How many losses have a weight that is not 0: of all, or of each example."""
    count = _of_scalar(losses, weights) if weights.rank == 0 else _of_vector(losses, weights)
    return count if per_batch else reduce_sum(count)


def _of_scalar(losses, weights):
    examples = reshape(slice_(shape(losses), [0], [1]), [])
    each = div(cast(size(losses), dtypes.float32), cast(examples, dtypes.float32))
    each = where(equal(weights, 0), 0.0, each)
    return multiply(ones(reshape(examples, [1])), each)


def _of_vector(losses, weights):
    axes = list(range(1, weights.rank))
    present = reduce_sum(cast(not_equal(weights, 0), dtypes.float32), reduction_indices=axes)
    rest = slice_(shape(losses), [weights.rank], [-1])
    return multiply(present, cast(reduce_prod(rest), dtypes.float32))


@everywhere
def compute_weighted_loss(losses, weights=1.0, scope=None):
    """The mean of losses, each times its weight, over those whose weight is not 0; it is added to LOSSES.

    Args:
      losses: `[batch, ...]`.
      weights: a number, or a tensor of the losses' first dimensions.
      scope: of the nodes.

    Returns:
      A scalar of the losses' dtype.

    Raises:
      ValueError: a rank is unknown.
    """
    with name_scope(scope, "weighted_loss", [losses, weights]):
        losses = convert_to_tensor(losses)
        kind = losses.dtype
        losses = cast(losses, dtypes.float32)
        weights = cast(convert_to_tensor(weights), dtypes.float32)
        need(losses.rank is not None, "losses.get_shape().ndims cannot be None")
        need(weights.rank is not None, "weights.get_shape().ndims cannot be None")
        if weights.rank > 1 and weights.dims[-1] in (1, None):
            weights = squeeze(weights, [-1])
        total = scale(losses, weights)
        present = num_present(losses, weights)
        mean = cast(div_no_nan(reduce_sum(total), present, name="value"), kind)
        add_loss(mean)
        return mean


@everywhere
@add_arg_scope
def add_loss(loss, loss_collection=GraphKeys.LOSSES):
    """Adds a loss to a collection; to none, if its key is None."""
    if loss_collection:
        default_graph().add_to_collection(loss_collection, loss)


@everywhere
def get_losses(scope=None, loss_collection=GraphKeys.LOSSES):
    """The losses of a collection, below a scope if one is given."""
    return default_graph().get_collection(loss_collection, scope)


@everywhere
def get_regularization_losses(scope=None):
    """The regularization losses, below a scope if one is given."""
    return default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


@everywhere
def get_total_loss(add_regularization_losses=True, name="total_loss"):
    """The sum of all losses.

    Args:
      add_regularization_losses: whether those are in it.
      name: of the node.

    Raises:
      ValueError: there are none.
    """
    losses = get_losses()
    if add_regularization_losses:
        losses += get_regularization_losses()
    return add_n(losses, name=name)
