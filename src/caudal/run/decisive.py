"""Which values decide a compiled step's shapes, as few as can be: of fed lengths, say, their largest, not each of them.

Each value that decides is compiled for. What follows from feeds alone is computed by NumPy before the step.
"""

from .classify import is_shape, takes
from .interpret import Interpreted

__all__ = ["Decisive"]


class Decisive:
    """What is to be known of a run before a step is compiled for it.

    Args:
      ops: the step's, in order.
      fed: tensors that are given, and may be known.
      store: the session's.

    Attributes:
      feeds: those of `fed` that decide themselves.
      made: tensors that decide, and follow from feeds.
      sources: those of `fed` that `made` follow from.
    """

    def __init__(self, ops, fed, store):
        self.fed, self.own = fed, {t: op for op in ops for t in op.outputs}
        self.memo, self.fedby = {}, {}
        found = self._found([op._inputs[k] for op in ops for k in op._def.static if k < len(op._inputs)])
        self.feeds = {t for t in found if t in fed}
        self.made = [t for t in found if t not in fed]
        needed = self._behind(self.made)
        self.sources = list(dict.fromkeys(t for op in needed for t in op._inputs if t in fed))
        self.slots = {t: k for k, t in enumerate(self.sources)}
        self.step = Interpreted([op for op in ops if op in needed], self.slots, fed, store) if needed else None
        self.outs = [self.slots[t] for t in self.made]

    def run(self, values):
        """The values of `made`, for those of `sources`."""
        if self.step is None:
            return []
        values = [*values, *[None] * (len(self.slots) - len(values))]
        self.step.run(values)
        return [values[k] for k in self.outs]

    def _found(self, todo):
        """Of what some tensors follow from, that which decides them."""
        found, seen = {}, set()
        while todo:
            tensor = todo.pop()
            if tensor in seen:
                continue
            seen.add(tensor)
            if tensor in self.fed or (self._host(tensor) and self._feeds(tensor)):
                found[tensor] = True
            elif tensor in self.own and not is_shape(tensor.op):
                todo += tensor.op._inputs
        return found

    def _host(self, tensor):
        """Whether NumPy can compute a tensor from feeds and constants."""
        if tensor in self.fed:
            return True
        if tensor not in self.memo:
            op = self.own.get(tensor)
            able = op is not None and op._def.pure and not is_shape(op) and takes(op)
            self.memo[tensor] = able and (op._def.name == "Const" or bool(op._inputs) and all(map(self._host, op._inputs)))
        return self.memo[tensor]

    def _feeds(self, tensor):
        """Whether a tensor follows from any feed."""
        if tensor not in self.fedby:
            self.fedby[tensor] = tensor in self.fed or any(map(self._feeds, tensor.op._inputs))
        return self.fedby[tensor]

    def _behind(self, tensors):
        """The ops that make some tensors from feeds."""
        todo, have = [t.op for t in tensors], set()
        while todo:
            op = todo.pop()
            if op not in have:
                have.add(op)
                todo += [t.op for t in op._inputs if t not in self.fed]
        return have
