"""A part of a plan's control flow that is one op there: what is in it, what it takes and gives, and who runs it."""

from ..graph.tensor import Operation
from ..ground import dtypes
from .classify import takes
from .frames import EXITS, MERGES, NEXTS, SWITCHES
from .raised_arrays import ARRAYS, HANDLES, root_of
from .tree import PASSING, Cond, Loop, canonical, inside, reads

__all__ = ["Region", "base_of", "is_array_handle", "is_assert", "keys_of", "size_of", "through"]

_FREE = PASSING | EXITS | NEXTS | MERGES | ARRAYS | frozenset({"NoOp", "ControlTrigger"})


class Region:
    """One item of the tree.

    Attributes:
      item: a `Cond`, a `Loop` or an op.
      ops: all ops in it; flowing: these, with the Switches before it, as the executor takes them.
      raised: whether XLA takes it; why: if it doesn't, why not.
      keys: arrays that it touches and that outlive it, in order.
      values, refs: tensors that it takes, and references to variables.
    """

    def __init__(self, item, fed):
        self.item, self.fed = item, fed
        self.ops = list(dict.fromkeys(inside([item])))
        self.raised, self.why = True, None
        spared = _asserts(self.ops) if isinstance(item, Loop) or is_assert(item) else ()
        for op in self.ops:
            if not (op._def.name in _FREE or takes(op) or op in spared):
                self.lower(f"the compiler can't take {op._name} ({op.type})")
        own = {root_of(op.outputs[0]) for op in self.ops if op._def.name in HANDLES} if isinstance(item, (Cond, Loop)) else set()
        touched = dict.fromkeys(key for op in self.ops for key in keys_of(op))
        self.keys = [k for k in touched if k is None or base_of(k) not in own]
        self.outputs = _results(item)
        if None in touched:
            self.lower("only the run knows which TensorArray a handle leads to")

    def lower(self, why):
        """Leaves it to the executor."""
        self.raised, self.why = False, self.why or why

    def settle(self, stop):
        """Finds out what it takes from outside; what passes tensors on is left out, but for that which gives one of `stop`."""
        self.stop = {*self.fed, *stop}
        self.flowing = self._with_switches()
        taken = self.taken()
        self.refs = [t for t in taken if t._dtype._is_ref_dtype]
        self.values = [t for t in taken if not t._dtype._is_ref_dtype]

    def _with_switches(self):
        """Its ops, with the Switches before it, the constants of its branches, and words for Asserts."""
        todo, have = list(self.ops), set(self.ops)
        while todo:
            for tensor in todo.pop()._inputs:
                own = tensor.op._controls or tensor._dtype is dtypes.string
                branch = tensor.op._def.name == "Const" and own and tensor not in self.stop
                if (branch or _passes_on(tensor, self.stop)) and tensor.op not in have:
                    have.add(tensor.op)
                    todo.append(tensor.op)
        return sorted(have, key=lambda op: op._id)

    def taken(self):
        """The tensors that it takes from outside, arrays aside."""
        ops = self.ops if self.raised else self.flowing
        made = {t for op in ops for t in op.outputs} - self.fed
        out = [t for op in ops for t in op._inputs if t not in made]
        if not self.raised:
            return list(dict.fromkeys(out))
        if isinstance(self.item, Cond):
            out.append(self.item.pred)
        out = [through(t, self.stop) for t in out]
        words = {t for t in out if t._dtype is dtypes.string and t.op._def.name == "Const"}
        return list(dict.fromkeys(t for t in out if t not in made and t not in words and not is_array_handle(t)))

    def variables(self):
        """The variables that it takes."""
        return self.refs + [t for t in self.values if t._dtype is dtypes.resource]


def _asserts(ops):
    """The Asserts among some ops, with the words that only they take: whether they hold is found out before the run."""
    found = {op for op in ops if is_assert(op)}
    others = {t.op for op in ops if op not in found for t in op._inputs}
    return found | {op for op in ops if op._def.name == "Const" and op not in others}


def is_assert(item):
    return isinstance(item, Operation) and item._def.name == "Assert"


def through(tensor, stop):
    """The tensor whose value another has; of a reference, the variable."""
    if tensor._dtype._is_ref_dtype:
        return canonical(tensor)
    while _passes_on(tensor, stop):
        tensor = tensor.op._inputs[0]
    return tensor


def _passes_on(tensor, stop):
    """Whether an op outside of loops only hands a value on."""
    op = tensor.op
    return op._def.name in PASSING and not reads(op) and tensor not in stop and (op._def.name in SWITCHES or not op._controls)


def is_array_handle(tensor):
    return canonical(tensor).op._def.name in HANDLES and canonical(tensor)._value_index == 0


def keys_of(op):
    """The arrays that an op touches; None for one that the graph doesn't tell."""
    kind = op._def.name
    if kind == "TensorArrayGradV3":
        key = root_of(op.outputs[0])
        return [key] if key is None else [key[0], key]
    if kind in HANDLES:
        return [root_of(op.outputs[0])]
    return [root_of(op._inputs[0])] if kind.startswith(("TensorArray", "Stack")) else []


def size_of(item):
    """The tensor that says how long an array is, for an op that asks."""
    if isinstance(item, (Cond, Loop)) or item._def.name != "TensorArraySizeV3":
        return None
    handle = canonical(item._inputs[0])
    while handle.op._def.name == "TensorArrayGradV3":
        handle = canonical(handle.op._inputs[0])
    return None if handle.op.attrs.get("dynamic_size") else handle.op._inputs[0]


def base_of(key):
    return key[0] if isinstance(key[0], tuple) else key


def _results(item):
    """The tensors that an item gives."""
    if isinstance(item, Loop):
        return [op.outputs[0] for op in item.frame.of(EXITS)]
    if isinstance(item, Cond):
        return [t for merge, _, _ in item.merges for t in merge.outputs] + item.out
    return list(item.outputs)
