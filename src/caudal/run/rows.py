"""TensorArrays and stacks of a compiled step: one array of rows each, made before the loop that fills it.

What TF would refuse must be ruled out when the step is traced, since a compiled loop cannot raise: an index that isn't
known to be within the array, an element written twice, or read when it was given up. Where that cannot be told, the step
isn't compiled.
"""

import dataclasses

import numpy as np

from ..backend import compiled

__all__ = ["Inexact", "Left", "Rows", "Stacked", "Uncounted", "Unraisable", "demand"]


class Unraisable(Exception):
    """Control flow that cannot be compiled for these shapes: the executor runs it."""


class Inexact(Unraisable):
    """What is wanting is how many iterations there are, not only how many at most."""


class Uncounted(Unraisable):
    """It can be compiled if something is found out of `op` before: for one that decides a loop, how often that runs, `exact` if a
    bound won't do; for one of a TensorArray, whether its index is within it each time; for an Assert, whether it holds.
    """

    def __init__(self, why, op, exact=True):
        super().__init__(why)
        self.op, self.exact = op, exact


class Left(Unraisable):
    """The executor has this one run: something would be wrong in it, and it says what."""


def demand(true, why):
    """Gives up if something isn't so."""
    if not true:
        raise Unraisable(why)


@dataclasses.dataclass(frozen=True)
class Rows:
    """A TensorArray.

    Attributes:
      array: `[n, ...]`; a NumPy `[n, 0]` while nothing is written and the elements' shape isn't known.
      dtype: NumPy's, of the elements.
      shape: what the graph says of the elements' shape.
      clear, alike, dynamic, adds: as `Elements` has them.
      depth: how many loops are around the op that made it.
      written, read: the indices so far.
    """

    array: object
    dtype: np.dtype
    shape: tuple | None = None
    clear: bool = True
    alike: bool = True
    dynamic: bool = False
    adds: bool = False
    depth: int = 0
    written: frozenset = frozenset()
    read: frozenset = frozenset()

    @property
    def n(self):
        """How many elements."""
        return self.array.shape[0]

    @property
    def blank(self):
        """Whether the elements' shape isn't known yet."""
        return isinstance(self.array, np.ndarray) and self.array.shape[1:] == (0,)

    def known(self):
        """Itself, with rows of zeros if it was blank."""
        if not self.blank:
            return self
        demand(self.shape is not None and None not in self.shape, "elements of unknown shape")
        return self.shaped(self.shape)

    def shaped(self, shape):
        """Itself with rows of a shape, zeros if it was blank."""
        shape = tuple(shape)
        if self.blank:
            fits = self.shape is None or (
                len(self.shape) == len(shape) and all(a in (None, b) for a, b in zip(self.shape, shape, strict=True))
            )
            demand(fits, "an element of another shape than was said")
            return dataclasses.replace(self, array=compiled.xp.zeros((self.n, *shape), self.dtype))
        demand(self.array.shape[1:] == shape, "elements of several shapes")
        return self

    def gradient(self):
        """The array of its elements' gradients."""
        array = np.zeros((self.n, 0), self.dtype) if self.blank else compiled.xp.zeros(self.array.shape, self.dtype)
        return Rows(array, self.dtype, self.shape, clear=False, alike=self.alike, adds=True, depth=self.depth)

    def writing(self, indices, shape, once, sure):
        """Itself, ready to be written at `indices`; `once`: none of them comes twice; `sure`: each of them does come."""
        demand(indices is not None, "an index that only the run knows")
        size = max(indices, default=-1) + 1
        if self.dynamic and size > self.n and not sure:
            raise Inexact("an array of a length that only the run knows")
        made = self.longer(size) if self.dynamic else self
        demand(all(0 <= k < made.n for k in indices), "an index beyond the array")
        if not self.adds:
            demand(once and self.written.isdisjoint(indices) and self.read.isdisjoint(indices), "an element written twice")
        return dataclasses.replace(made.shaped(shape), written=self.written | frozenset(indices))

    def longer(self, size):
        """Itself with that many elements at least."""
        demand(size <= self.n or self.blank, "an array that grows after it was written")
        return dataclasses.replace(self, array=np.zeros((max(size, self.n), 0), self.dtype)) if size > self.n else self

    def reading(self, indices, once):
        """Itself, ready to be read at `indices`."""
        demand(indices is not None, "an index that only the run knows")
        demand(all(0 <= k < self.n for k in indices), "an index beyond the array")
        demand(self.alike or self.adds or self.written.issuperset(indices), "an element that was never written")
        if not self.clear:
            return self.known()
        demand(once and self.read.isdisjoint(indices), "an element read twice")
        return dataclasses.replace(self.known(), read=self.read | frozenset(indices))

    def with_row(self, index, value):
        """Itself with `value` written at `index`, or added where it adds."""
        if self.adds:
            value = value + compiled.row(self.array, index)
        return dataclasses.replace(self, array=compiled.with_row(self.array, index, value))

    def with_rows(self, indices, values):
        """Itself with rows written, or added where it adds."""
        if not self.adds and list(indices) == list(range(self.n)):
            return dataclasses.replace(self, array=compiled.xp.asarray(values))
        put = compiled.add_at if self.adds else compiled.set_at
        return dataclasses.replace(self, array=put(self.array, np.asarray(indices), values))


@dataclasses.dataclass(frozen=True)
class Stacked:
    """A stack.

    Attributes:
      array: `[most + 1, ...]`; a NumPy `[0, 0]` before the first push.
      top: how many values there are, a NumPy number where it is known.
      depth: how many loops are around the op that made it.
      span: what is known of the pushed values, as the facts of a `Trace` have it; or None.
      fixed: the NumPy array that each pushed value is, where that is known: there is no array then; or None.
    """

    array: object
    top: object
    depth: int = 0
    span: tuple | None = None
    fixed: np.ndarray | None = None

    @property
    def blank(self):
        """Whether no array is needed so far."""
        return isinstance(self.array, np.ndarray) and self.array.shape == (0, 0)

    def pushed(self, value, most, span):
        """Itself with `value` on top; `most`: how many there can be."""
        demand(self.fixed is None, "a stack of known values and others")
        made = self.array
        if self.blank:
            demand(most is not None, "a stack of unknown height")
            made = compiled.xp.zeros((most + 1, *value.shape), value.dtype)
        demand(made.shape[1:] == value.shape and made.dtype == value.dtype, "a stack of several shapes")
        return Stacked(compiled.with_row(made, self.top, value), self.top + np.int32(1), self.depth, span)

    def pushed_known(self, value):
        """Itself with a known value on top, the same as all others."""
        demand(self.blank and (self.fixed is None or _equal(self.fixed, value)), "a stack of known values and others")
        return dataclasses.replace(self, top=self.top + np.int32(1), fixed=value)

    def alike(self, other):
        """Whether the same is known of the values in both."""
        return self.fixed is other.fixed or (
            self.fixed is not None and other.fixed is not None and _equal(self.fixed, other.fixed)
        )

    def popped(self):
        """(the value on top, the rest)."""
        if self.fixed is not None:
            return self.fixed, dataclasses.replace(self, top=self.top - np.int32(1))
        demand(not self.blank, "a stack that nothing was pushed on")
        top = self.top - np.int32(1)
        return compiled.row(self.array, top), dataclasses.replace(self, top=top)


def _equal(one, other):
    return one.shape == other.shape and one.dtype == other.dtype and one.tobytes() == other.tobytes()
