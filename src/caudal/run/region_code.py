"""What a region does, as a value: regions of equal code are one compiled function, called with other arguments."""

from ..backend.kept import Own
from .frames import EXITS
from .raised_arrays import ARRAYS, HANDLES, root_of
from .segments import frozen, literal
from .tree import PASSING, Cond, Loop, canonical, reads

__all__ = ["Code"]

_NAMES = frozenset({"stack_name", "tensor_array_name", "frame_name", "source"})


class Code:
    """The code of a region: hashed once, equal to that of a region that does the same.

    Args:
      region: the `Region`, with all that it takes and gives.

    Attributes:
      size: how many ops it has.
    """

    def __init__(self, region):
        self.size = len(region.ops)
        self.numbers, self.keys, self.draws = {}, {}, {op: k for k, op in enumerate(region.drawing)}
        for k, tensor in enumerate((*region.values, *region.refs)):
            self.numbers[tensor] = ("in", k)
        for key, _ in region.arrays:
            self._key(key)
        items = self._items([region.item])
        self.form = (items, tuple(map(self._number, region.given)), tuple(map(self._key, region.keys)))
        self.hash = hash(self.form)
        del self.numbers, self.keys, self.draws

    def __hash__(self):
        return self.hash

    def __eq__(self, other):
        return self is other or (type(other) is Code and self.hash == other.hash and self.form == other.form)

    def _key(self, key):
        return self.keys.setdefault(key, len(self.keys))

    def _number(self, tensor):
        """How a tensor is named inside."""
        found = self.numbers.get(tensor)
        if found is None:
            found = self.numbers[tensor] = self._find(tensor)
        return found

    def _find(self, tensor):
        op = tensor.op
        if op._def.name == "Const":
            return literal(tensor)
        if op._def.name in HANDLES:
            return ("flow" if tensor._value_index else "key", self._key(root_of(op.outputs[0])))
        if tensor._dtype._is_ref_dtype and canonical(tensor) in self.numbers:
            return self.numbers[canonical(tensor)]
        if op._def.name in PASSING and not reads(op):
            return self._number(op._inputs[0])
        return ("unknown", Own(id(tensor)))

    def _new(self, tensor):
        self.numbers[tensor] = ("made", len(self.numbers))

    def _items(self, items):
        return tuple(self._item(item) for item in items)

    def _item(self, item):
        if isinstance(item, Cond):
            return self._cond(item)
        return self._loop(item) if isinstance(item, Loop) else self._op(item)

    def _op(self, op):
        kind = op._def.name
        if kind in PASSING and not reads(op):
            return None
        inputs = tuple(map(self._number, op._inputs))
        attrs = tuple(pair for pair in frozen(op) if pair[0] not in _NAMES)
        if kind not in HANDLES:
            for tensor in op.outputs:
                self._new(tensor)
        own = tuple(map(self._number, op.outputs[:1])) if kind in ARRAYS else ()
        return (kind, attrs, inputs, own, self.draws.get(op))

    def _cond(self, item):
        pred = self._number(item.pred)
        sides = tuple(map(self._items, item.sides))
        merges = tuple((*numbers, *map(self._number, merge._inputs)) for merge, *numbers in item.merges)
        for merge, _, _ in item.merges:
            for tensor in merge.outputs:
                self._new(tensor)
        return ("cond", pred, sides, merges, tuple(map(self._number, item.out)))

    def _loop(self, item):
        frame = item.frame
        begins = tuple(self._number(v.enter) for v in frame.variables)
        for variable in frame.variables:
            self._new(variable.merge.outputs[0])
        parts = tuple(map(self._items, (item.condition, item.body, item.after)))
        ends = tuple(None if v.after is None else self._number(v.after) for v in frame.variables)
        exits = frame.of(EXITS)
        out = tuple(self._number(op._inputs[0]) for op in exits)
        for op in exits:
            self._new(op.outputs[0])
        return ("loop", begins, parts, self._number(frame.pred), ends, out)
