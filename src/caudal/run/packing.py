"""Small variables that a compiled step changes, kept one after the other in one array: a call costs time for each array it takes and gives.

A variable's place in a store then holds a `Part`; whoever wants its value asks `whole`. compiled_step.py packs and unpacks.
"""

import collections
import itertools
import operator

import numpy as np

from ..backend import device, native_train

__all__ = ["Layout", "Pack", "on_host", "pack_of", "put", "whole"]

_LARGEST = 1024  # elements: larger variables stay apart, since packing copies them
_FEWEST = 4  # variables: fewer aren't worth it


class Layout:
    """Where each variable lies in the packed array.

    Attributes:
      numbers: which of a segment's cells are packed.
      shapes: theirs.
      places: (start, end, shape) of each.
      size: how many elements they have.
    """

    def __init__(self, numbers, shapes):
        ends = np.cumsum([int(np.prod(shape)) for shape in shapes]).tolist()
        self.size = ends[-1]
        self.numbers, self.shapes = tuple(numbers), tuple(map(tuple, shapes))
        self.places = tuple((a, b, tuple(shape)) for a, b, shape in zip([0, *ends], ends, shapes, strict=False))

    @staticmethod
    def of(before, after):
        """The layout for cells, number -> array before a step and number -> array after it; None if too few are small."""
        small = [
            k
            for k, new in after.items()
            if k in before and np.dtype(new.dtype) == np.float32 == np.dtype(before[k].dtype) and new.shape == before[k].shape
        ]
        small = [k for k in small if np.prod(after[k].shape) <= _LARGEST]
        return Layout(small, [after[k].shape for k in small]) if _FEWEST <= len(small) <= native_train.most_gathered() else None

    def split(self, flat):
        """The variables' values in a packed array."""
        return [flat[a:b].reshape(shape) for a, b, shape in self.places]


class Pack:
    """Variables in one array.

    Attributes:
      held: {0: float32 `[n]`, on the device}; a step that takes it gives it away and puts the next one here.
      keys: the variables' keys in a store.
      parts: what stands for each of them there.
    """

    def __init__(self, array, layout, keys):
        self.layout, self.keys = layout, keys
        self.parts = [Part(self, k) for k in range(len(keys))]
        self.held, self._of, self._values = {0: array}, None, []

    @property
    def array(self):
        """What is held."""
        return self.held[0]

    def value(self, k):
        """The k-th variable's value, as a NumPy array that nobody may write to."""
        if self._of is not self.array:
            self._of, self._values = self.array, self.layout.split(np.array(device.host(self.array)))
        return self._values[k]


class Part:
    """Stands for a variable that lies in a pack."""

    __slots__ = ("k", "pack")

    def __init__(self, pack, k):
        self.pack, self.k = pack, k


def on_host(value):
    """What a store holds, as a NumPy array, which nobody may write to, and that must be gone before the next step."""
    value = whole(value)
    return device.host(value) if device.is_array(value) else value


def whole(value):
    """What a store holds, as an array: a variable's own, or its part of a pack."""
    return value.pack.value(value.k) if type(value) is Part else value


def pack_of(have, keys, layout):
    """The pack that holds the variables under `keys`; made, and put into `have`, if they lie apart.

    Gives None where a variable has another shape or dtype than the layout says.
    """
    first = have.get(keys[0])
    if type(first) is Part:
        pack = first.pack
        if pack.keys == keys and pack.layout.places == layout.places and list(map(have.get, keys)) == pack.parts:
            return pack
    values = [on_host(have[k]) for k in keys]
    if any(v.shape != shape or v.dtype != np.float32 for v, (_, _, shape) in zip(values, layout.places, strict=True)):
        return None
    pack = Pack(device.put(np.concatenate([v.reshape(-1) for v in values])), layout, keys)
    have.update(zip(keys, pack.parts, strict=True))
    return pack


def put(pack, have, keys, values):
    """Puts values under keys into `have`; the first of them, where there is a pack, into that, without a key.

    All in C from the first value's being asked for on: where that calls XLA, Ctrl-C can't fall between the call and the last value's place.
    """
    homes = itertools.repeat(have)
    if pack is not None:
        homes, keys = itertools.chain((pack.held,), homes), (0, *keys)
    collections.deque(map(operator.setitem, homes, keys, values), 0)
