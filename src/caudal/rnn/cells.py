"""The basic cells: BasicRNNCell, GRUCell, BasicLSTMCell, LSTMCell."""

import collections

from ..build.initializers import Constant, Zeros
from ..build.partition import fixed_size_partitioner
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..layers.base import InputSpec
from ..ops.activations import bias_add
from ..ops.basic import constant
from ..ops.clip import clip_by_value
from ..ops.elementwise import add, multiply, sigmoid
from ..ops.join import concat, split
from ..ops.matmul import matmul
from ..ops.slicing import slice_
from .base import LayerRNNCell, activation_of, check_floats, check_inputs

__all__ = ["BasicLSTMCell", "BasicRNNCell", "GRUCell", "LSTMCell", "LSTMStateTuple", "UnitsCell", "depth_of"]


def depth_of(inputs_shape):
    """The last dimension of the inputs' shape.

    Raises:
      ValueError: it isn't known.
    """
    depth = inputs_shape[-1]
    depth = getattr(depth, "value", depth)
    shown = tuple(getattr(d, "value", d) for d in inputs_shape)
    need(depth is not None, f"Expected inputs.shape[-1] to be known, saw shape: {shown}")
    return depth


@export("nn.rnn_cell.LSTMStateTuple", "contrib.rnn.LSTMStateTuple")
class LSTMStateTuple(collections.namedtuple("LSTMStateTuple", ("c", "h"))):
    """The state of an LSTM cell: `c`, what the cell holds, and `h`, what it last gave out."""

    __slots__ = ()

    @property
    def dtype(self):
        """The dtype of both.

        Raises:
          TypeError: they differ.
        """
        need(self.c.dtype == self.h.dtype, f"Inconsistent internal state: {self.c.dtype} vs {self.h.dtype}", kind=TypeError)
        return self.c.dtype


class UnitsCell(LayerRNNCell):
    """A cell with a number of units that takes matrices."""

    def __init__(self, num_units, activation=None, reuse=None, name=None, dtype=None, **kwargs):
        super().__init__(_reuse=reuse, name=name, dtype=dtype, **kwargs)
        check_floats(self.dtype)
        self.input_spec = InputSpec(ndim=2)
        self._num_units = num_units
        self._activation = activation_of(activation)

    @property
    def state_size(self):
        """The number of units."""
        return self._num_units

    @property
    def output_size(self):
        """The number of units."""
        return self._num_units

    def _depth(self, inputs_shape):
        depth = depth_of(inputs_shape)
        check_floats(self.dtype)
        return depth

    def _zeros(self):
        return Zeros(dtype=dtypes.as_dtype(self.dtype)) if self.dtype else Zeros()


@export("nn.rnn_cell.BasicRNNCell", "contrib.rnn.BasicRNNCell")
class BasicRNNCell(UnitsCell):
    """h' = activation([x, h] W + b); it gives out h'.

    Args:
      num_units: how many units.
      activation: a function or its name; tanh if None.
      reuse: whether to share variables that are there.
      name: its name.
      dtype: of its variables; its first input's by default.

    Source: Elman, "Finding Structure in Time" (1990).
    """

    def build(self, inputs_shape):
        """Makes the weights."""
        depth = self._depth(inputs_shape)
        self._kernel = self.add_variable("kernel", shape=[depth + self._num_units, self._num_units])
        self._bias = self.add_variable("bias", shape=[self._num_units], initializer=self._zeros())
        self.built = True

    def call(self, inputs, state):
        """(h', h') of x `[batch, depth]` and h `[batch, units]`."""
        check_inputs(inputs, state)
        gates = bias_add(matmul(concat([inputs, state], 1), self._kernel), self._bias)
        output = self._activation(gates)
        return output, output


@export("nn.rnn_cell.GRUCell", "contrib.rnn.GRUCell")
class GRUCell(UnitsCell):
    """r, u = sigmoid([x, h] Wg + bg); c = activation([x, r h] Wc + bc); h' = u h + (1 - u) c.

    Args:
      num_units: how many units.
      activation: a function or its name; tanh if None.
      reuse: whether to share variables that are there.
      kernel_initializer: of Wg and Wc.
      bias_initializer: of bg and bc; 1 and 0 if None.
      name: its name.
      dtype: of its variables; its first input's by default.

    Source: Cho et al., "Learning Phrase Representations using RNN Encoder-Decoder" (2014), eq. 5-8.
    """

    def __init__(
        self,
        num_units,
        activation=None,
        reuse=None,
        kernel_initializer=None,
        bias_initializer=None,
        name=None,
        dtype=None,
        **kwargs,
    ):
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        self._kernel_initializer, self._bias_initializer = kernel_initializer, bias_initializer

    def build(self, inputs_shape):
        """Makes the weights."""
        rows, units = self._depth(inputs_shape) + self._num_units, self._num_units
        first, bias = self._kernel_initializer, self._bias_initializer
        one = Constant(1.0, dtype=dtypes.as_dtype(self.dtype)) if self.dtype else Constant(1.0)
        self._gate_kernel = self.add_variable("gates/kernel", shape=[rows, 2 * units], initializer=first)
        self._gate_bias = self.add_variable("gates/bias", shape=[2 * units], initializer=one if bias is None else bias)
        self._candidate_kernel = self.add_variable("candidate/kernel", shape=[rows, units], initializer=first)
        self._candidate_bias = self.add_variable(
            "candidate/bias", shape=[units], initializer=self._zeros() if bias is None else bias
        )
        self.built = True

    def call(self, inputs, state):
        """(h', h') of x `[batch, depth]` and h `[batch, units]`."""
        check_inputs(inputs, state)
        gates = bias_add(matmul(concat([inputs, state], 1), self._gate_kernel), self._gate_bias)
        r, u = split(value=sigmoid(gates), num_or_size_splits=2, axis=1)
        candidate = matmul(concat([inputs, r * state], 1), self._candidate_kernel)
        c = self._activation(bias_add(candidate, self._candidate_bias))
        new = u * state + (1 - u) * c
        return new, new


@export("nn.rnn_cell.BasicLSTMCell", "contrib.rnn.BasicLSTMCell")
class BasicLSTMCell(UnitsCell):
    """i, j, f, o = [x, h] W + b; c' = c sigmoid(f + forget_bias) + sigmoid(i) act(j); h' = act(c') sigmoid(o).

    Args:
      num_units: how many units.
      forget_bias: added to the forget gate, so that it begins open.
      state_is_tuple: whether the state is an `LSTMStateTuple`, or c and h in one matrix.
      activation: a function or its name; tanh if None.
      reuse: whether to share variables that are there.
      name: its name.
      dtype: of its variables; its first input's by default.

    Source: Zaremba, Sutskever and Vinyals, "Recurrent Neural Network Regularization" (2014), sec. 3.1.
    """

    def __init__(
        self, num_units, forget_bias=1.0, state_is_tuple=True, activation=None, reuse=None, name=None, dtype=None, **kwargs
    ):
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        self._forget_bias, self._state_is_tuple = forget_bias, state_is_tuple

    @property
    def state_size(self):
        """The number of units twice."""
        units = self._num_units
        return LSTMStateTuple(units, units) if self._state_is_tuple else 2 * units

    def build(self, inputs_shape):
        """Makes the weights."""
        depth = self._depth(inputs_shape)
        self._kernel = self.add_variable("kernel", shape=[depth + self._num_units, 4 * self._num_units])
        self._bias = self.add_variable("bias", shape=[4 * self._num_units], initializer=self._zeros())
        self.built = True

    def call(self, inputs, state):
        """(h', the next state) of x `[batch, depth]` and the state."""
        check_inputs(inputs, state)
        axis = constant(1, dtype=dtypes.int32)
        if self._state_is_tuple:
            c, h = state
        else:
            c, h = split(value=state, num_or_size_splits=2, axis=axis)
        gates = bias_add(matmul(concat([inputs, h], 1), self._kernel), self._bias)
        i, j, f, o = split(value=gates, num_or_size_splits=4, axis=axis)
        bias = constant(self._forget_bias, dtype=f.dtype)
        c = add(multiply(c, sigmoid(add(f, bias))), multiply(sigmoid(i), self._activation(j)))
        h = multiply(self._activation(c), sigmoid(o))
        return h, LSTMStateTuple(c, h) if self._state_is_tuple else concat([c, h], 1)


@export("nn.rnn_cell.LSTMCell", "contrib.rnn.LSTMCell")
class LSTMCell(UnitsCell):
    """An LSTM cell with peepholes, clipping and a projection, where they are asked for.

    With W_f, W_i, W_o diagonal: c' = sigmoid(f + forget_bias + W_f c) c + sigmoid(i + W_i c) act(j),
    m = sigmoid(o + W_o c') act(c'), and m P where there is a projection P.

    Args:
      num_units: how many units.
      use_peepholes: whether the gates see c.
      cell_clip: c' is kept within plus and minus this, if given.
      initializer: of the weights.
      num_proj: how wide the projected output is; not projected if None.
      proj_clip: the projected output is kept within plus and minus this, if given.
      num_unit_shards: into how many parts the weights are cut.
      num_proj_shards: into how many parts the projection is cut.
      forget_bias: added to the forget gate, so that it begins open.
      state_is_tuple: whether the state is an `LSTMStateTuple`, or c and m in one matrix.
      activation: a function or its name; tanh if None.
      reuse: whether to share variables that are there.
      name: its name.
      dtype: of its variables; its first input's by default.

    Source: Sak, Senior and Beaufays, "Long Short-Term Memory Recurrent Neural Network Architectures for Large Scale
    Acoustic Modeling" (2014), eq. 1-7.
    """

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        cell_clip=None,
        initializer=None,
        num_proj=None,
        proj_clip=None,
        num_unit_shards=None,
        num_proj_shards=None,
        forget_bias=1.0,
        state_is_tuple=True,
        activation=None,
        reuse=None,
        name=None,
        dtype=None,
        **kwargs,
    ):
        super().__init__(num_units, activation, reuse, name, dtype, **kwargs)
        self._use_peepholes, self._cell_clip, self._initializer = use_peepholes, cell_clip, initializer
        self._num_proj, self._proj_clip = num_proj, proj_clip
        self._num_unit_shards, self._num_proj_shards = num_unit_shards, num_proj_shards
        self._forget_bias, self._state_is_tuple = forget_bias, state_is_tuple

    @property
    def state_size(self):
        """How wide c and m are."""
        sizes = self._num_units, self.output_size
        return LSTMStateTuple(*sizes) if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self):
        """How wide m is."""
        return self._num_proj or self._num_units

    def build(self, inputs_shape):
        """Makes the weights."""
        depth, units = self._depth(inputs_shape), self._num_units
        width = units if self._num_proj is None else self._num_proj
        first = self._initializer
        self._kernel = self.add_variable(
            "kernel", shape=[depth + width, 4 * units], initializer=first, partitioner=_parts(self._num_unit_shards)
        )
        self._bias = self.add_variable("bias", shape=[4 * units], initializer=self._zeros())
        if self._use_peepholes:
            self._w_f_diag = self.add_variable("w_f_diag", shape=[units], initializer=first)
            self._w_i_diag = self.add_variable("w_i_diag", shape=[units], initializer=first)
            self._w_o_diag = self.add_variable("w_o_diag", shape=[units], initializer=first)
        if self._num_proj is not None:
            self._proj_kernel = self.add_variable(
                "projection/kernel",
                shape=[units, self._num_proj],
                initializer=first,
                partitioner=_parts(self._num_proj_shards),
            )
        self.built = True

    def call(self, inputs, state):
        """(m, the next state) of x `[batch, depth]` and the state."""
        check_inputs(inputs, state)
        c, m = self._apart(state)
        need(
            inputs.get_shape().with_rank(2).dims[1].value is not None,
            "Could not infer input size from inputs.get_shape()[-1]",
        )
        gates = bias_add(matmul(concat([inputs, m], 1), self._kernel), self._bias)
        i, j, f, o = split(value=gates, num_or_size_splits=4, axis=1)
        if self._use_peepholes:
            kept = sigmoid(f + self._forget_bias + self._w_f_diag * c) * c
            c = kept + sigmoid(i + self._w_i_diag * c) * self._activation(j)
        else:
            c = sigmoid(f + self._forget_bias) * c + sigmoid(i) * self._activation(j)
        if self._cell_clip is not None:
            c = clip_by_value(c, -self._cell_clip, self._cell_clip)
        gate = sigmoid(o + self._w_o_diag * c) if self._use_peepholes else sigmoid(o)
        m = self._projected(gate * self._activation(c))
        return m, LSTMStateTuple(c, m) if self._state_is_tuple else concat([c, m], 1)

    def _apart(self, state):
        if self._state_is_tuple:
            return state
        width = self._num_units if self._num_proj is None else self._num_proj
        return slice_(state, [0, 0], [-1, self._num_units]), slice_(state, [0, self._num_units], [-1, width])

    def _projected(self, m):
        if self._num_proj is None:
            return m
        m = matmul(m, self._proj_kernel)
        return m if self._proj_clip is None else clip_by_value(m, -self._proj_clip, self._proj_clip)


def _parts(count):
    return None if count is None else fixed_size_partitioner(count)
