"""What decides how often a loop runs, or whether an index is within its array: that part of a region, to be run before it.

Where that hangs on counters and lengths alone, as in most decoders, next to nothing is left; TensorArrays that are only
written, stacks and gradients are left out in any case.
"""

import copy
import dataclasses

from .classify import READERS
from .raised_arrays import ARRAYS
from .tree import PASSING, Cond, Loop, inside

__all__ = ["Slice", "Turns", "askable", "bucket", "writes"]

_LEAST = 8


@dataclasses.dataclass(frozen=True)
class Turns:
    """How often a loop runs.

    Attributes:
      n: how often; exact: whether it is that often each time, or only no more often.
    """

    n: int
    exact: bool


def bucket(n):
    """The bound that stands for n iterations: a power of two, so that few programs are compiled."""
    return max(_LEAST, 1 << max(n - 1, 0).bit_length())


def askable(item):
    """The ops in an item of which something can be found out: those that decide loops, of TensorArrays, and Asserts; in order."""
    if isinstance(item, Loop):
        parts = (item.condition, item.body, item.after)
        return [item.frame.pred.op] + [op for part in parts for one in part for op in askable(one)]
    if isinstance(item, Cond):
        return [op for side in item.sides for one in side for op in askable(one)]
    return [item] if item._def.name in ARRAYS or item._def.name == "Assert" else []


def writes(op):
    """Whether an op changes a variable, or what else outlives a run; its own random counter aside."""
    kind = op._def
    harmless = kind.pure or kind.control or kind.name in READERS | PASSING | ARRAYS or kind.name == "Assert"
    return not (harmless or "state" in kind.lower_wants)


class Slice:
    """What is left of an item if only one thing is to be found out.

    Args:
      item: an item of a tree.
      asked: one of its `askable` ops.

    Attributes:
      needed: ops whose values are needed.
    """

    def __init__(self, item, asked):
        self.asked, self.needed = asked, set()
        self.ops = set(inside([item]))
        self.reach(_decides(asked))
        for op in self.ops:
            if writes(op):
                self._need(op)
        while self._reach_around([item]):
            pass

    def reach(self, tensors):
        """Adds what makes some tensors."""
        for tensor in tensors:
            self._need(tensor.op)

    def _need(self, op):
        todo = [op]
        while todo:
            op = todo.pop()
            if op in self.ops and op not in self.needed:
                self.needed.add(op)
                todo += [t.op for t in op._inputs]

    def _reach_around(self, items):
        """Adds the conditions of loops and conds in which something is needed; whether that was more."""
        before = len(self.needed)
        for item in items:
            if isinstance(item, Loop) and self._has(item):
                self.reach([item.frame.pred])
                for part in (item.condition, item.body, item.after):
                    self._reach_around(part)
            elif isinstance(item, Cond) and self._has(item):
                self.reach([item.pred])
                for side in item.sides:
                    self._reach_around(side)
        return len(self.needed) > before

    def _has(self, item):
        return self.asked in askable(item) or not self.needed.isdisjoint(inside([item]))

    # --- what is left -----------------------------------------------------------------------------

    def of(self, item):
        """An item, without what isn't needed."""
        if isinstance(item, Loop):
            return self._loop(item)
        return self._cond(item) if isinstance(item, Cond) else item

    def _items(self, items):
        return [self.of(item) for item in items if self._keeps(item)]

    def _keeps(self, item):
        return self._has(item) if isinstance(item, (Cond, Loop)) else item in self.needed or item is self.asked

    def _cond(self, item):
        merges = [one for one in item.merges if one[0] in self.needed]
        out = [t for t in item.out if t.op in self.needed]
        return Cond(item.pred, [self._items(side) for side in item.sides], merges, out)

    def _loop(self, item):
        return Loop(self._frame(item.frame), *(self._items(part) for part in (item.condition, item.body, item.after)))

    def _frame(self, frame):
        made = copy.copy(frame)
        made.ops = [op for op in frame.ops if op in self.needed]
        made.inner = [self._frame(one) for one in frame.inner]
        made.variables = [v for v in frame.variables if v.merge in self.needed]
        return made


def _decides(op):
    """The tensors that are needed to find something out of an op."""
    if op._def.name in ARRAYS:
        return op._inputs[1:2]
    return op._inputs[:1] if op._def.name == "Assert" else op.outputs
