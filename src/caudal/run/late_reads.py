"""Reads of reference variables made where the graph orders them: a read shares the variable's memory, so an op that comes
after an assignment sees what was assigned, though the read itself was made before it."""

from ..graph.opdef import lookup
from ..graph.tensor import Operation, Tensor
from ..ground.dtypes import resource
from .classify import READERS
from .prune import in_order

__all__ = ["with_late_reads"]

_VARIABLES = frozenset({"VariableV2", "Variable"})
_SHARING = frozenset({"Identity", "StopGradient", "PreventGradient", "Reshape", "Squeeze", "ExpandDims"})
_IDENTITY = lookup("Identity")
_SHORT = 4  # ops between a read and an assignment


class _Stand(Operation):
    """An op of a plan with other inputs than in the graph; where ops are looked up it is equal to that one."""

    def __init__(self, op, inputs, controls=()):
        self.__dict__.update(op.__dict__)
        self._inputs, self._controls, self.source = inputs, [*op._controls, *controls], getattr(op, "source", op)

    def __hash__(self):
        return hash(self.source)

    def __eq__(self, other):
        return self.source is getattr(other, "source", other)


class _Again(Operation):
    """A sharing op done once more, at a later place in the plan."""

    def __init__(self, op, inputs):
        self.__dict__.update(op.__dict__)
        self._inputs, self._controls, self.source = inputs, [], op
        self.outputs = [Tensor(self, t._value_index, t._dtype) for t in op.outputs]
        for tensor, old in zip(self.outputs, op.outputs, strict=True):
            tensor.dims = old.dims


def with_late_reads(ops, fed):
    """The ordered ops of a plan, with a read of its own for each that the graph puts after an assignment.

    Where nothing orders a use and an assignment, the use has the value from before, but for what `_hastened` tells: so what
    comes after no assignment at all comes first.
    """
    writers = _writers(ops)
    if not writers:
        return ops
    walk = _Walk(writers, fed)
    placed = walk.over(_hastened(ops, writers, fed))
    return [op for op in placed if not walk.before[op]] + [op for op in placed if walk.before[op]]


def _hastened(ops, writers, fed):
    """The ops in an order in which short assignments, such as a decay of weights, come before other uses of the same read.

    TF goes on at once with the last of the uses that can begin when the read is done, and hands the others to other threads:
    if what the last one leads to takes constants beside the read, and soon ends in an assignment to the variable, that is
    done when the others begin.
    """
    chains = {writer: read for writer, variables in writers.items() if (read := _chain(writer, variables[0], fed)) is not None}
    if not chains:
        return ops
    uses = {read: [op for op in ops if read in op._inputs and _ready(op, read, fed)] for read, _ in chains.values()}
    after = {}
    for writer, (read, first) in chains.items():
        if uses[read][-1] is first:
            for use in uses[read][:-1]:
                after.setdefault(use, []).append(writer)
    return in_order([_Stand(op, op._inputs, after[op]) if op in after else op for op in ops], fed)


def _chain(writer, variable, fed):
    """(the read, its use) that an assignment's short chain of ops begins with; None if it has no such beginning."""
    op = writer
    for _ in range(_SHORT):
        moving = [t for t in op._inputs if t.op is not variable and (t in fed or not _is_constant(t.op, fed))]
        if len(moving) != 1 or op._controls:
            return None
        (read,) = moving
        if read.op._def is _IDENTITY and read.op._inputs[0].op is variable:
            return None if op is writer else (read, op)
        op = read.op
    return None


def _ready(op, read, fed):
    """Whether an op can begin as soon as the read is done."""
    return not op._controls and all(t is read or (t not in fed and _is_constant(t.op, fed)) for t in op._inputs)


def _is_constant(op, fed, depth=_SHORT):
    """Whether TF has an op's value before a run: it folds what only constants lead to."""
    if op._controls or depth == 0:
        return False
    if op._def.name == "Const":
        return True
    return op._def.pure and bool(op._inputs) and all(t not in fed and _is_constant(t.op, fed, depth - 1) for t in op._inputs)


def _writers(ops):
    """op -> variables that it changes, through references or handles."""
    out = {}
    for op in ops:
        if not op._inputs or op._def.name in _ONLY_PASS:
            continue
        first = op._inputs[0]
        if first._dtype._is_ref_dtype:
            wants = _ref_inputs(op)
            changed = [_variable(t) for t, want in zip(op._inputs, wants, strict=True) if want and t._dtype._is_ref_dtype]
            if changed:
                out[op] = changed
        elif first._dtype is resource and first.op._def.name == "VarHandleOp":
            out[op] = [first.op]
    return out


_ONLY_PASS = READERS | frozenset(
    "RefSwitch RefMerge RefEnter RefExit RefNextIteration RefIdentity RefSelect Switch Enter Identity".split()
)


def _ref_inputs(op):
    wants = []
    for arg in op._def.inputs:
        n = op.attrs[arg.number_attr] if arg.number_attr else len(op.attrs[arg.list_attr]) if arg.list_attr else 1
        wants += [arg.is_ref] * n
    return wants


def _variable(tensor):
    """The variable that a reference leads to."""
    op = tensor.op
    while op._def.name not in _VARIABLES and op._inputs and op._inputs[0]._dtype._is_ref_dtype:
        op = op._inputs[0].op
    return op


class _Walk:
    """One walk over the ops in order. `before`: op -> the assignments that come before it, as bits; `shares`: tensor -> the
    variable whose memory it is; `assigns`: variable -> the bits of its assignments."""

    def __init__(self, writers, fed):
        self.fed, self.writers = fed, writers
        self.bits = {op: 1 << k for k, op in enumerate(writers)}
        self.assigns = {}
        for op, variables in writers.items():
            for variable in variables:
                self.assigns[variable] = self.assigns.get(variable, 0) | self.bits[op]
        self.before, self.shares, self.out = {}, {}, []

    def over(self, ops):
        """The ops with their late reads."""
        for op in ops:
            seen = self._seen(op)
            self.before[op] = seen | self.bits.get(op, 0)
            self._note(op)
            self.out.append(self._placed(op, seen))
        return self.out

    def _seen(self, op):
        seen = 0
        for tensor in op._inputs:
            if tensor not in self.fed:
                seen |= self.before.get(tensor.op, 0)
        for control in op._controls:
            seen |= self.before.get(control, 0)
        return seen

    def _note(self, op):
        if op._def.name not in _SHARING or op.outputs[0] in self.fed:
            return
        tensor = op._inputs[0]
        if tensor._dtype._is_ref_dtype:
            if op._def is _IDENTITY:
                self.shares[op.outputs[0]] = _variable(tensor)
        elif tensor in self.shares:
            self.shares[op.outputs[0]] = self.shares[tensor]

    def _placed(self, op, seen):
        """The op, or one that stands for it with later reads."""
        if not seen:
            return op
        again = {}
        inputs = [self._late(t, seen, again) for t in op._inputs]
        return _Stand(op, inputs) if again else op

    def _late(self, tensor, seen, again):
        """`tensor`, or the same read again if an assignment came between."""
        variable = self.shares.get(tensor)
        if variable is None or not seen & self.assigns.get(variable, 0) & ~self.before[tensor.op]:
            return tensor
        if tensor not in again:
            op = tensor.op
            made = _Again(op, [self._late(op._inputs[0], seen, again), *op._inputs[1:]])
            self.before[made] = seen
            self.out.append(made)
            again[tensor] = made.outputs[0]
        return again[tensor]
