"""BeamSearchDecoder, and `tile_batch`, which makes room for its beams. beam_step.py has its step."""

import collections

import numpy as np

from ...build.cond import cond
from ...graph import static
from ...graph.convert import convert_to_tensor
from ...graph.graph import Tensor
from ...graph.scopes import control_dependencies, name_scope
from ...ground import dtypes, nest
from ...ground.api import export
from ...ground.errors import need
from ...ground.shapes import TensorShape, as_shape
from ...ops.check import Assert
from ...ops.elementwise import PLAIN, cast, equal
from ...ops.fill import one_hot, zeros
from ...ops.gather_tree import gather_tree
from ...ops.join import concat
from ...ops.reduce import reduce_all, reduce_max
from ...ops.shape import expand_dims, reshape, shape, size, tile
from ...ops.tensor_array import TensorArray
from ...platform import logging
from ...rnn.base import check_cell
from .basic_decoder import check_layer, output_size_of
from .beam_order import ordered_by_beams
from .beam_step import (
    BeamSearchDecoderOutput,
    BeamSearchDecoderState,
    attention_of,
    beam_search_step,
    check_rank,
    known_size,
)
from .decoder import Decoder
from .helpers import embedder

__all__ = ["BeamSearchDecoder", "FinalBeamSearchDecoderOutput", "tile_batch"]


@export("contrib.seq2seq.FinalBeamSearchDecoderOutput")
class FinalBeamSearchDecoderOutput(
    collections.namedtuple("FinalBeamDecoderOutput", ["predicted_ids", "beam_search_decoder_output"])
):
    """The ids of each beam, best first, `[batch, time, beams]`, and what each step gave."""


def _tiled(t, multiplier):
    t = convert_to_tensor(t, name="t")
    dims = t.get_shape()
    whole = shape(t)
    need(dims.ndims is not None and dims.ndims >= 1, "t must have statically known rank")
    times = [1] * (dims.ndims + 1)
    times[1] = multiplier
    known = dims[0].value
    made = tile(expand_dims(t, 1), times)
    made = reshape(made, concat(([whole[0] * multiplier], whole[1:]), 0))
    made.set_shape(TensorShape([None if known is None else known * multiplier]).concatenate(dims[1:]))
    return made


@export("contrib.seq2seq.tile_batch")
def tile_batch(t, multiplier, name=None):
    """Each row `multiplier` times, one after another: what beam search needs of memories, lengths and states.

    Args:
      t: a tensor `[batch, ...]`, or a nest of such.
      multiplier: a number.
      name: the scope's name.

    Returns:
      `[batch * multiplier, ...]`.

    Raises:
      ValueError: an unknown rank, or 0.
    """
    with name_scope(name, "tile_batch", [*nest.flatten(t), multiplier]):
        return nest.map_structure(lambda one: _tiled(one, multiplier), t)


@export("contrib.seq2seq.BeamSearchDecoder")
class BeamSearchDecoder(Decoder):
    """A decoder that keeps the best few beginnings at each step.

    Args:
      cell: the cell; its memory and state have each row `beam_width` times: see `tile_batch`.
      embedding: a table `[classes, ...]`, or a function of ids.
      start_tokens: int32 `[batch]`.
      end_token: int32 scalar: a beam is over when it comes.
      initial_state: the cell's first state, `[batch * beam_width, ...]`.
      beam_width: how many beams are kept.
      output_layer: a layer on top of the cell's output, or None.
      length_penalty_weight: how much long answers are favoured; 0 for not.
      coverage_penalty_weight: how much answers are favoured that attended to all of the memory; 0 for not.
      reorder_tensor_arrays: whether TensorArrays in the state are read back along the beams.

    Raises:
      TypeError: no cell, or no layer; ValueError: start tokens that are no vector, an end token that is no scalar.
    """

    def __init__(
        self,
        cell,
        embedding,
        start_tokens,
        end_token,
        initial_state,
        beam_width,
        output_layer=None,
        length_penalty_weight=0.0,
        coverage_penalty_weight=0.0,
        reorder_tensor_arrays=True,
    ):
        check_cell("cell", cell)
        check_layer(output_layer)
        self._cell, self._output_layer = cell, output_layer
        self._reorder_tensor_arrays, self._beam_width = reorder_tensor_arrays, beam_width
        self._weights = length_penalty_weight, coverage_penalty_weight
        self._embedding_fn = embedder(embedding)
        tokens = convert_to_tensor(start_tokens, dtypes.int32, name="start_tokens")
        need(tokens.get_shape().ndims == 1, "start_tokens must be a vector")
        self._end_token = convert_to_tensor(end_token, dtypes.int32, name="end_token")
        need(self._end_token.get_shape().ndims == 0, "end_token must be a scalar")
        self._batch_size = size(start_tokens)
        self._initial_cell_state = nest.map_structure(self._split_state, initial_state, cell.state_size)
        self._start_tokens = tile(expand_dims(tokens, 1), [1, beam_width])
        self._start_inputs = self._embedding_fn(self._start_tokens)
        self._finished = one_hot(
            zeros([self._batch_size], dtype=dtypes.int32),
            depth=beam_width,
            on_value=False,
            off_value=True,
            dtype=dtypes.bool,
        )

    @property
    def batch_size(self):
        return self._batch_size

    @property
    def tracks_own_finished(self):
        return True

    @property
    def output_size(self):
        return BeamSearchDecoderOutput(*[TensorShape([self._beam_width])] * 3)

    @property
    def output_dtype(self):
        kind = nest.flatten(self._initial_cell_state)[0].dtype
        sizes = output_size_of(self._cell, self._output_layer)
        return BeamSearchDecoderOutput(nest.map_structure(lambda _: kind, sizes), dtypes.int32, dtypes.int32)

    def initialize(self, name=None):
        kind = nest.flatten(self._initial_cell_state)[0].dtype
        logs = one_hot(  # only one beam counts at first: they are all the same
            zeros([self._batch_size], dtype=dtypes.int32),
            depth=self._beam_width,
            on_value=convert_to_tensor(0.0, kind),
            off_value=convert_to_tensor(-np.inf, kind),
            dtype=kind,
        )
        attended = attention_of(self._initial_cell_state, self._weights[1])
        state = BeamSearchDecoderState(
            cell_state=self._initial_cell_state,
            log_probs=logs,
            finished=self._finished,
            lengths=zeros([self._batch_size, self._beam_width], dtype=dtypes.int64),
            accumulated_attention_probs=() if attended is None else attended,
        )
        return self._finished, self._start_inputs, state

    def step(self, time, inputs, state, name=None):
        with name_scope(name, "BeamSearchDecoderStep", (time, inputs, state)):
            inputs = nest.map_structure(lambda x: self._merged(x, x.get_shape()[2:]), inputs)
            sizes = self._cell.state_size
            cell_state = nest.map_structure(self._merge_state, state.cell_state, sizes)
            outputs, cell_state = self._cell(inputs, cell_state)
            outputs = nest.map_structure(lambda x: self._split(x, x.get_shape()[1:]), outputs)
            cell_state = nest.map_structure(self._split_state, cell_state, sizes)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            given = self._batch_size, self._beam_width, self._end_token, self._weights
            made, after = beam_search_step(time, outputs, cell_state, state, *given)
            over = reduce_all(after.finished)
            inputs = cond(over, lambda: self._start_inputs, lambda: self._embedding_fn(made.predicted_ids))
        return made, after, inputs, after.finished

    def finalize(self, outputs, final_state, sequence_lengths):
        longest = cast(reduce_max(final_state.lengths, axis=1), dtypes.int32)
        ids = gather_tree(outputs.predicted_ids, outputs.parent_ids, longest, self._end_token)
        if self._reorder_tensor_arrays:
            state = nest.map_structure(
                lambda t: self._in_order(t, outputs.parent_ids, final_state.lengths), final_state.cell_state
            )
            final_state = final_state._replace(cell_state=state)
        return FinalBeamSearchDecoderOutput(ids, outputs), final_state

    # --- rows of beams, and beams in rows -------------------------------------------------------------------

    def _merged(self, t, depth):
        """`[batch, beams, ...]` as `[batch * beams, ...]`."""
        rows, dims = known_size(self._batch_size), shape(t)
        made = reshape(t, concat(([self._batch_size * self._beam_width], dims[2:]), 0))
        rows = None if rows is None else rows * self._beam_width
        made.set_shape(TensorShape([rows]).concatenate(_known_depth(depth)))
        return made

    def _split(self, t, depth):
        """`[batch * beams, ...]` as `[batch, beams, ...]`."""
        made = reshape(t, concat(([self._batch_size, self._beam_width], shape(t)[1:]), 0))
        want = TensorShape([known_size(self._batch_size), self._beam_width]).concatenate(_known_depth(depth))
        have = made.get_shape()
        need(
            have.is_compatible_with(want),
            "Unexpected behavior when reshaping between beam width and batch size.  The reshaped tensor has shape: "
            f"{have}.  We expected it to have shape (batch_size, beam_width, depth) == {want}.  Perhaps you forgot to "
            "create a zero_state with batch_size=encoder_batch_size * beam_width?",
        )
        made.set_shape(want)
        return made

    def _split_state(self, t, depth):
        if isinstance(t, TensorArray):
            return t
        check_rank(t)
        return self._split(t, depth) if t.get_shape().ndims >= 1 else t

    def _merge_state(self, t, depth):
        if isinstance(t, TensorArray):
            return t
        check_rank(t)
        return self._merged(t, depth) if t.get_shape().ndims >= 2 else t

    def _in_order(self, t, parents, lengths):
        """A TensorArray of the state, stacked, read back along the beams; as it is where it has no beams."""
        if not isinstance(t, TensorArray):
            return t
        dims = t.element_shape
        if dims.ndims is None or dims.ndims < 1:
            logging.warn(
                "The TensorArray %s in the cell state is not amenable to sorting based on the beam search result. For a "
                "TensorArray to be sorted, its elements shape must be defined and have at least a rank of 1, but saw shape: %s",
                t.handle.name,
                dims,
            )
            return t
        if not self._has_beams(dims):
            return t
        whole = t.stack()
        with control_dependencies([self._check_beams(whole)]):
            return ordered_by_beams(whole, parents, lengths)

    def _has_beams(self, dims):
        rows, beams = known_size(self._batch_size), self._beam_width
        if rows is None or dims[0].value is None:
            return True
        apart = dims.ndims >= 2 and dims[1].value is not None and (dims[0] != rows or dims[1] != beams)
        if dims[0] != rows * beams or apart:
            logging.warn(
                "TensorArray reordering expects elements to be reshapable to %s which is incompatible with the current shape "
                "%s. Consider setting reorder_tensor_arrays to False to disable TensorArray reordering during the beam search.",
                TensorShape([rows, beams, None]),
                dims,
            )
            return False
        return True

    def _check_beams(self, t):
        rows, beams = self._batch_size, self._beam_width
        dims = shape(t)
        if t.get_shape().ndims == 2:
            fine = equal(dims[1], rows * beams)
        else:
            fine = PLAIN["LogicalOr"](
                equal(dims[1], rows * beams), PLAIN["LogicalAnd"](equal(dims[1], rows), equal(dims[2], beams))
            )
        words = (
            "TensorArray reordering expects elements to be reshapable to [batch_size, beam_size, -1] which is incompatible with "
            f"the dynamic shape of {t.name} elements. Consider setting reorder_tensor_arrays to False to disable TensorArray "
            "reordering during the beam search."
        )
        return Assert(fine, [words])


def _known_depth(depth):
    """What is known of a size."""
    if isinstance(depth, Tensor):
        found = static.python_value(depth)
        return as_shape(None if found is None else found.tolist())
    return TensorShape(depth)
