"""A graph whose tensors tell their values at once: what a function given to `py_function` works on."""

import numpy as np

from ..graph.graph import Graph, Tensor
from .plan import Plan
from .store import Cell, Store

__all__ = ["EagerGraph", "EagerTensor"]


class EagerTensor(Tensor):
    """A tensor that has a value."""

    def numpy(self):
        """The value: an array, or a scalar."""
        found = np.asarray(self.graph.values([self])[0])
        return found[()] if found.ndim == 0 else found

    def __array__(self, dtype=None, **_):
        return np.asarray(self.numpy(), dtype)

    def __bool__(self):
        return bool(self.numpy())

    def __int__(self):
        return int(self.numpy())

    __index__ = __int__

    def __float__(self):
        return float(self.numpy())

    def __len__(self):
        return len(self.numpy())

    def __iter__(self):
        return iter([self[k] for k in range(len(self))])

    def __str__(self):
        return f"tf.Tensor({self.numpy()}, shape={self.shape}, dtype={self._dtype.name})"

    __repr__ = __str__
    __hash__ = Tensor.__hash__
    __eq__ = Tensor.__eq__


class EagerGraph(Graph):
    """A graph that is run as it grows; no op of it runs twice.

    Attributes:
      known: tensor -> value, of what ran.
    """

    def __init__(self):
        super().__init__()
        self.known, self._store, self._done = {}, Store(), set()

    def add(self, op, inputs, attrs, scope):
        """Adds a node; its outputs have values."""
        made = super().add(op, inputs, attrs, scope)
        for tensor in made.outputs:
            tensor.__class__ = EagerTensor
        return made

    def values(self, tensors):
        """The values of tensors."""
        missing = [t for t in tensors if t not in self.known]
        effects = [op for op in self._ops if not op.outputs and op._def.is_stateful and op not in self._done]
        if missing or effects:
            self._run(missing, effects)
        return [self.known[t] for t in tensors]

    def _run(self, missing, effects):
        plan = Plan(self._store, missing, effects, tuple(self.known))
        slots = plan.values(list(self.known.values()))
        found = [v.read() if type(v) is Cell else v for v in plan.fetched(slots)]
        self._done.update(effects)
        self.known.update(zip(missing, found, strict=True))
