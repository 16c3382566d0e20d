"""Smaller cells: UGRNNCell, IntersectionRNNCell, NASCell, SRUCell, and those whose units see only themselves."""

from ...build.initializers import Constant, RandomUniform, Zeros
from ...build.scopes import get_variable_scope, variable_scope
from ...ground import dtypes
from ...ground.api import export
from ...ground.errors import need
from ...ops.activations import bias_add, relu
from ...ops.basic import constant
from ...ops.elementwise import add, multiply, sigmoid, tanh
from ...ops.join import concat, split
from ...ops.matmul import matmul
from ...ops.shape import tile
from ...rnn.base import LayerRNNCell
from ...rnn.cells import LSTMStateTuple, UnitsCell, depth_of
from .linear import Linear, SizedCell, input_depth

__all__ = ["IndRNNCell", "IndyGRUCell", "IndyLSTMCell", "IntersectionRNNCell", "NASCell", "SRUCell", "UGRNNCell"]


@export("contrib.rnn.UGRNNCell")
class UGRNNCell(SizedCell):
    """g, c = [x, h] W + b; h' = s h + (1 - s) activation(c) with s = sigmoid(g + forget_bias).

    Args:
      num_units: how many units.
      initializer: of W.
      forget_bias: added to the gate, so that it begins open.
      activation: a function.
      reuse: whether to share variables that are there.

    Source: Collins, Sohl-Dickstein and Sussillo, "Capacity and Trainability in Recurrent Neural Networks" (2017).
    """

    def __init__(self, num_units, initializer=None, forget_bias=1.0, activation=tanh, reuse=None):
        super().__init__(num_units, num_units, reuse)
        self._num_units, self._initializer = num_units, initializer
        self._forget_bias, self._activation, self._linear = forget_bias, activation, None

    def call(self, inputs, state):
        """(h', h')."""
        input_depth(inputs)
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            both = concat([inputs, state], 1)
            self._linear = self._linear or Linear(both, 2 * self._num_units, True)
            g, c = split(axis=1, num_or_size_splits=2, value=self._linear(both))
            c = self._activation(c)
            g = sigmoid(g + self._forget_bias)
            new = g * state + (1.0 - g) * c
        return new, new


@export("contrib.rnn.IntersectionRNNCell")
class IntersectionRNNCell(SizedCell):
    """A cell with a gate along time and one along depth: h' = s h + (1 - s) tanh(c), y = t x + (1 - t) activation(d).

    Args:
      num_units: how many units.
      num_in_proj: not None if the input is to be projected to `num_units`: so in the first layer.
      initializer: of the weights.
      forget_bias: added to both gates, so that they begin open.
      y_activation: a function.
      reuse: whether to share variables that are there.

    Raises:
      ValueError: an input of another depth that is not to be projected.
    Source: Collins, Sohl-Dickstein and Sussillo, "Capacity and Trainability in Recurrent Neural Networks" (2017).
    """

    def __init__(self, num_units, num_in_proj=None, initializer=None, forget_bias=1.0, y_activation=relu, reuse=None):
        super().__init__(num_units, num_units, reuse)
        self._num_units, self._num_in_proj, self._initializer = num_units, num_in_proj, initializer
        self._forget_bias, self._y_activation = forget_bias, y_activation
        self._into = self._linear = None

    def call(self, inputs, state):
        """(y, h')."""
        depth, n = input_depth(inputs), self._num_units
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            if depth != n:
                inputs = self._projected(inputs)
            both = concat([inputs, state], 1)
            self._linear = self._linear or Linear(both, 4 * n, True)
            made = self._linear(both)
            s, c, t, d = made[:, :n], made[:, n : 2 * n], made[:, 2 * n : 3 * n], made[:, 3 * n : 4 * n]
            c, d = tanh(c), self._y_activation(d)
            s, t = sigmoid(s + self._forget_bias), sigmoid(t + self._forget_bias)
            new = s * state + (1.0 - s) * c
            return t * inputs + (1.0 - t) * d, new

    def _projected(self, inputs):
        need(
            self._num_in_proj,
            "Must have input size == output size for Intersection RNN. To fix, num_in_proj should be set to num_units "
            "at cell init.",
        )
        with variable_scope("in_projection"):
            self._into = self._into or Linear(inputs, self._num_units, True)
            return self._into(inputs)


@export("contrib.rnn.NASCell")
class NASCell(LayerRNNCell):
    """The cell that a search over architectures found.

    Args:
      num_units: how many units.
      num_proj: how wide the projected output is; not projected if None.
      use_bias: whether there is a bias.
      reuse: whether to share variables that are there.

    Source: Zoph and Le, "Neural Architecture Search with Reinforcement Learning" (2017), fig. 8.
    """

    def __init__(self, num_units, num_proj=None, use_bias=False, reuse=None, **kwargs):
        super().__init__(_reuse=reuse, **kwargs)
        self._num_units, self._num_proj, self._use_bias = num_units, num_proj, use_bias

    @property
    def state_size(self):
        """How wide c and m are."""
        return LSTMStateTuple(self._num_units, self.output_size)

    @property
    def output_size(self):
        """How wide m is."""
        return self._num_units if self._num_proj is None else self._num_proj

    def build(self, inputs_shape):
        """Makes the weights."""
        depth = inputs_shape.with_rank(2).dims[1].value
        need(depth is not None, "Could not infer input size from inputs.get_shape()[-1]")
        width = 8 * self._num_units
        self._recurrent_kernel = self.add_variable("recurrent_kernel", [self.output_size, width])
        self._kernel = self.add_variable("kernel", [depth, width])
        if self._use_bias:
            self._bias = self.add_variable("bias", shape=[width], initializer=Zeros())
        if self._num_proj is not None:
            self._projection = self.add_variable("projection_weights", [self._num_units, self._num_proj])
        self.built = True

    def call(self, inputs, state):
        """(m, the next state)."""
        c, m = state
        of_state, of_inputs = matmul(m, self._recurrent_kernel), matmul(inputs, self._kernel)
        if self._use_bias:
            of_state = bias_add(of_state, self._bias)
        s = split(axis=1, num_or_size_splits=8, value=of_state)
        x = split(axis=1, num_or_size_splits=8, value=of_inputs)
        first = [sigmoid(x[0] + s[0]), relu(x[1] + s[1]), sigmoid(x[2] + s[2]), relu(x[3] * s[3])]
        first += [tanh(x[4] + s[4]), sigmoid(x[5] + s[5]), tanh(x[6] + s[6]), sigmoid(x[7] + s[7])]
        second = [tanh(first[0] * first[1]), tanh(first[2] + first[3]), tanh(first[4] * first[5])]
        second.append(sigmoid(first[6] + first[7]))
        c = tanh(second[0] + c) * second[1]
        m = tanh(c * tanh(second[2] + second[3]))
        if self._num_proj is not None:
            m = matmul(m, self._projection)
        return m, LSTMStateTuple(c, m)


@export("contrib.rnn.SRUCell")
class SRUCell(UnitsCell):
    """x_bar, f, r, x' = x W; c' = sigmoid(f + b) c + (1 - sigmoid(f + b)) x_bar; h = sigmoid(r) act(c') + (1 - ...) x'.

    Args:
      num_units: how many units, as many as the input is deep.
      activation: a function or its name; tanh if None.
      reuse: whether to share variables that are there.
      name: its name.

    Source: Lei et al., "Simple Recurrent Units for Highly Parallelizable Recurrence" (2017).
    """

    def __init__(self, num_units, activation=None, reuse=None, name=None, **kwargs):
        super().__init__(num_units, activation, reuse, name, **kwargs)

    def build(self, inputs_shape):
        """Makes the weights."""
        depth, units = depth_of(inputs_shape), self._num_units
        self._kernel = self.add_variable("kernel", shape=[depth, 4 * units])
        self._bias = self.add_variable("bias", shape=[2 * units], initializer=_typed(self, Zeros))
        self.built = True

    def call(self, inputs, state):
        """(h, c')."""
        bar, f, r, x = split(value=matmul(inputs, self._kernel), num_or_size_splits=4, axis=1)
        gates = sigmoid(bias_add(concat([f, r], 1), self._bias))
        f, r = split(value=gates, num_or_size_splits=2, axis=1)
        c = f * state + (1.0 - f) * bar
        return r * self._activation(c) + (1.0 - r) * x, c


# --- cells whose units see of the state only their own part -------------------------------------------


def _typed(cell, kind, **settings):
    """An initializer in the cell's dtype."""
    return kind(dtype=dtypes.as_dtype(cell.dtype), **settings) if cell.dtype else kind(**settings)


def _uniform(cell):
    return _typed(cell, RandomUniform, minval=-1, maxval=1)


@export("contrib.rnn.IndRNNCell")
class IndRNNCell(UnitsCell):
    """h' = activation(x W + u * h + b), with a vector u.

    Args:
      num_units: how many units.
      activation: a function or its name; tanh if None.
      reuse: whether to share variables that are there.
      name: its name.
      dtype: of its variables; its first input's by default.

    Source: Li et al., "Independently Recurrent Neural Network" (2018), eq. 2.
    """

    def __init__(self, num_units, activation=None, reuse=None, name=None, dtype=None):
        super().__init__(num_units, activation, reuse, name, dtype)

    def build(self, inputs_shape):
        """Makes the weights."""
        depth, units = depth_of(inputs_shape), self._num_units
        self._kernel_w = self.add_variable("kernel_w", shape=[depth, units])
        self._kernel_u = self.add_variable("kernel_u", shape=[1, units], initializer=_uniform(self))
        self._bias = self.add_variable("bias", shape=[units], initializer=_typed(self, Zeros))
        self.built = True

    def call(self, inputs, state):
        """(h', h')."""
        gates = bias_add(matmul(inputs, self._kernel_w) + state * self._kernel_u, self._bias)
        output = self._activation(gates)
        return output, output


@export("contrib.rnn.IndyGRUCell")
class IndyGRUCell(UnitsCell):
    """A GRU cell whose units see of the state only their own part.

    Args:
      num_units: how many units.
      activation: a function or its name; tanh if None.
      reuse: whether to share variables that are there.
      kernel_initializer: of the matrices.
      bias_initializer: of the biases; 1 for the gates and 0 if None.
      name: its name.
      dtype: of its variables; its first input's by default.

    Source: Gonnet and Deselaers, "IndyLSTMs: Independently Recurrent LSTMs" (2019).
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
    ):
        super().__init__(num_units, activation, reuse, name, dtype)
        self._kernel_initializer, self._bias_initializer = kernel_initializer, bias_initializer

    def build(self, inputs_shape):
        """Makes the weights."""
        depth, units = depth_of(inputs_shape), self._num_units
        first, bias = self._kernel_initializer, self._bias_initializer
        one = _typed(self, Constant, value=1.0) if bias is None else bias
        self._gate_w = self.add_variable("gates/kernel_w", shape=[depth, 2 * units], initializer=first)
        self._gate_u = self.add_variable("gates/kernel_u", shape=[1, 2 * units], initializer=_uniform(self))
        self._gate_bias = self.add_variable("gates/bias", shape=[2 * units], initializer=one)
        self._candidate_w = self.add_variable("candidate/kernel", shape=[depth, units], initializer=first)
        self._candidate_u = self.add_variable("candidate/kernel_u", shape=[1, units], initializer=_uniform(self))
        zero = _typed(self, Zeros) if bias is None else bias
        self._candidate_bias = self.add_variable("candidate/bias", shape=[units], initializer=zero)
        self.built = True

    def call(self, inputs, state):
        """(h', h')."""
        gates = matmul(inputs, self._gate_w) + tile(state, [1, 2]) * self._gate_u
        r, u = split(value=sigmoid(bias_add(gates, self._gate_bias)), num_or_size_splits=2, axis=1)
        r_state = r * state
        candidate = matmul(inputs, self._candidate_w) + r_state * self._candidate_u
        c = self._activation(bias_add(candidate, self._candidate_bias))
        new = u * state + (1 - u) * c
        return new, new


@export("contrib.rnn.IndyLSTMCell")
class IndyLSTMCell(UnitsCell):
    """A basic LSTM cell whose units see of the state only their own part.

    Args:
      num_units: how many units.
      forget_bias: added to the forget gate, so that it begins open.
      activation: a function or its name; tanh if None.
      reuse: whether to share variables that are there.
      kernel_initializer: of the matrix.
      bias_initializer: of the bias; zeros if None.
      name: its name.
      dtype: of its variables; its first input's by default.

    Source: Gonnet and Deselaers, "IndyLSTMs: Independently Recurrent LSTMs" (2019).
    """

    def __init__(
        self,
        num_units,
        forget_bias=1.0,
        activation=None,
        reuse=None,
        kernel_initializer=None,
        bias_initializer=None,
        name=None,
        dtype=None,
    ):
        super().__init__(num_units, activation, reuse, name, dtype)
        self._forget_bias = forget_bias
        self._kernel_initializer, self._bias_initializer = kernel_initializer, bias_initializer

    @property
    def state_size(self):
        """The number of units twice."""
        return LSTMStateTuple(self._num_units, self._num_units)

    def build(self, inputs_shape):
        """Makes the weights."""
        depth, width = depth_of(inputs_shape), 4 * self._num_units
        first, bias = self._kernel_initializer, self._bias_initializer
        self._kernel_w = self.add_variable("kernel_w", shape=[depth, width], initializer=first)
        self._kernel_u = self.add_variable("kernel_u", shape=[1, width], initializer=_uniform(self))
        zero = _typed(self, Zeros) if bias is None else bias
        self._bias = self.add_variable("bias", shape=[width], initializer=zero)
        self.built = True

    def call(self, inputs, state):
        """(h', the next state)."""
        axis = constant(1, dtype=dtypes.int32)
        c, h = state
        gates = matmul(inputs, self._kernel_w)
        gates = bias_add(gates + tile(h, [1, 4]) * self._kernel_u, self._bias)
        i, j, f, o = split(value=gates, num_or_size_splits=4, axis=axis)
        bias = constant(self._forget_bias, dtype=f.dtype)
        c = add(multiply(c, sigmoid(add(f, bias))), multiply(sigmoid(i), self._activation(j)))
        h = multiply(self._activation(c), sigmoid(o))
        return h, LSTMStateTuple(c, h)
