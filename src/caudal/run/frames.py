"""Loops as they are found in a graph: frames, told by the Enters and Exits alone, so also in a graph from a file.

A frame is the ops between the Enters and the Exits of one name. In the frame around it, it is a single item. Its own
items are cut into those that make the condition, the body, and what is done once the loop is over.
"""

import heapq

from ..ground.errors import InvalidArgumentError, UnimplementedError

__all__ = ["ENTERS", "EXITS", "MERGES", "NEXTS", "SWITCHES", "Frame", "Variable", "find"]

ENTERS, EXITS = frozenset({"Enter", "RefEnter"}), frozenset({"Exit", "RefExit"})
SWITCHES, MERGES = frozenset({"Switch", "RefSwitch"}), frozenset({"Merge", "RefMerge"})
NEXTS = frozenset({"NextIteration", "RefNextIteration"})
_CPP = {"float32": "float", "float64": "double", "float16": "half"}


class Variable:
    """A loop variable.

    Attributes:
      merge: its Merge op; `enter`: the tensor that it begins with; `after`: the tensor that it goes on with, or None.
    """

    def __init__(self, merge):
        self.merge = merge
        for k, tensor in enumerate(merge._inputs):
            _check_dtype(merge, k, tensor)
        first, *rest = merge._inputs
        self.enter = first.op._inputs[0]
        self.after = next((t.op._inputs[0] for t in rest if t.op._def.name in NEXTS), None)


def _check_dtype(merge, k, tensor):
    have, want = tensor._dtype.base_dtype, merge.attrs["T"]
    if have is not want:
        have, want = (_CPP.get(d.name, d.name) for d in (have, want))
        raise InvalidArgumentError(
            None,
            merge,
            f"Input {k} of node {merge._name} was passed {have} from {tensor.name} incompatible with expected {want}.",
        )


class Frame:
    """One loop, or (without a parent) all that is in no loop.

    Attributes:
      parent: the frame around it, or None.
      ops: its ops, Enters and Exits included, but not those of inner frames.
      inner: the frames directly inside of it.
      items: its ops and inner frames, each after those that it needs; Enters left out.
      pred: the tensor that is true while the loop goes on.
      variables: its `Variable`s.
      switches: the loop variables' Switch ops.
      condition, body, after: parts of `items`, without what only passes loop variables on.
    """

    def __init__(self, parent=None):
        self.parent, self.ops, self.inner = parent, [], []
        self.items, self.variables, self.switches = [], [], []
        self.pred = None

    def of(self, kinds):
        """Its ops of some types."""
        return [op for op in self.ops if op._def.name in kinds]

    def whole(self):
        """All ops in it, those of inner frames too."""
        return self.ops + [op for f in self.inner for op in f.whole()]

    @property
    def _id(self):
        return min(op._id for op in self.whole())

    def __repr__(self):
        return f"<Frame of {len(self.ops)} ops>"

    def settle(self, fed):
        """Finds out all the rest, from `ops` and `inner`."""
        for one in self.inner:
            one.settle(fed)
        self.items = _ordered([op for op in self.ops if op._def.name not in ENTERS] + self.inner, fed)
        if self.parent is None:
            return
        self.pred = self._predicate()
        self.variables = [Variable(op) for op in self.of(MERGES) if op._inputs[0].op._def.name in ENTERS]
        carried = {v.merge.outputs[0] for v in self.variables}
        self.switches = [op for op in self.of(SWITCHES) if op._inputs[1] is self.pred and op._inputs[0] in carried]
        self._divide()

    def _predicate(self):
        sources = [op._inputs[0].op for op in self.of(EXITS)]
        found = {op._inputs[1] for op in sources if op._def.name in SWITCHES}
        found = found or {op.outputs[0] for op in self.of({"LoopCond"})}
        if len(found) != 1:
            raise UnimplementedError(None, self.ops[0], f"A loop with {len(found)} conditions, around '{self.ops[0]._name}'")
        return found.pop()

    def _divide(self):
        """Cuts the items: what hangs on a Switch's true side is the body, on its false side the end."""
        passing = {v.merge for v in self.variables} | set(self.switches) | set(self.of(EXITS | NEXTS))
        side = {s.outputs[1]: 1 for s in self.switches} | {s.outputs[0]: 2 for s in self.switches}
        parts = self.condition, self.body, self.after = [], [], []
        for item in self.items:
            if item in passing:
                continue
            where = {side.get(x, 0) for x in _takes(item)}
            where = 1 if 1 in where else max(where, default=0)
            for op in item.whole() if isinstance(item, Frame) else (item,):
                side[op] = where
                side.update(dict.fromkeys(op.outputs, where))
            parts[where].append(item)


def _takes(item):
    """The tensors and ops that an item takes from its own frame."""
    if not isinstance(item, Frame):
        return [*item._inputs, *item._controls]
    inside = set(item.whole())
    return [t for op in inside for t in op._inputs if t.op not in inside] + [
        c for op in inside for c in op._controls if c not in inside
    ]


def _needs(op, fed):
    """The ops that have to run before `op`, a loop's way back left out."""
    back = op._def.name in MERGES
    return [t.op for t in op._inputs if t not in fed and not (back and t.op._def.name in NEXTS)] + list(op._controls)


def _ordered(items, fed):
    """Items, ops or frames, so that each comes after what it needs; of those that may come next, the one made first."""
    owner = {op: k for k, item in enumerate(items) for op in (item.whole() if isinstance(item, Frame) else (item,))}
    waiting, users = [], {}
    for k, item in enumerate(items):
        ops = item.whole() if isinstance(item, Frame) else (item,)
        before = {owner[n] for op in ops for n in _needs(op, fed) if n in owner} - {k}
        waiting.append(len(before))
        for b in before:
            users.setdefault(b, []).append(k)
    ready = [(item._id, k) for k, item in enumerate(items) if not waiting[k]]
    heapq.heapify(ready)
    out = []
    while ready:
        _, k = heapq.heappop(ready)
        out.append(items[k])
        for user in users.get(k, ()):
            waiting[user] -= 1
            if not waiting[user]:
                heapq.heappush(ready, (items[user]._id, user))
    if len(out) < len(items):
        stuck = [str(getattr(items[k], "_name", items[k])) for k in range(len(items)) if waiting[k]]
        raise ValueError("The graph has a cycle through " + ", ".join(stuck)[:200])
    return out


def find(ops, fed=()):
    """The frame of all that is in no loop, with the loops inside of it.

    Args:
      ops: the ops of a run.
      fed: tensors that are given.
    """
    root, frame_of, named = Frame(), {}, {}
    for op in _ordered(ops, fed):
        around = [_outside(c, frame_of) for c in _needs(op, fed) if c in frame_of]
        frame = max(around, key=_depth, default=root)
        if op._def.name in ENTERS:
            key = id(frame), op.attrs["frame_name"]
            if key not in named:
                named[key] = Frame(frame)
                frame.inner.append(named[key])
            frame = named[key]
        frame_of[op] = frame
        frame.ops.append(op)
    root.settle(fed)
    return root


def _outside(op, frame_of):
    """The frame in which the outputs of `op` are."""
    return frame_of[op].parent if op._def.name in EXITS else frame_of[op]


def _depth(frame):
    return 0 if frame.parent is None else 1 + _depth(frame.parent)
