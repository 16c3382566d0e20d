"""Decoders over lists of inputs: plain, with embeddings, with attention."""

from ...build.scopes import get_variable, get_variable_scope, variable_scope
from ...graph.convert import convert
from ...ground import dtypes, nest
from ...ground.api import export
from ...ground.errors import need
from ...ops.activations import softmax, xw_plus_b
from ...ops.elementwise import cast, tanh
from ...ops.embedding import embedding_lookup
from ...ops.fill import zeros
from ...ops.join import concat, stack
from ...ops.nn_functions import conv2d
from ...ops.reduce import argmax, reduce_sum
from ...ops.shape import reshape, shape
from ...ops.slicing import stop_gradient
from ..rnn.linear import Linear

__all__ = ["attention_decoder", "embedding_attention_decoder", "embedding_rnn_decoder", "feed_back", "rnn_decoder"]


def feed_back(embedding, output_projection=None, update_embedding=True):
    """A loop function: the embedding of the most likely class of the output before.

    Args:
      embedding: `[classes, depth]`.
      output_projection: (W, b) by which outputs become logits, or None.
      update_embedding: whether gradients go through the look-up.
    """

    def function(before, _):
        if output_projection is not None:
            before = xw_plus_b(before, *output_projection)
        found = embedding_lookup(embedding, argmax(before, 1))
        return found if update_embedding else stop_gradient(found)

    return function


@export("contrib.legacy_seq2seq.rnn_decoder")
def rnn_decoder(decoder_inputs, initial_state, cell, loop_function=None, scope=None):
    """A cell run along a list of inputs.

    Args:
      decoder_inputs: a list over time of `[batch, depth]`.
      initial_state: the first state.
      cell: the cell.
      loop_function: of the last output and the time gives the next input; the inputs' own if None.
      scope: a name or `VariableScope`; "rnn_decoder" if None.

    Returns:
      (a list of outputs, the last state).
    """
    with variable_scope(scope or "rnn_decoder"):
        state, outputs, before = initial_state, [], None
        for k, one in enumerate(decoder_inputs):
            if loop_function is not None and before is not None:
                with variable_scope("loop_function", reuse=True):
                    one = loop_function(before, k)
            if k > 0:
                get_variable_scope().reuse_variables()
            output, state = cell(one, state)
            outputs.append(output)
            if loop_function is not None:
                before = output
    return outputs, state


def check_projection(output_projection, classes, dtype):
    """Refuses an output projection that does not give `classes` logits."""
    if output_projection is not None:
        weights, bias = (convert(one, dtype) for one in output_projection)
        weights.get_shape().assert_is_compatible_with([None, classes])
        bias.get_shape().assert_is_compatible_with([classes])


@export("contrib.legacy_seq2seq.embedding_rnn_decoder")
def embedding_rnn_decoder(
    decoder_inputs,
    initial_state,
    cell,
    num_symbols,
    embedding_size,
    output_projection=None,
    feed_previous=False,
    update_embedding_for_previous=True,
    scope=None,
):
    """`rnn_decoder` over class numbers.

    Args:
      decoder_inputs: a list over time of int `[batch]`.
      initial_state: the first state.
      cell: the cell.
      num_symbols: how many classes.
      embedding_size: how wide an embedding is.
      output_projection: (W, b) by which outputs become logits, or None.
      feed_previous: whether each input but the first is the most likely class of the output before.
      update_embedding_for_previous: whether gradients go through those look-ups.
      scope: a name or `VariableScope`; "embedding_rnn_decoder" if None.

    Returns:
      (a list of outputs, the last state).

    Raises:
      ValueError: a projection of a wrong shape.
    """
    with variable_scope(scope or "embedding_rnn_decoder") as scope:
        check_projection(output_projection, num_symbols, scope.dtype)
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        function = feed_back(embedding, output_projection, update_embedding_for_previous) if feed_previous else None
        inputs = (embedding_lookup(embedding, one) for one in decoder_inputs)
        return rnn_decoder(inputs, initial_state, cell, loop_function=function)


class _Heads:
    """Attention over fixed states, by several heads with weights of their own.

    A head's score of a state a_k for a query q is v tanh(W a_k + U q + b).
    """

    def __init__(self, states, count, dtype):
        dims = states.get_shape()
        self._dtype, self._width = dtype, dims.dims[2].value
        self._length = shape(states)[1] if dims.dims[1].value is None else dims.dims[1].value
        self._hidden = reshape(states, [-1, self._length, 1, self._width])
        self._features, self._v = [], []
        for k in range(count):
            weights = get_variable(f"AttnW_{k}", [1, 1, self._width, self._width])
            self._features.append(conv2d(self._hidden, weights, [1, 1, 1, 1], "SAME"))
            self._v.append(get_variable(f"AttnV_{k}", [self._width]))

    def nothing(self, rows):
        """What the heads have read before they began: zeros."""
        size = stack([rows, self._width])
        found = [zeros(size, dtype=self._dtype) for _ in self._v]
        for one in found:
            one.set_shape([None, self._width])
        return found

    def read(self, query):
        """What each head reads for a query, a state of the cell."""
        if nest.is_nested(query):
            parts = nest.flatten(query)
            need(all(q.get_shape().ndims in (None, 2) for q in parts), "", kind=AssertionError)
            query = concat(parts, 1)
        return [self._one(k, query) for k in range(len(self._v))]

    def _one(self, k, query):
        with variable_scope(f"Attention_{k}"):
            y = Linear(query, self._width, True)(query)
            y = cast(reshape(y, [-1, 1, 1, self._width]), self._dtype)
            score = reduce_sum(self._v[k] * tanh(self._features[k] + y), [2, 3])
            a = cast(softmax(cast(score, dtype=dtypes.float32)), self._dtype)
            found = reduce_sum(reshape(a, [-1, self._length, 1, 1]) * self._hidden, [1, 2])
            return reshape(found, [-1, self._width])


@export("contrib.legacy_seq2seq.attention_decoder")
def attention_decoder(
    decoder_inputs,
    initial_state,
    attention_states,
    cell,
    output_size=None,
    num_heads=1,
    loop_function=None,
    dtype=None,
    scope=None,
    initial_state_attention=False,
):
    """A cell run along a list of inputs that looks back at the encoder's states.

    Args:
      decoder_inputs: a list over time of `[batch, depth]`.
      initial_state: the first state.
      attention_states: `[batch, length, depth]`, what it looks at.
      cell: the cell.
      output_size: how wide outputs are; the cell's output size if None.
      num_heads: how many heads look.
      loop_function: of the last output and the time gives the next input; the inputs' own if None.
      dtype: of the variables.
      scope: a name or `VariableScope`; "attention_decoder" if None.
      initial_state_attention: whether the heads read before the first step, not zeros.

    Returns:
      (a list of outputs, the last state).

    Raises:
      ValueError: no inputs, no heads, an unknown depth.
    Source: Vinyals et al., "Grammar as a Foreign Language" (2015), sec. 2.1.
    """
    need(decoder_inputs, "Must provide at least 1 input to attention decoder.")
    need(num_heads >= 1, "With less than 1 heads, use a non-attention decoder.")
    dims = attention_states.get_shape()
    need(dims.dims[2].value is not None, f"Shape[2] of attention_states must be known: {dims}")
    width = cell.output_size if output_size is None else output_size
    with variable_scope(scope or "attention_decoder", dtype=dtype) as scope:
        dtype = scope.dtype
        rows = shape(decoder_inputs[0])[0]
        heads = _Heads(attention_states, num_heads, dtype)
        state, outputs, before = initial_state, [], None
        seen = heads.nothing(rows)
        if initial_state_attention:
            seen = heads.read(initial_state)
        for k, one in enumerate(decoder_inputs):
            if k > 0:
                get_variable_scope().reuse_variables()
            if loop_function is not None and before is not None:
                with variable_scope("loop_function", reuse=True):
                    one = loop_function(before, k)
            depth = one.get_shape().with_rank(2).dims[1]
            need(depth.value is not None, f"Could not infer input size from input: {one.name}")
            both = [cast(part, dtype) for part in [one] + seen]
            output, state = cell(Linear(both, depth.value, True)(both), state)
            if k == 0 and initial_state_attention:
                with variable_scope(get_variable_scope(), reuse=True):
                    seen = heads.read(state)
            else:
                seen = heads.read(state)
            with variable_scope("AttnOutputProjection"):
                both = [cast(output, dtype)] + seen
                output = Linear(both, width, True)(both)
            before = output
            outputs.append(output)
    return outputs, state


@export("contrib.legacy_seq2seq.embedding_attention_decoder")
def embedding_attention_decoder(
    decoder_inputs,
    initial_state,
    attention_states,
    cell,
    num_symbols,
    embedding_size,
    num_heads=1,
    output_size=None,
    output_projection=None,
    feed_previous=False,
    update_embedding_for_previous=True,
    dtype=None,
    scope=None,
    initial_state_attention=False,
):
    """`attention_decoder` over class numbers.

    Args:
      decoder_inputs: a list over time of int `[batch]`.
      initial_state: the first state.
      attention_states: `[batch, length, depth]`, what it looks at.
      cell: the cell.
      num_symbols: how many classes.
      embedding_size: how wide an embedding is.
      num_heads: how many heads look.
      output_size: how wide outputs are; the cell's output size if None.
      output_projection: (W, b) by which outputs become logits, or None.
      feed_previous: whether each input but the first is the most likely class of the output before.
      update_embedding_for_previous: whether gradients go through those look-ups.
      dtype: of the variables.
      scope: a name or `VariableScope`; "embedding_attention_decoder" if None.
      initial_state_attention: whether the heads read before the first step, not zeros.

    Returns:
      (a list of outputs, the last state).

    Raises:
      ValueError: a projection of a wrong shape; what `attention_decoder` raises.
    """
    width = cell.output_size if output_size is None else output_size
    if output_projection is not None:
        convert(output_projection[1], dtype).get_shape().assert_is_compatible_with([num_symbols])
    with variable_scope(scope or "embedding_attention_decoder", dtype=dtype):
        embedding = get_variable("embedding", [num_symbols, embedding_size])
        function = feed_back(embedding, output_projection, update_embedding_for_previous) if feed_previous else None
        inputs = [embedding_lookup(embedding, one) for one in decoder_inputs]
        return attention_decoder(
            inputs,
            initial_state,
            attention_states,
            cell,
            output_size=width,
            num_heads=num_heads,
            loop_function=function,
            initial_state_attention=initial_state_attention,
        )
