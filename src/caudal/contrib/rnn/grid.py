"""LSTM cells that run along frequency as well as time: TimeFreqLSTMCell, GridLSTMCell, BidirectionalGridLSTMCell."""

import collections

from ...build.initializers import Zeros
from ...build.scopes import get_variable, variable_scope
from ...ground import dtypes
from ...ground.api import export
from ...ground.errors import need
from ...ops.activations import bias_add
from ...ops.basic import constant
from ...ops.clip import clip_by_value
from ...ops.elementwise import sigmoid, tanh
from ...ops.fill import zeros
from ...ops.join import concat, pad, split
from ...ops.matmul import matmul
from ...ops.shape import shape
from ...ops.slicing import slice_
from .linear import SizedCell, sharded_weights

__all__ = ["BidirectionalGridLSTMCell", "GridLSTMCell", "TimeFreqLSTMCell"]


def _known_depth(inputs):
    depth = inputs.get_shape().with_rank(2)[-1].value
    need(depth is not None, "Cannot infer input_size from static shape inference.")
    return depth


@export("contrib.rnn.TimeFreqLSTMCell")
class TimeFreqLSTMCell(SizedCell):
    """An LSTM cell that slides over the input's features; each position also sees the output of the one before.

    Args:
      num_units: how many units.
      use_peepholes: whether the gates see c.
      cell_clip: c' is kept within plus and minus this, if given.
      initializer: not used.
      num_unit_shards: into how many variables the weights are cut.
      forget_bias: added to the forget gate, so that it begins open.
      feature_size: how many features a position sees.
      frequency_skip: by how many features positions are apart.
      reuse: whether to share variables that are there.

    Source: Sainath and Li, "Modeling Time-Frequency Patterns with LSTM vs. Convolutional Architectures for LVCSR
    Tasks" (2016), sec. 2.
    """

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        cell_clip=None,
        initializer=None,
        num_unit_shards=1,
        forget_bias=1.0,
        feature_size=None,
        frequency_skip=1,
        reuse=None,
    ):
        super().__init__(2 * num_units, num_units, reuse)
        self._num_units, self._use_peepholes, self._cell_clip = num_units, use_peepholes, cell_clip
        self._initializer, self._num_unit_shards, self._forget_bias = initializer, num_unit_shards, forget_bias
        self._feature_size, self._frequency_skip = feature_size, frequency_skip

    def call(self, inputs, state):
        """(the positions' outputs, their next states)."""
        units, kind = self._num_units, inputs.dtype
        features = self._features(inputs)
        depth = features[0].get_shape().as_list()[1]
        weights = sharded_weights("W", [depth + 2 * units, 4 * units], kind, self._num_unit_shards)
        b = get_variable("B", shape=[4 * units], initializer=Zeros(), dtype=kind)
        names = ("W_F_diag", "W_I_diag", "W_O_diag") if self._use_peepholes else ()
        diagonals = [get_variable(name, shape=[units], dtype=kind) for name in names]
        below = zeros([int(inputs.get_shape()[0]), units], kind)
        for k, feature in enumerate(features):
            c = slice_(state, [0, 2 * k * units], [-1, units])
            m = slice_(state, [0, (2 * k + 1) * units], [-1, units])
            gates = bias_add(matmul(concat([feature, m, below], 1), weights), b)
            c, m = self._position(gates, c, diagonals)
            below = m
            states = concat([c, m] if k == 0 else [states, c, m], 1)  # noqa: F821  (made by the turn before)
            outputs = m if k == 0 else concat([outputs, m], 1)  # noqa: F821
        return outputs, states

    def _position(self, gates, c, diagonals):
        """(c', m') of a position."""
        i, j, f, o = split(value=gates, num_or_size_splits=4, axis=1)
        if diagonals:
            w_f, w_i, w_o = diagonals
            c = sigmoid(f + self._forget_bias + w_f * c) * c + sigmoid(i + w_i * c) * tanh(j)
        else:
            c = sigmoid(f + self._forget_bias) * c + sigmoid(i) * tanh(j)
        if self._cell_clip is not None:
            c = clip_by_value(c, -self._cell_clip, self._cell_clip)
        gate = sigmoid(o + w_o * c) if diagonals else sigmoid(o)
        return c, gate * tanh(c)

    def _features(self, inputs):
        count = int((_known_depth(inputs) - self._feature_size) / self._frequency_skip) + 1
        return [slice_(inputs, [0, k * self._frequency_skip], [-1, self._feature_size]) for k in range(count)]


_GATES = {"f": ("freqf", "freqt"), "t": ("timef", "timet")}


@export("contrib.rnn.GridLSTMCell")
class GridLSTMCell(SizedCell):
    """Two LSTMs at each position of the input's features: one passes its c on in time, one to the next position.

    Args:
      num_units: how many units.
      use_peepholes: whether the gates see both c.
      share_time_frequency_weights: whether both LSTMs have the same weights.
      cell_clip: both c' are kept within plus and minus this, if given.
      initializer: not used.
      num_unit_shards: into how many variables the weights are cut.
      forget_bias: added to the forget gate, so that it begins open.
      feature_size: how many features a position sees.
      frequency_skip: by how many features positions are apart.
      num_frequency_blocks: a list of how many positions each block has.
      start_freqindex_list: where each block begins; one block from 0 if None.
      end_freqindex_list: where each block ends.
      couple_input_forget_gates: whether the forget gate is 1 minus the input gate.
      state_is_tuple: whether the state is a named tuple of matrices, or one matrix.
      reuse: whether to share variables that are there.

    Raises:
      ValueError: `num_frequency_blocks` is missing, or does not fit the input.
    Source: Kalchbrenner, Danihelka and Graves, "Grid Long Short-Term Memory" (2016), sec. 3.
    """

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        share_time_frequency_weights=False,
        cell_clip=None,
        initializer=None,
        num_unit_shards=1,
        forget_bias=1.0,
        feature_size=None,
        frequency_skip=None,
        num_frequency_blocks=None,
        start_freqindex_list=None,
        end_freqindex_list=None,
        couple_input_forget_gates=False,
        state_is_tuple=True,
        reuse=None,
    ):
        need(num_frequency_blocks is not None, "Must specify num_frequency_blocks")
        self._blocks = [int(count) for count in num_frequency_blocks]
        width = 2 * num_units * sum(self._blocks)
        self._state_tuple_type = self._tuple_type("GridLSTMStateTuple", ("state",)) if state_is_tuple else None
        size = self._state_tuple_type(*[num_units] * (2 * sum(self._blocks))) if state_is_tuple else width
        super().__init__(size, width, reuse)
        self._num_units, self._use_peepholes, self._cell_clip = num_units, use_peepholes, cell_clip
        self._share, self._couple = share_time_frequency_weights, couple_input_forget_gates
        self._initializer, self._num_unit_shards, self._forget_bias = initializer, num_unit_shards, forget_bias
        self._feature_size, self._frequency_skip = feature_size, frequency_skip
        self._starts, self._ends = start_freqindex_list, end_freqindex_list
        self._state_is_tuple = state_is_tuple

    def _tuple_type(self, name, prefixes):
        fields = [
            f"{prefix}_f{k:02d}_b{block:02d}_{part}"
            for prefix in prefixes
            for block, count in enumerate(self._blocks)
            for k in range(count)
            for part in "cm"
        ]
        return collections.namedtuple(name, fields)

    @property
    def state_tuple_type(self):
        """The named tuple that the state is, or None."""
        return self._state_tuple_type

    def call(self, inputs, state):
        """(the positions' outputs, their next states)."""
        rows = inputs.get_shape().dims[0].value or shape(inputs)[0]
        outputs, states = self._all_blocks(self._features(inputs), state, rows, "state")
        after = self._state_tuple_type(*states) if self._state_is_tuple else concat(states, 1)
        return concat(outputs, 1), after

    def _all_blocks(self, features, state, rows, prefix):
        outputs, states = [], []
        for block, positions in enumerate(features):
            made, after = self._one_block(positions, block, state, rows, prefix)
            outputs += made
            states += after
        return outputs, states

    def _one_block(self, positions, block, state, rows, prefix):
        """(outputs, next states) of a block, as lists."""
        kind, units = positions[0].dtype, self._num_units
        weights = _GridWeights(self, block, positions[0].get_shape().as_list()[1], kind)
        m_below, c_below = zeros([rows, units], kind), zeros([rows, units], kind)
        outputs, states = [], []
        for k, position in enumerate(positions):
            c, m = self._state_of(state, k, block, prefix)
            inputs = concat([position, m, m_below], 1)
            frequency = weights.gates(inputs, "f")
            time = frequency if self._share else weights.gates(inputs, "t")
            c_freq = self._memory(frequency, c_below, c_below, c, weights.diagonals["f"])
            c_time = self._memory(time, c, c_below, c, weights.diagonals["t"])
            m_freq = self._output(frequency, c_freq, c_freq, c_time, weights.diagonals["f"])
            m_time = self._output(time, c_time, c_freq, c_time, weights.diagonals["t"])
            m_below, c_below = m_freq, c_freq
            states += [c_time, m_time]
            outputs += [m_time, m_freq]
        return outputs, states

    def _state_of(self, state, k, block, prefix):
        if self._state_is_tuple:
            name = f"{prefix}_f{k:02d}_b{block:02d}"
            return getattr(state, name + "_c"), getattr(state, name + "_m")
        units = self._num_units
        c = slice_(state, [0, 2 * k * units], [-1, units])
        return c, slice_(state, [0, (2 * k + 1) * units], [-1, units])

    def _memory(self, gates, own, c_freq, c_time, diagonals):
        """c' of one of the two LSTMs, `own` its c."""
        i, j, f, _ = gates
        w_f, w_i, _ = diagonals
        i = sigmoid(_seen(i, w_i, c_freq, c_time))
        f = 1.0 - i if self._couple else sigmoid(_seen(f + self._forget_bias, w_f, c_freq, c_time))
        c = f * own + i * tanh(j)
        return c if self._cell_clip is None else clip_by_value(c, -self._cell_clip, self._cell_clip)

    def _output(self, gates, own, c_freq, c_time, diagonals):
        return sigmoid(_seen(gates[3], diagonals[2], c_freq, c_time)) * tanh(own)

    def _features(self, inputs, offset=0):
        """The parts of the input that the positions of each block see."""
        depth = _known_depth(inputs)
        if offset:
            ends = [0, 0, 0, offset] if offset > 0 else [0, 0, -offset, 0]
            inputs = pad(inputs, constant(ends, shape=[2, 2], dtype=dtypes.int32), "CONSTANT")
        spans = self._spans(depth)
        features = []
        for count, (begin, end) in zip(self._blocks, spans, strict=True):
            have = int((end - begin - self._feature_size) / self._frequency_skip) + 1
            need(
                have == count,
                f"Invalid num_frequency_blocks, requires {count:d} but gets {have:d}, please check the input size and "
                "filter config are correct.",
            )
            begin += max(offset, 0)
            at = [begin + k * self._frequency_skip for k in range(count)]
            features.append([slice_(inputs, [0, one], [-1, self._feature_size]) for one in at])
        return features

    def _spans(self, depth):
        """Where each block begins and ends."""
        blocks, starts, ends = self._blocks, self._starts, self._ends
        if not starts:
            _same_length(len(blocks) == 1, "Length of num_frequency_blocks is not 1, but instead is %d", len(blocks))
            return [(0, depth)]
        _same_length(
            len(starts) == len(ends), "Length of start and end freqindex_list does not match %d %d", len(starts), len(ends)
        )
        _same_length(
            len(blocks) == len(starts),
            "Length of num_frequency_blocks is not equal to start_freqindex_list %d %d",
            len(blocks),
            len(starts),
        )
        return list(zip(starts, ends, strict=True))


def _same_length(true, words, *counts):
    if not true:
        raise ValueError(words, *counts)  # unformatted, as TF raises it


def _seen(gate, diagonals, c_freq, c_time):
    """A gate that sees both c, where there are peepholes."""
    return gate if diagonals is None else gate + diagonals[0] * c_freq + diagonals[1] * c_time


class _GridWeights:
    """The variables of a block: matrices and biases of both LSTMs, and their peepholes."""

    def __init__(self, cell, block, depth, kind):
        units, self._count = cell._num_units, 3 if cell._couple else 4
        self._weights, self._bias = {}, {}
        which = "f" if cell._share else "ft"
        for one in which:
            sizes = [depth + 2 * units, self._count * units]
            self._weights[one] = sharded_weights(f"W_{one}_{block:d}", sizes, kind, cell._num_unit_shards)
            self._bias[one] = get_variable(f"B_{one}_{block:d}", shape=[self._count * units], initializer=Zeros(), dtype=kind)
        self.diagonals = {one: (None, None, None) for one in "ft"}
        if cell._use_peepholes:
            for one in which:
                self.diagonals[one] = self._peepholes(cell, block, _GATES[one], kind)
            if cell._share:
                self.diagonals["t"] = self.diagonals["f"]

    def _peepholes(self, cell, block, ends, kind):
        def pair(gate):
            return [get_variable(f"W_{gate}_diag_{end}_{block:d}", shape=[cell._num_units], dtype=kind) for end in ends]

        return (None if cell._couple else pair("F")), pair("I"), pair("O")

    def gates(self, inputs, which):
        """(i, j, f, o) of one of the LSTMs; f is None where gates are coupled."""
        made = bias_add(matmul(inputs, self._weights[which]), self._bias[which])
        made = split(value=made, num_or_size_splits=self._count, axis=1)
        return made if self._count == 4 else (made[0], made[1], None, made[2])


@export("contrib.rnn.BidirectionalGridLSTMCell")
class BidirectionalGridLSTMCell(GridLSTMCell):
    """A GridLSTMCell that also runs over the features from their end, with weights of its own.

    Args:
      num_units: how many units.
      use_peepholes: whether the gates see both c.
      share_time_frequency_weights: whether both LSTMs have the same weights.
      cell_clip: both c' are kept within plus and minus this, if given.
      initializer: not used.
      num_unit_shards: into how many variables the weights are cut.
      forget_bias: added to the forget gate, so that it begins open.
      feature_size: how many features a position sees.
      frequency_skip: by how many features positions are apart.
      num_frequency_blocks: a list of how many positions each block has.
      start_freqindex_list: where each block begins; one block from 0 if None.
      end_freqindex_list: where each block ends.
      couple_input_forget_gates: whether the forget gate is 1 minus the input gate.
      backward_slice_offset: by how much the backward positions are shifted.
      reuse: whether to share variables that are there.
    """

    def __init__(
        self,
        num_units,
        use_peepholes=False,
        share_time_frequency_weights=False,
        cell_clip=None,
        initializer=None,
        num_unit_shards=1,
        forget_bias=1.0,
        feature_size=None,
        frequency_skip=None,
        num_frequency_blocks=None,
        start_freqindex_list=None,
        end_freqindex_list=None,
        couple_input_forget_gates=False,
        backward_slice_offset=0,
        reuse=None,
    ):
        super().__init__(
            num_units,
            use_peepholes,
            share_time_frequency_weights,
            cell_clip,
            initializer,
            num_unit_shards,
            forget_bias,
            feature_size,
            frequency_skip,
            num_frequency_blocks,
            start_freqindex_list,
            end_freqindex_list,
            couple_input_forget_gates,
            True,
            reuse,
        )
        self._backward_slice_offset = int(backward_slice_offset)
        prefixes = ("fwd_state", "bwd_state")
        self._state_tuple_type = self._tuple_type("BidirectionalGridLSTMStateTuple", prefixes)
        self._state_size = self._state_tuple_type(*[num_units] * (4 * sum(self._blocks)))
        self._output_size = 4 * num_units * sum(self._blocks)

    def call(self, inputs, state):
        """(the positions' outputs both ways, their next states)."""
        rows = inputs.get_shape().dims[0].value or shape(inputs)[0]
        forward = self._features(inputs)
        backward = self._features(inputs, self._backward_slice_offset) if self._backward_slice_offset else forward
        with variable_scope("fwd"):
            outputs_fw, states_fw = self._all_blocks(forward, state, rows, "fwd_state")
        with variable_scope("bwd"):
            turned = [positions[::-1] for positions in backward]
            outputs_bw, states_bw = self._all_blocks(turned, state, rows, "bwd_state")
        return concat(outputs_fw + outputs_bw, 1), self._state_tuple_type(*(states_fw + states_bw))
