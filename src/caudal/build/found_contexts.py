"""Contexts of conds and loops found again in a graph that came as bare nodes, so that it can be differentiated.

TF marks neither: an Enter begins a loop's frame and an Exit leaves it, a Switch that no LoopCond decides begins a branch
and a Merge ends it. The walk takes ops in their order, in which each comes after what it needs but for a loop's way back.
"""

import collections

from ..graph.contexts import is_enter, is_exit, is_switch, output_context
from ..graph.graph import Graph
from .context_protos import bare
from .contexts import CondContext
from .while_context import WhileContext

__all__ = ["find_contexts"]

_MERGES, _NEXTS = frozenset({"Merge", "RefMerge"}), frozenset({"NextIteration", "RefNextIteration"})
_IDENTITIES = frozenset({"Identity", "RefIdentity"})


def find_contexts(graph: Graph) -> None:
    """Gives contexts to the ops of `graph` that stand in branches or loops and have none yet."""
    _Walk(graph).run()


def _depth(context):
    return 0 if context is None else 1 + _depth(context.outer_context)


def _parts(name):
    """(the scope of a name, the rest)."""
    scope, _, rest = name.rpartition("/")
    return scope, rest


class _Walk:
    """The walk over all ops.

    Attributes:
      loops: (context around, frame's name) -> the loop's context.
      branches: (context around, the condition, side) -> the branch's context.
      sides: the output of a Switch, where it is in another context than its op -> that context.
      preds: scope -> the tensor by which the Switches of its cond are decided.
    """

    def __init__(self, graph):
        self.graph = graph
        self.loops, self.branches, self.sides, self.preds = {}, {}, {}, {}

    def run(self):
        for op in self.graph._ops:
            if is_switch(op) and not _of_loop(op) and op._inputs[0] is not op._inputs[1]:
                self.preds.setdefault(_parts(op._inputs[1].op._name)[0], op._inputs[1])
        for op in self.graph._ops:
            if op._control_flow_context is None:
                op._control_flow_context = self._context(op)
        inside = collections.defaultdict(list)
        for op in self.graph._ops:
            inside[op._control_flow_context].append(op)
        for loop in self.loops.values():
            _settle(loop, inside[loop])
        for context in [*self.loops.values(), *self.branches.values()]:
            _know(context, inside[context])

    # --- where an op stands -----------------------------------------------------------------------

    def _context(self, op):
        if is_enter(op):
            return self._loop(op, self._deepest(op))
        if is_switch(op) and not _of_loop(op):
            return self._switch(op, self._deepest(op))
        if op._def.name in _MERGES:
            back = any(t.op._def.name in _NEXTS for t in op._inputs)
            inside = self._deepest(op)
            return inside if back or inside is None else _around_branch(inside)
        return self._deepest(op)

    def _deepest(self, op):
        """The innermost context of what `op` takes."""
        found = [self._of(t) for t in op._inputs if t.op._def.name not in _NEXTS or op._def.name not in _MERGES]
        found += [output_context(c) for c in op._controls]
        return max(found, key=_depth, default=None)

    def _of(self, tensor):
        return self.sides[tensor] if tensor in self.sides else output_context(tensor.op)

    def _loop(self, op, around):
        key = around, op.attrs["frame_name"]
        if key not in self.loops:
            self.loops[key] = self._made(WhileContext, around)
        return self.loops[key]

    def _switch(self, op, around):
        """A branch's Switch stands in the branch that uses it; one whose sides are both used, or none, around both."""
        pred = op._inputs[1]
        if op._inputs[0] is pred:  # of the condition itself: what the branches' pivots come from
            pred = self.preds.get(_parts(op._name)[0], pred)
        sides = [self._branch(around, pred, k, op) for k in (0, 1)]
        used = [bool(t.consumers()) for t in op.outputs]
        if op._inputs[0] is not op._inputs[1] and used[0] != used[1]:
            return sides[used.index(True)]
        self.sides.update(zip(op.outputs, sides, strict=True))
        return around

    def _branch(self, around, pred, side, op):
        key = around, pred, side
        if key not in self.branches:
            made = self.branches[key] = self._made(CondContext, around)
            scope = _parts(op._name)[0]
            made._name = f"{scope}/cond_text" if scope else "cond_text"
            made.pred, made.branch, made.pivot = pred, side, op.outputs[side]
        made = self.branches[key]
        if op._inputs[0] is op._inputs[1]:
            users = [c for c in op.outputs[side].consumers() if c._def.name in _IDENTITIES]
            made.pivot = users[0].outputs[0] if users else op.outputs[side]
        return made

    def _made(self, kind, around):
        """A context that `around` contains."""
        before = self.graph._get_control_flow_context()
        self.graph._set_control_flow_context(around)
        with self.graph.as_default():
            made = bare(kind)
        self.graph._set_control_flow_context(before)
        return made


def _know(context, ops):
    """Notes what is inside of a context, also for those around it, and what stands in it for tensors outside."""
    for op in ops:
        context._know_outputs(op)
        outside = _brought(context, op)
        if outside is not None:
            context.known.add(op._inputs[0])
            context.brought[op._inputs[0]] = outside
    if context.IsCondContext():
        context.known |= {context.pred, context.pivot}
        context.brought.setdefault(context.pred, context.pred)


def _brought(context, op):
    """The output of `op` that stands inside for its input, if it brings one in."""
    if context.IsCondContext() and is_switch(op) and not _of_loop(op):
        return op.outputs[context.branch]
    if context.IsWhileContext() and is_enter(op) and op.attrs["is_constant"]:
        return op.outputs[0]
    return None


def _of_loop(op):
    """Whether a Switch is that of a loop variable."""
    return op._inputs[1].op._def.name == "LoopCond"


def _around_branch(context):
    return context.outer_context if context.IsCondContext() else context


def _settle(loop, ops):
    """Finds a loop's parts among its ops."""
    enters = [op for op in ops if is_enter(op)]
    loop._name = enters[0].attrs["frame_name"]
    loop._name = loop._name.decode() if isinstance(loop._name, bytes) else loop._name
    loop.graph, loop.maximum_iterations, loop.grad_state = enters[0].graph, None, None
    loop.parallel_iterations, loop.back_prop, loop.swap_memory = enters[0].attrs["parallel_iterations"], True, False
    loop.loop_enters = [op.outputs[0] for op in enters if not op.attrs["is_constant"]]
    loop.loop_exits = [op.outputs[0] for op in ops if is_exit(op)]
    merges = [op.outputs[0] for op in ops if op._def.name in _MERGES and is_enter(op._inputs[0].op)]
    loop.pivot = next((op.outputs[0] for op in ops if op._def.name == "LoopCond"), None)
    loop.pivot_for_pred = merges[0] if merges else None
    loop.pivot_for_body = _first_inside(ops) if merges else None


def _first_inside(ops):
    """The first tensor of the body: the Identity of a loop variable."""
    for op in ops:
        if is_switch(op) and _of_loop(op):
            users = [c for c in op.outputs[1].consumers() if c._def.name in _IDENTITIES]
            return users[0].outputs[0] if users else op.outputs[1]
    return None
