"""The contexts of control flow: who is inside of a branch, and how values from outside come in.

A graph has a current context; each op that is made belongs to it, and is told to it by `AddOp`. A cond has a
context for each branch (here), a loop one for its body and condition (while_context.py). The methods keep TF's names:
programs that walk over contexts use them.
"""

from ..graph.contexts import contains, is_exit, output_context
from ..graph.convert import convert
from ..graph.graph import Operation, default_graph
from ..ground import nest
from ..ops.control import with_dependencies
from ..ops.flow import switch_as_it_is
from ..ops.tensor_array import flow_of

__all__ = ["CondContext", "Context"]


class Context:
    """What branches and loops have in common.

    Attributes:
      outer_context: the context in which it was made.
      known: tensors that are inside, or that came in.
      brought: tensor from outside -> the one that stands for it inside.
    """

    grad_state = None
    back_prop = False

    def __init__(self):
        graph = default_graph()
        self.outer_context = graph._get_control_flow_context()
        self._nested_contexts = []
        if self.outer_context is not None:
            self.outer_context._nested_contexts.append(self)
        self.known, self.brought = set(), {}
        self._before = []

    @property
    def name(self):
        """Its unique name."""
        return self._name

    def __str__(self):
        return self._name

    def AddName(self, tensor):
        """Notes a tensor as known inside."""
        self.known.add(tensor)

    def Enter(self):
        """New ops belong to this context until `Exit`."""
        graph = default_graph()
        self._before.append(graph._get_control_flow_context())
        graph._set_control_flow_context(self)

    def Exit(self):
        """Undoes the last `Enter`."""
        default_graph()._set_control_flow_context(self._before.pop())

    def ExitResult(self, result):
        """Notes the results as known to the context outside."""
        if self.outer_context is not None:
            for tensor in nest.flatten(result, expand_composites=True):
                self.outer_context.AddName(tensor)

    def GetWhileContext(self):
        """The innermost loop that it is, or is in; or None."""
        return None if self.outer_context is None else self.outer_context.GetWhileContext()

    def GetControlPivot(self):
        """The tensor that is there whenever this context runs, or None."""
        return None

    def IsWhileContext(self):
        """Whether it is a loop."""
        return False

    def IsCondContext(self):
        """Whether it is a branch."""
        return False

    def AddInnerOp(self, op):
        """Told of ops that were added to a context inside of it."""
        if self.outer_context is not None:
            self.outer_context.AddInnerOp(op)

    def _drop_outside_controls(self, op):
        """Takes away the control inputs of `op` from outside of the innermost loop; gives (those kept, those dropped)."""
        loop = self.GetWhileContext()
        if loop is None:
            return op._controls, []
        kept, dropped = [], []
        for control in op._controls:
            context = output_context(control)
            inside = context is not None and context.GetWhileContext() is loop
            (kept if inside else dropped).append(control)
        if dropped:
            op._remove_all_control_inputs()
            op._add_control_inputs(kept)
        return kept, dropped

    def _know_outputs(self, op):
        """The outputs of `op` are known here and in all contexts outside."""
        context = self
        while context is not None:
            context.known.update(op.outputs)
            context = context.outer_context

    def _forbid_fetching(self, op):
        if self.outer_context is not None or not is_exit(op):
            op.graph.prevent_fetching(op)

    def __bool__(self):
        return True


class CondContext(Context):
    """One branch of a cond.

    Args:
      pred: the bool scalar that decides.
      pivot: the tensor that is there if this branch is taken.
      branch: 1 for the true one, 0 for the other.
      name: its name, made unique.
    """

    def __init__(self, pred, pivot, branch, name="cond_text"):
        self._name = default_graph().unique_name(name)
        super().__init__()
        self.pred, self.pivot, self.branch = pred, pivot, branch
        self.known |= {pred, pivot}
        self.brought[pred] = pred
        pivot.op._set_control_flow_context(self)

    @property
    def grad_state(self):
        """The gradient's state of the innermost loop around it, or None."""
        loop = self.GetWhileContext()
        return None if loop is None else loop.grad_state

    @property
    def back_prop(self):
        """Whether the innermost loop around it may have a gradient."""
        loop = self.GetWhileContext()
        return False if loop is None else loop.back_prop

    def GetControlPivot(self):
        """The tensor that is there if this branch is taken."""
        return self.pivot

    def IsCondContext(self):
        """True."""
        return True

    def AddValue(self, val):
        """The tensor that stands for `val` inside: a Switch is added for one from outside."""
        if val in self.known:
            return self.brought.get(val, val)
        self.known.add(val)
        result = self._from_outside(val)
        with default_graph().control_dependencies(None):
            result = switch_as_it_is(result, self.pred)[self.branch]
            if self.outer_context is not None:
                self.outer_context.AddInnerOp(result.op)
        result.op.graph.prevent_fetching(result.op)
        result.op._set_control_flow_context(self)
        context = self
        while context is not None:
            context.known.add(result)
            context = context.outer_context
        self.brought[val] = result
        return result

    def _from_outside(self, val):
        """`val` as the context outside knows it."""
        if self.outer_context is None:
            return val
        result = self.outer_context.AddValue(val)
        self.known.add(result)
        self.brought[result] = result
        return result

    def AddOp(self, op):
        """Takes in a new op: its inputs come through Switches; one without any waits for the pivot."""
        if op._inputs:
            for k, tensor in enumerate(op._inputs):
                inside = tensor if _is_back_edge(op, tensor) else self.AddValue(tensor)
                if inside is not tensor:
                    op._update_input(k, inside)
            self._drop_outside_controls(op)
        else:
            self._drop_outside_controls(op)
            if not any(contains(self, c._control_flow_context) for c in op._controls):
                op._add_control_input(self.pivot.op)
        self._know_outputs(op)
        self._forbid_fetching(op)
        if self.outer_context is not None:
            self.outer_context.AddInnerOp(op)

    def _output(self, val):
        """The tensor to merge for a result: of one that comes from outside, its Switch."""
        if val in self.known:
            return self.brought.get(val, val)
        self.known.add(val)
        real = self._from_outside(val)
        real = switch_as_it_is(real, self.pred)[self.branch]
        self.brought[val] = real
        return real

    def _as_tensor(self, value):
        if isinstance(value, Operation):
            return with_dependencies([value], self.pivot)
        return self._output(convert(flow_of(value)))

    def BuildCondBranch(self, fn):
        """(what `fn` returned, the same as a list of tensors to merge); (None, None) if it returned None."""
        result = fn()
        if result is None:
            return None, None
        tensors = nest.map_structure(self._as_tensor, result, expand_composites=True)
        return result, tensors if isinstance(tensors, (list, tuple)) else [tensors]


def _is_back_edge(op, tensor):
    """Whether `tensor` is a loop's way back, which a loop loaded from a file has from the start."""
    return op._def.name == "Merge" and tensor.op._def.name == "NextIteration"
