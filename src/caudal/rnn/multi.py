"""MultiRNNCell: cells one on top of the other."""

from ..build.scopes import variable_scope
from ..graph.scopes import name_scope
from ..ground import nest
from ..ground.api import export
from ..ground.errors import need
from ..layers.base import Layer
from ..ops.join import concat
from ..ops.slicing import slice_
from .base import RNNCell

__all__ = ["MultiRNNCell"]


@export("nn.rnn_cell.MultiRNNCell", "contrib.rnn.MultiRNNCell")
class MultiRNNCell(RNNCell):
    """Cells of which each takes the output of the one before.

    Args:
      cells: a list or tuple of cells.
      state_is_tuple: whether the state is a tuple of the cells' states, or all in one matrix.

    Raises:
      ValueError: no cells, or states that don't fit into one matrix; TypeError: no list.
    """

    def __init__(self, cells, state_is_tuple=True):
        super().__init__()
        need(cells, "Must specify at least one cell for MultiRNNCell.")
        need(nest.is_nested(cells), f"cells must be a list or tuple, but saw: {cells}.", kind=TypeError)
        self._cells, self._state_is_tuple = cells, state_is_tuple
        need(
            state_is_tuple or not any(nest.is_nested(c.state_size) for c in cells),
            "Some cells return tuples of states, but the flag state_is_tuple is not set.  "
            f"State sizes are: {[c.state_size for c in cells]}",
        )

    @property
    def state_size(self):
        """The cells' state sizes, or their sum."""
        sizes = [cell.state_size for cell in self._cells]
        return tuple(sizes) if self._state_is_tuple else sum(sizes)

    @property
    def output_size(self):
        """The last cell's."""
        return self._cells[-1].output_size

    def zero_state(self, batch_size, dtype):
        """Zeros as a state.

        Args:
          batch_size: a number or int scalar.
          dtype: of the state.
        """
        with name_scope(type(self).__name__ + "ZeroState", values=[batch_size]):
            if self._state_is_tuple:
                return tuple(cell.zero_state(batch_size, dtype) for cell in self._cells)
            return super().zero_state(batch_size, dtype)

    @property
    def trainable_weights(self):
        """The cells' variables that are trained."""
        return [w for cell in self._layers() for w in cell.trainable_weights] if self.trainable else []

    @property
    def non_trainable_weights(self):
        """The cells' variables that are not trained."""
        rest = [w for cell in self._layers() for w in cell.non_trainable_weights]
        return rest if self.trainable else [w for cell in self._layers() for w in cell.trainable_weights] + rest

    def _layers(self):
        return [cell for cell in self._cells if isinstance(cell, Layer)]

    def call(self, inputs, state):
        """(the last cell's output, the cells' next states)."""
        at, output, states = 0, inputs, []
        for k, cell in enumerate(self._cells):
            with variable_scope(f"cell_{k}"):
                if self._state_is_tuple:
                    need(
                        nest.is_nested(state),
                        f"Expected state to be a tuple of length {len(self.state_size)}, but received: {state}",
                    )
                    own = state[k]
                else:
                    own = slice_(state, [0, at], [-1, cell.state_size])
                    at += cell.state_size
                output, after = cell(output, own)
                states.append(after)
        return output, tuple(states) if self._state_is_tuple else concat(states, 1)
