"""Scores and likelihoods of tag sequences."""

from ...build.cond import smart_cond
from ...build.scopes import get_variable
from ...ground import dtypes
from ...ground.api import export
from ...ground.shapes import dimension_value
from ...ops.basic import constant
from ...ops.batch_gather import gather_nd
from ...ops.elementwise import PLAIN, cast, equal
from ...ops.fill import fill, range_, sequence_mask, zeros_like
from ...ops.join import concat
from ...ops.reduce import reduce_logsumexp, reduce_sum
from ...ops.shape import expand_dims, reshape, shape, squeeze
from ...ops.slicing import gather, slice_, where
from ...rnn.dynamic import dynamic_rnn
from .cells import CrfForwardRnnCell

__all__ = [
    "crf_binary_score",
    "crf_log_likelihood",
    "crf_log_norm",
    "crf_multitag_sequence_score",
    "crf_sequence_score",
    "crf_unary_score",
]


def by_length(inputs, single, several):
    """`single()` for sequences of one step, else `several()`; a cond if that is not known."""
    steps = dimension_value(inputs.get_shape()[1]) or shape(inputs)[1]
    return smart_cond(equal(steps, 1), single, several)


def _zero_if_empty(scores, lengths):
    return where(PLAIN["LessEqual"](lengths, 0), zeros_like(scores), scores)


def one_less(lengths):
    """Lengths without the first step, none below 0."""
    return PLAIN["Maximum"](constant(0, dtype=lengths.dtype), lengths - 1)


@export("contrib.crf.crf_sequence_score")
def crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params):
    """The score of one tag sequence a row: of its tags, and of each after the one before.

    Args:
      inputs: `[batch, time, tags]`.
      tag_indices: int `[batch, time]`.
      sequence_lengths: int `[batch]`.
      transition_params: `[tags, tags]`, the score of each tag after each.

    Returns:
      `[batch]`.
    """

    def single():
        rows = shape(inputs, out_type=tag_indices.dtype)[0]
        rows = reshape(range_(rows, dtype=tag_indices.dtype), [-1, 1])
        scores = gather_nd(squeeze(inputs, [1]), concat([rows, tag_indices], axis=1))
        return _zero_if_empty(scores, sequence_lengths)

    def several():
        unary = crf_unary_score(tag_indices, sequence_lengths, inputs)
        return unary + crf_binary_score(tag_indices, sequence_lengths, transition_params)

    return by_length(inputs, single, several)


@export("contrib.crf.crf_multitag_sequence_score")
def crf_multitag_sequence_score(inputs, tag_bitmap, sequence_lengths, transition_params):
    """The score of all tag sequences that some tags allow, in logs.

    Args:
      inputs: `[batch, time, tags]`.
      tag_bitmap: bool `[batch, time, tags]`, which tags are allowed.
      sequence_lengths: int `[batch]`.
      transition_params: `[tags, tags]`, the score of each tag after each.

    Returns:
      `[batch]`.
    """

    def allowed():
        return where(tag_bitmap, inputs, fill(shape(inputs), float("-inf")))

    return by_length(
        inputs,
        lambda: reduce_logsumexp(allowed(), axis=[1, 2], keepdims=False),
        lambda: crf_log_norm(allowed(), sequence_lengths, transition_params),
    )


@export("contrib.crf.crf_log_norm")
def crf_log_norm(inputs, sequence_lengths, transition_params):
    """log of the sum of exp(score) over all tag sequences.

    Args:
      inputs: `[batch, time, tags]`.
      sequence_lengths: int `[batch]`.
      transition_params: `[tags, tags]`, the score of each tag after each.

    Returns:
      `[batch]`.
    """
    first = squeeze(slice_(inputs, [0, 0, 0], [-1, 1, -1]), [1])

    def single():
        return _zero_if_empty(reduce_logsumexp(first, [1]), sequence_lengths)

    def several():
        rest = slice_(inputs, [0, 1, 0], [-1, -1, -1])
        cell = CrfForwardRnnCell(transition_params)
        _, alphas = dynamic_rnn(cell, rest, sequence_length=one_less(sequence_lengths), initial_state=first, dtype=dtypes.float32)
        return _zero_if_empty(reduce_logsumexp(alphas, [1]), sequence_lengths)

    return by_length(inputs, single, several)


@export("contrib.crf.crf_log_likelihood")
def crf_log_likelihood(inputs, tag_indices, sequence_lengths, transition_params=None):
    """The log-likelihood of one tag sequence a row.

    Args:
      inputs: `[batch, time, tags]`.
      tag_indices: int `[batch, time]`.
      sequence_lengths: int `[batch]`.
      transition_params: `[tags, tags]`, the score of each tag after each; a variable "transitions" if None.

    Returns:
      (`[batch]`, in nats; the transition scores).
    """
    tags = dimension_value(inputs.get_shape()[2])
    if transition_params is None:
        transition_params = get_variable("transitions", [tags, tags])
    scores = crf_sequence_score(inputs, tag_indices, sequence_lengths, transition_params)
    return scores - crf_log_norm(inputs, sequence_lengths, transition_params), transition_params


@export("contrib.crf.crf_unary_score")
def crf_unary_score(tag_indices, sequence_lengths, inputs):
    """The sum of the tags' own scores, `[batch]`; arguments are as in `crf_sequence_score`."""
    rows, steps, tags = (shape(inputs)[k] for k in range(3))
    flat = reshape(inputs, [-1])
    offsets = expand_dims(range_(rows) * steps * tags, 1)
    offsets += expand_dims(range_(steps) * tags, 0)
    if tag_indices.dtype == dtypes.int64:
        offsets = cast(offsets, dtypes.int64)
    at = reshape(offsets + tag_indices, [-1])
    scores = reshape(gather(flat, at), [rows, steps])
    mask = sequence_mask(sequence_lengths, maxlen=shape(tag_indices)[1], dtype=dtypes.float32)
    return reduce_sum(scores * mask, 1)


@export("contrib.crf.crf_binary_score")
def crf_binary_score(tag_indices, sequence_lengths, transition_params):
    """The sum of the scores of each tag after the one before, `[batch]`; arguments are as in `crf_sequence_score`."""
    tags = transition_params.get_shape()[0]
    steps = shape(tag_indices)[1] - 1
    before = slice_(tag_indices, [0, 0], [-1, steps])
    after = slice_(tag_indices, [0, 1], [-1, steps])
    at = before * tags + after
    scores = gather(reshape(transition_params, [-1]), at)
    mask = sequence_mask(sequence_lengths, maxlen=shape(tag_indices)[1], dtype=dtypes.float32)
    return reduce_sum(scores * slice_(mask, [0, 1], [-1, -1]), 1)
