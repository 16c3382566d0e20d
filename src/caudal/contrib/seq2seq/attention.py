"""Attention mechanisms: how much a query wants of each part of a memory. monotonic.py has those that only go forward."""

import math

import numpy as np

from ...build.initializers import Constant, Ones, Zeros
from ...build.scopes import get_variable, variable_scope
from ...graph.convert import convert_to_tensor
from ...graph.scopes import control_dependencies, name_scope
from ...ground import dtypes, nest
from ...ground.api import export
from ...ground.errors import need
from ...ground.shapes import dimension_value
from ...layers.base import Layer
from ...layers.core import Dense
from ...ops.activations import softmax
from ...ops.asserts import assert_positive
from ...ops.elementwise import rsqrt, square, tanh
from ...ops.fill import one_hot, ones, ones_like, sequence_mask
from ...ops.join import concat
from ...ops.matmul import matmul
from ...ops.reduce import argmax, reduce_sum
from ...ops.shape import expand_dims, rank, reshape, shape, squeeze
from ...ops.slicing import where
from ...rnn.base import zero_states

__all__ = ["AttentionMechanism", "BahdanauAttention", "LuongAttention", "hardmax"]


@export("contrib.seq2seq.AttentionMechanism")
class AttentionMechanism:
    """What an `AttentionWrapper` takes. One of your own has these two, `values`, and is called with a query and a state."""

    @property
    def alignments_size(self):
        """How many parts the memory has."""
        raise NotImplementedError

    @property
    def state_size(self):
        """The size of the state that it hands on from step to step."""
        raise NotImplementedError


@export("contrib.seq2seq.hardmax")
def hardmax(logits, name=None):
    """1 at the greatest of each row, 0 elsewhere, as `logits`' dtype and shape."""
    with name_scope(name, "Hardmax", [logits]):
        logits = convert_to_tensor(logits, name="logits")
        known = dimension_value(logits.get_shape()[-1])
        depth = shape(logits)[-1] if known is None else known
        return one_hot(argmax(logits, -1), depth, dtype=logits.dtype)


def _check_depth(memory):
    dims = memory.get_shape()
    need(
        dims[2:].is_fully_defined(),
        f"Expected memory {memory.name} to have fully defined inner dims, but saw shape: {dims}",
    )


def _masked(memory, mask):
    """The memory, 0 where the mask is."""
    known = memory.get_shape().ndims
    more = ones((rank(memory) if known is None else known) - 2, dtype=dtypes.int32)
    return memory * reshape(mask, concat((shape(mask), more), 0))


def _prepared(memory, lengths, check):
    """The memory as tensors, 0 beyond the lengths."""
    memory = nest.map_structure(lambda m: convert_to_tensor(m, name="memory"), memory)
    if lengths is not None:
        lengths = convert_to_tensor(lengths, name="memory_sequence_length")
    if check:
        nest.map_structure(_check_depth, memory)
    if lengths is None:
        return memory
    first = nest.flatten(memory)[0]
    mask = sequence_mask(lengths, maxlen=shape(first)[1], dtype=first.dtype)
    return nest.map_structure(lambda m: _masked(m, mask), memory)


def _masked_score(score, lengths, value):
    """The score, `value` beyond the lengths."""
    if lengths is None:
        return score
    words = "All values in memory_sequence_length must be greater than zero."
    with control_dependencies([assert_positive(lengths, message=words)]):
        mask = sequence_mask(lengths, maxlen=shape(score)[1])
    return where(mask, score, value * ones_like(score))


def _check_layer(what, layer):
    need(layer is None or isinstance(layer, Layer), f"{what} is not a Layer: {type(layer).__name__}", kind=TypeError)


class BaseAttentionMechanism(AttentionMechanism):
    """A memory, its keys, and how scores become weights.

    Args:
      query_layer: a layer for the query, or None.
      memory: `[batch, time, ...]`.
      probability_fn: of (scores, state) the weights.
      memory_sequence_length: int `[batch]`: beyond it the memory is 0.
      memory_layer: a layer that makes keys of the memory, or None.
      check_inner_dims_defined: whether the memory's depth has to be known.
      score_mask_value: the score beyond the lengths; minus infinity if None.
      custom_key_value_fn: makes (keys, values) of (keys, values).
      name: the scope's name.
    """

    def __init__(
        self,
        query_layer,
        memory,
        probability_fn,
        memory_sequence_length=None,
        memory_layer=None,
        check_inner_dims_defined=True,
        score_mask_value=None,
        custom_key_value_fn=None,
        name=None,
    ):
        _check_layer("query_layer", query_layer)
        _check_layer("memory_layer", memory_layer)
        self._query_layer, self._memory_layer = query_layer, memory_layer
        self.dtype = memory_layer.dtype
        need(
            callable(probability_fn),
            f"probability_fn must be callable, saw type: {type(probability_fn).__name__}",
            kind=TypeError,
        )
        if score_mask_value is None:
            score_mask_value = dtypes.as_dtype(self.dtype).as_numpy_dtype(-np.inf)

        def weights(score, before):
            return probability_fn(_masked_score(score, memory_sequence_length, score_mask_value), before)

        self._probability_fn = weights
        with name_scope(name, "BaseAttentionMechanismInit", nest.flatten(memory)):
            self._values = _prepared(memory, memory_sequence_length, check_inner_dims_defined)
            self._keys = self._memory_layer(self._values) if self._memory_layer else self._values
            if custom_key_value_fn is not None:
                self._keys, self._values = custom_key_value_fn(self._keys, self._values)
            known = self._keys.get_shape()
            self._batch_size = dimension_value(known[0]) or shape(self._keys)[0]
            self._alignments_size = dimension_value(known[1]) or shape(self._keys)[1]

    memory_layer = property(lambda self: self._memory_layer, doc="The layer that makes keys of the memory.")
    query_layer = property(lambda self: self._query_layer, doc="The layer for the query.")
    values = property(lambda self: self._values, doc="The memory.")
    keys = property(lambda self: self._keys, doc="What the query is compared with.")
    batch_size = property(lambda self: self._batch_size, doc="The batch size: a number or an int32 scalar.")
    alignments_size = property(lambda self: self._alignments_size, doc="How many parts the memory has.")
    state_size = property(lambda self: self._alignments_size, doc="The size of the state: the weights of the last step.")

    def initial_alignments(self, batch_size, dtype):
        """The weights before the first step: zeros `[batch, alignments_size]`."""
        return zero_states(self._alignments_size, batch_size, dtype)

    def initial_state(self, batch_size, dtype):
        """The state before the first step: `initial_alignments`."""
        return self.initial_alignments(batch_size, dtype)

    def _weigh(self, score, state):
        """(the weights, the next state)."""
        weights = self._probability_fn(score, state)
        return weights, weights


def luong_score(query, keys, scale):
    """keys · query, times `scale` unless it is None: `[batch, time]`.

    Raises:
      ValueError: several depths.
    """
    depth, units = query.get_shape()[-1], keys.get_shape()[-1]
    need(
        depth == units,
        f"Incompatible or unknown inner dimensions between query and keys.  Query ({query}) has units: {depth}.  "
        f"Keys ({keys}) have units: {units}.  Perhaps you need to set num_units to the keys' dimension ({units})?",
    )
    score = squeeze(matmul(expand_dims(query, 1), keys, transpose_b=True), [1])
    return score if scale is None else scale * score


def luong_scale(wanted, dtype):
    """The variable that scales the score, if there is to be one."""
    return get_variable("attention_g", dtype=dtype, initializer=Ones, shape=()) if wanted else None


def bahdanau_score(query, keys, units, normalize, dtype):
    """v · tanh(keys + query), or with `normalize` g v/|v| · tanh(keys + query + b): `[batch, time]`."""
    v = get_variable("attention_v", [units], dtype=dtype)
    if not normalize:
        return reduce_sum(v * tanh(keys + expand_dims(query, 1)), [2])
    g = get_variable("attention_g", dtype=dtype, initializer=Constant(math.sqrt(1.0 / units)), shape=())
    b = get_variable("attention_b", [units], dtype=dtype, initializer=Zeros())
    query = expand_dims(query, 1)
    unit = g * v * rsqrt(reduce_sum(square(v)))
    return reduce_sum(unit * tanh(keys + query + b), [2])


def projection(units, name, dtype):
    """A layer of weights alone."""
    return Dense(units, name=name, use_bias=False, dtype=dtype)


@export("contrib.seq2seq.LuongAttention")
class LuongAttention(BaseAttentionMechanism):
    """Attention by the product of query and keys.

    Args:
      num_units: the depth of the keys: the query's.
      memory: `[batch, time, ...]`.
      memory_sequence_length: int `[batch]`: beyond it nothing is attended to.
      scale: whether a learnt number scales the score.
      probability_fn: makes weights of scores; softmax if None.
      score_mask_value: the score beyond the lengths; minus infinity if None.
      dtype: of the memory's layer; float32 if None.
      custom_key_value_fn: makes (keys, values) of (keys, values).
      name: the scope's name.

    Source: Luong et al. (2015), Effective approaches to attention-based neural machine translation, sec. 3.1.
    """

    def __init__(
        self,
        num_units,
        memory,
        memory_sequence_length=None,
        scale=False,
        probability_fn=None,
        score_mask_value=None,
        dtype=None,
        custom_key_value_fn=None,
        name="LuongAttention",
    ):
        weights = softmax if probability_fn is None else probability_fn
        super().__init__(
            query_layer=None,
            memory_layer=projection(num_units, "memory_layer", dtype or dtypes.float32),
            memory=memory,
            probability_fn=lambda score, _: weights(score),
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            custom_key_value_fn=custom_key_value_fn,
            name=name,
        )
        self._num_units, self._scale, self._name = num_units, scale, name

    def __call__(self, query, state):
        """(the weights `[batch, time]`, the next state) for a query `[batch, depth]`."""
        with variable_scope(None, "luong_attention", [query]):
            score = luong_score(query, self._keys, luong_scale(self._scale, query.dtype))
        return self._weigh(score, state)


@export("contrib.seq2seq.BahdanauAttention")
class BahdanauAttention(BaseAttentionMechanism):
    """Attention by a small network on query and keys.

    Args:
      num_units: the depth of the network.
      memory: `[batch, time, ...]`.
      memory_sequence_length: int `[batch]`: beyond it nothing is attended to.
      normalize: whether the network's weights are normalised, with a learnt scale and bias.
      probability_fn: makes weights of scores; softmax if None.
      score_mask_value: the score beyond the lengths; minus infinity if None.
      dtype: of the layers; float32 if None.
      custom_key_value_fn: makes (keys, values) of (keys, values).
      name: the scope's name.

    Source: Bahdanau et al. (2015), Neural machine translation by jointly learning to align and translate, eq. A.1.2;
      normalised as Salimans and Kingma (2016), Weight normalization.
    """

    def __init__(
        self,
        num_units,
        memory,
        memory_sequence_length=None,
        normalize=False,
        probability_fn=None,
        score_mask_value=None,
        dtype=None,
        custom_key_value_fn=None,
        name="BahdanauAttention",
    ):
        weights = softmax if probability_fn is None else probability_fn
        super().__init__(
            query_layer=projection(num_units, "query_layer", dtype or dtypes.float32),
            memory_layer=projection(num_units, "memory_layer", dtype or dtypes.float32),
            memory=memory,
            probability_fn=lambda score, _: weights(score),
            custom_key_value_fn=custom_key_value_fn,
            memory_sequence_length=memory_sequence_length,
            score_mask_value=score_mask_value,
            name=name,
        )
        self._num_units, self._normalize, self._name = num_units, normalize, name

    def __call__(self, query, state):
        """(the weights `[batch, time]`, the next state) for a query `[batch, depth]`."""
        with variable_scope(None, "bahdanau_attention", [query]):
            asked = self.query_layer(query) if self.query_layer else query
            score = bahdanau_score(asked, self._keys, self._num_units, self._normalize, query.dtype)
        return self._weigh(score, state)
