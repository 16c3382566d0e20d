"""What lies behind the queue ops: first in first out, padded, shuffled, by priority. queues.py makes nodes of them.

Each enqueue and dequeue is an attempt in a line; whoever changes a queue lets the attempts at the heads of both lines go
on as far as they can, so that a batch may be larger than the queue, and nobody overtakes. A run that waits holds nothing.
"""

import collections
import heapq
import itertools

import numpy as np

from ..backend import philox
from ..ground.errors import CancelledError, InvalidArgumentError, OutOfRangeError
from ..ground.shapes import text

__all__ = ["FIFO", "Padding", "Priority", "Shuffle"]

_numbers = itertools.count()


class _Attempt:
    """One op that stands in line: `step()` goes on with it, and says whether it moved and whether it is done."""

    def __init__(self, step):
        self.step, self.done, self.error = step, False, None
        self.taken = []

    def fail(self, error):
        self.error, self.done = error, True
        return True


def _row(component, k):
    """A row of a component; a string as an array, which ops want."""
    value = component[k]
    if type(value) is not bytes:
        return value
    out = np.empty((), object)
    out[()] = value
    return out


class Queue:
    """What all kinds share: the two lines of attempts, closing, and checks of shapes.

    Args:
      halt: the session's, which ends all waiting.
      name: the node's name; shared: the name that others know it by, or ''.
      kinds: dtypes of the components; shapes: their shapes, [] if they may be any.
      capacity: how many elements it holds; -1 for any number.
    """

    kind = "FIFOQueue"

    def __init__(self, halt, name, shared, kinds, shapes, capacity):
        self.halt, self.condition = halt, halt.condition()
        self.name = shared or f"_{next(_numbers)}_{name}"
        self.kinds, self.shapes = kinds, shapes
        self.capacity = capacity if capacity >= 0 else float("inf")
        self.closed = False
        self.puts: collections.deque = collections.deque()
        self.gets: collections.deque = collections.deque()
        self.begin()

    # --- what kinds differ in -----------------------------------------------------------------------

    def begin(self):
        """Makes the place for the elements."""
        self.elements = collections.deque()

    def put(self, element):
        """Takes an element in."""
        self.elements.append(element)

    def take(self):
        """Gives an element out."""
        return self.elements.popleft()

    def put_back(self, elements):
        """Takes back what an attempt had taken and could not use."""
        self.elements.extendleft(reversed(elements))

    def ready(self):
        """How many elements may be taken now."""
        return len(self.elements)

    def stack(self, elements, k):
        """The k-th component of several elements as one array."""
        kind = self.kinds[k].np
        if not elements:
            return np.zeros((0, *(d or 0 for d in self.shapes[k])), kind)
        return np.stack([np.asarray(e[k], kind) for e in elements])

    # --- the ops ------------------------------------------------------------------------------------

    def size(self):
        """How many elements are in it."""
        return len(self.elements)

    def enqueue(self, element):
        """Puts one element in, as soon as there is room."""
        for k, (value, shape) in enumerate(zip(element, self.shapes, strict=False)):
            self._check(k, np.shape(value), shape)
        self._run(self.puts, self._putting([tuple(element)]), "Enqueue operation was cancelled")

    def enqueue_many(self, components):
        """Puts the rows of the components in, one after another."""
        n = len(components[0])
        for k, value in enumerate(components):
            if self.shapes:
                self._check(k, np.shape(value), (n, *self.shapes[k]))
            elif len(value) != n:
                raise InvalidArgumentError(
                    None,
                    None,
                    "All input tensors must have the same size in the 0th dimension. Component "
                    f"{k} has {len(value)}, and should have {n}",
                )
        if n:
            rows = [tuple(_row(c, i) for c in components) for i in range(n)]
            self._run(self.puts, self._putting(rows), "Enqueue operation was cancelled")

    def dequeue(self):
        """One element, as soon as there is one."""
        attempt = self._getting(1, False)
        self._run(self.gets, attempt, "Dequeue operation was cancelled")
        return attempt.taken[0]

    def dequeue_many(self, n, fewer=False):
        """The components of n elements, each in one array; of fewer at the end of a closed queue, if that will do."""
        name = type(self).many_kind
        if not self.shapes:
            raise InvalidArgumentError(
                None, None, f"{name}'s DequeueMany and DequeueUpTo require the components to have specified shapes."
            )
        if n < 0:
            op = "DequeueUpTo" if fewer else "DequeueMany"
            raise InvalidArgumentError(None, None, f"{op} requested {n} < 0 elements")
        taken = []
        if n:
            attempt = self._getting(n, fewer)
            attempt.kind = name
            self._run(self.gets, attempt, "Dequeue operation was cancelled")
            taken = attempt.taken
        return [self.stack(taken, k) for k in range(len(self.kinds))]

    def close(self, cancel):
        """Takes nothing more; with `cancel` those who wait to put something in are sent away."""
        if cancel:
            with self.condition:
                self.closed = True
                for attempt in self.puts:
                    if not attempt.done:
                        attempt.fail(CancelledError(None, None, "Enqueue operation was cancelled"))
                self._go_on()
            return
        attempt = _Attempt(None)
        attempt.step = lambda: self._shut(attempt)
        self._run(self.puts, attempt, "Close operation was cancelled")

    # --- attempts -----------------------------------------------------------------------------------

    def _shut(self, attempt):
        if self.closed:
            return attempt.fail(CancelledError(None, None, f"Queue '{self.name}' is already closed."))
        self.closed = attempt.done = True
        return True

    def _putting(self, rows):
        attempt, left = _Attempt(None), collections.deque(rows)

        def step():
            if self.closed:
                return attempt.fail(CancelledError(None, None, f"{self.kind} '{self.name}' is closed."))
            moved = False
            while left and len(self.elements) < self.capacity:
                self.put(left.popleft())
                moved = True
            attempt.done = not left
            return moved or attempt.done

        attempt.step = step
        return attempt

    def _getting(self, n, fewer):
        attempt = _Attempt(None)
        attempt.kind, attempt.left = self.kind, n
        attempt.step = lambda: self._get(attempt, fewer)
        return attempt

    def _get(self, attempt, fewer):
        size = len(self.elements)
        if self.closed and size < attempt.left:
            if attempt.taken:
                self.put_back(attempt.taken)
                attempt.taken = []
            size_now = len(self.elements)
            if fewer and size_now:
                attempt.left = size_now
            elif fewer and any(not a.done for a in self.puts):
                return False  # they may bring more yet
            else:
                words = (
                    f"{attempt.kind} '{self.name}' is closed and has insufficient elements "
                    f"(requested {attempt.left}, current size {size})"
                )
                return attempt.fail(OutOfRangeError(None, None, words))
        moved = False
        for _ in range(max(self.ready(), 0)):
            attempt.taken.append(self.take())
            attempt.left -= 1
            moved = True
            if attempt.left == 0:
                attempt.done = True
                break
        return moved

    def _run(self, line, attempt, cancelled):
        with self.condition:
            line.append(attempt)
            self._go_on()
            try:
                while not attempt.done:
                    self.halt.wait(self.condition, cancelled)
            except BaseException:
                self._leave(line, attempt)
                raise
        if attempt.error is not None:
            raise attempt.error

    def _leave(self, line, attempt):
        """An attempt that gives up: it puts back what it took."""
        if attempt in line:
            line.remove(attempt)
        if not attempt.done and attempt.taken:
            self.put_back(attempt.taken)
        self._go_on()

    def _go_on(self):
        """Lets the attempts at the heads of the lines go on until none can."""
        moved, ended = True, False
        while moved:
            moved = False
            for line in (self.puts, self.gets):
                while line:
                    if not line[0].done:
                        moved |= line[0].step()
                    if not line[0].done:
                        break
                    line.popleft()
                    ended = moved = True
        if ended:
            self.condition.notify_all()

    def _check(self, k, seen, want):
        if len(seen) != len(want) or any(b is not None and a != b for a, b in zip(seen, want, strict=True)):
            raise InvalidArgumentError(
                None, None, f"Shape mismatch in tuple component {k}. Expected {text(want)}, got {text(seen)}"
            )

    many_kind = "FIFOQueue"


class FIFO(Queue):
    """First in, first out."""


class Padding(Queue):
    """First in, first out; a batch is filled up with zeros or '' where elements are smaller than the largest."""

    many_kind = "PaddingFIFOQueue"

    def stack(self, elements, k):
        """As of any queue, and padded."""
        if None not in self.shapes[k] or not elements:
            return super().stack(elements, k)
        values = [np.asarray(e[k], self.kinds[k].np) for e in elements]
        shape = np.max([v.shape for v in values], axis=0)
        out = np.zeros((len(values), *shape), self.kinds[k].np)
        if out.dtype == object:
            out.fill(b"")
        for row, value in zip(out, values, strict=True):
            row[tuple(slice(d) for d in value.shape)] = value
        return out


class Shuffle(Queue):
    """Gives out any of its elements, by the op's seeds; keeps some back for the mixing until it is closed.

    Source: TF 1.15's kernel: the element drawn is replaced by the last one.
    """

    kind = many_kind = "RandomShuffleQueue"

    def __init__(self, *args, least, seed, seed2):
        self.least, self.stream, self.words = least, philox.begin(seed, seed2), []
        super().__init__(*args)
        if least < 0:
            raise InvalidArgumentError(None, None, f"min_after_dequeue {least} must be >= 0")
        if least >= self.capacity:
            raise InvalidArgumentError(None, None, f"min_after_dequeue {least} must be < capacity {self.capacity}")

    def begin(self):
        """The elements stand in a list."""
        self.elements = []

    def ready(self):
        """All but those kept back."""
        return len(self.elements) - (0 if self.closed else self.least)

    def take(self):
        """One drawn at random."""
        if not self.words:
            self.words = philox.bits(np, self.stream, 64).reshape(-1)[::-1].tolist()
            self.stream = philox.advanced(np, self.stream, 64)
        elements = self.elements
        k = self.words.pop() % len(elements)
        elements[k], elements[-1] = elements[-1], elements[k]
        return elements.pop()

    def put_back(self, elements):
        """To the end: the order is of no meaning."""
        self.elements.extend(elements)


class Priority(Queue):
    """Gives out the element whose first component, an int64, is least; of equal ones the one that came first."""

    kind = many_kind = "PriorityQueue"

    def begin(self):
        """The elements stand in a heap."""
        self.elements, self.turn = [], itertools.count()

    def put(self, element):
        """In at its priority."""
        heapq.heappush(self.elements, (int(element[0]), next(self.turn), element))

    def take(self):
        """The least one."""
        return heapq.heappop(self.elements)[2]

    def put_back(self, elements):
        """In again, before those of their priority."""
        for k, element in enumerate(elements):
            heapq.heappush(self.elements, (int(element[0]), k - len(elements), element))
