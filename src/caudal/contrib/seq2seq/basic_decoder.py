"""BasicDecoder: a cell, a helper, and a layer on top."""

import collections

from ...graph.scopes import name_scope
from ...ground import nest
from ...ground.api import export
from ...ground.errors import need
from ...ground.shapes import TensorShape
from ...layers.base import Layer
from ...rnn.base import check_cell
from .decoder import Decoder
from .helpers import Helper

__all__ = ["BasicDecoder", "BasicDecoderOutput"]


@export("contrib.seq2seq.BasicDecoderOutput")
class BasicDecoderOutput(collections.namedtuple("BasicDecoderOutput", ("rnn_output", "sample_id"))):
    """A step's output, and the ids that the helper took from it."""


def output_size_of(cell, layer):
    """The shape of a cell's output, or of a layer's on top of it, without the batch."""
    if layer is None:
        return cell.output_size
    whole = nest.map_structure(lambda s: TensorShape([None]).concatenate(s), cell.output_size)
    return nest.map_structure(lambda s: s[1:], layer.compute_output_shape(whole))


def check_layer(layer):
    """Refuses an output layer that is none."""
    fine = layer is None or isinstance(layer, Layer)
    need(fine, f"output_layer must be a Layer, received: {type(layer)}", kind=TypeError)


@export("contrib.seq2seq.BasicDecoder")
class BasicDecoder(Decoder):
    """A decoder that runs a cell on what its helper feeds.

    Args:
      cell: the cell.
      helper: a `Helper`.
      initial_state: the cell's first state.
      output_layer: a layer on top of the cell's output, or None.

    Raises:
      TypeError: something of another kind.
    """

    def __init__(self, cell, helper, initial_state, output_layer=None):
        check_cell("cell", cell)
        need(isinstance(helper, Helper), f"helper must be a Helper, received: {type(helper)}", kind=TypeError)
        check_layer(output_layer)
        self._cell, self._helper = cell, helper
        self._initial_state, self._output_layer = initial_state, output_layer

    @property
    def batch_size(self):
        return self._helper.batch_size

    @property
    def output_size(self):
        return BasicDecoderOutput(output_size_of(self._cell, self._output_layer), self._helper.sample_ids_shape)

    @property
    def output_dtype(self):
        kind = nest.flatten(self._initial_state)[0].dtype
        sizes = output_size_of(self._cell, self._output_layer)
        return BasicDecoderOutput(nest.map_structure(lambda _: kind, sizes), self._helper.sample_ids_dtype)

    def initialize(self, name=None):
        return (*self._helper.initialize(), self._initial_state)

    def step(self, time, inputs, state, name=None):
        with name_scope(name, "BasicDecoderStep", (time, inputs, state)):
            outputs, state = self._cell(inputs, state)
            if self._output_layer is not None:
                outputs = self._output_layer(outputs)
            ids = self._helper.sample(time=time, outputs=outputs, state=state)
            finished, inputs, state = self._helper.next_inputs(time=time, outputs=outputs, state=state, sample_ids=ids)
        return BasicDecoderOutput(outputs, ids), state, inputs, finished
