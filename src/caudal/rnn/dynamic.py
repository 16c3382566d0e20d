"""Recurrent networks as one loop over time: dynamic_rnn, bidirectional_dynamic_rnn, raw_rnn."""

from ..build.scopes import variable_scope
from ..build.while_loop import while_loop
from ..graph.convert import convert
from ..graph.scopes import colocate_with, control_dependencies, name_scope
from ..ground import dtypes, nest
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import TensorShape, dimension_value
from ..ops.basic import constant, identity
from ..ops.check import Assert
from ..ops.elementwise import NODES, PLAIN, cast, equal
from ..ops.fill import zeros
from ..ops.join import reverse, stack
from ..ops.reduce import reduce_all, reduce_max, reduce_min
from ..ops.reverse_sequence import reverse_sequence
from ..ops.shape import shape
from ..ops.slicing import where
from ..ops.tensor_array import TensorArray
from .base import check_cell, joined_shape
from .step import batch_size_of, cache_variables, known_shape, state_dtype, step, transpose_batch_time

__all__ = ["bidirectional_dynamic_rnn", "dynamic_rnn", "raw_rnn"]


@export("nn.dynamic_rnn")
def dynamic_rnn(
    cell,
    inputs,
    sequence_length=None,
    initial_state=None,
    dtype=None,
    parallel_iterations=None,
    swap_memory=False,
    time_major=False,
    scope=None,
):
    """A cell run along time, as a loop: the graph is as large for any number of steps.

    Args:
      cell: the cell.
      inputs: `[batch, time, ...]`, or a nest of such.
      sequence_length: int `[batch]`: a row that is over gives zeros and keeps its state.
      initial_state: the first state; zeros if None.
      dtype: of the first state, where none is given.
      parallel_iterations: kept in the graph; 32 if None.
      swap_memory: kept in the graph.
      time_major: inputs and outputs are `[time, batch, ...]`.
      scope: a name or `VariableScope`; "rnn" if None.

    Returns:
      (outputs `[batch, time, ...]`, the last state).

    Raises:
      TypeError: no cell; ValueError: no dtype, an unknown depth, lengths that are no vector.
    """
    check_cell("cell", cell)
    with variable_scope(scope or "rnn") as varscope:
        cache_variables(varscope)
        flat = nest.flatten(inputs)
        if not time_major:
            flat = [convert(one) for one in flat]
            flat = tuple(transpose_batch_time(one) for one in flat)
        if sequence_length is not None:
            sequence_length = _lengths(sequence_length)
        rows = batch_size_of(flat)
        state = initial_state if initial_state is not None else _begin(cell, rows, dtype)
        if sequence_length is not None:
            with control_dependencies([_check_length(sequence_length, [rows])]):
                sequence_length = identity(sequence_length, name="CheckSeqLen")
        inputs = nest.pack_sequence_as(inputs, flat)
        settings = {"parallel_iterations": parallel_iterations or 32, "swap_memory": swap_memory}
        outputs, state = _loop(cell, inputs, state, sequence_length, dtype, settings)
        if not time_major:
            outputs = nest.map_structure(transpose_batch_time, outputs)
        return outputs, state


def _lengths(given):
    lengths = cast(given, dtypes.int32)
    need(
        lengths.get_shape().ndims in (None, 1),
        f"sequence_length must be a vector of length batch_size, but saw shape: {lengths.get_shape()}",
    )
    return identity(lengths, name="sequence_length")


def _begin(cell, rows, dtype):
    need(dtype, "If there is no initial_state, you must give a dtype.")
    if getattr(cell, "get_initial_state", None) is not None:
        return cell.get_initial_state(inputs=None, batch_size=rows, dtype=dtype)
    return cell.zero_state(rows, dtype)


def _check_length(x, want):
    have, want = shape(x), stack(want)
    data = [f"Expected shape for Tensor {x.name} is ", want, " but saw shape: ", have]
    return Assert(reduce_all(equal(have, want)), data)


def _loop(cell, inputs, state, lengths, dtype, settings):
    """(outputs, last state) for time-major inputs."""
    flat = nest.flatten(inputs)
    sizes = nest.flatten(cell.output_size)
    steps = shape(flat[0])[0]
    rows = batch_size_of(flat)
    shapes = tuple(one.get_shape().with_rank_at_least(3) for one in flat)
    known_steps, known_rows = shapes[0].as_list()[:2]
    _check_shapes(shapes, known_steps, known_rows)
    kind = state_dtype(dtype, state)
    zero = tuple(zeros(stack(joined_shape(rows, size)), kind) for size in sizes)
    zero = nest.pack_sequence_as(cell.output_size, zero)
    if lengths is not None:
        shortest, longest = reduce_min(lengths), reduce_max(lengths)
    else:
        longest = steps
    time = constant(0, dtype=dtypes.int32, name="time")
    with name_scope("dynamic_rnn") as base:
        pass

    def array(name, element_shape, dtype):
        return TensorArray(dtype=dtype, size=steps, element_shape=element_shape, tensor_array_name=base + name)

    outputs = tuple(
        array(f"output_{k}", TensorShape([known_rows]).concatenate(known_shape(size)), kind) for k, size in enumerate(sizes)
    )
    given = tuple(array(f"input_{k}", one.get_shape()[1:], one.dtype) for k, one in enumerate(flat))
    given = tuple(a.unstack(one) for a, one in zip(given, flat, strict=True))

    def body(time, arrays, state):
        now = tuple(a.read(time) for a in given)
        for one, dims in zip(now, shapes, strict=True):
            one.set_shape(dims[1:])
        now = nest.pack_sequence_as(inputs, now)
        if lengths is None:
            output, after = cell(now, state)
        else:
            output, after = step(time, lengths, shortest, longest, zero, state, lambda: cell(now, state), always=True)
        output = nest.flatten(output)
        arrays = tuple(a.write(time, one) for a, one in zip(arrays, output, strict=True))
        return time + 1, arrays, after

    bound = PLAIN["Minimum"](steps, PLAIN["Maximum"](1, longest))
    _, outputs, state = while_loop(
        lambda time, *_: time < bound, body, (time, outputs, state), maximum_iterations=steps, **settings
    )
    final = tuple(a.stack() for a in outputs)
    for one, size in zip(final, sizes, strict=True):
        one.set_shape(joined_shape(TensorShape([known_steps, known_rows]), size, known=True))
    return nest.pack_sequence_as(cell.output_size, final), state


def _check_shapes(shapes, steps, rows):
    for one in shapes:
        need(
            one[2:].is_fully_defined(),
            "Input size (depth of inputs) must be accessible via shape inference, but saw value None.",
        )
        need(one.dims[0].value == steps, "Time steps is not the same for all the elements in the input in a batch.")
        need(one.dims[1].value == rows, "Batch_size is not the same for all the elements in the input.")


@export("nn.bidirectional_dynamic_rnn")
def bidirectional_dynamic_rnn(
    cell_fw,
    cell_bw,
    inputs,
    sequence_length=None,
    initial_state_fw=None,
    initial_state_bw=None,
    dtype=None,
    parallel_iterations=None,
    swap_memory=False,
    time_major=False,
    scope=None,
):
    """One cell run along time and another from the end, each as a loop.

    Args:
      cell_fw: the cell that runs forwards.
      cell_bw: the cell that runs backwards.
      inputs: `[batch, time, ...]`, or a nest of such.
      sequence_length: int `[batch]`, or None.
      initial_state_fw: the forward cell's first state; zeros if None.
      initial_state_bw: the backward cell's first state; zeros if None.
      dtype: of first states that are not given.
      parallel_iterations: kept in the graph; 32 if None.
      swap_memory: kept in the graph.
      time_major: inputs and outputs are `[time, batch, ...]`.
      scope: a name or `VariableScope`; "bidirectional_rnn" if None.

    Returns:
      ((forward outputs, backward outputs), (forward state, backward state)).

    Raises:
      TypeError: no cell; what `dynamic_rnn` raises.
    """
    check_cell("cell_fw", cell_fw)
    check_cell("cell_bw", cell_bw)
    settings = {
        "sequence_length": sequence_length,
        "dtype": dtype,
        "parallel_iterations": parallel_iterations,
        "swap_memory": swap_memory,
        "time_major": time_major,
    }
    time_axis, batch_axis = (0, 1) if time_major else (1, 0)

    def turned(x):
        if sequence_length is None:
            return reverse(x, axis=[time_axis])
        return reverse_sequence(x, sequence_length, seq_axis=time_axis, batch_axis=batch_axis)

    with variable_scope(scope or "bidirectional_rnn"):
        with variable_scope("fw") as forward:
            output_fw, state_fw = dynamic_rnn(cell_fw, inputs, initial_state=initial_state_fw, scope=forward, **settings)
        with variable_scope("bw") as backward:
            backwards = nest.map_structure(turned, inputs)
            output_bw, state_bw = dynamic_rnn(cell_bw, backwards, initial_state=initial_state_bw, scope=backward, **settings)
    return (output_fw, nest.map_structure(turned, output_bw)), (state_fw, state_bw)


@export("nn.raw_rnn")
def raw_rnn(cell, loop_fn, parallel_iterations=None, swap_memory=False, scope=None):
    """A cell run along time under a function of one's own, which gives inputs and says when rows are over.

    Args:
      cell: the cell.
      loop_fn: of (time, output, state, loop state), at first (0, None, None, None), gives (finished `[batch]`, next
        input, next state, what to emit, loop state).
      parallel_iterations: kept in the graph; 32 if None.
      swap_memory: kept in the graph.
      scope: a name or `VariableScope`; "rnn" if None.

    Returns:
      (TensorArrays of what was emitted, the last state, the last loop state).

    Raises:
      TypeError: no cell, or `loop_fn` cannot be called.
    """
    check_cell("cell", cell)
    need(callable(loop_fn), "loop_fn must be a callable", kind=TypeError)
    with variable_scope(scope or "rnn") as varscope:
        cache_variables(varscope)
        time = constant(0, dtype=dtypes.int32)
        finished, first, state, emitted, own = loop_fn(time, None, None, None)
        flat = nest.flatten(first)
        loop_state = own if own is not None else constant(0, dtype=dtypes.int32)
        rows, known_rows = _rows(flat)
        nest.assert_same_structure(state, cell.state_size)
        state = nest.pack_sequence_as(state, [convert(s) for s in nest.flatten(state)])
        emits = _Emits(cell, emitted, nest.flatten(state)[0].dtype)
        arrays = emits.arrays(known_rows)
        nothing = emits.zeros(rows)

        def body(time, finished, current, arrays, state, loop_state):
            output, after = cell(current, state)
            nest.assert_same_structure(state, after)
            nest.assert_same_structure(cell.output_size, output)
            following = time + 1
            now_finished, current_after, after, emit, more = loop_fn(following, output, after, loop_state)
            nest.assert_same_structure(state, after)
            nest.assert_same_structure(current, current_after)
            nest.assert_same_structure(arrays, emit)
            loop_state = loop_state if more is None else more
            emit = _unless(finished, nothing, emit)
            after = _unless(finished, state, after)
            arrays = nest.map_structure(lambda array, one: array.write(time, one), arrays, emit)
            finished = NODES["LogicalOr"](finished, now_finished)
            return following, finished, current_after, arrays, after, loop_state

        returned = while_loop(
            lambda time, finished, *_: PLAIN["LogicalNot"](reduce_all(finished)),
            body,
            loop_vars=[time, finished, first, arrays, state, loop_state],
            parallel_iterations=parallel_iterations or 32,
            swap_memory=swap_memory,
        )
        arrays, state, loop_state = returned[-3:]
        return arrays, state, None if own is None else loop_state


def _rows(flat):
    """(the batch size as number or tensor, as a number or None)."""
    fixed = flat[0].get_shape().with_rank_at_least(1).dims[0]
    for one in flat:
        fixed.assert_is_compatible_with(one.get_shape().with_rank_at_least(1).dims[0])
    known = dimension_value(fixed)
    return (shape(flat[0])[0] if known is None else known), known


class _Emits:
    """What a raw_rnn emits: its nest, sizes and dtypes."""

    def __init__(self, cell, emitted, dtype):
        if emitted is None:
            self.nest = cell.output_size
            self.sizes = nest.flatten(self.nest)
            self.kinds = [dtype] * len(self.sizes)
            return
        self.nest = emitted
        flat = nest.flatten(emitted)
        self.sizes = [e.get_shape() if e.get_shape().is_fully_defined() else shape(e) for e in flat]
        self.kinds = [e.dtype for e in flat]

    def arrays(self, rows):
        """TensorArrays for it."""
        flat = [
            TensorArray(
                dtype=kind,
                dynamic_size=True,
                element_shape=TensorShape([rows]).concatenate(known_shape(size)),
                size=0,
                name=f"rnn_output_{k}",
            )
            for k, (kind, size) in enumerate(zip(self.kinds, self.sizes, strict=True))
        ]
        return nest.pack_sequence_as(self.nest, flat)

    def zeros(self, rows):
        """What rows emit that are over."""
        flat = [zeros(joined_shape(rows, s), k) for s, k in zip(self.sizes, self.kinds, strict=True)]
        return nest.pack_sequence_as(self.nest, flat)


def _unless(finished, old, new):
    """`new`, but `old` for rows that are over."""

    def one(x, y):
        if isinstance(x, TensorArray) or x.get_shape().ndims == 0:
            return y
        with colocate_with(y):
            return where(finished, x, y)

    return nest.map_structure(one, old, new)
