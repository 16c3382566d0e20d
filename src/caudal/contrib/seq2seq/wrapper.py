"""AttentionWrapper: a cell that sees what attention takes from a memory."""

import collections

from ...graph.graph import Tensor
from ...graph.scopes import control_dependencies, name_scope
from ...ground import dtypes, nest
from ...ground.api import export
from ...ground.errors import need
from ...ground.shapes import TensorShape, dimension_value
from ...layers.core import Dense
from ...ops.asserts import assert_equal
from ...ops.basic import identity
from ...ops.fill import zeros
from ...ops.join import concat
from ...ops.matmul import matmul
from ...ops.shape import expand_dims, shape, squeeze
from ...ops.tensor_array import TensorArray
from ...rnn.base import RNNCell, check_cell, zero_states
from ..framework.shapes import with_same_shape
from .attention import AttentionMechanism

__all__ = ["AttentionWrapper", "AttentionWrapperState"]

_FIELDS = ("cell_state", "attention", "time", "alignments", "alignment_history", "attention_state")


@export("contrib.seq2seq.AttentionWrapperState")
class AttentionWrapperState(collections.namedtuple("AttentionWrapperState", _FIELDS)):
    """The state of an `AttentionWrapper`: the cell's, the last attention, the step, and what the mechanisms keep."""

    def clone(self, **kwargs):
        """The same with the fields of `kwargs` in their place; they have to have the shapes of the old ones."""

        def fitting(old, new):
            both = isinstance(old, Tensor) and isinstance(new, Tensor)
            return with_same_shape(old, new) if both else new

        return nest.map_structure(fitting, self, self._replace(**kwargs))


def _attend(mechanism, query, state, layer):
    """(what attention gives, the weights, the mechanism's next state) for a query `[batch, depth]`."""
    weights, after = mechanism(query, state=state)
    taken = squeeze(matmul(expand_dims(weights, 1), mechanism.values), [1])
    return (taken if layer is None else layer(concat([query, taken], 1))), weights, after


def _as_list(given):
    return tuple(given) if isinstance(given, (list, tuple)) else (given,)


def _check_mechanisms(given):
    """The mechanisms as a tuple."""
    if isinstance(given, (list, tuple)):
        for one in given:
            need(
                isinstance(one, AttentionMechanism),
                f"attention_mechanism must contain only instances of AttentionMechanism, saw type: {type(one).__name__}",
                kind=TypeError,
            )
        return tuple(given)
    need(
        isinstance(given, AttentionMechanism),
        "attention_mechanism must be an AttentionMechanism or list of multiple AttentionMechanism instances, saw type: "
        f"{type(given).__name__}",
        kind=TypeError,
    )
    return (given,)


_TILE = "You may need to tile your {what} via the tf.contrib.seq2seq.tile_batch function with argument multiple=beam_width."
_BATCHES = "Non-matching batch sizes between the memory (encoder output) and {what}.  Are you using the BeamSearchDecoder?  "


def _depth(mechanism):
    return dimension_value(mechanism.values.get_shape()[-1])


@export("contrib.seq2seq.AttentionWrapper")
class AttentionWrapper(RNNCell):
    """A cell whose input has the last step's attention behind it, and whose output asks for the next.

    Args:
      cell: the cell.
      attention_mechanism: a mechanism, or a list of several.
      attention_layer_size: how many units a layer on output and attention has, or a list of such; None for no layer.
      alignment_history: whether the state keeps all weights, as TensorArrays over time.
      cell_input_fn: makes the cell's input of (input, attention); they are put together if None.
      output_attention: whether the output is the attention; else it is the cell's.
      initial_cell_state: what `zero_state` begins with; zeros if None.
      name: the layer's name.
      attention_layer: a layer in place of a size, or a list of layers.
      attention_fn: of (mechanism, cell output, its state, its layer) (attention, weights, its next state), in place of ours.
      dtype: of the variables.

    Raises:
      TypeError: something that is no mechanism, or no function.
      ValueError: both a size and a layer, or another number of them than there are mechanisms.
    """

    def __init__(
        self,
        cell,
        attention_mechanism,
        attention_layer_size=None,
        alignment_history=False,
        cell_input_fn=None,
        output_attention=True,
        initial_cell_state=None,
        name=None,
        attention_layer=None,
        attention_fn=None,
        dtype=None,
    ):
        super().__init__(name=name, dtype=dtype)
        check_cell("cell", cell)
        self._is_multi = isinstance(attention_mechanism, (list, tuple))
        self._attention_mechanisms = _check_mechanisms(attention_mechanism)
        if cell_input_fn is None:
            cell_input_fn = _joined
        need(
            callable(cell_input_fn),
            f"cell_input_fn must be callable, saw type: {type(cell_input_fn).__name__}",
            kind=TypeError,
        )
        self._cell, self._cell_input_fn = cell, cell_input_fn
        self._make_layers(attention_layer_size, attention_layer)
        self._attention_fn = attention_fn or _attend
        self._output_attention, self._alignment_history = output_attention, alignment_history
        with name_scope(name, "AttentionWrapperInit"):
            self._initial_cell_state = None if initial_cell_state is None else self._checked_state(initial_cell_state)

    def _make_layers(self, sizes, layers):
        """The layers on output and attention, and how large what they give is together."""
        mechanisms = self._attention_mechanisms
        need(sizes is None or layers is None, "Only one of attention_layer_size and attention_layer should be set")
        if sizes is not None:
            sizes = _as_list(sizes)
            self._fits("attention_layer_size", "integer", sizes)
            self._attention_layers = tuple(
                Dense(size, name="attention_layer", use_bias=False, dtype=one.dtype)
                for size, one in zip(sizes, mechanisms, strict=True)
            )
            self._attention_layer_size = sum(sizes)
        elif layers is not None:
            self._attention_layers = _as_list(layers)
            self._fits("attention_layer", "layer", self._attention_layers)
            shapes = [
                layer.compute_output_shape([None, self._cell.output_size + _depth(one)])
                for layer, one in zip(self._attention_layers, mechanisms, strict=True)
            ]
            self._attention_layer_size = sum(dimension_value(s[-1]) for s in shapes)
        else:
            self._attention_layers = None
            self._attention_layer_size = sum(_depth(one) for one in mechanisms)

    def _fits(self, name, what, given):
        many = len(self._attention_mechanisms)
        need(
            len(given) == many,
            f"If provided, {name} must contain exactly one {what} per attention_mechanism, saw: {len(given)} vs {many}",
        )

    def _checked_state(self, state):
        last = nest.flatten(state)[-1]
        rows = dimension_value(last.get_shape()[0]) or shape(last)[0]
        words = f"When constructing AttentionWrapper {self._base_name}: " + _BATCHES.format(what="initial_cell_state")
        with control_dependencies(self._batch_checks(rows, words + _TILE.format(what="initial state"))):
            return nest.map_structure(lambda s: identity(s, name="check_initial_cell_state"), state)

    def _batch_checks(self, rows, words):
        return [assert_equal(rows, one.batch_size, message=words) for one in self._attention_mechanisms]

    def _one_or_all(self, found):
        """The only one, or a tuple if there was a list of mechanisms."""
        found = tuple(found)
        return found if self._is_multi else found[0]

    @property
    def output_size(self):
        """How large the output is."""
        return self._attention_layer_size if self._output_attention else self._cell.output_size

    @property
    def state_size(self):
        """The sizes of the state, as an `AttentionWrapperState`."""
        mechanisms = self._attention_mechanisms
        return AttentionWrapperState(
            cell_state=self._cell.state_size,
            time=TensorShape([]),
            attention=self._attention_layer_size,
            alignments=self._one_or_all(one.alignments_size for one in mechanisms),
            attention_state=self._one_or_all(one.state_size for one in mechanisms),
            alignment_history=self._one_or_all(one.alignments_size if self._alignment_history else () for one in mechanisms),
        )

    def _history(self, weights, dtype):
        if not self._alignment_history:
            return ()
        return TensorArray(dtype, size=0, dynamic_size=True, element_shape=weights.get_shape())

    def zero_state(self, batch_size, dtype):
        """The state before the first step.

        Args:
          batch_size: a number or int32 scalar: the memory's.
          dtype: of the state.

        Returns:
          An `AttentionWrapperState`.
        """
        mechanisms = self._attention_mechanisms
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            state = self._initial_cell_state
            if state is None:
                state = self._cell.get_initial_state(batch_size=batch_size, dtype=dtype)
            words = f"When calling zero_state of AttentionWrapper {self._base_name}: "
            words += _BATCHES.format(what="the requested batch size") + _TILED
            with control_dependencies(self._batch_checks(batch_size, words)):
                state = nest.map_structure(lambda s: identity(s, name="checked_cell_state"), state)
            weights = [one.initial_alignments(batch_size, dtype) for one in mechanisms]
            return AttentionWrapperState(
                cell_state=state,
                time=zeros([], dtype=dtypes.int32),
                attention=zero_states(self._attention_layer_size, batch_size, dtype),
                alignments=self._one_or_all(weights),
                attention_state=self._one_or_all(one.initial_state(batch_size, dtype) for one in mechanisms),
                alignment_history=self._one_or_all(self._history(one, dtype) for one in weights),
            )

    def _checked_output(self, output):
        rows = dimension_value(output.get_shape()[0]) or shape(output)[0]
        words = f"When applying AttentionWrapper {self.name}: " + _BATCHES.format(what="the query (decoder output)")
        with control_dependencies(self._batch_checks(rows, words + _TILE.format(what="memory input"))):
            return identity(output, name="checked_cell_output")

    def call(self, inputs, state):
        need(
            isinstance(state, AttentionWrapperState),
            f"Expected state to be instance of AttentionWrapperState. Received type {type(state)} instead.",
            kind=TypeError,
        )
        output, cell_state = self._cell(self._cell_input_fn(inputs, state.attention), state.cell_state)
        output = self._checked_output(output)
        kept = [state.attention_state, state.alignment_history]
        states, histories = kept if self._is_multi else ([one] for one in kept)
        found = []
        for k, mechanism in enumerate(self._attention_mechanisms):
            layer = self._attention_layers[k] if self._attention_layers else None
            attention, weights, after = self._attention_fn(mechanism, output, states[k], layer)
            history = histories[k].write(state.time, weights) if self._alignment_history else ()
            found.append((attention, weights, after, history))
        attentions, weights, after, histories = zip(*found, strict=True)
        attention = concat(list(attentions), 1)
        made = AttentionWrapperState(
            time=state.time + 1,
            cell_state=cell_state,
            attention=attention,
            attention_state=self._one_or_all(after),
            alignments=self._one_or_all(weights),
            alignment_history=self._one_or_all(histories),
        )
        return (attention if self._output_attention else output), made


_TILED = (
    "If so, make sure your encoder output has been tiled to beam_width via tf.contrib.seq2seq.tile_batch, and the "
    "batch_size= argument passed to zero_state is batch_size * beam_width."
)


def _joined(inputs, attention):
    return concat([inputs, attention], -1)
