"""Cells around a cell: with a projection before or after, an embedding, attention, a highway, a mark for the compiler."""

import math

from ...build.initializers import Constant, RandomUniform
from ...build.scopes import get_variable, get_variable_scope
from ...graph.scopes import device, name_scope
from ...ground import nest
from ...ground.api import export
from ...ground.errors import need
from ...ops.activations import xw_plus_b
from ...ops.elementwise import sigmoid
from ...ops.embedding import embedding_lookup
from ...ops.shape import reshape
from ...rnn.base import RNNCell, check_cell
from .linear import Linear

__all__ = ["CompiledWrapper", "EmbeddingWrapper", "HighwayWrapper", "InputProjectionWrapper", "OutputProjectionWrapper"]


class _Around(RNNCell):
    """A cell around another one, with its state."""

    def __init__(self, cell, reuse=None):
        super().__init__(_reuse=reuse)
        check_cell("cell", cell)
        self._cell = cell

    @property
    def state_size(self):
        """The wrapped cell's."""
        return self._cell.state_size

    @property
    def output_size(self):
        """The wrapped cell's."""
        return self._cell.output_size

    def zero_state(self, batch_size, dtype):
        """Zeros as a state.

        Args:
          batch_size: a number or int scalar.
          dtype: of the state.
        """
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            return self._cell.zero_state(batch_size, dtype)


@export("contrib.rnn.EmbeddingWrapper")
class EmbeddingWrapper(_Around):
    """A cell whose inputs are class numbers, each of which stands for a row of a matrix that is learnt.

    Args:
      cell: the cell.
      embedding_classes: how many classes.
      embedding_size: how wide a row is.
      initializer: of the matrix; the scope's if None, or uniform with variance 1.
      reuse: whether to share variables that are there.

    Raises:
      TypeError: no cell; ValueError: a size below 1.
    """

    def __init__(self, cell, embedding_classes, embedding_size, initializer=None, reuse=None):
        super().__init__(cell, reuse)
        need(
            embedding_classes > 0 and embedding_size > 0,
            f"Both embedding_classes and embedding_size must be > 0: {embedding_classes:d}, {embedding_size:d}.",
        )
        self._embedding_classes, self._embedding_size = embedding_classes, embedding_size
        self._initializer = initializer

    def call(self, inputs, state):
        """(output, next state) of class numbers `[batch]` or `[batch, 1]`."""
        with device("/cpu:0"):
            limit = math.sqrt(3)
            first = self._initializer or get_variable_scope().initializer or RandomUniform(-limit, limit)
            kind = (state[0] if isinstance(state, tuple) else state).dtype
            sizes = [self._embedding_classes, self._embedding_size]
            embedding = get_variable("embedding", sizes, initializer=first, dtype=kind)
            return self._cell(embedding_lookup(embedding, reshape(inputs, [-1])), state)


@export("contrib.rnn.InputProjectionWrapper")
class InputProjectionWrapper(_Around):
    """A cell whose inputs go through a linear layer first.

    Args:
      cell: the cell.
      num_proj: how wide the projected input is.
      activation: a function of it, or None.
      input_size: not used.
      reuse: whether to share variables that are there.

    Raises:
      TypeError: no cell.
    """

    def __init__(self, cell, num_proj, activation=None, input_size=None, reuse=None):
        super().__init__(cell, reuse)
        self._num_proj, self._activation, self._linear = num_proj, activation, None

    def call(self, inputs, state):
        """(output, next state)."""
        self._linear = self._linear or Linear(inputs, self._num_proj, True)
        projected = self._linear(inputs)
        return self._cell(self._activation(projected) if self._activation else projected, state)


@export("contrib.rnn.OutputProjectionWrapper")
class OutputProjectionWrapper(_Around):
    """A cell whose outputs go through a linear layer.

    Args:
      cell: the cell.
      output_size: how wide the projected output is.
      activation: a function of it, or None.
      reuse: whether to share variables that are there.

    Raises:
      TypeError: no cell; ValueError: a size below 1.
    """

    def __init__(self, cell, output_size, activation=None, reuse=None):
        super().__init__(cell, reuse)
        need(output_size >= 1, f"Parameter output_size must be > 0: {output_size:d}.")
        self._output_size, self._activation, self._linear = output_size, activation, None

    @property
    def output_size(self):
        """How wide the projected output is."""
        return self._output_size

    def call(self, inputs, state):
        """(projected output, next state)."""
        output, after = self._cell(inputs, state)
        self._linear = self._linear or Linear(output, self._output_size, True)
        projected = self._linear(output)
        return self._activation(projected) if self._activation else projected, after


@export("contrib.rnn.HighwayWrapper")
class HighwayWrapper(_Around):
    """A cell whose output is mixed with its input: x sigmoid(x Wc + bc) + y sigmoid(x Wt + bt).

    Args:
      cell: the cell.
      couple_carry_transform_gates: whether the second gate is 1 minus the first.
      carry_bias_init: where bc begins; bt begins at its negative.

    Source: Srivastava, Greff and Schmidhuber, "Highway Networks" (2015), eq. 3.
    """

    def __init__(self, cell, couple_carry_transform_gates=True, carry_bias_init=1.0):
        super().__init__(cell)
        self._couple, self._carry_bias_init = couple_carry_transform_gates, carry_bias_init

    def __call__(self, inputs, state, scope=None):
        """Runs the cell once."""
        outputs, after = self._cell(inputs, state, scope=scope)
        nest.assert_same_structure(inputs, outputs)
        nest.map_structure(lambda x, y: x.get_shape().assert_is_compatible_with(y.get_shape()), inputs, outputs)
        return nest.map_structure(self._mix, inputs, outputs), after

    def _mix(self, x, y):
        depth = x.get_shape().with_rank(2).dims[1].value
        carry = _gate(x, "carry", depth, self._carry_bias_init)
        transform = 1 - carry if self._couple else _gate(x, "transform", depth, -self._carry_bias_init)
        return x * carry + y * transform


def _gate(x, name, depth, bias):
    weight = get_variable(name + "_w", [depth, depth])
    shift = get_variable(name + "_b", [depth], initializer=Constant(bias))
    return sigmoid(xw_plus_b(x, weight, shift))


@export("contrib.rnn.CompiledWrapper")
class CompiledWrapper(_Around):
    """A cell that asks to be compiled; here everything is, so that it is the cell itself.

    Args:
      cell: the cell.
      compile_stateful: whether random draws and initialisers are compiled too.
    """

    def __init__(self, cell, compile_stateful=False):
        super().__init__(cell)
        self._compile_stateful = compile_stateful

    def __call__(self, inputs, state, scope=None):
        """Runs the cell once."""
        return self._cell(inputs, state, scope=scope)
