"""The best tag sequence: in the graph, and on NumPy arrays.

Source: Viterbi (1967), Error bounds for convolutional codes.
"""

import numpy as np

from ...ground import dtypes
from ...ground.api import export
from ...ground.shapes import dimension_value
from ...ops.elementwise import cast
from ...ops.join import concat
from ...ops.reduce import argmax, reduce_max
from ...ops.reverse_sequence import reverse_node
from ...ops.shape import expand_dims, squeeze
from ...ops.slicing import slice_
from ...rnn.dynamic import dynamic_rnn
from .cells import CrfDecodeBackwardRnnCell, CrfDecodeForwardRnnCell
from .scores import by_length, one_less

__all__ = ["crf_decode", "viterbi_decode"]


@export("contrib.crf.viterbi_decode")
def viterbi_decode(score, transition_params):
    """The best tag sequence of one NumPy array.

    Args:
      score: `[time, tags]`.
      transition_params: `[tags, tags]`, the score of each tag after each.

    Returns:
      (a list of tags, their score).
    """
    best, before = np.zeros_like(score), np.zeros_like(score, dtype=np.int32)
    best[0] = score[0]
    for t in range(1, score.shape[0]):
        ways = np.expand_dims(best[t - 1], 1) + transition_params
        best[t] = score[t] + np.max(ways, 0)
        before[t] = np.argmax(ways, 0)
    tags = [np.argmax(best[-1])]
    for row in reversed(before[1:]):
        tags.append(row[tags[-1]])
    return tags[::-1], np.max(best[-1])


@export("contrib.crf.crf_decode")
def crf_decode(potentials, transition_params, sequence_length):
    """The best tag sequence of each row.

    Args:
      potentials: `[batch, time, tags]`.
      transition_params: `[tags, tags]`, the score of each tag after each.
      sequence_length: int `[batch]`.

    Returns:
      (tags int32 `[batch, time]`, their scores `[batch]`).
    """

    def single():
        scores = squeeze(potentials, [1])
        tags = expand_dims(argmax(scores, axis=1), 1)
        best = reduce_max(scores, axis=1)
        return cast(tags, dtypes.int32), best

    return by_length(potentials, single, lambda: _several(potentials, transition_params, sequence_length))


def _several(potentials, transitions, lengths):
    tags = dimension_value(potentials.get_shape()[2])
    cell = CrfDecodeForwardRnnCell(transitions)
    first = squeeze(slice_(potentials, [0, 0, 0], [-1, 1, -1]), axis=[1])
    rest = slice_(potentials, [0, 1, 0], [-1, -1, -1])
    shorter = one_less(lengths)
    before, scores = dynamic_rnn(cell, rest, sequence_length=shorter, initial_state=first, dtype=dtypes.int32)
    before = reverse_node(before, shorter, seq_dim=1)
    cell = CrfDecodeBackwardRnnCell(tags)
    last = expand_dims(cast(argmax(scores, axis=1), dtypes.int32), axis=-1)
    found, _ = dynamic_rnn(cell, before, sequence_length=shorter, initial_state=last, dtype=dtypes.int32)
    found = concat([last, squeeze(found, axis=[2])], axis=1)
    found = reverse_node(found, lengths, seq_dim=1)
    return found, reduce_max(scores, axis=1)
