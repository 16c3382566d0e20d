"""model_with_buckets: a model for each of several lengths, with the same weights."""

from ...build.scopes import get_variable_scope, variable_scope
from ...graph.scopes import name_scope
from ...ground.api import export
from ...ground.errors import need
from .losses import sequence_loss, sequence_loss_by_example

__all__ = ["model_with_buckets"]


@export("contrib.legacy_seq2seq.model_with_buckets")
def model_with_buckets(
    encoder_inputs,
    decoder_inputs,
    targets,
    weights,
    buckets,
    seq2seq,
    softmax_loss_function=None,
    per_example_loss=False,
    name=None,
):
    """A model for each bucket of lengths, with the same weights.

    Args:
      encoder_inputs: a list of tensors.
      decoder_inputs: a list of tensors.
      targets: a list of int `[batch]`.
      weights: a list of float `[batch]`.
      buckets: a list of pairs (how many encoder inputs, how many decoder inputs), the longest last.
      seq2seq: of encoder and decoder inputs gives (outputs, states).
      softmax_loss_function: of `labels` and `logits`; sparse softmax cross entropy if None.
      per_example_loss: whether losses are `[batch]`, not scalars.
      name: the scope's name.

    Returns:
      (a list of the buckets' outputs, one of their losses).

    Raises:
      ValueError: a list is shorter than the last bucket.
    """
    longest, most = buckets[-1]
    need(
        len(encoder_inputs) >= longest,
        f"Length of encoder_inputs ({len(encoder_inputs)}) must be at least that of last bucket ({longest}).",
    )
    need(len(targets) >= most, f"Length of targets ({len(targets)}) must be at least that of last bucket ({most}).")
    need(len(weights) >= most, f"Length of weights ({len(weights)}) must be at least that of last bucket ({most}).")
    loss = sequence_loss_by_example if per_example_loss else sequence_loss
    losses, outputs = [], []
    with name_scope(name, "model_with_buckets", encoder_inputs + decoder_inputs + targets + weights):
        for k, (n_in, n_out) in enumerate(buckets):
            with variable_scope(get_variable_scope(), reuse=True if k > 0 else None):
                made, _ = seq2seq(encoder_inputs[:n_in], decoder_inputs[:n_out])
                outputs.append(made)
                losses.append(loss(made, targets[:n_out], weights[:n_out], softmax_loss_function=softmax_loss_function))
    return outputs, losses
