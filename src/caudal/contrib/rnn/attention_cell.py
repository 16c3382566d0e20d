"""AttentionCellWrapper: a cell that looks back at its own last outputs."""

from ...build.scopes import get_variable, variable_scope
from ...ground import nest
from ...ground.api import export
from ...ground.errors import need
from ...ops.activations import softmax
from ...ops.elementwise import tanh
from ...ops.join import concat
from ...ops.nn_functions import conv2d
from ...ops.reduce import reduce_sum
from ...ops.shape import expand_dims, reshape
from ...ops.slicing import slice_
from ...rnn.base import RNNCell, check_cell
from .linear import Linear

__all__ = ["AttentionCellWrapper"]


@export("contrib.rnn.AttentionCellWrapper")
class AttentionCellWrapper(RNNCell):
    """A cell with attention over its last `attn_length` outputs a_k.

    s_k = v tanh(W a_k + U state); the context is the sum of softmax(s)_k a_k. The cell's input is a linear map of the
    input and the last context, the output one of the cell's output and the new context.

    Args:
      cell: the cell.
      attn_length: how many outputs it looks back at.
      attn_size: how wide the output is; the cell's output size if None.
      attn_vec_size: how wide v is; `attn_size` if None.
      input_size: how wide the cell's input is; the input's depth if None.
      state_is_tuple: whether the state is (the cell's, context, outputs), or all in one matrix.
      reuse: whether to share variables that are there.

    Raises:
      TypeError: no cell; ValueError: a length below 1, or a nested state that was to be one matrix.
    Source: Bahdanau, Cho and Bengio, "Neural Machine Translation by Jointly Learning to Align and Translate" (2015).
    """

    def __init__(self, cell, attn_length, attn_size=None, attn_vec_size=None, input_size=None, state_is_tuple=True, reuse=None):
        super().__init__(_reuse=reuse)
        check_cell("cell", cell)
        need(
            state_is_tuple or not nest.is_nested(cell.state_size),
            f"Cell returns tuple of states, but the flag state_is_tuple is not set. State size is: {cell.state_size}",
        )
        need(attn_length > 0, f"attn_length should be greater than zero, got {attn_length}")
        self._cell, self._attn_length, self._input_size = cell, attn_length, input_size
        self._attn_size = cell.output_size if attn_size is None else attn_size
        self._attn_vec_size = self._attn_size if attn_vec_size is None else attn_vec_size
        self._state_is_tuple = state_is_tuple
        self._into_cell = self._out = self._query = None

    @property
    def state_size(self):
        """How wide the cell's state, the context and the kept outputs are."""
        sizes = self._cell.state_size, self._attn_size, self._attn_size * self._attn_length
        return sizes if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self):
        """How wide the output is."""
        return self._attn_size

    def call(self, inputs, state):
        """(output, next state)."""
        own, context, kept = state if self._state_is_tuple else self._apart(state)
        kept = reshape(kept, [-1, self._attn_length, self._attn_size])
        width = inputs.get_shape().as_list()[1] if self._input_size is None else self._input_size
        self._into_cell = self._into_cell or Linear([inputs, context], width, True)
        cell_output, own = self._cell(self._into_cell([inputs, context]), own)
        query = concat(nest.flatten(own), 1) if self._state_is_tuple else own
        context, kept = self._attention(query, kept)
        with variable_scope("attn_output_projection"):
            self._out = self._out or Linear([cell_output, context], self._attn_size, True)
            output = self._out([cell_output, context])
        kept = concat([kept, expand_dims(output, 1)], 1)
        kept = reshape(kept, [-1, self._attn_length * self._attn_size])
        state = (own, context, kept)
        return output, state if self._state_is_tuple else concat(list(state), 1)

    def _apart(self, state):
        size, width = self._cell.state_size, self._attn_size
        own = slice_(state, [0, 0], [-1, size])
        context = slice_(state, [0, size], [-1, width])
        return own, context, slice_(state, [0, size + width], [-1, width * self._attn_length])

    def _attention(self, query, kept):
        """(the context, the outputs without the oldest one)."""
        with variable_scope("attention"):
            k = get_variable("attn_w", [1, 1, self._attn_size, self._attn_vec_size])
            v = get_variable("attn_v", [self._attn_vec_size])
            hidden = reshape(kept, [-1, self._attn_length, 1, self._attn_size])
            features = conv2d(hidden, k, [1, 1, 1, 1], "SAME")
            self._query = self._query or Linear(query, self._attn_vec_size, True)
            y = reshape(self._query(query), [-1, 1, 1, self._attn_vec_size])
            a = softmax(reduce_sum(v * tanh(features + y), [2, 3]))
            context = reduce_sum(reshape(a, [-1, self._attn_length, 1, 1]) * hidden, [1, 2])
            context = reshape(context, [-1, self._attn_size])
            return context, slice_(kept, [0, 1, 0], [-1, -1, -1])
