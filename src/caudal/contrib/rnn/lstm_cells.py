"""LSTM cells with normalised gates, coupled gates, groups of units, or gates that follow a clock."""

from ...build.initializers import Constant, RandomUniform, Zeros
from ...build.scopes import get_variable, get_variable_scope, variable_scope
from ...ground import dtypes
from ...ground.api import export
from ...ground.errors import need
from ...ops.activations import bias_add
from ...ops.clip import clip_by_value
from ...ops.elementwise import PLAIN, cast, sigmoid, tanh
from ...ops.join import concat, split
from ...ops.matmul import matmul
from ...ops.nn_functions import dropout
from ...ops.random import random_uniform
from ...ops.shape import shape
from ...ops.slicing import slice_, stop_gradient, where
from ...rnn.cells import LSTMStateTuple
from .linear import Linear, SizedCell, input_depth, normalized, sharded_weights

__all__ = ["CoupledInputForgetGateLSTMCell", "GLSTMCell", "LayerNormBasicLSTMCell", "PhasedLSTMCell"]


@export("contrib.rnn.LayerNormBasicLSTMCell")
class LayerNormBasicLSTMCell(SizedCell):
    """A basic LSTM cell with layer normalisation of gates and c, and dropout of what is written into c.

    Args:
      num_units: how many units.
      forget_bias: added to the forget gate, so that it begins open.
      input_size: not used.
      activation: a function.
      layer_norm: whether to normalise; if not, there is a bias.
      norm_gain: where the gains begin.
      norm_shift: where the shifts begin.
      dropout_keep_prob: the chance that an element stays, a number or float scalar.
      dropout_prob_seed: of the random draws.
      reuse: whether to share variables that are there.

    Source: Ba, Kiros and Hinton, "Layer Normalization" (2016); Semeniuta, Severyn and Barth, "Recurrent Dropout without
    Memory Loss" (2016).
    """

    def __init__(
        self,
        num_units,
        forget_bias=1.0,
        input_size=None,
        activation=tanh,
        layer_norm=True,
        norm_gain=1.0,
        norm_shift=0.0,
        dropout_keep_prob=1.0,
        dropout_prob_seed=None,
        reuse=None,
    ):
        super().__init__(LSTMStateTuple(num_units, num_units), num_units, reuse)
        self._num_units, self._activation, self._forget_bias = num_units, activation, forget_bias
        self._keep_prob, self._seed = dropout_keep_prob, dropout_prob_seed
        self._layer_norm, self._norm_gain, self._norm_shift = layer_norm, norm_gain, norm_shift

    def _norm(self, x, scope, dtype):
        return normalized(x, scope, self._norm_gain, self._norm_shift, dtype) if self._layer_norm else x

    def _gates(self, x):
        kind, width = x.dtype, 4 * self._num_units
        out = matmul(x, get_variable("kernel", [x.get_shape()[-1], width], dtype=kind))
        return out if self._layer_norm else bias_add(out, get_variable("bias", [width], dtype=kind))

    def call(self, inputs, state):
        """(h', the next state)."""
        c, h = state
        x = concat([inputs, h], 1)
        kind = x.dtype
        gates = split(value=self._gates(x), num_or_size_splits=4, axis=1)
        names = ("input", "transform", "forget", "output")
        i, j, f, o = [self._norm(gate, name, kind) for gate, name in zip(gates, names, strict=True)]
        g = self._activation(j)
        if not isinstance(self._keep_prob, float) or self._keep_prob < 1:
            g = dropout(g, self._keep_prob, seed=self._seed)
        c = c * sigmoid(f + self._forget_bias) + sigmoid(i) * g
        c = self._norm(c, "state", kind)
        h = self._activation(c) * sigmoid(o)
        return h, LSTMStateTuple(c, h)


@export("contrib.rnn.CoupledInputForgetGateLSTMCell")
class CoupledInputForgetGateLSTMCell(SizedCell):
    """An LSTM cell whose input gate is 1 minus its forget gate.

    Args:
      num_units: how many units.
      use_peepholes: whether the gates see c.
      initializer: not used.
      num_proj: how wide the projected output is; not projected if None.
      proj_clip: the projected output is kept within plus and minus this, if given.
      num_unit_shards: into how many variables the weights are cut.
      num_proj_shards: into how many variables the projection is cut.
      forget_bias: added to the forget gate, so that it begins open.
      state_is_tuple: whether the state is an `LSTMStateTuple`, or c and m in one matrix.
      activation: a function.
      reuse: whether to share variables that are there.
      layer_norm: whether gates and c are normalised.
      norm_gain: where the gains begin.
      norm_shift: where the shifts begin.

    Source: Greff et al., "LSTM: A Search Space Odyssey" (2015), variant CIFG.
    """

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        initializer=None,
        num_proj=None,
        proj_clip=None,
        num_unit_shards=1,
        num_proj_shards=1,
        forget_bias=1.0,
        state_is_tuple=True,
        activation=tanh,
        reuse=None,
        layer_norm=False,
        norm_gain=1.0,
        norm_shift=0.0,
    ):
        width = num_proj or num_units
        sizes = LSTMStateTuple(num_units, width) if state_is_tuple else num_units + width
        super().__init__(sizes, width, reuse)
        self._num_units, self._use_peepholes, self._initializer = num_units, use_peepholes, initializer
        self._num_proj, self._proj_clip = num_proj, proj_clip
        self._num_unit_shards, self._num_proj_shards = num_unit_shards, num_proj_shards
        self._forget_bias, self._state_is_tuple, self._activation = forget_bias, state_is_tuple, activation
        self._layer_norm, self._norm_gain, self._norm_shift = layer_norm, norm_gain, norm_shift

    def _norm(self, x, scope):
        return normalized(x, scope, self._norm_gain, self._norm_shift) if self._layer_norm else x

    def call(self, inputs, state):
        """(m, the next state)."""
        units = self._num_units
        width = units if self._num_proj is None else self._num_proj
        if self._state_is_tuple:
            c, m = state
        else:
            c, m = slice_(state, [0, 0], [-1, units]), slice_(state, [0, units], [-1, width])
        kind = inputs.dtype
        weights = sharded_weights("W", [input_depth(inputs) + width, 3 * units], kind, self._num_unit_shards)
        b = get_variable("B", shape=[3 * units], initializer=Zeros(), dtype=kind)
        gates = matmul(concat([inputs, m], 1), weights)
        if not self._layer_norm:
            gates = bias_add(gates, b)
        j, f, o = split(value=gates, num_or_size_splits=3, axis=1)
        j, f, o = self._norm(j, "transform"), self._norm(f, "forget"), self._norm(o, "output")
        if self._use_peepholes:
            w_f = get_variable("W_F_diag", shape=[units], dtype=kind)
            w_o = get_variable("W_O_diag", shape=[units], dtype=kind)
            f = sigmoid(f + self._forget_bias + w_f * c)
        else:
            f = sigmoid(f + self._forget_bias)
        c = self._norm(f * c + (1 - f) * self._activation(j), "state")
        gate = sigmoid(o + w_o * c) if self._use_peepholes else sigmoid(o)
        m = self._projected(gate * self._activation(c), kind)
        return m, LSTMStateTuple(c, m) if self._state_is_tuple else concat([c, m], 1)

    def _projected(self, m, kind):
        if self._num_proj is None:
            return m
        m = matmul(m, sharded_weights("W_P", [self._num_units, self._num_proj], kind, self._num_proj_shards))
        return m if self._proj_clip is None else clip_by_value(m, -self._proj_clip, self._proj_clip)


@export("contrib.rnn.GLSTMCell")
class GLSTMCell(SizedCell):
    """An LSTM cell whose units are in groups, each with weights of its own that see only their part of x and m.

    Args:
      num_units: how many units.
      initializer: of the weights.
      num_proj: how wide the projected output is; not projected if None.
      number_of_groups: how many groups.
      forget_bias: added to the forget gate, so that it begins open.
      activation: a function of c'.
      reuse: whether to share variables that are there.

    Raises:
      ValueError: a number that the groups don't divide.
    Source: Kuchaiev and Ginsburg, "Factorization Tricks for LSTM Networks" (2017).
    """

    def __init__(
        self, num_units, initializer=None, num_proj=None, number_of_groups=1, forget_bias=1.0, activation=tanh, reuse=None
    ):
        super().__init__(LSTMStateTuple(num_units, num_proj or num_units), num_proj or num_units, reuse)
        need(num_units % number_of_groups == 0, "num_units must be divisible by number_of_groups")
        need(not num_proj or num_proj % number_of_groups == 0, "num_proj must be divisible by number_of_groups")
        self._num_units, self._initializer, self._num_proj = num_units, initializer, num_proj
        self._groups, self._forget_bias, self._activation = number_of_groups, forget_bias, activation
        self._linear, self._projection = [None] * number_of_groups, None

    def _group(self, x, group, rows):
        width = self._output_size // self._groups
        name = f"GLSTM_group{group:d}_input_generation"
        return slice_(x, [0, group * width], [rows, width], name=name)

    def _parts(self, inputs, m):
        """The gates of each group."""
        rows = inputs.get_shape().dims[0].value or shape(inputs)[0]
        for group in range(self._groups):
            with variable_scope(f"group{group:d}"):
                x = concat([self._group(inputs, group, rows), self._group(m, group, rows)], axis=1)
                if self._linear[group] is None:
                    self._linear[group] = Linear(x, 4 * (self._num_units // self._groups), False)
                yield split(self._linear[group](x), 4, 1)

    def call(self, inputs, state):
        """(m, the next state)."""
        c, m = state
        kind = inputs.dtype
        with variable_scope(get_variable_scope(), initializer=self._initializer):
            gates = list(zip(*self._parts(inputs, m), strict=True))
            biases = [
                get_variable(f"bias_{gate}", shape=[self._num_units], dtype=kind, initializer=Constant(0.0, dtype=kind))
                for gate in "ijfo"
            ]
            i, j, f, o = [bias_add(concat(list(g), axis=1), b) for g, b in zip(gates, biases, strict=True)]
        c = sigmoid(f + self._forget_bias) * c + sigmoid(i) * tanh(j)
        m = sigmoid(o) * self._activation(c)
        if self._num_proj is not None:
            with variable_scope("projection"):
                self._projection = self._projection or Linear(m, self._num_proj, False)
                m = self._projection(m)
        return m, LSTMStateTuple(c, m)


def _random_exp_initializer(low, high):
    """exp of a uniform draw between the logarithms of `low` and `high`."""

    def make(shape, dtype=dtypes.float32, partition_info=None):
        log = PLAIN["Log"]
        return PLAIN["Exp"](random_uniform(shape, log(low), log(high), dtype))

    return make


@export("contrib.rnn.PhasedLSTMCell")
class PhasedLSTMCell(SizedCell):
    """An LSTM cell whose units are open only for a part of a period that each learns; inputs are (time, x).

    Args:
      num_units: how many units.
      use_peepholes: whether the gates see c.
      leak: how much of a closed unit's change comes through, in [0, 1].
      ratio_on: the part of the period in which a unit is open, in [0, 1].
      trainable_ratio_on: whether that is learnt.
      period_init_min: the least period to begin with, above 0.
      period_init_max: the greatest.
      reuse: whether to share variables that are there.

    Source: Neil, Pfeiffer and Liu, "Phased LSTM" (2016), eq. 6-11.
    """

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        leak=0.001,
        ratio_on=0.1,
        trainable_ratio_on=True,
        period_init_min=1.0,
        period_init_max=1000.0,
        reuse=None,
    ):
        super().__init__(LSTMStateTuple(num_units, num_units), num_units, reuse)
        self._num_units, self._use_peepholes, self._leak = num_units, use_peepholes, leak
        self._ratio_on, self._trainable_ratio_on = ratio_on, trainable_ratio_on
        self._period_init = period_init_min, period_init_max
        self._masks = self._new = self._output = None

    def call(self, inputs, state):
        """(h', the next state) of (time `[batch, 1]`, x `[batch, depth]`)."""
        c_before, h_before = state
        time, x = inputs
        seen = [x, h_before, c_before] if self._use_peepholes else [x, h_before]
        with variable_scope("mask_gates"):
            self._masks = self._masks or Linear(seen, 2 * self._num_units, True)
            i, f = split(axis=1, num_or_size_splits=2, value=sigmoid(self._masks(seen)))
        with variable_scope("new_input"):
            self._new = self._new or Linear([x, h_before], self._num_units, True)
            new = tanh(self._new([x, h_before]))
        c = c_before * f + i * new
        seen = [x, h_before, c] if self._use_peepholes else [x, h_before]
        with variable_scope("output_gate"):
            self._output = self._output or Linear(seen, self._num_units, True)
            o = sigmoid(self._output(seen))
        h = tanh(c) * o
        k = self._openness(time)
        c, h = k * c + (1 - k) * c_before, k * h + (1 - k) * h_before
        return h, LSTMStateTuple(c, h)

    def _openness(self, time):
        """How far each unit is open at each time, in [0, 1]."""
        size = [self._num_units]
        period = get_variable("period", size, initializer=_random_exp_initializer(*self._period_init))
        phase = get_variable("phase", size, initializer=RandomUniform(0.0, period.initial_value))
        ratio_on = get_variable("ratio_on", size, initializer=Constant(self._ratio_on), trainable=self._trainable_ratio_on)
        cycle = _cycle_ratio(time, phase, period)
        rising = 2 * cycle / ratio_on
        falling = 2 - rising
        closed = self._leak * cycle
        k = where(cycle < ratio_on, falling, closed)
        return where(cycle < 0.5 * ratio_on, rising, k)


def _cycle_ratio(time, phase, period):
    """How far each unit is through its period, with the slope of time itself."""
    phase, period = cast(phase, dtype=time.dtype), cast(period, dtype=time.dtype)
    shifted = time - phase
    wrapped = stop_gradient(PLAIN["FloorMod"](shifted, period) - shifted) + shifted
    return cast(wrapped / period, dtype=dtypes.float32)
