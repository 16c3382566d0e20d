"""Cells around a cell: DropoutWrapper, ResidualWrapper, DeviceWrapper."""

import hashlib

from ..graph import static
from ..graph.convert import convert
from ..graph.scopes import device, name_scope
from ..ground import nest
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import as_shape
from ..ops.elementwise import PLAIN, div
from ..ops.join import concat
from ..ops.nn_functions import dropout
from ..ops.random import random_uniform
from ..ops.tensor_array import TensorArray
from .base import RNNCell, check_cell
from .cells import LSTMStateTuple

__all__ = ["CellWrapper", "DeviceWrapper", "DropoutWrapper", "ResidualWrapper"]


class CellWrapper(RNNCell):
    """A cell that calls another one, with something before or after."""

    def __init__(self, cell, *args, **kwargs):
        super().__init__(*args, **kwargs)
        check_cell("cell", cell)
        self.cell = cell

    def __call__(self, inputs, state, scope=None):
        """Runs the cell once."""
        return self._around(inputs, state, self.cell.__call__, scope=scope)

    @property
    def state_size(self):
        """The wrapped cell's."""
        return self.cell.state_size

    @property
    def output_size(self):
        """The wrapped cell's."""
        return self.cell.output_size

    def zero_state(self, batch_size, dtype):
        """Zeros as a state.

        Args:
          batch_size: a number or int scalar.
          dtype: of the state.
        """
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            return self.cell.zero_state(batch_size, dtype)


def _drops(substate):
    """Which parts of a state are dropped: of an LSTM's state what it gave out, not what it holds."""
    if isinstance(substate, LSTMStateTuple):
        return LSTMStateTuple(c=False, h=True)
    return not isinstance(substate, TensorArray)


@export("nn.rnn_cell.DropoutWrapper", "contrib.rnn.DropoutWrapper")
class DropoutWrapper(CellWrapper):
    """A cell whose input, output and state lose elements at random.

    Args:
      cell: the cell.
      input_keep_prob: the chance that an element of the input stays, a number or float scalar.
      output_keep_prob: that one of the output does.
      state_keep_prob: that one of the state does; of an LSTM's state `h` only.
      variational_recurrent: whether the same elements are dropped at each time.
      input_size: the input's size, for that.
      dtype: of inputs, states and outputs, for that.
      seed: of the random draws.
      dropout_state_filter_visitor: of a part of the state whether it is dropped, or a nest of these.

    Raises:
      TypeError: no cell; ValueError: a chance out of range, or what variational dropout needs is missing.
    Source: Gal and Ghahramani, "A Theoretically Grounded Application of Dropout in Recurrent Neural Networks" (2016).
    """

    def __init__(
        self,
        cell,
        input_keep_prob=1.0,
        output_keep_prob=1.0,
        state_keep_prob=1.0,
        variational_recurrent=False,
        input_size=None,
        dtype=None,
        seed=None,
        dropout_state_filter_visitor=None,
        **kwargs,
    ):
        super().__init__(cell, dtype=dtype, **kwargs)
        need(
            dropout_state_filter_visitor is None or callable(dropout_state_filter_visitor),
            "dropout_state_filter_visitor must be callable",
            kind=TypeError,
        )
        self._state_filter = dropout_state_filter_visitor or _drops
        with name_scope("DropoutWrapperInit"):
            self._input_keep_prob = _chance(input_keep_prob, "input_keep_prob")
            self._state_keep_prob = _chance(state_keep_prob, "state_keep_prob")
            self._output_keep_prob = _chance(output_keep_prob, "output_keep_prob")
        self._variational, self._seed = variational_recurrent, seed
        self._noise = {"input": None, "state": None, "output": None}
        if variational_recurrent:
            self._draw_once(cell, input_size, dtype)

    @property
    def wrapped_cell(self):
        """The cell."""
        return self.cell

    def build(self, inputs_shape):
        """Builds the cell."""
        self.cell.build(inputs_shape)
        self.built = True

    def _draw_once(self, cell, input_size, dtype):
        """The random numbers that serve for all times."""
        need(dtype is not None, "When variational_recurrent=True, dtype must be provided")
        sizes = {"state": cell.state_size, "output": cell.output_size}
        if _may_drop(self._input_keep_prob):
            need(
                input_size is not None,
                "When variational_recurrent=True and input_keep_prob < 1.0 or is unknown, input_size must be provided",
            )
            sizes = {"input": input_size} | sizes

        for key, size in sizes.items():

            def draw(k, one, key=key):
                rows = concat(([1], as_shape([one] if isinstance(one, int) else one).as_list()), 0)
                return random_uniform(rows, seed=self._seed_of(key, k), dtype=dtype)

            self._noise[key] = _numbered_map(draw, size, size)

    def _seed_of(self, key, k):
        if self._seed is None:
            return None
        text = f"{self._seed}{key}_{k}".encode()
        return int(hashlib.md5(text).hexdigest()[:8], 16) & 0x7FFFFFFF

    def _drop(self, values, key, chance, shallow=None):
        shallow = values if shallow is None else shallow

        def plain(k, drops, value):
            if isinstance(drops, bool) and not drops:
                return value
            return dropout(value, rate=1.0 - chance, seed=self._seed_of(key, k))

        def same_each_time(k, drops, value, noise):
            if isinstance(drops, bool) and not drops:
                return value
            stays = PLAIN["Floor"](chance + noise)
            made = div(value, chance) * stays
            made.set_shape(value.get_shape())
            return made

        if self._variational:
            return _numbered_map(same_each_time, shallow, shallow, values, self._noise[key])
        return _numbered_map(plain, shallow, shallow, values)

    def _around(self, inputs, state, call, **kwargs):
        if _may_drop(self._input_keep_prob):
            inputs = self._drop(inputs, "input", self._input_keep_prob)
        output, state = call(inputs, state, **kwargs)
        if _may_drop(self._state_keep_prob):
            shallow = nest.get_traverse_shallow_structure(self._state_filter, state)
            state = self._drop(state, "state", self._state_keep_prob, shallow)
        if _may_drop(self._output_keep_prob):
            output = self._drop(output, "output", self._output_keep_prob)
        return output, state


def _chance(given, name):
    """A chance as a number if it is known, else as a tensor."""
    tensor = convert(given)
    known = static.value(tensor)
    if known is None:
        return tensor
    need(0 <= known <= 1, f"Parameter {name} must be between 0 and 1: {int(known)}")
    return float(known)


def _may_drop(chance):
    return not isinstance(chance, float) or chance < 1


def _numbered_map(function, shallow, *nests):
    """`function(number, parts...)` of the parts of nests where `shallow` has leaves."""
    numbers = iter(range(10**9))
    return nest.map_structure_up_to(shallow, lambda *parts: function(next(numbers), *parts), *nests)


@export("nn.rnn_cell.ResidualWrapper", "contrib.rnn.ResidualWrapper")
class ResidualWrapper(CellWrapper):
    """A cell whose input is added to its output.

    Args:
      cell: the cell.
      residual_fn: of inputs and outputs what to give out; their sum if None.

    Source: Wu et al., "Google's Neural Machine Translation System" (2016), sec. 3.1.
    """

    def __init__(self, cell, residual_fn=None, **kwargs):
        super().__init__(cell, **kwargs)
        self._residual_fn = residual_fn

    def _around(self, inputs, state, call, **kwargs):
        outputs, state = call(inputs, state, **kwargs)
        return (self._residual_fn or _sums)(inputs, outputs), state


def _sums(inputs, outputs):
    nest.assert_same_structure(inputs, outputs)
    nest.map_structure(lambda x, y: x.get_shape().assert_is_compatible_with(y.get_shape()), inputs, outputs)
    return nest.map_structure(lambda x, y: x + y, inputs, outputs)


@export("nn.rnn_cell.DeviceWrapper", "contrib.rnn.DeviceWrapper")
class DeviceWrapper(CellWrapper):
    """A cell on a device.

    Args:
      cell: the cell.
      device: a device's name or function.
    """

    def __init__(self, cell, device, **kwargs):
        super().__init__(cell, **kwargs)
        self._device = device

    def zero_state(self, batch_size, dtype):
        """Zeros as a state.

        Args:
          batch_size: a number or int scalar.
          dtype: of the state.
        """
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]), device(self._device):
            return self.cell.zero_state(batch_size, dtype)

    def _around(self, inputs, state, call, **kwargs):
        with device(self._device):
            return call(inputs, state, **kwargs)
