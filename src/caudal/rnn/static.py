"""Recurrent networks unrolled while the graph is built: static_rnn and its kin."""

from ..build.scopes import variable_scope
from ..graph.convert import convert
from ..graph.scopes import control_dependencies
from ..ground import dtypes, nest
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import dimension_value
from ..ops.basic import identity
from ..ops.elementwise import cast
from ..ops.fill import zeros
from ..ops.join import concat, stack
from ..ops.reduce import reduce_max, reduce_min
from ..ops.shape import shape
from .base import check_cell, joined_shape
from .step import cache_variables, reversed_list, state_dtype, step

__all__ = ["static_bidirectional_rnn", "static_rnn", "static_state_saving_rnn"]


@export("nn.static_rnn", "contrib.rnn.static_rnn")
def static_rnn(cell, inputs, initial_state=None, dtype=None, sequence_length=None, scope=None):
    """A cell run on each of a list of inputs, with nodes of its own for each.

    Args:
      cell: the cell.
      inputs: a list over time of tensors `[batch, depth]`, or nests of such.
      initial_state: the first state; zeros if None.
      dtype: of the first state, where none is given.
      sequence_length: int `[batch]`: a row that is over gives zeros and keeps its state.
      scope: a name or `VariableScope`; "rnn" if None.

    Returns:
      (a list of outputs, the last state).

    Raises:
      TypeError: no cell, or no list; ValueError: no inputs, no dtype, an unknown depth.
    """
    check_cell("cell", cell)
    need(nest.is_nested(inputs), "inputs must be a sequence", kind=TypeError)
    need(inputs, "inputs must not be empty")
    outputs = []
    with variable_scope(scope or "rnn") as varscope:
        cache_variables(varscope)
        first = inputs
        while nest.is_nested(first):
            first = first[0]
        fixed = _check_inputs(first, inputs)
        rows = dimension_value(fixed) or shape(first)[0]
        state = initial_state if initial_state is not None else _begin(cell, rows, dtype)
        lengths = None
        if sequence_length is not None:
            lengths = convert(sequence_length, None, "sequence_length")
            need(lengths.get_shape().ndims in (None, 1), "sequence_length must be a vector of length batch_size")
            zero = _zero_output(cell, rows, dimension_value(fixed), state_dtype(dtype, state))
            lengths = cast(lengths, dtypes.int32)
            shortest, longest = reduce_min(lengths), reduce_max(lengths)
        for time, one in enumerate(inputs):
            if time > 0:
                varscope.reuse_variables()
            if lengths is None:
                output, state = cell(one, state)
            else:
                output, state = step(time, lengths, shortest, longest, zero, state, lambda one=one, state=state: cell(one, state))
            outputs.append(output)
    return outputs, state


def _begin(cell, rows, dtype):
    need(dtype, "If no initial_state is provided, dtype must be specified")
    if getattr(cell, "get_initial_state", None) is not None:
        return cell.get_initial_state(inputs=None, batch_size=rows, dtype=dtype)
    return cell.zero_state(rows, dtype)


def _check_inputs(first, inputs):
    """The batch size's `Dimension`; refuses inputs whose depth isn't known."""
    if first.get_shape().ndims == 1:
        return first.get_shape().with_rank_at_least(1).dims[0]
    fixed = first.get_shape().with_rank_at_least(2).dims[0]
    for one in nest.flatten(inputs):
        dims = one.get_shape().with_rank_at_least(2)
        fixed.assert_is_compatible_with(dims.dims[0])
        for k, size in enumerate(dims.dims[1:]):
            need(
                dimension_value(size) is not None,
                f"Input size (dimension {k} of inputs) must be accessible via shape inference, but saw value None.",
            )
    return fixed


def _zero_output(cell, rows, known_rows, dtype):
    def one(size):
        made = zeros(stack(joined_shape(rows, size)), dtype)
        made.set_shape(joined_shape(known_rows, size, known=True))
        return made

    flat = tuple(one(size) for size in nest.flatten(cell.output_size))
    return nest.pack_sequence_as(cell.output_size, flat)


@export("nn.static_state_saving_rnn", "contrib.rnn.static_state_saving_rnn")
def static_state_saving_rnn(cell, inputs, state_saver, state_name, sequence_length=None, scope=None):
    """`static_rnn` that begins with a state that was saved, and saves the last one.

    Args:
      cell: the cell.
      inputs: a list over time of tensors `[batch, depth]`.
      state_saver: has `state(name)` and `save_state(name, value)`.
      state_name: the state's name, or a nest of names as the cell's state.
      sequence_length: int `[batch]`, or None.
      scope: a name or `VariableScope`.

    Returns:
      (a list of outputs, the last state).

    Raises:
      ValueError: the names are nested in another way than the state.
    """
    size = cell.state_size
    nested = nest.is_nested(size)
    need(
        nested == nest.is_nested(state_name),
        f"state_name should be the same type as cell.state_size.  state_name: {state_name}, cell.state_size: {size}",
    )
    names = nest.flatten(state_name)
    need(
        len(names) == len(nest.flatten(size)),
        f"#elems(state_name) != #elems(state_size): {len(names)} vs. {len(nest.flatten(size))}",
    )
    begin = nest.pack_sequence_as(size, [state_saver.state(name) for name in names])
    outputs, state = static_rnn(cell, inputs, initial_state=begin, sequence_length=sequence_length, scope=scope)
    parts = nest.flatten(state)
    saved = [state_saver.save_state(name, part) for name, part in zip(names, parts, strict=True)]
    with control_dependencies(saved):
        last = [identity(output) for output in nest.flatten(outputs[-1])]
        outputs[-1] = nest.pack_sequence_as(outputs[-1], last)
        state = nest.pack_sequence_as(state, [identity(part) for part in parts])
    return outputs, state


@export("nn.static_bidirectional_rnn", "contrib.rnn.static_bidirectional_rnn")
def static_bidirectional_rnn(
    cell_fw,
    cell_bw,
    inputs,
    initial_state_fw=None,
    initial_state_bw=None,
    dtype=None,
    sequence_length=None,
    scope=None,
):
    """One cell run along the inputs and another from their end, the outputs side by side.

    Args:
      cell_fw: the cell that runs forwards.
      cell_bw: the cell that runs backwards.
      inputs: a list over time of tensors `[batch, depth]`.
      initial_state_fw: the forward cell's first state; zeros if None.
      initial_state_bw: the backward cell's first state; zeros if None.
      dtype: of first states that are not given.
      sequence_length: int `[batch]`, or None.
      scope: a name or `VariableScope`; "bidirectional_rnn" if None.

    Returns:
      (a list of outputs, the forward cell's last state, the backward cell's).

    Raises:
      TypeError: no cell, or no list; ValueError: no inputs.
    """
    check_cell("cell_fw", cell_fw)
    check_cell("cell_bw", cell_bw)
    need(nest.is_nested(inputs), "inputs must be a sequence", kind=TypeError)
    need(inputs, "inputs must not be empty")
    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as forward:
            output_fw, state_fw = static_rnn(cell_fw, inputs, initial_state_fw, dtype, sequence_length, scope=forward)
        with variable_scope("bw") as backward:
            turned = reversed_list(inputs, sequence_length)
            output_bw, state_bw = static_rnn(cell_bw, turned, initial_state_bw, dtype, sequence_length, scope=backward)
    output_bw = reversed_list(output_bw, sequence_length)
    pairs = zip(nest.flatten(output_fw), nest.flatten(output_bw), strict=True)
    outputs = tuple(concat([x, y], 1) for x, y in pairs)
    return nest.pack_sequence_as(output_fw, outputs), state_fw, state_bw
