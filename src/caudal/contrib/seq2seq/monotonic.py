"""Attention that only moves forward through the memory.

Source: Raffel et al. (2017), Online and linear-time attention by enforcing monotonic alignments.
"""

import functools

import numpy as np

from ...build.functional import scan
from ...build.scopes import get_variable, variable_scope
from ...graph.convert import convert_to_tensor
from ...graph.scopes import name_scope
from ...ground import dtypes
from ...ground.api import export
from ...ground.shapes import dimension_value
from ...ops.clip import clip_by_value
from ...ops.elementwise import PLAIN, cast, sigmoid
from ...ops.fill import one_hot, ones, zeros
from ...ops.join import concat
from ...ops.math import cumprod, cumsum
from ...ops.random import random_normal
from ...ops.shape import reshape, shape, transpose
from .attention import BaseAttentionMechanism, bahdanau_score, luong_scale, luong_score, projection

__all__ = ["BahdanauMonotonicAttention", "LuongMonotonicAttention", "monotonic_attention", "safe_cumprod"]


@export("contrib.seq2seq.safe_cumprod")
def safe_cumprod(x, *args, **kwargs):
    """The cumulative product of numbers in [0, 1], by the sum of their logs.

    Args:
      x: a tensor; numbers below the least normal one count as it.
      *args: as `cumsum` takes them.
      **kwargs: as `cumsum` takes them.
    """
    with name_scope(None, "SafeCumprod", [x]):
        x = convert_to_tensor(x, name="x")
        tiny = np.finfo(x.dtype.as_numpy_dtype).tiny
        return PLAIN["Exp"](cumsum(PLAIN["Log"](clip_by_value(x, tiny, 1)), *args, **kwargs))


def _recursive(chance, before):
    """a_j = p_j q_j, q_j = (1 - p_{j-1}) q_{j-1} + a'_j, step by step along the memory: eq. 8."""
    rows = dimension_value(chance.get_shape()[0]) or shape(chance)[0]
    passed = concat([ones((rows, 1)), 1 - chance[:, :-1]], 1)
    given = [transpose(passed), transpose(before)]
    reached = scan(lambda x, now: reshape(now[0] * x + now[1], (rows,)), given, zeros((rows,)))
    return chance * transpose(reached)


def _parallel(chance, before):
    """The same in closed form, eq. 9: less exact where many chances are near 0 or 1."""
    left = safe_cumprod(1 - chance, axis=1, exclusive=True)
    return chance * left * cumsum(before / clip_by_value(left, 1e-10, 1.0), axis=1)


def _hard(chance, before):
    """The first place, from the last one on, whose chance is 1."""
    chance *= cumsum(before, axis=1)
    return chance * cumprod(1 - chance, axis=1, exclusive=True)


_MODES = {"recursive": _recursive, "parallel": _parallel, "hard": _hard}


@export("contrib.seq2seq.monotonic_attention")
def monotonic_attention(p_choose_i, previous_attention, mode):
    """How likely each part of the memory is attended to, when attention never moves back.

    Args:
      p_choose_i: `[batch, time]`, the chance of stopping at each part once it is reached.
      previous_attention: `[batch, time]`, the last step's result; 1 at the first part before the first step.
      mode: "recursive" (exact), "parallel" (faster) or "hard" (for chances of 0 and 1).

    Returns:
      `[batch, time]`.

    Raises:
      ValueError: another mode.
    """
    chance = convert_to_tensor(p_choose_i, name="p_choose_i")
    before = convert_to_tensor(previous_attention, name="previous_attention")
    if mode not in _MODES:
        raise ValueError("mode must be 'recursive', 'parallel', or 'hard'.")
    return _MODES[mode](chance, before)


def _weights(score, before, sigmoid_noise, mode, seed=None):
    """The scores as chances of stopping, and what follows from them."""
    if sigmoid_noise > 0:
        score += sigmoid_noise * random_normal(shape(score), dtype=score.dtype, seed=seed)
    chance = cast(score > 0, score.dtype) if mode == "hard" else sigmoid(score)
    return monotonic_attention(chance, before, mode)


class _Monotonic(BaseAttentionMechanism):
    """A mechanism that begins at the first part of the memory."""

    def initial_alignments(self, batch_size, dtype):
        """The weights before the first step: 1 for the first part, else 0."""
        return one_hot(zeros((batch_size,), dtype=dtypes.int32), self._alignments_size, dtype=dtype)

    def _biased(self, score, dtype):
        return score + get_variable("attention_score_bias", dtype=dtype, initializer=self._score_bias_init)


@export("contrib.seq2seq.BahdanauMonotonicAttention")
class BahdanauMonotonicAttention(_Monotonic):
    """Monotonic attention with Bahdanau's score.

    Args:
      num_units: the depth of the network.
      memory: `[batch, time, ...]`.
      memory_sequence_length: int `[batch]`: beyond it nothing is attended to.
      normalize: whether the network's weights are normalised, with a learnt scale and bias.
      score_mask_value: the score beyond the lengths; minus infinity if None.
      sigmoid_noise: the deviation of the noise on the scores, which makes them large.
      sigmoid_noise_seed: the noise's seed.
      score_bias_init: where the learnt bias of the score begins.
      mode: as `monotonic_attention` takes it.
      dtype: of the layers; float32 if None.
      name: the scope's name.
    """

    def __init__(
        self,
        num_units,
        memory,
        memory_sequence_length=None,
        normalize=False,
        score_mask_value=None,
        sigmoid_noise=0.0,
        sigmoid_noise_seed=None,
        score_bias_init=0.0,
        mode="parallel",
        dtype=None,
        name="BahdanauMonotonicAttention",
    ):
        super().__init__(
            query_layer=projection(num_units, "query_layer", dtype or dtypes.float32),
            memory_layer=projection(num_units, "memory_layer", dtype or dtypes.float32),
            memory=memory,
            probability_fn=functools.partial(_weights, sigmoid_noise=sigmoid_noise, mode=mode, seed=sigmoid_noise_seed),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units, self._normalize, self._name = num_units, normalize, name
        self._score_bias_init = score_bias_init

    def __call__(self, query, state):
        """(the weights `[batch, time]`, the next state) for a query `[batch, depth]`."""
        with variable_scope(None, "bahdanau_monotonic_attention", [query]):
            asked = self.query_layer(query) if self.query_layer else query
            score = bahdanau_score(asked, self._keys, self._num_units, self._normalize, query.dtype)
            score = self._biased(score, asked.dtype)
        return self._weigh(score, state)


@export("contrib.seq2seq.LuongMonotonicAttention")
class LuongMonotonicAttention(_Monotonic):
    """Monotonic attention with Luong's score.

    Args:
      num_units: the depth of the keys: the query's.
      memory: `[batch, time, ...]`.
      memory_sequence_length: int `[batch]`: beyond it nothing is attended to.
      scale: whether a learnt number scales the score.
      score_mask_value: the score beyond the lengths; minus infinity if None.
      sigmoid_noise: the deviation of the noise on the scores, which makes them large.
      sigmoid_noise_seed: the noise's seed.
      score_bias_init: where the learnt bias of the score begins.
      mode: as `monotonic_attention` takes it.
      dtype: of the memory's layer; float32 if None.
      name: the scope's name.
    """

    def __init__(
        self,
        num_units,
        memory,
        memory_sequence_length=None,
        scale=False,
        score_mask_value=None,
        sigmoid_noise=0.0,
        sigmoid_noise_seed=None,
        score_bias_init=0.0,
        mode="parallel",
        dtype=None,
        name="LuongMonotonicAttention",
    ):
        super().__init__(
            query_layer=None,
            memory_layer=projection(num_units, "memory_layer", dtype or dtypes.float32),
            memory=memory,
            probability_fn=functools.partial(_weights, sigmoid_noise=sigmoid_noise, mode=mode, seed=sigmoid_noise_seed),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units, self._scale, self._name = num_units, scale, name
        self._score_bias_init = score_bias_init

    def __call__(self, query, state):
        """(the weights `[batch, time]`, the next state) for a query `[batch, depth]`."""
        with variable_scope(None, "luong_monotonic_attention", [query]):
            score = luong_score(query, self._keys, luong_scale(self._scale, query.dtype))
            score = self._biased(score, query.dtype)
        return self._weigh(score, state)
