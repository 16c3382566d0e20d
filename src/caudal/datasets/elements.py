"""What a data set is in a run: it gives elements, tuples of arrays, step by step.

`elements.begin(context)` gives a function; each call of it gives the next element, or raises End. After an error the
next call goes on, as TF's iterators do.
"""

import threading

import numpy as np

from ..backend import philox
from ..ground.errors import OpError
from ..run.plan import Plan
from ..run.store import Cell, Store

__all__ = ["Context", "Elements", "End", "INFINITE", "Stream", "UNKNOWN", "of_iterable", "text"]

INFINITE, UNKNOWN = -1, -2


class End(Exception):  # noqa: N818  # no error
    """There are no more elements."""


class Elements:
    """A data set.

    Args:
      begin: `begin(context)` gives the function that gives the elements, tuples of arrays.
      count: how many there are; INFINITE or UNKNOWN.
      mixed: (data set, buffer, seed, seed2) if this is a shuffle that may be one with a repetition after it.
    """

    def __init__(self, begin, count=UNKNOWN, mixed=None):
        self.begin, self.count, self.mixed = begin, count, mixed


def of_iterable(make, count=UNKNOWN):
    """The data set of what `make(context)` yields."""

    def begin(context):
        rest = iter(make(context))

        def step():
            for element in rest:
                return element
            raise End

        return step

    return Elements(begin, count)


class Context:
    """What the parts of one iterator share: the functions' own state, and state that outlasts an epoch.

    Args:
      halt: the session's.
    """

    def __init__(self, halt):
        self.halt, self.runners, self.kept = halt, {}, {}
        self.lock = threading.RLock()

    def call(self, function, captured, args):
        """What a function gives for an element: a tuple of arrays."""
        runner = self.runners.get(function)
        if runner is None:
            runner = self.runners[function] = _Runner(function, self.halt)
        return runner.call(captured, args)

    def keep(self, key, make):
        """The object that belongs to `key` as long as the iterator lives."""
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]


class _Runner:
    """A function, ready to be called: its plan and its state."""

    def __init__(self, function, halt):
        self.function = function
        store = Store()
        store.halt = halt
        self.fed = [*function.arguments, *function.graph.captures.values()]
        self.kinds = [None if t._dtype.name in ("string", "variant", "resource") else t._dtype.np for t in self.fed]
        self.plan = Plan(store, function.outputs, function.effects(), tuple(self.fed))

    def call(self, captured, args):
        """The outputs, as arrays."""
        feeds = [_fed(v, k) for v, k in zip([*args, *captured], self.kinds, strict=True)]
        try:
            return tuple([_plain(v) for v in self.plan.run(feeds)])
        except OpError as error:
            raise _told(error, self.function.name) from error


def _fed(value, kind):
    return text(value) if kind is None else np.asarray(value, kind)


def text(value):
    """A string as an array, which ops want; all else as it is."""
    if type(value) is not bytes:
        return value
    out = np.empty((), object)
    out[()] = value
    return out


def _plain(value):
    if type(value) is Cell:
        value = value.read()
    return np.asarray(value) if hasattr(value, "dtype") and not isinstance(value, (np.ndarray, np.generic)) else value


def _told(error, name):
    """An error of a node inside, which tells the function's name."""
    if error.message.startswith("{{function_node "):
        return error
    mark = f"{{{{function_node __inference_{name}}}}} "
    made = type(error)(None, None, mark + error.message)
    made.__notes__ = list(getattr(error, "__notes__", ()))
    return made


class Stream:
    """Random uint32 numbers, one by one, of a pair of seeds."""

    def __init__(self, seed, seed2):
        self.stream, self.words = philox.begin(int(seed), int(seed2)), []

    def __call__(self):
        if not self.words:
            self.words = philox.bits(np, self.stream, 64).reshape(-1)[::-1].tolist()
            self.stream = philox.advanced(np, self.stream, 64)
        return self.words.pop()
