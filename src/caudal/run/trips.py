"""How often a loop runs, and what its counters are in each iteration, where that is known before it runs."""

import numpy as np

from ..backend import reference
from .classify import SHAPES, takes
from .frames import ENTERS
from .tree import PASSING, inside, reads

__all__ = ["Trips"]

_MOST = 20_000  # iterations: more aren't counted one by one
_SMALL = 64  # elements of a value that is followed


class Trips:
    """What is known of a loop for what it begins with.

    Args:
      loop: the `Loop`.
      value: tensor -> its value before the loop; KeyError where there is none.
      asked: tensors inside of it whose values in each iteration are wanted.
      turns: how often it runs, as `Turns`, if that was counted.

    Attributes:
      count: how many iterations; None if only the run knows.
      most: no more iterations than that; None if that isn't known either.
      seen: tensor -> its values in the iterations, for the `asked` ones that are known.
      last: a loop variable's `Variable` -> its value at the end, where known.
      bounded: whether `most` is to be kept to, as it doesn't follow from the condition.
    """

    def __init__(self, loop, value, asked, turns=None):
        self.loop, self.value, self.frame = loop, value, loop.frame
        self.variables = {v.merge.outputs[0]: v for v in loop.frame.variables}
        self.count = self.most = None
        self.seen, self.last = {}, {}
        self.passing = {op for op in self.frame.ops if op._def.name in PASSING - ENTERS and not reads(op)}
        self.made = {t: op for part in (loop.condition, loop.body) for op in inside(part) for t in op.outputs}
        self.known = self._known()
        wanted = [t for t in dict.fromkeys(asked) if self.at(t) in self.known]
        pred = self.at(loop.frame.pred)
        parts = [pred] if pred in self.known else [t for t in self._conjuncts(pred) if t in self.known]
        self.bounded = turns is not None and pred not in self.known
        if parts or self.bounded:
            self._count(parts, wanted, turns.n if self.bounded else None)
        if pred in self.known:
            self.count = self.most
        elif self.bounded:
            self.most = turns.n
            self.count = turns.n if turns.exact else None
        if self.count is None:
            self.last = {}

    def at(self, tensor):
        """What an op of this loop passes on as `tensor`: at most a loop variable."""
        while tensor not in self.variables and tensor.op in self.passing:
            tensor = tensor.op._inputs[0]
        return tensor

    def _known(self):
        """Tensors whose values in each iteration follow from what is known before the loop."""
        alive = {t for t, v in self.variables.items() if v.after is not None and self._begin(v) is not None}
        while True:
            known = set(alive)
            found = {t: self._follows(t, known, {}) for t in alive}
            left = {t for t in alive if self._follows(self.at(self.variables[t].after), known, found)}
            if left == alive:
                break
            alive = left
        memo = dict.fromkeys(alive, True)
        for tensor in self.made:
            self._follows(self.at(tensor), alive, memo)
        self._follows(self.at(self.frame.pred), alive, memo)
        return {t for t, yes in memo.items() if yes}

    def _begin(self, variable):
        try:
            found = self.value(variable.enter)
        except KeyError:
            return None
        small = isinstance(found, (np.ndarray, np.generic)) and np.size(found) <= _SMALL
        return found if small else None

    def _follows(self, tensor, alive, memo):
        """Whether a tensor's value follows from variables in `alive` and what is known outside."""
        tensor = self.at(tensor)
        if tensor in alive:
            return True
        if tensor not in memo:
            memo[tensor] = False
            memo[tensor] = self._computable(tensor, alive, memo)
        return memo[tensor]

    def _computable(self, tensor, alive, memo):
        op = self.made.get(tensor)
        if op is None:
            return self._outside(tensor) is not None
        if op._def.name == "Const":
            return True
        if op._def.name in SHAPES or not op._def.pure or not takes(op):
            return False
        return all(self._follows(t, alive, memo) for t in op._inputs)

    def _outside(self, tensor):
        """The known value of a tensor from outside, or None."""
        if tensor in self.variables:
            return None
        try:
            found = self.value(tensor)
        except KeyError:
            return None
        return found if isinstance(found, (np.ndarray, np.generic)) and np.size(found) <= _SMALL else None

    def _conjuncts(self, tensor):
        tensor = self.at(tensor)
        op = self.made.get(tensor)
        if op is not None and op._def.name == "LogicalAnd":
            return [part for t in op._inputs for part in self._conjuncts(t)]
        return [tensor]

    # --- the iterations ---------------------------------------------------------------------------

    def _count(self, parts, wanted, limit):
        """Goes through the iterations, `limit` if it isn't None, while all `parts` are true."""
        now = {t: self._begin(self.variables[t]) for t in self.known if t in self.variables}
        after = {t: self.at(self.variables[t].after) for t in now}
        seen, count = {t: [] for t in wanted}, 0
        while count <= _MOST:
            values = dict(now)
            if count == limit or not all(bool(self._compute(t, values)) for t in parts):
                self.most, self.seen = count, seen
                self.last = {self.variables[t]: v for t, v in now.items()}
                return
            for t in wanted:
                seen[t].append(self._compute(self.at(t), values))
            now = {t: self._compute(after[t], values) for t in now}
            count += 1

    def _compute(self, tensor, values):
        tensor = self.at(tensor)
        if tensor in values:
            return values[tensor]
        op = self.made.get(tensor)
        if op is None:
            return self._outside(tensor)
        if op._def.name == "Const":
            return op.attrs["value"]
        named = {k: (op if k == "op" else op.attrs[k]) for k in op._def.lower_wants}
        made = op._def.lower(reference, *(self._compute(t, values) for t in op._inputs), **named)
        made = made if isinstance(made, (tuple, list)) else (made,)
        for t, one in zip(op.outputs, made, strict=True):
            values[t] = np.asarray(one, t._dtype.np)
        return values[tensor]
