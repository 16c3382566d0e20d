"""Gradients through control flow: the rules of its nodes, and the state of the loops on the walk's way.

Going back, a Merge becomes a Switch and a Switch a Merge, an Exit becomes an Enter, an Enter an Exit.
"""

from ..graph.composite import IndexedSlices
from ..graph.contexts import enclosing_while, is_exit, is_loop_switch, is_switch, output_context, while_of
from ..graph.graph import Tensor, default_graph
from ..graph.opdef import gradient
from ..graph.scopes import colocate_with, control_dependencies
from ..ground import dtypes
from ..ops.basic import constant, identity
from ..ops.elementwise import equal
from ..ops.fill import zeros, zeros_like
from ..ops.flow import exit, merge, next_iteration, switch, switch_as_it_is
from ..ops.shape import shape_internal
from .contexts import CondContext
from .found_contexts import find_contexts
from .loop_counters import accumulate, accumulate_slices
from .loop_state import LoopState
from .while_context import WhileContext, add_back_edge

__all__ = ["ControlFlowState", "begin", "zeros_like_outside_loop"]


class ControlFlowState:
    """The loops that one call of tf.gradients goes back through: forward context -> `LoopState`."""

    def __init__(self):
        self.states = {}

    is_loop_switch = staticmethod(is_loop_switch)
    is_loop_exit = staticmethod(is_exit)

    def _state_around(self, context):
        """The state of the loop that contains `context`, if it is gone back through."""
        loop = enclosing_while(context)
        return None if loop is None else self.states.get(loop)

    def GetGradState(self, op, before):
        """The state of the loop that `op` is in; `before`: that its outputs are in."""
        context = output_context(op) if before else op._control_flow_context
        return self._state_around(context)

    def EnterGradWhileContext(self, op, before):
        """New ops belong to the loop of the gradient of `op`, until `ExitGradWhileContext`."""
        state = self.GetGradState(op, before)
        if state is not None:
            state.grad_context.Enter()

    def ExitGradWhileContext(self, op, before):
        """Undoes `EnterGradWhileContext`."""
        state = self.GetGradState(op, before)
        if state is not None:
            state.grad_context.Exit()

    def AddWhileContext(self, op, between_op_list, between_ops):
        """Begins the gradient's loop for the loop that `op`, an Exit, leaves; all its Exits take part in the walk."""
        forward = while_of(op)
        if forward in self.states:
            return
        state = self.states[forward] = LoopState(forward, self._state_around(forward.outer_context))
        for one in state.forward_loop_exits:
            if one.op not in between_ops:
                between_ops.add(one.op)
                between_op_list.append(one.op)

    def ProcessUnusedLoopExits(self, pending_count, to_ops_set):
        """The Exits that nobody uses of loops whose other Exits are all known already: zeros go in there."""
        out = []
        for state in self.states.values():
            for one in state.forward_loop_exits:
                if pending_count.get(one.op, 0) == 0:
                    state.pending_exits_count -= 1
                    if one.op not in to_ops_set:
                        state.unused_exits.append(one)
                    if state.pending_exits_count == 0:
                        out += state.unused_exits
            for one in state.forward_context.loop_enters:
                if pending_count.get(one.op, 0) == 0:
                    pending_count[one.op] = 1
        return out

    def ZerosLikeForExit(self, val):
        """Zeros shaped as an Exit's output, in the context in which its loop stands."""
        shape = val.get_shape()
        around = val.op._control_flow_context.outer_context
        state = self._state_around(around)
        if state is None:
            return zeros(shape.dims, val.dtype) if shape.is_fully_defined() else zeros_like(val, optimize=False)
        if shape.is_fully_defined():
            state.grad_context.Enter()
            made = zeros(shape.dims, val.dtype)
            state.grad_context.Exit()
            return made
        around.Enter()
        shape = shape_internal(val, optimize=False)
        around.Exit()
        kept = state.AddForwardAccumulator(shape)
        state.grad_context.Enter()
        made = zeros(state.AddBackpropAccumulatedValue(kept, shape), val.dtype)
        state.grad_context.Exit()
        return made

    def ZerosLike(self, op, index):
        """Zeros shaped as an output of `op`, in the gradient's loop; None for a loop variable's Switch."""
        if is_loop_switch(op):
            return None
        loop = while_of(op)
        state = None if loop is None else self.states.get(loop)
        if state is None:
            return zeros_like_outside_loop(op, index)
        val = op.outputs[index]
        dead = is_switch(op)
        if not val.get_shape().is_fully_defined():
            return self._zeros_by_history(state, op, val, dead)
        made = constant(0, shape=val.get_shape().dims, dtype=val.dtype)
        if dead:
            branch = op._control_flow_context
            made = switch_as_it_is(made, state.history_map.get(branch.pred))[1 - branch.branch]
        return made

    def _zeros_by_history(self, state, op, val, dead):
        """Zeros whose shape the forward loop has kept; `dead`: shaped as the side of a Switch that was not taken."""
        context = op._control_flow_context
        if dead:
            context.outer_context.Enter()
            val = switch_as_it_is(op._inputs[0], context.pred)[1 - context.branch]
            shape = shape_internal(val, optimize=False)
            context.outer_context.Exit()
            val.op._set_control_flow_context(context)
            shape.op._set_control_flow_context(context)
        else:
            context.Enter()
            shape = shape_internal(val, optimize=False)
            context.Exit()
        state.grad_context.Exit()
        kept = state.AddForwardAccumulator(shape, dead_branch=dead)
        state.grad_context.Enter()
        return zeros(state.AddBackpropAccumulatedValue(kept, shape, dead), val.dtype)

    def PostProcessing(self):
        """Gives zeros to the slopes of loop variables whose next value does not depend on the one before."""
        for state in self.states.values():
            for merged in state.switch_map.values():
                first, second = merged.op._inputs
                if first is second:
                    merged.op._update_input(1, self._zeros_for_next(state, first))

    @staticmethod
    def _zeros_for_next(state, start):
        shape = start.get_shape()
        if shape.is_fully_defined():
            state.grad_context.Enter()
            slope = constant(0, dtype=start.dtype, shape=shape)
        else:
            around = state.grad_context.outer_context
            if around is not None:
                around.Enter()
            slope = zeros(shape_internal(start.op._inputs[0], optimize=False))
            if around is not None:
                around.Exit()
            state.grad_context.Enter()
        after = next_iteration(slope)
        state.grad_context.Exit()
        return after


def begin(between_op_list, between_ops, colocate):
    """The state of a walk back over these ops, or None if it meets no loop; the loops' Exits are added to both.

    Args:
      between_op_list: the ops between ys and xs, in the walk's order.
      between_ops: the same as a set.
      colocate: whether the slopes stand on the devices of their ops.
    """
    state = None
    if any(is_exit(op) and op._control_flow_context is None for op in between_op_list):
        find_contexts(between_op_list[0].graph)
    for op in between_op_list:
        if is_exit(op) and while_of(op) is not None:
            state = state or ControlFlowState()
            if colocate:
                with colocate_with(op):
                    state.AddWhileContext(op, between_op_list, between_ops)
            else:
                state.AddWhileContext(op, between_op_list, between_ops)
    return state


def zeros_like_outside_loop(op, index):
    """Zeros shaped as an output of `op`; of a Switch, there only where the other side is taken."""
    val = op.outputs[index]
    branch = op._control_flow_context
    if not is_switch(op) or branch is None:
        return zeros_like(val, optimize=False)
    other = switch(op._inputs[0], branch.pred)[1 - branch.branch]
    pivot = identity(other)
    shape = shape_internal(other, optimize=False)
    with control_dependencies([pivot]):
        return zeros(shape, dtype=val.dtype)


# --- the rules ---------------------------------------------------------------------------------------


def _current():
    return default_graph()._get_control_flow_context()


def _switch_grad(op, *dys):
    context = op._control_flow_context
    if isinstance(context, WhileContext):
        return _loop_switch_grad(op, *dys)
    if isinstance(context, CondContext):
        if dys[1 - context.branch] is not None:
            return [merge(list(dys), name="cond_grad")[0], None]
        if op._inputs[0]._dtype is dtypes.resource:
            return [merge([dys[context.branch]] * 2, name="cond_resource_grad")[0], None]
        return [None, None]
    not_taken = switch(dys[0], op.inputs[1])[0]
    return [merge([not_taken, switch(dys[1], op.inputs[1])[1]])[0], None]


def _loop_switch_grad(op, at_exit, going_on):
    """The Switch of a loop variable is visited twice: from its Exit, and when the body is done."""
    state = _current().grad_state
    merged = state.switch_map.get(op)
    if merged is not None:
        if going_on is not None:
            add_back_edge(merged, going_on, check_shape=False)
        return [None, None]
    if at_exit is None:
        return [None, None]
    merged = state.switch_map[op] = merge([at_exit, at_exit], name="b_switch")[0]
    return [merged, None]


def _merge_grad(op, dy, _):
    context = output_context(op._inputs[0].op)
    if isinstance(context, WhileContext):
        return list(switch_as_it_is(dy, _current().pivot))
    if isinstance(context, CondContext):
        return list(switch_as_it_is(dy, _kept_pred(context.pred), name="cond_grad"))
    taken = [equal(op.outputs[1], k) for k in range(len(op._inputs))]
    return [switch_as_it_is(dy, pred)[1] for pred in taken]


def _kept_pred(pred):
    """A condition as the loop of the gradient knows it: what it was in each iteration."""
    state = _current() and _current().grad_state
    if not state:
        return pred
    real = state.history_map.get(pred)
    if real is None:
        state.grad_context.Exit()
        kept = state.AddForwardAccumulator(pred)
        state.grad_context.Enter()
        real = state.history_map[pred] = state.AddBackpropAccumulatedValue(kept, pred)
    return real


def _exit_grad(op, dy):
    loop = _current()
    if not loop.back_prop:
        return [None]
    if op._control_flow_context.grad_state:
        raise TypeError("Second-order gradient for while loops not supported.")
    for tensor in [dy] if isinstance(dy, Tensor) else [t for t in (dy.values, dy.indices, dy.dense_shape) if t is not None]:
        loop.AddName(tensor)
    loop.Enter()
    result = loop.enter(dy, name="b_exit")
    loop.loop_enters.append(result)
    loop.Exit()
    return [result]


def _enter_grad(op, dy):
    loop = _current()
    if loop is None or not loop.back_prop or loop.grad_state is None:
        return [dy]
    if op.attrs["is_constant"]:
        return [(accumulate_slices if isinstance(dy, IndexedSlices) else accumulate)(loop, op, dy)]
    result = exit(dy)
    loop.loop_exits.append(result)
    loop.ExitResult([result])
    return [result]


for _kind, _rule in (("Switch", _switch_grad), ("Merge", _merge_grad), ("Exit", _exit_grad), ("Enter", _enter_grad)):
    gradient(_kind, _rule)
    gradient("Ref" + _kind, _rule)
for _kind in ("NextIteration", "RefNextIteration"):
    gradient(_kind, lambda op, dy: [dy])
gradient("LoopCond", lambda op, dy: [None])
