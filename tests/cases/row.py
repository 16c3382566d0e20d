"""A row: one op, inputs, and what it means in NumPy; a bad row: inputs that it refuses, and in which words."""

import dataclasses
import itertools
from collections.abc import Callable

import numpy as np

__all__ = ["BAD", "ROWS", "Bad", "Hole", "Row", "bad", "classes", "ints", "normal", "positive", "row", "uniform"]

ROWS: list["Row"] = []
BAD: list["Bad"] = []
_seeds = itertools.count()


@dataclasses.dataclass(frozen=True)
class Row:
    """One op with inputs.

    Attributes:
      op: its type.
      inputs: an array for each input of its definition, a list of arrays for a list; for a variable its value before.
      meaning: the same arrays -> the outputs. For an op that takes variables: -> (their values after it, the outputs).
      tol: how far floats may be from the meaning, relative to the largest.
      slopes: positions of the float inputs that have a slope; None for all of them.
      of: positions of the outputs whose slopes are held; None for all of them.
      second: whether slopes of slopes are held.
      within: a function of a tensor, through which the float inputs go when slopes are held.
      attrs: attributes of the node.
    """

    op: str
    inputs: tuple
    meaning: Callable
    tol: float | None
    slopes: tuple | None
    of: tuple | None
    second: bool
    within: Callable | None
    attrs: dict

    def __str__(self):
        shown = [_brief(x) for x in self.inputs] + [f"{k}={v}" for k, v in self.attrs.items()]
        return f"{self.op}({', '.join(shown)})"


def _brief(x):
    if isinstance(x, list):
        return "[" + ", ".join(map(_brief, x)) + "]"
    x = np.asarray(x)
    kind = "string" if x.dtype == object else x.dtype.name
    return kind + str(list(x.shape)).replace(" ", "")


def row(op, inputs, meaning, /, *, tol=None, slopes=None, of=None, second=True, within=None, **attrs):
    """Adds a row to the table."""
    inputs = tuple([np.asarray(one) for one in x] if isinstance(x, list) else np.asarray(x) for x in inputs)
    ROWS.append(Row(op, inputs, meaning, tol, slopes, of, second, within, attrs))


@dataclasses.dataclass(frozen=True)
class Hole:
    """An input of a bad row of which only so much is known while the graph is built."""

    dims: tuple | None
    value: object


@dataclasses.dataclass(frozen=True)
class Bad:
    """Inputs that an op refuses, with the error's class and first line; with a `Hole` it is refused in a run."""

    op: str
    inputs: tuple
    error: str
    line: str
    attrs: dict

    def __str__(self):
        return f"{self.op}: {self.line[:60]}"


def bad(op, inputs, error, line, /, **attrs):
    """Adds a bad row to the table."""
    BAD.append(Bad(op, tuple(inputs), error, line, attrs))


# --- drawing: the same numbers at every run, new ones at every call --------------------------------------


def normal(*dims, kind=np.float32, scale=1.0):
    """Normal numbers."""
    return (scale * np.random.RandomState(next(_seeds)).standard_normal(dims)).astype(kind)


def uniform(*dims, low=-1.0, high=1.0, kind=np.float32):
    """Numbers between two others."""
    return np.random.RandomState(next(_seeds)).uniform(low, high, dims).astype(kind)


def positive(*dims, kind=np.float32):
    """Numbers from 0.3 to 3."""
    return uniform(*dims, low=0.3, high=3.0, kind=kind)


def ints(*dims, low=-9, high=10, kind=np.int32):
    """Whole numbers, `low` among them, `high` not."""
    return np.random.RandomState(next(_seeds)).randint(low, high, dims).astype(kind)


def classes(*dims, below, kind=np.int32):
    """Whole numbers from 0 on."""
    return ints(*dims, low=0, high=below, kind=kind)
