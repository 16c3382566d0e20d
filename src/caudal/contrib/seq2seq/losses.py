"""The cross entropy of sequences."""

from ...graph.scopes import name_scope
from ...ground.api import export
from ...ground.errors import need
from ...ops.activations import sparse_softmax_cross_entropy_with_logits
from ...ops.elementwise import cast, div_no_nan
from ...ops.reduce import count_nonzero, reduce_sum
from ...ops.shape import reshape, shape

__all__ = ["sequence_loss"]


def _check(logits, targets, weights):
    need(len(logits.get_shape()) == 3, "Logits must be a [batch_size x sequence_length x logits] tensor")
    for what, tensor in (("Targets", targets), ("Weights", weights)):
        need(len(tensor.get_shape()) == 2, f"{what} must be a [batch_size x sequence_length] tensor")


def _over(loss, weights, axis, by_count):
    """The losses' sum over their weights' sum, or over how many weights there are that are not 0."""
    loss = reduce_sum(loss, axis=axis)
    if by_count:
        return div_no_nan(loss, cast(count_nonzero(weights, axis=axis), loss.dtype))
    return div_no_nan(loss, reduce_sum(weights, axis=axis))


@export("contrib.seq2seq.sequence_loss")
def sequence_loss(
    logits,
    targets,
    weights,
    average_across_timesteps=True,
    average_across_batch=True,
    sum_over_timesteps=False,
    sum_over_batch=False,
    softmax_loss_function=None,
    name=None,
):
    """The weighted cross entropy of sequences, in nats.

    Args:
      logits: `[batch, time, classes]`.
      targets: int `[batch, time]`.
      weights: float `[batch, time]`, 0 where a sequence is over.
      average_across_timesteps, average_across_batch: whether to take the weighted mean over that axis.
      sum_over_timesteps, sum_over_batch: whether to take the sum over that axis, divided by how many weights are not 0.
      softmax_loss_function: of `labels` and `logits`; sparse softmax cross entropy if None.
      name: the scope's name.

    Returns:
      `[batch, time]`, without the axes that were taken together.

    Raises:
      ValueError: other ranks, or both a mean and a sum over one axis.
    """
    _check(logits, targets, weights)
    for what, mean, total in (
        ("timesteps", average_across_timesteps, sum_over_timesteps),
        ("batch", average_across_batch, sum_over_batch),
    ):
        need(not (mean and total), f"average_across_{what} and sum_over_{what} cannot be set to True at same time.")
    with name_scope(name, "sequence_loss", [logits, targets, weights]):
        flat = reshape(logits, [-1, shape(logits)[2]])
        targets = reshape(targets, [-1])
        loss = (softmax_loss_function or sparse_softmax_cross_entropy_with_logits)(labels=targets, logits=flat)
        loss *= reshape(weights, [-1])
        if average_across_timesteps and average_across_batch:
            return _over(loss, weights, None, False)
        if sum_over_timesteps and sum_over_batch:
            return _over(loss, weights, None, True)
        loss = reshape(loss, shape(logits)[0:2])
        if average_across_timesteps or average_across_batch:
            return _over(loss, weights, [0] if average_across_batch else [1], False)
        if sum_over_timesteps or sum_over_batch:
            return _over(loss, weights, [0] if sum_over_batch else [1], True)
        return loss
