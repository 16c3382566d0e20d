"""The loss of lists of logits."""

from ...graph.scopes import name_scope
from ...ground.api import export
from ...ground.errors import need
from ...ops.activations import sparse_softmax_cross_entropy_with_logits
from ...ops.elementwise import cast
from ...ops.math import add_n
from ...ops.reduce import reduce_sum
from ...ops.shape import reshape, shape

__all__ = ["sequence_loss", "sequence_loss_by_example"]


@export("contrib.legacy_seq2seq.sequence_loss_by_example")
def sequence_loss_by_example(logits, targets, weights, average_across_timesteps=True, softmax_loss_function=None, name=None):
    """The weighted cross entropy of each sequence, in nats.

    Args:
      logits: a list over time of `[batch, classes]`.
      targets: a list of int `[batch]`.
      weights: a list of float `[batch]`.
      average_across_timesteps: whether to divide by the sum of the weights.
      softmax_loss_function: of `labels` and `logits`; sparse softmax cross entropy if None.
      name: the scope's name.

    Returns:
      `[batch]`.

    Raises:
      ValueError: lists of several lengths.
    """
    need(
        len(targets) == len(logits) == len(weights),
        f"Lengths of logits, weights, and targets must be the same {len(logits)}, {len(weights)}, {len(targets)}.",
    )
    with name_scope(name, "sequence_loss_by_example", logits + targets + weights):
        losses = []
        for logit, target, weight in zip(logits, targets, weights, strict=True):
            if softmax_loss_function is None:
                loss = sparse_softmax_cross_entropy_with_logits(labels=reshape(target, [-1]), logits=logit)
            else:
                loss = softmax_loss_function(labels=target, logits=logit)
            losses.append(loss * weight)
        total = add_n(losses)
        if average_across_timesteps:
            size = add_n(weights)
            size += 1e-12  # weights may all be 0
            total /= size
    return total


@export("contrib.legacy_seq2seq.sequence_loss")
def sequence_loss(
    logits,
    targets,
    weights,
    average_across_timesteps=True,
    average_across_batch=True,
    softmax_loss_function=None,
    name=None,
):
    """The weighted cross entropy of sequences, in nats.

    Args:
      logits: a list over time of `[batch, classes]`.
      targets: a list of int `[batch]`.
      weights: a list of float `[batch]`.
      average_across_timesteps: whether to divide by the sum of the weights.
      average_across_batch: whether to divide by the batch size.
      softmax_loss_function: of `labels` and `logits`; sparse softmax cross entropy if None.
      name: the scope's name.

    Returns:
      A scalar.

    Raises:
      ValueError: lists of several lengths.
    """
    with name_scope(name, "sequence_loss", logits + targets + weights):
        cost = reduce_sum(
            sequence_loss_by_example(
                logits,
                targets,
                weights,
                average_across_timesteps=average_across_timesteps,
                softmax_loss_function=softmax_loss_function,
            )
        )
        if not average_across_batch:
            return cost
        rows = shape(targets[0])[0]
        return cost / cast(rows, cost.dtype)
