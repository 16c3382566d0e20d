"""Loops within loops' nodes that a gradient adds: counters of iterations, and sums of what each iteration gives."""

from ..graph.composite import IndexedSlices
from ..ground.shapes import TensorShape
from ..ops.basic import constant
from ..ops.elementwise import NODES, add, subtract
from ..ops.fill import zeros, zeros_like
from ..ops.flow import exit, loop_cond, merge, next_iteration, switch
from ..ops.join import concat
from ..ops.shape import shape_internal

__all__ = ["accumulate", "accumulate_slices", "backward_counter", "forward_counter"]


def forward_counter(loop, outer_state):
    """Lets a loop count its iterations.

    Args:
      loop: its context.
      outer_state: the gradient's state of the loop around it, or None.

    Returns:
      (how many there were, the counter inside of the loop); stack pushes are ordered by the latter.
    """
    n = constant(0, name="f_count")
    if outer_state is not None:
        n.op._add_control_input(outer_state.forward_index.op._inputs[0].op)
    loop.Enter()
    loop.AddName(n)
    entered = loop.enter(n, name="f_count")
    loop.loop_enters.append(entered)
    merged = merge([entered, entered])[0]
    out, going_on = switch(merged, loop.pivot)
    following = next_iteration(add(going_on, 1))
    merged.op._update_input(1, following)
    total = exit(out, name="f_count")
    loop.loop_exits.append(total)
    loop.ExitResult([total])
    loop.Exit()
    return total, following


def backward_counter(loop, count, outer_state):
    """Gives a gradient's loop its condition: as many iterations as the forward loop had.

    Args:
      loop: the context of the gradient's loop.
      count: how many, an int32 scalar.
      outer_state: the gradient's state of the loop around it, or None.

    Returns:
      The counter inside of the loop; stack pops are ordered by it.
    """
    one = constant(1, name="b_count")
    loop.Enter()
    loop.AddName(count)
    entered = loop.enter(count, name="b_count")
    loop.loop_enters.append(entered)
    merged = merge([entered, entered])[0]
    loop.pivot_for_pred = merged
    loop.pivot = loop_cond(NODES["GreaterEqual"](merged, one), name="b_count")
    out, going_on = switch(merged, loop.pivot)
    index = subtract(going_on, one)
    loop.pivot_for_body = index
    following = next_iteration(index)
    merged.op._update_input(1, following)
    final = exit(out, name="b_count")
    loop.loop_exits.append(final)
    if outer_state is not None:
        outer_state.grad_sync._add_control_input(final.op)
    loop.ExitResult([final])
    loop.Exit()
    return following


class _Inside:
    """A block under which new ops belong to a context, or stay where they are if it is None."""

    def __init__(self, context):
        self.context = context

    def __enter__(self):
        if self.context is not None:
            self.context.Enter()

    def __exit__(self, *_):
        if self.context is not None:
            self.context.Exit()


def accumulate(loop, op, slope):
    """Adds up, over the iterations of a gradient's loop, the slope of a value that the forward loop doesn't change.

    Args:
      loop: the context of the gradient's loop, which is the current one.
      op: the Enter of the value.
      slope: the slope in one iteration.

    Returns:
      The sum, outside of the loop.
    """
    loop.Exit()
    start = _zeros_outside(loop, op, slope)
    loop.Enter()
    loop.AddName(start)
    entered = loop.enter(start, name="b_acc")
    loop.loop_enters.append(entered)
    merged = merge([entered, entered], name="b_acc")[0]
    out, going_on = switch(merged, loop.pivot)
    merged.op._update_input(1, next_iteration(add(going_on, slope)))
    total = exit(out, name="b_acc")
    loop.loop_exits.append(total)
    loop.ExitResult([total])
    return total


def _zeros_outside(loop, op, slope):
    """Zeros shaped as a slope, in the context around a gradient's loop."""
    if slope.get_shape().is_fully_defined():
        with _Inside(loop.outer_context):
            return constant(0, slope.dtype, shape=slope.get_shape(), name="b_acc")
    value = op._inputs[0]
    outer_state = loop.grad_state.outer_grad_state
    if not loop.outer_context or not loop.outer_context.IsWhileContext() or loop.outer_context.grad_state is None:
        with _Inside(loop.outer_context):
            return zeros(shape_internal(value, optimize=False), slope.dtype)
    with _Inside(loop.grad_state.forward_context.outer_context):
        shape = shape_internal(value, optimize=False)
    kept = outer_state.AddForwardAccumulator(shape)
    with _Inside(loop.outer_context):
        return zeros(outer_state.AddBackpropAccumulatedValue(kept, shape), slope.dtype)


def accumulate_slices(loop, op, slope):
    """`accumulate` for IndexedSlices: those of all iterations one after another.

    Args:
      loop: the context of the gradient's loop, which is the current one.
      op: the Enter of the value.
      slope: `IndexedSlices`, the slope in one iteration.

    Returns:
      `IndexedSlices`, outside of the loop.
    """
    loop.Exit()
    with _Inside(loop.outer_context):
        starts = _no_slices(loop, op, slope)
    loop.Enter()
    for tensor in starts:
        loop.AddName(tensor)
    entered = [loop.enter(t, use_input_shape=False, name="b_acc") for t in starts]
    entered[0].set_shape([None])
    dims = starts[1].get_shape().dims
    if dims is not None:
        entered[1].set_shape([None, *dims[1:]])
    loop.loop_enters.extend(entered)
    merges = [merge([t, t], name="b_acc")[0] for t in entered]
    switches = [switch(t, loop.pivot) for t in merges]
    sums = [concat([s[1], t], 0) for s, t in zip(switches[:2], (slope.indices, slope.values), strict=True)]
    if slope.dense_shape is not None:
        sums.append(NODES["Maximum"](slope.dense_shape, switches[2][1]))
    following = [next_iteration(t) for t in sums]
    for merged, after in zip(merges, following, strict=True):
        merged.op._update_input(1, after)
    totals = [exit(s[0], name="b_acc") for s in switches]
    loop.loop_exits.extend(totals)
    loop.ExitResult(totals)
    return IndexedSlices(totals[1], totals[0], totals[2] if len(totals) > 2 else None)


def _no_slices(loop, op, slope):
    """[indices, values] or with the dense shape, to begin with: one row of zeros at 0."""
    values, whole = slope.values, slope.dense_shape
    if values.get_shape().is_fully_defined():
        with _Inside(loop.outer_context):
            rows = constant(0, values.dtype, shape=TensorShape([1, *values.get_shape().dims[1:]]), name="b_acc")
    else:
        one_row = concat([[1], _shape_of(op._inputs[0])[1:]], 0)
        rows = zeros(one_row, values.dtype)
    out = [constant([0], slope.indices.dtype), rows]
    if whole is not None:
        if whole.get_shape().is_fully_defined():
            with _Inside(loop.outer_context):
                out.append(constant(0, whole.dtype, shape=whole.get_shape()))
        else:
            found = shape_internal(op._inputs[0], optimize=False, out_type=whole.dtype)
            out.append(zeros_like(found, optimize=False))
    return out


def _shape_of(tensor):
    """The shape of a tensor, or of the variable that a handle is."""
    if tensor._dtype.name != "resource":
        return shape_internal(tensor, optimize=False)
    while tensor.op._inputs:
        tensor = tensor.op._inputs[0]
    return TensorShape(tensor.op.attrs["shape"])
