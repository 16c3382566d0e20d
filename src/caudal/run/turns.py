"""The part of a region that decides how often one of its loops runs: what is left of it to be run before it, to count.

Where that hangs on counters and lengths alone, as in most decoders, next to nothing is left; TensorArrays that are only
written, stacks and gradients are left out in any case.
"""

import copy
import dataclasses

from .classify import READERS
from .raised import ARRAYS
from .tree import PASSING, Cond, Loop, inside

__all__ = ["Turns", "bucket", "loops_in", "sliced", "writes"]

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


def loops_in(item):
    """The loops of an item, itself and inner ones too, in order."""
    if isinstance(item, Loop):
        return [item] + [loop for part in (item.condition, item.body, item.after) for one in part for loop in loops_in(one)]
    return [loop for side in item.sides for one in side for loop in loops_in(one)] if isinstance(item, Cond) else []


def sliced(item, loop):
    """What is left of an item if only the number of iterations of `loop`, a loop in it, is asked for."""
    return _Slice(item, loop).of(item)


def writes(op):
    """Whether an op changes a variable, or what else outlives a run; its own random counter aside."""
    kind = op._def
    return not (kind.pure or kind.name in READERS | PASSING | ARRAYS or kind.control or "state" in kind.lower_wants)


class _Slice:
    """The closure of what decides.

    Attributes:
      needed: ops.
    """

    def __init__(self, item, loop):
        self.target, self.needed = loop, set()
        self.ops = set(inside([item]))
        self.reach([loop.frame.pred])
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
        return self.target in loops_in(item) or not self.needed.isdisjoint(inside([item]))

    # --- what is left -----------------------------------------------------------------------------

    def of(self, item):
        """An item, without what isn't needed."""
        if isinstance(item, Loop):
            return self._loop(item)
        return self._cond(item) if isinstance(item, Cond) else item

    def _items(self, items):
        return [self.of(item) for item in items if (self._has(item) if isinstance(item, (Cond, Loop)) else item in self.needed)]

    def _cond(self, item):
        merges = [one for one in item.merges if one[0] in self.needed]
        out = [t for t in item.out if t.op in self.needed]
        return Cond(item.pred, [self._items(side) for side in item.sides], merges, out)

    def _loop(self, item):
        made = Loop(self._frame(item.frame), *(self._items(part) for part in (item.condition, item.body, item.after)))
        made.origin, made.counted = item, item is self.target
        return made

    def _frame(self, frame):
        made = copy.copy(frame)
        made.ops = [op for op in frame.ops if op in self.needed]
        made.inner = [self._frame(one) for one in frame.inner]
        made.variables = [v for v in frame.variables if v.merge in self.needed]
        return made
