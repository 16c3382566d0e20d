"""Initial values that read other variables: they are built again on what those are once initialized."""

from ..graph.graph import GraphKeys, default_graph
from ..graph.scopes import name_scope

__all__ = ["guarded"]

_AS_THEY_ARE = frozenset({"IsVariableInitialized", "VarIsInitializedOp", "ReadVariableOp", "If"})
_VARIABLES = frozenset({"Variable", "VariableV2", "VarHandleOp"})


def guarded(name, value):
    """A copy of an initial value in which other variables stand as `initialized_value` gives them.

    Args:
      name: of the variable that starts as it; the copied nodes' names end in it.
      value: a tensor.

    Returns:
      `value` itself where it reads no variable, or where its nodes form a cycle.
    """
    if _has_cycle(value.op):
        return value
    return _Copies(name).tensor(value)


def _has_cycle(root):
    """Whether the nodes that `root` hangs on, through data or order, form a cycle."""
    done, open_ = set(), {root}
    stack = [(root, _before(root))]
    while stack:
        op, rest = stack[-1]
        one = next(rest, None)
        if one is None:
            stack.pop()
            open_.discard(op)
            done.add(op)
        elif one in open_:
            return True
        elif one not in done:
            open_.add(one)
            stack.append((one, _before(one)))
    return False


def _before(op):
    return iter([*(t.op for t in op.inputs), *op.control_inputs])


class _Copies:
    """The copies of nodes for one variable: each is made once."""

    def __init__(self, name):
        self.name, self.made = name, {}

    def tensor(self, tensor):
        """The copy of a tensor, or itself if nothing in it is new."""
        self._walk(tensor.op)
        return self.made[tensor.op].outputs[tensor.value_index]

    def _walk(self, root):
        """Copies what `root` hangs on, inputs first; what is under way stands on the stack."""
        stack = [root]
        while stack:
            op = stack[-1]
            waiting = [] if op.type in _AS_THEY_ARE | _VARIABLES else [t.op for t in op.inputs if t.op not in self.made]
            if op in self.made or not waiting:
                stack.pop()
                self.made.setdefault(op, None)
                self.made[op] = self.made[op] or self._copy(op)
            else:
                stack.append(waiting[0])

    def _copy(self, op):
        if op.type in _AS_THEY_ARE:
            return op
        if op.type in _VARIABLES:
            return _initialized(op)
        inputs = [self.made[t.op].outputs[t.value_index] for t in op.inputs]
        if all(a is b for a, b in zip(inputs, op.inputs, strict=True)):
            return op
        kind = "Switch" if op.type == "RefSwitch" else op.type
        with name_scope(None):
            return default_graph().create_op(kind, inputs, name=f"{op.name}_{self.name}".replace(":", "_"), attrs=dict(op.attrs))


def _initialized(op):
    """The op that gives a variable's value once it has one; its own op where no collection knows it."""
    graph = default_graph()
    for key in (GraphKeys.GLOBAL_VARIABLES, GraphKeys.LOCAL_VARIABLES):
        for variable in graph.get_collection(key):
            if variable.name in (op.name, op.name + ":0"):
                return variable.initialized_value().op
    return op
