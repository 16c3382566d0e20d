"""Cells that carry sums and maxima over tag sequences along time.

Source: Lafferty et al. (2001), Conditional random fields; Collins, The forward-backward algorithm.
"""

from ...ground import dtypes
from ...ground.api import export
from ...ground.shapes import dimension_value
from ...ops.elementwise import cast
from ...ops.fill import range_
from ...ops.join import stack
from ...ops.reduce import argmax, reduce_logsumexp, reduce_max
from ...ops.shape import expand_dims, shape, squeeze
from ...ops.slicing import gather_nd_node
from ...rnn.base import RNNCell

__all__ = ["CrfDecodeBackwardRnnCell", "CrfDecodeForwardRnnCell", "CrfForwardRnnCell"]


class _OfTags(RNNCell):
    """A cell with a number for each tag.

    Args:
      transition_params: `[tags, tags]`, the score of each tag after each.
    """

    def __init__(self, transition_params):
        self._transition_params = expand_dims(transition_params, 0)
        self._num_tags = dimension_value(transition_params.get_shape()[0])

    @property
    def state_size(self):
        """How many tags there are."""
        return self._num_tags

    @property
    def output_size(self):
        """How many tags there are."""
        return self._num_tags


@export("contrib.crf.CrfForwardRnnCell")
class CrfForwardRnnCell(_OfTags):
    """log alpha_t(j) = input_t(j) + log sum_i exp(log alpha_{t-1}(i) + transition(i, j)).

    Args:
      transition_params: `[tags, tags]`, the score of each tag after each.
    """

    def __call__(self, inputs, state, scope=None):
        """(alphas, alphas) `[batch, tags]` for inputs and state `[batch, tags]`."""
        scores = expand_dims(state, 2) + self._transition_params
        alphas = inputs + reduce_logsumexp(scores, [1])
        return alphas, alphas


@export("contrib.crf.CrfDecodeForwardRnnCell")
class CrfDecodeForwardRnnCell(_OfTags):
    """The best score of a sequence that ends with each tag, and the tag before it.

    Args:
      transition_params: `[tags, tags]`, the score of each tag after each.
    """

    def __call__(self, inputs, state, scope=None):
        """(the tags before, int32; the best scores), `[batch, tags]`."""
        scores = expand_dims(state, 2) + self._transition_params
        best = inputs + reduce_max(scores, [1])
        return cast(argmax(scores, 1), dtypes.int32), best


@export("contrib.crf.CrfDecodeBackwardRnnCell")
class CrfDecodeBackwardRnnCell(RNNCell):
    """The way back along the tags before.

    Args:
      num_tags: how many tags there are.
    """

    def __init__(self, num_tags):
        self._num_tags = num_tags

    @property
    def state_size(self):
        """1: the tag."""
        return 1

    @property
    def output_size(self):
        """1: the tag."""
        return 1

    def __call__(self, inputs, state, scope=None):
        """(the tag before, the same) `[batch, 1]` for tags before `[batch, tags]` and a tag `[batch, 1]`."""
        state = squeeze(state, axis=[1])
        rows = range_(shape(inputs)[0])
        found = expand_dims(gather_nd_node(inputs, stack([rows, state], axis=1)), axis=-1)
        return found, found
