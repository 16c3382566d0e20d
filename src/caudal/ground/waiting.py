"""Threads that wait inside a run: for a queue, a staging area, an accumulator; and what ends their waiting."""

import contextlib
import threading
import time
import weakref

from .errors import CancelledError, DeadlineExceededError

__all__ = ["Halt", "deadline"]

_local = threading.local()


@contextlib.contextmanager
def deadline(milliseconds):
    """Waiting in this thread ends so many milliseconds from now; 0 or None for never."""
    before = getattr(_local, "end", None)
    _local.end = time.monotonic() + milliseconds / 1000 if milliseconds else before
    try:
        yield
    finally:
        _local.end = before


class Halt:
    """A session's sign that nobody should wait any longer, and the conditions that wait for it."""

    def __init__(self):
        self.stopped = False
        self._conditions = weakref.WeakSet()
        self._lock = threading.Lock()

    def condition(self):
        """A new condition whose waiters `stop` wakes."""
        made = threading.Condition(threading.RLock())
        with self._lock:
            self._conditions.add(made)
        return made

    def stop(self):
        """Wakes all waiters; each raises CancelledError."""
        self.stopped = True
        with self._lock:
            conditions = list(self._conditions)
        for condition in conditions:
            with condition:
                condition.notify_all()

    def wait(self, condition, what):
        """Waits on a condition that is held, until it is notified.

        Raises:
          CancelledError: the session was closed, in the words `what`; DeadlineExceededError: the run's time is over.
        """
        if self.stopped:
            raise CancelledError(None, None, what)
        end = getattr(_local, "end", None)
        left = None if end is None else end - time.monotonic()
        if left is not None and left <= 0:
            raise DeadlineExceededError(None, None, "Timed out waiting for notification")
        condition.wait(left)
        if self.stopped:
            raise CancelledError(None, None, what)
