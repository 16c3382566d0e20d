"""Bidirectional networks one on top of the other; each layer sees both directions of the one below."""

from ...build.scopes import variable_scope
from ...ground.api import export
from ...ground.errors import need
from ...ops.join import concat
from ...rnn.dynamic import bidirectional_dynamic_rnn
from ...rnn.static import static_bidirectional_rnn

__all__ = ["stack_bidirectional_dynamic_rnn", "stack_bidirectional_rnn"]


def _check(cells_fw, cells_bw, states_fw, states_bw):
    need(cells_fw, "Must specify at least one fw cell for BidirectionalRNN.")
    need(cells_bw, "Must specify at least one bw cell for BidirectionalRNN.")
    need(isinstance(cells_fw, list), "cells_fw must be a list of RNNCells (one per layer).")
    need(isinstance(cells_bw, list), "cells_bw must be a list of RNNCells (one per layer).")
    need(len(cells_fw) == len(cells_bw), "Forward and Backward cells must have the same depth.")
    for name, states in (("initial_states_fw", states_fw), ("initial_states_bw", states_bw)):
        fine = states is None or (isinstance(states, list) and len(states) == len(cells_fw))
        need(fine, f"{name} must be a list of state tensors (one per layer).")


@export("contrib.rnn.stack_bidirectional_rnn")
def stack_bidirectional_rnn(
    cells_fw,
    cells_bw,
    inputs,
    initial_states_fw=None,
    initial_states_bw=None,
    dtype=None,
    sequence_length=None,
    scope=None,
):
    """Layers of `static_bidirectional_rnn`.

    Args:
      cells_fw: a list of cells that run forwards, one a layer.
      cells_bw: a list of cells that run backwards.
      inputs: a list over time of tensors `[batch, depth]`.
      initial_states_fw: a list of first states; zeros if None.
      initial_states_bw: a list of first states; zeros if None.
      dtype: of first states that are not given.
      sequence_length: int `[batch]`, or None.
      scope: a name or `VariableScope`; "stack_bidirectional_rnn" if None.

    Returns:
      (a list of outputs, a tuple of the forward cells' last states, one of the backward cells').

    Raises:
      ValueError: no lists, or lists of several lengths.
    """
    _check(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    layer, states_fw, states_bw = inputs, [], []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for k, (forward, backward) in enumerate(zip(cells_fw, cells_bw, strict=True)):
            with variable_scope(f"cell_{k:d}") as cell_scope:
                layer, state_fw, state_bw = static_bidirectional_rnn(
                    forward,
                    backward,
                    layer,
                    initial_state_fw=initial_states_fw[k] if initial_states_fw else None,
                    initial_state_bw=initial_states_bw[k] if initial_states_bw else None,
                    sequence_length=sequence_length,
                    dtype=dtype,
                    scope=cell_scope,
                )
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return layer, tuple(states_fw), tuple(states_bw)


@export("contrib.rnn.stack_bidirectional_dynamic_rnn")
def stack_bidirectional_dynamic_rnn(
    cells_fw,
    cells_bw,
    inputs,
    initial_states_fw=None,
    initial_states_bw=None,
    dtype=None,
    sequence_length=None,
    parallel_iterations=None,
    time_major=False,
    scope=None,
    swap_memory=False,
):
    """Layers of `bidirectional_dynamic_rnn`.

    Args:
      cells_fw: a list of cells that run forwards, one a layer.
      cells_bw: a list of cells that run backwards.
      inputs: `[batch, time, depth]`, or a nest of such.
      initial_states_fw: a list of first states; zeros if None.
      initial_states_bw: a list of first states; zeros if None.
      dtype: of first states that are not given.
      sequence_length: int `[batch]`, or None.
      parallel_iterations: kept in the graph; 32 if None.
      time_major: inputs and outputs are `[time, batch, ...]`.
      scope: a name or `VariableScope`; "stack_bidirectional_rnn" if None.
      swap_memory: kept in the graph.

    Returns:
      (outputs `[batch, time, depth]`, a tuple of the forward cells' last states, one of the backward cells').

    Raises:
      ValueError: no lists, or lists of several lengths.
    """
    _check(cells_fw, cells_bw, initial_states_fw, initial_states_bw)
    layer, states_fw, states_bw = inputs, [], []
    with variable_scope(scope or "stack_bidirectional_rnn"):
        for k, (forward, backward) in enumerate(zip(cells_fw, cells_bw, strict=True)):
            with variable_scope(f"cell_{k:d}"):
                outputs, (state_fw, state_bw) = bidirectional_dynamic_rnn(
                    forward,
                    backward,
                    layer,
                    initial_state_fw=initial_states_fw[k] if initial_states_fw else None,
                    initial_state_bw=initial_states_bw[k] if initial_states_bw else None,
                    sequence_length=sequence_length,
                    parallel_iterations=parallel_iterations,
                    dtype=dtype,
                    swap_memory=swap_memory,
                    time_major=time_major,
                )
                layer = concat(outputs, 2)
            states_fw.append(state_fw)
            states_bw.append(state_bw)
    return layer, tuple(states_fw), tuple(states_bw)
