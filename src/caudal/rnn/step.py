"""What static and dynamic unrolling share: one step under sequence lengths, sizes, time reversed."""

from ..build.cond import cond
from ..graph import static
from ..graph.contexts import enclosing_while
from ..graph.graph import Tensor, default_graph
from ..graph.scopes import colocate_with
from ..ground import nest
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import TensorShape, as_shape
from ..ops.fill import range_
from ..ops.join import concat, stack, unstack
from ..ops.reverse_sequence import reverse_sequence
from ..ops.shape import rank, shape, transpose
from ..ops.slicing import where
from ..ops.tensor_array import TensorArray

__all__ = ["batch_size_of", "cache_variables", "known_shape", "reversed_list", "state_dtype", "step", "transpose_batch_time"]


@export("contrib.rnn.transpose_batch_time")
def transpose_batch_time(x):
    """`x` with its first two axes in the other order; of rank below 2, or unknown, as it is.

    Args:
      x: `[batch, time, ...]` or `[time, batch, ...]`.
    """
    dims = x.get_shape()
    if dims.ndims is not None and dims.ndims < 2:
        return x
    made = transpose(x, concat(([1, 0], range_(2, rank(x))), axis=0))
    made.set_shape(TensorShape([dims.dims[1].value, dims.dims[0].value]).concatenate(dims[2:]) if dims.ndims else None)
    return made


@export("contrib.rnn.best_effort_input_batch_size")
def batch_size_of(flat_input):
    """The batch size of time-major inputs: a number if it is known, else an int32 scalar.

    Args:
      flat_input: a list of tensors `[time, batch, ...]`.

    Raises:
      ValueError: a tensor of rank below 2.
    """
    for one in flat_input:
        dims = one.get_shape()
        if dims.ndims is None:
            continue
        need(dims.ndims >= 2, f"Expected input tensor {one.name} to have rank at least 2, but saw shape: {dims}")
        if dims.dims[1].value is not None:
            return dims.dims[1].value
    return shape(flat_input[0])[1]


def state_dtype(given, state):
    """The dtype that was given, or the one that all parts of a state have.

    Raises:
      ValueError: they have several.
    """
    if given is not None:
        return given
    if not nest.is_nested(state):
        return state.dtype
    kinds = [part.dtype for part in nest.flatten(state)]
    need(kinds, "Unable to infer dtype from empty state.")
    need(
        all(kind == kinds[0] for kind in kinds),
        "State has tensors of different inferred_dtypes. Unable to infer a single representative dtype.",
    )
    return kinds[0]


def known_shape(size):
    """A size as a shape; of a tensor what is known of its value."""
    if isinstance(size, Tensor):
        known = static.value(size)
        return as_shape(None if known is None else known.tolist())
    return as_shape([size] if isinstance(size, int) else size)


def cache_variables(scope):
    """Lets variables be read once outside of a loop, on the device of what reads them."""
    if enclosing_while(default_graph()._get_control_flow_context()) is None and scope.caching_device is None:
        scope.set_caching_device(lambda op: op.device)


def reversed_list(sequence, lengths):
    """Inputs or outputs along time in the other order, for each row as far as its length goes.

    Args:
      sequence: a list over time of tensors `[batch, ...]`, or nests of such.
      lengths: int `[batch]`, or None.
    """
    if lengths is None:
        return list(reversed(sequence))
    flat = [nest.flatten(one) for one in sequence]
    out = [[] for _ in sequence]
    for parts in zip(*flat, strict=True):
        common = as_shape([None] * parts[0].get_shape().ndims) if parts[0].get_shape().ndims is not None else as_shape(None)
        for part in parts:
            common.assert_is_compatible_with(part.get_shape())
            part.set_shape(common)
        made = unstack(reverse_sequence(stack(list(parts)), lengths, 0, 1))
        for results, part in zip(out, made, strict=True):
            part.set_shape(common)
            results.append(part)
    return [nest.pack_sequence_as(like, part) for like, part in zip(sequence, out, strict=True)]


def step(time, lengths, shortest, longest, zero_output, state, call_cell, always=False):
    """A cell's step where sequences have lengths: a row that is over gives zeros and keeps its state.

    Args:
      time: a number or int32 scalar.
      lengths: int32 `[batch]`.
      shortest: int32 scalar, the least of `lengths`.
      longest: int32 scalar, the greatest.
      zero_output: what a row gives that is over.
      state: the state before.
      call_cell: gives (output, new state).
      always: whether the cell runs even when all rows are over.

    Returns:
      (output, new state).
    """
    states, zeros = nest.flatten(state), nest.flatten(zero_output)
    over = time >= lengths

    def choose(old, new):
        if isinstance(old, TensorArray) or old.get_shape().ndims == 0:
            return new
        with colocate_with(new):
            return where(over, old, new)

    def some(outputs, after):
        outputs = [choose(zero, new) for zero, new in zip(zeros, outputs, strict=True)]
        return outputs + [choose(old, new) for old, new in zip(states, after, strict=True)]

    def called():
        output, after = call_cell()
        nest.assert_same_structure(state, after)
        return nest.flatten(output), nest.flatten(after)

    def some_or_all():
        outputs, after = called()
        return cond(time < shortest, lambda: outputs + after, lambda: some(outputs, after))

    if always:
        made = some(*called())
    else:
        made = cond(time >= longest, lambda: zeros + states, some_or_all)
    outputs, after = made[: len(zeros)], made[len(zeros) :]
    for new, zero in zip(outputs, zeros, strict=True):
        new.set_shape(zero.get_shape())
    for new, old in zip(after, states, strict=True):
        if not isinstance(new, TensorArray):
            new.set_shape(old.get_shape())
    return nest.pack_sequence_as(zero_output, outputs), nest.pack_sequence_as(state, after)
