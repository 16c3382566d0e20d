"""What `tf.gradients` keeps of each while loop that it goes back through: two loops, and the stacks between them.

A value of the forward loop that a slope needs is pushed on a stack in each iteration, and popped in the gradient's
loop, which has as many iterations in the other order. The methods keep TF's names, as the walk calls them.
"""

from ..graph import static
from ..graph.contexts import constant_enter_of, output_context
from ..graph.graph import default_graph
from ..graph.scopes import colocate_with, control_dependencies
from ..ground import dtypes
from ..ops.basic import constant
from ..ops.flow import control_trigger, switch_as_it_is
from ..ops.stacks import pop, push, stack
from .contexts import CondContext
from .loop_counters import backward_counter, forward_counter
from .while_context import WhileContext

__all__ = ["LoopState"]


class LoopState:
    """A forward loop, its gradient's loop, and what passes from one to the other.

    Args:
      forward: the context of the forward loop.
      outer: the state of the loop around it, if that too is gone back through.

    Attributes:
      history_map: forward tensor -> the tensor that has its value in the gradient's loop.
      switch_map: a loop variable's Switch -> the Merge of its slope.
      deferred_exits, unused_exits, pending_exits_count: the walk's notes on the forward loop's Exits.
    """

    def __init__(self, forward, outer):
        self.forward_context, self.outer_grad_state = forward, outer
        self.history_map, self.switch_map = {}, {}
        self.unused_exits, self.deferred_exits = [], []
        self.forward_loop_exits = list(forward.loop_exits)
        self.pending_exits_count = len(forward.loop_exits)
        self._forward_sync = self._grad_sync = None
        around = forward.outer_context if outer is None else outer.forward_context
        if around is not None:
            around.Enter()
        count, self.forward_index = forward_counter(forward, outer)
        if around is not None:
            around.Exit()
        if outer is None:
            self._make_loop(around, lambda: count)
        else:
            around.AddName(count)
            kept = outer.AddForwardAccumulator(count)
            self._make_loop(outer.grad_context, lambda: outer.AddBackpropAccumulatedValue(kept, count))

    def _make_loop(self, around, count):
        forward = self.forward_context
        if around is not None:
            around.Enter()
        self.grad_context = WhileContext(
            forward.maximum_iterations, forward.parallel_iterations, forward.back_prop, forward.swap_memory,
            forward.name, self,
        )  # fmt: skip
        self.grad_index = backward_counter(self.grad_context, count(), self.outer_grad_state)
        if around is not None:
            around.Exit()

    @property
    def forward_sync(self):
        """An op of the forward loop that waits for the pushes in branches, before the next iteration."""
        if self._forward_sync is None:
            with control_dependencies(None):
                self._forward_sync = control_trigger(name="f_sync")
            self._forward_sync._set_control_flow_context(self.forward_context)
            self.forward_index.op._add_control_input(self._forward_sync)
        return self._forward_sync

    @property
    def grad_sync(self):
        """An op of the gradient's loop that waits for the pops, before the next iteration."""
        if self._grad_sync is None:
            with control_dependencies(None):
                self._grad_sync = control_trigger(name="b_sync")
            self._grad_sync._set_control_flow_context(self.grad_context)
            self.grad_index.op._add_control_input(self._grad_sync)
            if self.grad_context.outer_context:
                self.grad_context.outer_context.AddInnerOp(self._grad_sync)
        return self._grad_sync

    def AddForwardAccumulator(self, value, dead_branch=False):
        """A stack that gets `value` in each iteration of the forward loop.

        Args:
          value: a tensor of the forward loop.
          dead_branch: whether it stands for the branch that is not taken.

        Returns:
          The stack's handle, in the context in which tf.gradients was called.
        """
        with self.forward_index.graph.as_default():
            current = default_graph()._get_control_flow_context()
            with control_dependencies(None):
                if current is not None:
                    current.Enter()
                with colocate_with(value):
                    size = constant(-1, dtypes.int32)
                    made = stack(size, elem_type=value.dtype.base_dtype, name="f_acc")
                if current is not None:
                    current.Exit()
                inside = self.forward_context.AddValue(made)
                pushed = self._push(inside, value, dead_branch)
                pushed.op._add_control_input(self.forward_index.op._inputs[0].op)
                return made

    def _push(self, inside, value, dead_branch):
        """Adds the push in the context of `value`, before the counter goes on."""
        swap = self.forward_context.swap_memory
        context = output_context(value.op)
        if context is self.forward_context:
            context.Enter()
            pushed = push(inside, value, swap_memory=swap)
            context.Exit()
            self.forward_index.op._add_control_input(pushed.op)
            return pushed
        if not isinstance(context, CondContext):
            raise TypeError(f"value_ctxt is not a CondContext: {context}")
        where = context.outer_context if dead_branch else context
        where.Enter()
        pushed = push(inside, value, swap_memory=swap)
        where.Exit()
        if dead_branch:
            pushed.op._set_control_flow_context(context)
        self.forward_sync._add_control_input(pushed.op)
        return pushed

    def AddBackpropAccumulatedValue(self, history_value, value, dead_branch=False):
        """What is on top of a stack, in the gradient's loop; if a branch pushed it, only where that was taken.

        Args:
          history_value: the stack's handle.
          value: what was pushed.
          dead_branch: whether it stands for the branch that is not taken.
        """
        branch = _branch_between(value.op._control_flow_context, history_value.op._control_flow_context)
        with control_dependencies(None):
            self.grad_context.Enter()
            if branch is not None:
                side = 1 - branch.branch if dead_branch else branch.branch
                history_value = switch_as_it_is(history_value, self._real_pred(branch))[side]
            top = pop(history_value, elem_type=value.dtype.base_dtype)
            top.set_shape(value.get_shape())
            self.grad_context.Exit()
        if self.grad_context.parallel_iterations > 1:
            self.grad_sync._add_control_input(top.op)
        return top

    def _real_pred(self, branch):
        """The condition of a branch as the gradient's loops know it."""
        state = self
        while state is not None:
            if branch.pred in state.history_map:
                return state.history_map[branch.pred]
            state = state.outer_grad_state
        return branch.pred

    def GetRealValue(self, value):
        """The tensor of the gradient's loop that has the value of `value`, a tensor of the forward loop.

        What does not change in the loop enters again, a constant is made again, all else comes from a stack.
        """
        found = self.history_map.get(value)
        if found is None:
            found = self.history_map[value] = self._real_value(value)
        return found

    def _real_value(self, value):
        state = self
        while (entered := constant_enter_of(value)) is not None:
            value, state = entered._inputs[0], state.outer_grad_state
            if state is None:
                return self.grad_context.AddValue(value)
        if value.op._def.name == "Const":
            return constant(static.fold(value), dtype=value.dtype)
        self.grad_context.Exit()
        kept = state.AddForwardAccumulator(value)
        self.grad_context.Enter()
        real = state.AddBackpropAccumulatedValue(kept, value)
        return real if state is self else self.grad_context.AddValue(real)


def _branch_between(context, outside):
    """The innermost branch around `context` that is inside of `outside`, or None."""
    while context is not None and context is not outside:
        if context.IsCondContext():
            return context
        context = context.outer_context
    return None
