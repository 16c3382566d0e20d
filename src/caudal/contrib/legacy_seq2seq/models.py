"""Whole models: an encoder, and a decoder (or several) that begins with the encoder's last state."""

import copy

from ...build.cond import cond
from ...build.scopes import get_variable, get_variable_scope, variable_scope
from ...ground import dtypes, nest
from ...ground.api import export
from ...ground.errors import need
from ...ops.embedding import embedding_lookup
from ...ops.join import concat
from ...ops.shape import reshape, shape
from ...rnn.base import RNNCell
from ...rnn.static import static_rnn
from ..rnn.projections import EmbeddingWrapper, OutputProjectionWrapper
from .decoders import check_projection, embedding_attention_decoder, embedding_rnn_decoder, feed_back, rnn_decoder

__all__ = [
    "basic_rnn_seq2seq",
    "embedding_attention_seq2seq",
    "embedding_rnn_seq2seq",
    "embedding_tied_rnn_seq2seq",
    "one2many_rnn_seq2seq",
    "tied_rnn_seq2seq",
]


def _either(feed_previous, decode):
    """`decode(True)` or `decode(False)`, (outputs, state) each, as a tensor says: all their tensors in one list."""

    def branch(fed):
        with variable_scope(get_variable_scope(), reuse=None if fed else True):
            outputs, state = decode(fed)
            return outputs + (nest.flatten(state) if nest.is_nested(state) else [state])

    return cond(feed_previous, lambda: branch(True), lambda: branch(False))


def _parted(made, count, like):
    """(outputs, state) of the list that `_either` gives; `like` is a state nested as the one in the list."""
    states = made[count:]
    return made[:count], nest.pack_sequence_as(like, states) if nest.is_nested(like) else states[0]


@export("contrib.legacy_seq2seq.basic_rnn_seq2seq")
def basic_rnn_seq2seq(encoder_inputs, decoder_inputs, cell, dtype=dtypes.float32, scope=None):
    """An encoder and a decoder of the same kind, with weights of their own.

    Args:
      encoder_inputs: a list over time of `[batch, depth]`.
      decoder_inputs: a list over time of `[batch, depth]`.
      cell: the decoder's cell; the encoder's is a copy.
      dtype: of the first state.
      scope: a name or `VariableScope`; "basic_rnn_seq2seq" if None.

    Returns:
      (a list of outputs, the last state).
    """
    with variable_scope(scope or "basic_rnn_seq2seq"):
        _, state = static_rnn(copy.deepcopy(cell), encoder_inputs, dtype=dtype)
        return rnn_decoder(decoder_inputs, state, cell)


@export("contrib.legacy_seq2seq.tied_rnn_seq2seq")
def tied_rnn_seq2seq(encoder_inputs, decoder_inputs, cell, loop_function=None, dtype=dtypes.float32, scope=None):
    """An encoder and a decoder that are one cell.

    Args:
      encoder_inputs: a list over time of `[batch, depth]`.
      decoder_inputs: a list over time of `[batch, depth]`.
      cell: the cell.
      loop_function: of the last output and the time gives the next input; the inputs' own if None.
      dtype: of the first state.
      scope: a name or `VariableScope`; "tied_rnn_seq2seq" if None.

    Returns:
      (a list of outputs, the last state).
    """
    with variable_scope("combined_tied_rnn_seq2seq"):
        scope = scope or "tied_rnn_seq2seq"
        _, state = static_rnn(cell, encoder_inputs, dtype=dtype, scope=scope)
        get_variable_scope().reuse_variables()
        return rnn_decoder(decoder_inputs, state, cell, loop_function=loop_function, scope=scope)


@export("contrib.legacy_seq2seq.embedding_rnn_seq2seq")
def embedding_rnn_seq2seq(
    encoder_inputs,
    decoder_inputs,
    cell,
    num_encoder_symbols,
    num_decoder_symbols,
    embedding_size,
    output_projection=None,
    feed_previous=False,
    dtype=None,
    scope=None,
):
    """An encoder and a decoder over class numbers.

    Args:
      encoder_inputs: a list over time of int `[batch]`.
      decoder_inputs: a list over time of int `[batch]`.
      cell: the decoder's cell; the encoder's is a copy.
      num_encoder_symbols: how many classes of encoder inputs.
      num_decoder_symbols: how many classes of decoder inputs and outputs.
      embedding_size: how wide an embedding is.
      output_projection: (W, b) by which outputs become logits; a layer of its own if None.
      feed_previous: whether each decoder input but the first is the most likely class of the output before, a bool or a
        bool scalar.
      dtype: of the first state.
      scope: a name or `VariableScope`; "embedding_rnn_seq2seq" if None.

    Returns:
      (a list of outputs, the last state).
    """
    with variable_scope(scope or "embedding_rnn_seq2seq") as scope:
        if dtype is not None:
            scope.set_dtype(dtype)
        else:
            dtype = scope.dtype
        encoder = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        _, encoded = static_rnn(encoder, encoder_inputs, dtype=dtype)
        if output_projection is None:
            cell = OutputProjectionWrapper(cell, num_decoder_symbols)

        def decode(fed, **more):
            return embedding_rnn_decoder(
                decoder_inputs,
                encoded,
                cell,
                num_decoder_symbols,
                embedding_size,
                output_projection=output_projection,
                feed_previous=fed,
                **more,
            )

        if isinstance(feed_previous, bool):
            return decode(feed_previous)
        made = _either(feed_previous, lambda fed: decode(fed, update_embedding_for_previous=False))
        return _parted(made, len(decoder_inputs), encoded)


@export("contrib.legacy_seq2seq.embedding_tied_rnn_seq2seq")
def embedding_tied_rnn_seq2seq(
    encoder_inputs,
    decoder_inputs,
    cell,
    num_symbols,
    embedding_size,
    num_decoder_symbols=None,
    output_projection=None,
    feed_previous=False,
    dtype=None,
    scope=None,
):
    """An encoder and a decoder that are one cell, over the same class numbers.

    Args:
      encoder_inputs: a list over time of int `[batch]`.
      decoder_inputs: a list over time of int `[batch]`.
      cell: the cell.
      num_symbols: how many classes.
      embedding_size: how wide an embedding is.
      num_decoder_symbols: how many classes of outputs; all if None.
      output_projection: (W, b) by which outputs become logits; a layer of its own if None.
      feed_previous: whether each decoder input but the first is the most likely class of the output before, a bool or a
        bool scalar.
      dtype: of the first state.
      scope: a name or `VariableScope`; "embedding_tied_rnn_seq2seq" if None.

    Returns:
      (a list of outputs, the last state).

    Raises:
      ValueError: a projection of a wrong shape.
    """
    with variable_scope(scope or "embedding_tied_rnn_seq2seq", dtype=dtype) as scope:
        dtype = scope.dtype
        check_projection(output_projection, num_symbols, dtype)
        embedding = get_variable("embedding", [num_symbols, embedding_size], dtype=dtype)
        sources = [embedding_lookup(embedding, one) for one in encoder_inputs]
        inputs = [embedding_lookup(embedding, one) for one in decoder_inputs]
        if output_projection is None:
            outputs = num_symbols if num_decoder_symbols is None else num_decoder_symbols
            cell = OutputProjectionWrapper(cell, outputs)

        def model(fed, update):
            function = feed_back(embedding, output_projection, update) if fed else None
            return lambda: tied_rnn_seq2seq(sources, inputs, cell, loop_function=function, dtype=dtype)

        if isinstance(feed_previous, bool):
            return model(feed_previous, True)()
        made = _either(feed_previous, lambda fed: model(fed, False)())
        return _parted(made, len(decoder_inputs), cell.zero_state(_rows(encoder_inputs), dtype))


def _rows(inputs):
    """The batch size: a number if it is known, else a scalar."""
    known = inputs[0].get_shape().dims[0]
    for one in inputs[1:]:
        known.merge_with(one.get_shape().dims[0])
    return shape(inputs[0])[0] if known.value is None else known.value


@export("contrib.legacy_seq2seq.embedding_attention_seq2seq")
def embedding_attention_seq2seq(
    encoder_inputs,
    decoder_inputs,
    cell,
    num_encoder_symbols,
    num_decoder_symbols,
    embedding_size,
    num_heads=1,
    output_projection=None,
    feed_previous=False,
    dtype=None,
    scope=None,
    initial_state_attention=False,
):
    """An encoder over class numbers, and a decoder that looks back at the encoder's outputs.

    Args:
      encoder_inputs: a list over time of int `[batch]`.
      decoder_inputs: a list over time of int `[batch]`.
      cell: the decoder's cell; the encoder's is a copy.
      num_encoder_symbols: how many classes of encoder inputs.
      num_decoder_symbols: how many classes of decoder inputs and outputs.
      embedding_size: how wide an embedding is.
      num_heads: how many heads look.
      output_projection: (W, b) by which outputs become logits; a layer of its own if None.
      feed_previous: whether each decoder input but the first is the most likely class of the output before, a bool or a
        bool scalar.
      dtype: of the first state.
      scope: a name or `VariableScope`; "embedding_attention_seq2seq" if None.
      initial_state_attention: whether the heads read before the first step, not zeros.

    Returns:
      (a list of outputs, the last state).
    """
    with variable_scope(scope or "embedding_attention_seq2seq", dtype=dtype) as scope:
        encoder = EmbeddingWrapper(copy.deepcopy(cell), num_encoder_symbols, embedding_size)
        outputs, encoded = static_rnn(encoder, encoder_inputs, dtype=scope.dtype)
        states = concat([reshape(one, [-1, 1, cell.output_size]) for one in outputs], 1)
        width = None
        if output_projection is None:
            cell, width = OutputProjectionWrapper(cell, num_decoder_symbols), num_decoder_symbols

        def decode(fed, **more):
            return embedding_attention_decoder(
                decoder_inputs,
                encoded,
                states,
                cell,
                num_decoder_symbols,
                embedding_size,
                num_heads=num_heads,
                output_size=width,
                output_projection=output_projection,
                feed_previous=fed,
                initial_state_attention=initial_state_attention,
                **more,
            )

        if isinstance(feed_previous, bool):
            return decode(feed_previous)
        made = _either(feed_previous, lambda fed: decode(fed, update_embedding_for_previous=False))
        return _parted(made, len(decoder_inputs), encoded)


@export("contrib.legacy_seq2seq.one2many_rnn_seq2seq")
def one2many_rnn_seq2seq(
    encoder_inputs,
    decoder_inputs_dict,
    enc_cell,
    dec_cells_dict,
    num_encoder_symbols,
    num_decoder_symbols_dict,
    embedding_size,
    feed_previous=False,
    dtype=None,
    scope=None,
):
    """An encoder over class numbers, and several decoders.

    Args:
      encoder_inputs: a list over time of int `[batch]`.
      decoder_inputs_dict: for each decoder's name a list over time of int `[batch]`.
      enc_cell: the encoder's cell.
      dec_cells_dict: the decoders' cells by name.
      num_encoder_symbols: how many classes of encoder inputs.
      num_decoder_symbols_dict: how many classes of decoder inputs and outputs, by name.
      embedding_size: how wide an embedding is.
      feed_previous: whether each decoder input but the first is the most likely class of the output before, a bool or a
        bool scalar.
      dtype: of the first state.
      scope: a name or `VariableScope`; "one2many_rnn_seq2seq" if None.

    Returns:
      (lists of outputs, last states), both dicts by name.

    Raises:
      TypeError: no cell; ValueError: dicts with several sets of names.
    Source: Luong et al., "Multi-task Sequence to Sequence Learning" (2015), sec. 3.1.
    """
    need(isinstance(enc_cell, RNNCell), f"enc_cell is not an RNNCell: {type(enc_cell)}", kind=TypeError)
    need(set(dec_cells_dict) == set(decoder_inputs_dict), "keys of dec_cells_dict != keys of decodre_inputs_dict")
    for cell in dec_cells_dict.values():
        need(isinstance(cell, RNNCell), f"dec_cell is not an RNNCell: {type(cell)}", kind=TypeError)
    all_outputs, all_states = {}, {}
    with variable_scope(scope or "one2many_rnn_seq2seq", dtype=dtype) as scope:
        encoder = EmbeddingWrapper(enc_cell, num_encoder_symbols, embedding_size)
        _, encoded = static_rnn(encoder, encoder_inputs, dtype=scope.dtype)
        for name, inputs in decoder_inputs_dict.items():
            classes = num_decoder_symbols_dict[name]
            with variable_scope(f"one2many_decoder_{name}"):
                cell = OutputProjectionWrapper(dec_cells_dict[name], classes)

                def decode(fed, inputs=inputs, cell=cell, classes=classes):
                    return embedding_rnn_decoder(inputs, encoded, cell, classes, embedding_size, feed_previous=fed)

                if isinstance(feed_previous, bool):
                    outputs, state = decode(feed_previous)
                else:
                    outputs, state = _parted(_either(feed_previous, decode), len(inputs), encoded)
            all_outputs[name], all_states[name] = outputs, state
    return all_outputs, all_states
