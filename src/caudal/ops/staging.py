"""StagingArea: tensors set aside for a later run, first in first out."""

import collections

import numpy as np

from ..graph.convert import convert
from ..graph.define import define
from ..graph.graph import default_graph
from ..graph.scopes import colocate_with, name_scope
from ..ground import dtypes as kinds
from ..ground.api import export
from ..ground.errors import OutOfRangeError
from ..ground.shapes import TensorShape, unknown_shape
from .basic import identity, no_op

__all__ = ["StagingArea"]


class _Area:
    """What is set aside, up to `capacity` tuples and `limit` bytes (0 for any)."""

    def __init__(self, halt, capacity, limit):
        self.halt, self.condition = halt, halt.condition()
        self.capacity, self.limit = capacity, limit
        self.items: collections.deque = collections.deque()
        self.bytes = 0

    def put(self, item):
        """Sets a tuple aside, as soon as there is room."""
        size = sum(np.asarray(v).nbytes for v in item)
        if self.limit and size > self.limit:
            words = f"Attempted to insert tensors with combined size of '{size}' bytes into Staging Area with a memory limit of '{self.limit}'."
            raise OutOfRangeError(None, None, words)
        with self.condition:
            full = lambda: self.capacity and len(self.items) >= self.capacity or self.limit and self.bytes + size > self.limit
            while full():
                self.halt.wait(self.condition, "Stage operation was cancelled")
            self.items.append(item)
            self.bytes += size
            self.condition.notify_all()

    def take(self):
        """Gives the first one out, as soon as there is one."""
        with self.condition:
            while not self.items:
                self.halt.wait(self.condition, "Unstage operation was cancelled")
            item = self.items.popleft()
            self.bytes -= sum(np.asarray(v).nbytes for v in item)
            self.condition.notify_all()
            return item

    def peek(self, k):
        """The k-th one, as soon as there is one."""
        with self.condition:
            while len(self.items) <= k:
                self.halt.wait(self.condition, "StagePeek operation was cancelled")
            return self.items[k]

    def clear(self):
        """Forgets all."""
        with self.condition:
            self.items.clear()
            self.bytes = 0
            self.condition.notify_all()


def _node(name, work, **rules):
    def lower(B, *values, state, op):
        limits = op.attrs["capacity"], op.attrs["memory_limit"]
        return work(state.once(lambda halt: _Area(halt, *limits)), *values)

    return define(name, lower=lower, host=True, grad=None, **rules)


def _done(call):
    def work(area, *values):
        call(area, *values)
        return ()

    return work


_stage = _node("Stage", _done(lambda area, *values: area.put(values)), infer=lambda *_: [])
_unstage = _node("Unstage", lambda area: area.take())
_peek = _node("StagePeek", lambda area, k: area.peek(int(k)))
_size = _node("StageSize", lambda area: np.int32(len(area.items)), infer=lambda: [()])
_clear = _node("StageClear", _done(_Area.clear), infer=lambda: [])


@export("contrib.staging.StagingArea")
class StagingArea:
    """Tensors set aside by one op and taken by another, in the order in which they came.

    Args:
      dtypes: the dtypes of the components.
      shapes: their shapes, or None.
      names: names for the components, so that elements are dictionaries.
      shared_name: the name by which several areas are one.
      capacity: how many elements it holds; 0 for any number.
      memory_limit: how many bytes it holds; 0 for any number.

    Raises:
      ValueError: lists of different lengths.
    """

    def __init__(self, dtypes, shapes=None, names=None, shared_name=None, capacity=0, memory_limit=0):
        if shared_name is not None and not isinstance(shared_name, str):
            raise ValueError("shared_name must be a string")
        self._name = default_graph().unique_name(type(self).__name__) if shared_name is None else shared_name
        self._dtypes = [kinds.as_dtype(d) for d in dtypes]
        if shapes is not None and len(shapes) != len(dtypes):
            raise ValueError("StagingArea shapes must be the same length as dtypes")
        self._shapes = [unknown_shape() for _ in dtypes] if shapes is None else [TensorShape(s) for s in shapes]
        if names is not None and len(names) != len(dtypes):
            raise ValueError("StagingArea names must be the same length as dtypes")
        self._names = names or None
        self._more = {"shared_name": self._name, "capacity": capacity, "memory_limit": memory_limit}
        with name_scope(f"{self._name}_root"):
            self._root = no_op()

    name = property(lambda self: self._name, doc="The name.")
    dtypes = property(lambda self: self._dtypes, doc="The dtypes of the components.")
    shapes = property(lambda self: self._shapes, doc="The shapes of the components.")
    names = property(lambda self: self._names, doc="The names of the components, or None.")
    capacity = property(lambda self: self._more["capacity"], doc="How many elements it holds.")
    memory_limit = property(lambda self: self._more["memory_limit"], doc="How many bytes it holds.")

    def _components(self, vals):
        if isinstance(vals, dict):
            if not self._names:
                raise ValueError("Staging areas must have names to enqueue a dictionary")
            if not set(vals) <= set(self._names):
                raise ValueError(
                    "Keys in dictionary to put do not match names of staging area. "
                    f"Dictionary: ({sorted(vals)}), Queue: ({sorted(self._names)})"
                )
            vals = [vals[k] for k in self._names if k in vals]
        elif self._names:
            raise ValueError("You must enqueue a dictionary in a staging area with names")
        if len(vals) > len(self._dtypes):
            raise ValueError(f"Unexpected number of inputs '{len(vals)}' vs '{len(self._dtypes)}'")
        out = []
        for k, (value, kind, shape) in enumerate(zip(vals, self._dtypes, self._shapes, strict=False)):
            if value.dtype != kind:
                raise ValueError(f"Datatypes do not match. '{value.dtype}' != '{kind}'")
            value.get_shape().assert_is_compatible_with(shape)
            out.append(convert(value, kind, f"component_{k}"))
        return out

    def put(self, values, name=None):
        """The op that sets an element aside; a run of it waits while there is no room.

        Args:
          values: a tensor, a list of one a component, or a dictionary if the area has names.
          name: the op's name.

        Raises:
          ValueError: other dtypes, shapes or names than the area's.
        """
        scope_values = list(values.values()) if isinstance(values, dict) else values
        scope_values = scope_values if isinstance(scope_values, (list, tuple)) else [scope_values]
        with name_scope(name, f"{self._name}_put", scope_values) as scope:
            values = values if isinstance(values, (list, tuple, dict)) else [values]
            values = self._components(values)
            with colocate_with(self._root):
                return _stage(values, name=scope, **self._more)

    def _taken(self, node, *args, name):
        with colocate_with(self._root):
            out = node(*args, dtypes=self._dtypes, name=name, **self._more)
        if no_op().device != self._root.device:
            out = [identity(t) for t in out]
        for tensor, shape in zip(out, self._shapes, strict=True):
            tensor.set_shape(shape)
        return dict(zip(self._names, out, strict=True)) if self._names else out

    def get(self, name=None):
        """The first element, taken out; a run of it waits while there is none. A list, or a dictionary."""
        return self._taken(_unstage, name=f"{self._name}_get" if name is None else name)

    def peek(self, index, name=None):
        """The element at `index`, an int32 scalar, which stays."""
        return self._taken(_peek, index, name=f"{self._name}_peek" if name is None else name)

    def size(self, name=None):
        """How many elements there are, an int32 scalar."""
        return _size(dtypes=self._dtypes, name=f"{self._name}_size" if name is None else name, **self._more)

    def clear(self, name=None):
        """The op that forgets all elements."""
        return _clear(dtypes=self._dtypes, name=f"{self._name}_clear" if name is None else name, **self._more)
