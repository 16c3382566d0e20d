"""Cells that are one op: LSTMBlockCell, GRUBlockCell, and LSTMBlockFusedCell, which is one op for all times."""

from ...build.initializers import Constant
from ...graph.convert import convert
from ...ground import dtypes
from ...ground.api import export
from ...ground.errors import need
from ...layers.base import InputSpec, Layer
from ...ops.batch_gather import gather_nd
from ...ops.elementwise import cast
from ...ops.fill import range_, sequence_mask, zeros
from ...ops.join import concat, stack, unstack
from ...ops.reduce import reduce_max
from ...ops.rnn_blocks import block_lstm_node, gru_block_node, lstm_block_node
from ...ops.shape import expand_dims, shape, tile, transpose
from ...rnn.base import LayerRNNCell
from ...rnn.cells import LSTMStateTuple

__all__ = ["GRUBlockCell", "GRUBlockCellV2", "LSTMBlockCell", "LSTMBlockFusedCell", "LSTMBlockWrapper"]


def _build_lstm(layer, depth):
    """Makes a layer's weights, of an input of that depth."""
    units = layer._num_units
    layer._kernel = layer.add_variable("kernel", [depth + units, 4 * units])
    layer._bias = layer.add_variable("bias", [4 * units], initializer=Constant(0.0))
    layer._diagonals = None
    if layer._use_peephole:
        layer._diagonals = [layer.add_variable(f"w_{gate}_diag", [units]) for gate in "ifo"]
    layer.built = True


@export("contrib.rnn.LSTMBlockCell")
class LSTMBlockCell(LayerRNNCell):
    """`LSTMCell` as one op.

    Args:
      num_units: how many units.
      forget_bias: added to the forget gate, so that it begins open.
      cell_clip: c' is kept within plus and minus this, if given and above 0.
      use_peephole: whether the gates see c.
      dtype: of its variables; its first input's by default.
      reuse: whether to share variables that are there.
      name: its name.

    Source: Zaremba, Sutskever and Vinyals, "Recurrent Neural Network Regularization" (2014), sec. 3.1.
    """

    def __init__(self, num_units, forget_bias=1.0, cell_clip=None, use_peephole=False, dtype=None, reuse=None, name="lstm_cell"):
        super().__init__(_reuse=reuse, dtype=dtype, name=name)
        self._num_units, self._forget_bias, self._use_peephole = num_units, forget_bias, use_peephole
        self._cell_clip = -1 if cell_clip is None else cell_clip
        self.input_spec = InputSpec(ndim=2)

    @property
    def state_size(self):
        """The number of units twice."""
        return LSTMStateTuple(self._num_units, self._num_units)

    @property
    def output_size(self):
        """The number of units."""
        return self._num_units

    def build(self, inputs_shape):
        """Makes the weights."""
        depth = inputs_shape.dims[1].value
        need(depth, f"Expecting inputs_shape[1] to be set: {inputs_shape}")
        _build_lstm(self, depth)

    def call(self, inputs, state):
        """(h', the next state)."""
        need(len(state) == 2, "Expecting state to be a tuple with length 2.")
        diagonals = self._diagonals or [zeros([self._num_units], dtype=dtypes.as_dtype(self.dtype))] * 3
        c, h = state
        _, c, _, _, _, _, h = lstm_block_node(
            inputs,
            c,
            h,
            self._kernel,
            *diagonals,
            self._bias,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        return h, LSTMStateTuple(c, h)


@export("contrib.rnn.LSTMBlockWrapper")
class LSTMBlockWrapper(Layer):
    """An LSTM along time as one op. One of your own has `num_units` and `_call_cell`."""

    @property
    def num_units(self):
        """How many units it has."""
        raise NotImplementedError("num_units")

    def _call_cell(self, inputs, initial_cell_state, initial_output, dtype, sequence_length):
        """(c `[time, batch, units]`, h the same) of inputs `[time, batch, depth]` and the first c and h."""
        raise NotImplementedError("_call_cell")

    def call(self, inputs, initial_state=None, dtype=None, sequence_length=None):
        """Runs it along time.

        Args:
          inputs: `[time, batch, depth]`, or a list over time of matrices.
          initial_state: (c, h); zeros if None.
          dtype: of the state, where none is given.
          sequence_length: int `[batch]`: a row that is over gives zeros and keeps its state.

        Returns:
          (outputs as the inputs are, the last state).

        Raises:
          ValueError: an unknown depth, no dtype, or no pair.
        """
        is_list = isinstance(inputs, list)
        inputs = stack(inputs) if is_list else inputs
        dims = inputs.get_shape().with_rank(3)
        need(dims.dims[2], f"Expecting inputs_shape[2] to be set: {dims}")
        rows = shape(inputs)[1] if dims.dims[1].value is None else dims.dims[1].value
        steps = shape(inputs)[0] if dims.dims[0].value is None else dims.dims[0].value
        state, dtype = self._begin(initial_state, rows, dtype)
        lengths = None if sequence_length is None else convert(sequence_length)
        cells, outputs = self._call_cell(inputs, *state, dtype, lengths)
        if lengths is None:
            last = LSTMStateTuple(cells[-1], outputs[-1])
        else:
            outputs, last = self._cut(cells, outputs, state, lengths, steps, rows, dtype)
        return unstack(outputs) if is_list else outputs, last

    def _begin(self, state, rows, dtype):
        if state is None:
            need(dtype is not None, "Either initial_state or dtype needs to be specified")
            zero = zeros(stack([rows, self.num_units]), dtype=dtype)
            return (zero, zero), dtype
        need(len(state) == 2, "Expecting initial_state to be a tuple with length 2 or None")
        return state, state[0].dtype if dtype is None else dtype

    def _cut(self, cells, outputs, state, lengths, steps, rows, dtype):
        """(outputs that are 0 where a row is over, the state that each row ends with)."""
        mask = transpose(sequence_mask(lengths, steps, dtype=dtype), [1, 0])
        outputs *= tile(expand_dims(mask, [-1]), [1, 1, self.num_units])
        c = concat([expand_dims(state[0], [0]), cells], 0)
        h = concat([expand_dims(state[1], [0]), outputs], 0)
        last = [gather_nd(one, stack([lengths, range_(rows)], axis=1)) for one in (c, h)]
        return outputs, LSTMStateTuple(*last)


@export("contrib.rnn.LSTMBlockFusedCell")
class LSTMBlockFusedCell(LSTMBlockWrapper):
    """`LSTMCell` along time as one op.

    Args:
      num_units: how many units.
      forget_bias: added to the forget gate, so that it begins open.
      cell_clip: c' is kept within plus and minus this, if given and above 0.
      use_peephole: whether the gates see c.
      reuse: whether to share variables that are there.
      dtype: of its variables; its first input's by default.
      name: its name.
    """

    def __init__(
        self,
        num_units,
        forget_bias=1.0,
        cell_clip=None,
        use_peephole=False,
        reuse=None,
        dtype=None,
        name="lstm_fused_cell",
    ):
        super().__init__(_reuse=reuse, name=name, dtype=dtype)
        self._num_units, self._forget_bias, self._use_peephole = num_units, forget_bias, use_peephole
        self._cell_clip = -1 if cell_clip is None else cell_clip
        self.input_spec = InputSpec(ndim=3)

    @property
    def num_units(self):
        """How many units it has."""
        return self._num_units

    def build(self, input_shape):
        """Makes the weights."""
        _build_lstm(self, input_shape.dims[2].value)

    def _call_cell(self, inputs, initial_cell_state=None, initial_output=None, dtype=None, sequence_length=None):
        steps = inputs.get_shape().with_rank(3).dims[0].value
        steps = shape(inputs)[0] if steps is None else steps
        diagonals = self._diagonals or [zeros([self._num_units], dtype=dtype)] * 3
        longest = steps if sequence_length is None else reduce_max(sequence_length)
        _, c, _, _, _, _, h = block_lstm_node(
            cast(longest, dtypes.int64),
            inputs,
            initial_cell_state,
            initial_output,
            self._kernel,
            *diagonals,
            self._bias,
            forget_bias=self._forget_bias,
            cell_clip=self._cell_clip,
            use_peephole=self._use_peephole,
        )
        return c, h


@export("contrib.rnn.GRUBlockCell")
class GRUBlockCell(LayerRNNCell):
    """`GRUCell` as one op, with variables of other names: `w_ru`, `b_ru`, `w_c`, `b_c`.

    Args:
      num_units: how many units.
      cell_size: `num_units` under its older name.
      reuse: whether to share variables that are there.
      name: its name.

    Raises:
      ValueError: neither or both numbers are given.
    Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder" (2014), eq. 5-8.
    """

    _NAMES = "w_ru", "b_ru", "w_c", "b_c"

    def __init__(self, num_units=None, cell_size=None, reuse=None, name="gru_cell"):
        super().__init__(_reuse=reuse, name=name)
        need((cell_size is None) != (num_units is None), "Exactly one of num_units or cell_size must be provided.")
        self._cell_size = cell_size if num_units is None else num_units
        self.input_spec = InputSpec(ndim=2)

    @property
    def state_size(self):
        """The number of units."""
        return self._cell_size

    @property
    def output_size(self):
        """The number of units."""
        return self._cell_size

    def build(self, input_shape):
        """Makes the weights."""
        depth, units = input_shape.dims[1].value, self._cell_size
        need(depth is not None, "Expecting input_size to be set.")
        names = self._NAMES
        self._gate_kernel = self.add_variable(names[0], [depth + units, units * 2])
        self._gate_bias = self.add_variable(names[1], [units * 2], initializer=Constant(1.0))
        self._candidate_kernel = self.add_variable(names[2], [depth + units, units])
        self._candidate_bias = self.add_variable(names[3], [units], initializer=Constant(0.0))
        self.built = True

    def call(self, inputs, h_prev):
        """(h', h')."""
        size = h_prev.get_shape().with_rank(2).dims[1]
        need(
            size == self._cell_size,
            f"Shape of h_prev[1] incorrect: cell_size {self._cell_size} vs {size}",
        )
        weights = self._gate_kernel, self._candidate_kernel, self._gate_bias, self._candidate_bias
        _, _, _, new = gru_block_node(inputs, h_prev, *weights)
        return new, new


@export("contrib.rnn.GRUBlockCellV2")
class GRUBlockCellV2(GRUBlockCell):
    """`GRUCell` as one op, with variables of the same names.

    Args:
      num_units: how many units.
      cell_size: `num_units` under its older name.
      reuse: whether to share variables that are there.
      name: its name.
    """

    _NAMES = "gates/kernel", "gates/bias", "candidate/kernel", "candidate/bias"
