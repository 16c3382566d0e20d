"""The ops of TensorArrays and stacks in a walk: what each does to the state, and which indices it can be given."""

import math

import numpy as np

from ..backend import compiled
from .moving import elements
from .rows import Rows, Stacked, Uncounted, demand
from .store import Cell
from .tree import canonical

__all__ = ["ARRAYS", "HANDLES", "INDEXED", "Arrays", "Handle", "known", "root_of"]

HANDLES = frozenset({"TensorArrayV3", "TensorArrayGradV3", "StackV2"})
_WRITES = frozenset({"TensorArrayWriteV3", "TensorArrayScatterV3"})
_READS = frozenset({"TensorArrayReadV3", "TensorArrayGatherV3"})
INDEXED = frozenset({"TensorArrayWriteV3", "TensorArrayReadV3", "StackPushV2"})
_STACKS = frozenset({"StackPushV2", "StackPopV2"})
ARRAYS = HANDLES | _WRITES | _READS | _STACKS | {"TensorArraySizeV3"}
_LARGEST = 1 << 31  # bytes of a stack: more than that isn't set aside


class Handle:
    """The value of a handle while tracing: under what key of the state its array is."""

    def __init__(self, key):
        self.key = key


def root_of(handle):
    """The key of the array that a handle leads to; None if that cannot be told from the graph."""
    handle = canonical(handle)
    kind = handle.op._def.name
    if kind == "TensorArrayGradV3":
        around = root_of(handle.op._inputs[0])
        return None if around is None else (around, handle.op.attrs["source"])
    return (handle.op._name,) if kind in HANDLES else None


def known(x):
    """Whether a value is known while tracing."""
    return isinstance(x, (np.ndarray, np.generic))


class Arrays:
    """That part of a `Trace`."""

    def array(self, op):
        """Computes an op of a TensorArray or a stack."""
        out = getattr(self, "_" + op._def.name)(op)
        out = out if isinstance(out, tuple) else (out,)
        for tensor, one in zip(op.outputs, out, strict=True):
            self.env[id(tensor)] = one

    @property
    def depth(self):
        """How many loops are around."""
        return len(self.bounds)

    def _TensorArrayV3(self, op):  # noqa: N802  # methods have the names of op types
        size = self.value(op._inputs[0])
        demand(known(size) and np.ndim(size) == 0 and size >= 0, "a TensorArray of a size that only the run knows")
        attrs, kind = op.attrs, op.attrs["dtype"].np
        blank = np.zeros((int(size), 0), kind)
        flags = attrs["clear_after_read"], attrs["identical_element_shapes"], attrs["dynamic_size"]
        key = root_of(op.outputs[0])
        self.state.set(key, Rows(blank, np.dtype(kind), attrs["element_shape"], *flags, depth=self.depth))
        return Handle(key), np.float32(0)

    def _TensorArrayGradV3(self, op):  # noqa: N802
        of = self.value(op._inputs[0]).key
        key = of, op.attrs["source"]
        self.make_gradient(key)
        return Handle(key), np.float32(0)

    def make_gradients(self, ops):
        """Makes the arrays of gradients that some ops lead to."""
        for op in ops:
            if op._def.name == "TensorArrayGradV3" and (key := root_of(op.outputs[0])) is not None:
                self.make_gradient(key)

    def make_gradient(self, key):
        """Makes an array of gradients, if it isn't there and what it is of is."""
        of = self.state.get(key[0])
        if of is not None and self.state.get(key) is None:
            self.state.set(key, of.gradient())

    def _StackV2(self, op):  # noqa: N802
        key = root_of(op.outputs[0])
        self.state.set(key, Stacked(np.zeros((0, 0), np.int8), np.int32(0), self.depth))
        return Handle(key)

    def _TensorArraySizeV3(self, op):  # noqa: N802
        rows = self.state.get(self.value(op._inputs[0]).key)
        demand(not rows.dynamic or not rows.depth < self.depth, "the size of an array that grows")
        return np.int32(rows.n)

    def _TensorArrayWriteV3(self, op):  # noqa: N802
        key, index, value = self.value(op._inputs[0]).key, self.value(op._inputs[1]), self.value(op._inputs[2])
        rows = self.state.get(key)
        indices, once = self.indices(op, rows)
        self.state.set(key, rows.writing(indices, np.shape(value), once, self.sure).with_row(index, value))
        return self.value(op._inputs[3])

    def _TensorArrayReadV3(self, op):  # noqa: N802
        key, index = self.value(op._inputs[0]).key, self.value(op._inputs[1])
        rows = self.state.get(key)
        rows = rows.reading(*self.indices(op, rows))
        self.state.set(key, rows)
        return compiled.row(rows.array, index)

    def _TensorArrayScatterV3(self, op):  # noqa: N802
        key, indices, values = self.value(op._inputs[0]).key, self.value(op._inputs[1]), self.value(op._inputs[2])
        demand(known(indices) and len(indices) == np.shape(values)[0], "indices that only the run knows")
        rows = self.state.get(key)
        once = len({*indices.tolist()}) == len(indices) and self._here(rows)
        rows = rows.writing(indices.tolist(), np.shape(values)[1:], once, self.sure)
        self.state.set(key, rows.with_rows(indices.tolist(), values))
        return self.value(op._inputs[3])

    def _TensorArrayGatherV3(self, op):  # noqa: N802
        key, indices = self.value(op._inputs[0]).key, self.value(op._inputs[1])
        demand(known(indices) and len(indices), "indices that only the run knows")
        rows = self.state.get(key)
        rows = rows.reading(indices.tolist(), len({*indices.tolist()}) == len(indices) and self._here(rows))
        self.state.set(key, rows)
        every = indices.tolist() == list(range(rows.n))
        return rows.array if every else compiled.xp.take(rows.array, indices, axis=0)

    def _here(self, rows):
        """Whether what happens here happens once for each such array."""
        return rows.depth == self.depth

    def indices(self, op, rows):
        """(all indices that an op can be given; whether none of them comes twice for one array)."""
        tensor = op._inputs[1]
        values = self.span(tensor)
        if known(self.value(tensor)):
            return values, self._here(rows)
        demand(values is not None or None not in self.bounds, "an index in a loop of unknown length")
        if self.told.get(op) is True:
            values = range(rows.n) if values is None else [k for k in values if 0 <= k < rows.n]
        elif not rows.dynamic and (values is None or not all(0 <= k < rows.n for k in values)):
            raise Uncounted("an index that may be beyond the array", op)
        depth = self.facts[canonical(tensor)][1] if canonical(tensor) in self.facts else None
        return values, depth == self.depth == rows.depth + 1 and len({*values}) == len(values)

    def span(self, tensor):
        """All that an int scalar can be in the iterations; None if only the run knows."""
        value = self.value(tensor)
        if known(value):
            return [int(value)]
        return list(self.facts[canonical(tensor)][0]) if canonical(tensor) in self.facts else None

    def _StackPushV2(self, op):  # noqa: N802
        key, value = self.value(op._inputs[0]).key, self.value(op._inputs[1])
        demand(not isinstance(value, (Handle, Cell)), "a stack of handles")
        stack = self.state.get(key)
        if stack.blank and known(value):
            self.state.set(key, stack.pushed_known(np.asarray(value)))
            return value
        value = compiled.xp.asarray(value)
        rooms = self.bounds[stack.depth :]
        most = None if None in rooms else math.prod(rooms)
        demand(most is None or most * value.nbytes < _LARGEST, "a stack of many bytes")
        self.state.set(key, stack.pushed(value, most, self._facts_of(op._inputs[1], value)))
        return value

    def _facts_of(self, tensor, value):
        """What is known of all values of an int scalar or vector, as `facts` have it."""
        if not tensor._dtype.is_integer or value.ndim > 1:
            return None
        if value.ndim == 0:
            span = self.span(tensor)
            return None if span is None else (tuple(sorted({*span})), "popped")
        spans = [span for _, span in elements(self, tensor)]
        return None if None in spans else (tuple(tuple(sorted({*span})) for span in spans), "vector")

    def _StackPopV2(self, op):  # noqa: N802
        key = self.value(op._inputs[0]).key
        stack = self.state.get(key)
        value, rest = stack.popped()
        self.state.set(key, rest)
        if stack.span is not None:
            self.facts[op.outputs[0]] = stack.span
        return value
