"""Recurrent networks that take all times at once, and networks of cells made such: FusedRNNCell and its kin."""

from ...ground.api import export
from ...ops.join import reverse, stack, unstack
from ...ops.reverse_sequence import reverse_sequence
from ...rnn.dynamic import dynamic_rnn
from ...rnn.static import static_rnn

__all__ = ["FusedRNNCell", "FusedRNNCellAdaptor", "TimeReversedFusedRNN"]


@export("contrib.rnn.FusedRNNCell")
class FusedRNNCell:
    """A whole recurrent network: `outputs, state = cell(inputs)`."""

    def __call__(self, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
        """Runs it along time.

        Args:
          inputs: `[time, batch, depth]`, or a list over time of matrices.
          initial_state: the first state; zeros if None.
          dtype: of the first state, where none is given.
          sequence_length: int `[batch]`, or None.
          scope: a name or `VariableScope`.

        Returns:
          (outputs as the inputs are, the last state).
        """
        raise NotImplementedError("FusedRNNCell.__call__")


@export("contrib.rnn.FusedRNNCellAdaptor")
class FusedRNNCellAdaptor(FusedRNNCell):
    """A cell as a whole network.

    Args:
      cell: the cell.
      use_dynamic_rnn: whether it runs in a loop, not unrolled.
    """

    def __init__(self, cell, use_dynamic_rnn=False):
        self._cell, self._use_dynamic_rnn = cell, use_dynamic_rnn

    def __call__(self, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
        """Runs the cell along time; arguments are `FusedRNNCell`'s."""
        settings = {"initial_state": initial_state, "dtype": dtype, "sequence_length": sequence_length, "scope": scope}
        is_list = isinstance(inputs, list)
        if self._use_dynamic_rnn:
            whole = stack(inputs) if is_list else inputs
            outputs, state = dynamic_rnn(self._cell, whole, time_major=True, **settings)
            return unstack(outputs) if is_list else outputs, state
        parts = inputs if is_list else unstack(inputs)
        outputs, state = static_rnn(self._cell, parts, **settings)
        return outputs if is_list else stack(outputs), state


@export("contrib.rnn.TimeReversedFusedRNN")
class TimeReversedFusedRNN(FusedRNNCell):
    """A network that runs from the end.

    Args:
      cell: a FusedRNNCell.
    """

    def __init__(self, cell):
        self._cell = cell

    def __call__(self, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
        """Runs the network from the end; arguments are `FusedRNNCell`'s."""
        outputs, state = self._cell(
            _turned(inputs, sequence_length),
            initial_state=initial_state,
            dtype=dtype,
            sequence_length=sequence_length,
            scope=scope,
        )
        return _turned(outputs, sequence_length), state


def _turned(x, lengths):
    if isinstance(x, list):
        return list(reversed(x))
    return reverse(x, [0]) if lengths is None else reverse_sequence(x, lengths, 0, 1)
