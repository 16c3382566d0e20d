"""Coordinator: threads that stop together, and pass on the first error of any of them."""

import contextlib
import sys
import threading
import time

from ..ground.api import export
from ..ground.errors import OutOfRangeError

__all__ = ["Coordinator", "LooperThread"]


@export("train.Coordinator")
class Coordinator:
    """Lets several threads stop at one another's request.

    Args:
      clean_stop_exception_types: kinds of errors that only end the work, as OutOfRangeError does at the end of the data.
    """

    def __init__(self, clean_stop_exception_types=None):
        self._clean = tuple(clean_stop_exception_types or (OutOfRangeError,))
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._error = None
        self._joined = False
        self._threads = set()

    def request_stop(self, ex=None):
        """Asks all threads to stop; `ex`, an exception or `sys.exc_info()`, is raised by `join`.

        Raises:
          the error itself, if all threads are joined already.
          TypeError: `ex` is an exception that is not being handled: TF 1.15 wants `sys.exc_info()` then, and fails so.
        """
        with self._lock:
            error = ex[1] if isinstance(ex, tuple) else ex
            error = None if isinstance(error, self._clean) else error
            if error is not None and not isinstance(ex, tuple) and sys.exc_info()[0] is None:
                raise TypeError("not all arguments converted during string formatting")
            if self._joined:
                if error is not None and not isinstance(error, self._clean):
                    raise error
                return
            if not self._stop.is_set():
                if error is not None and not isinstance(error, self._clean):
                    self._error = error
                self._stop.set()

    def clear_stop(self):
        """Forgets that a stop was asked for."""
        with self._lock:
            self._joined, self._error = False, None
            self._stop.clear()

    def should_stop(self):
        """Whether a stop was asked for."""
        return self._stop.is_set()

    @contextlib.contextmanager
    def stop_on_exception(self):
        """A context manager: an error under it asks all threads to stop."""
        try:
            yield
        except Exception:  # it is raised again by join
            self.request_stop(ex=sys.exc_info())

    def wait_for_stop(self, timeout=None):
        """Waits, at most `timeout` seconds, until a stop is asked for; whether it was."""
        return self._stop.wait(timeout)

    def register_thread(self, thread):
        """Takes a thread among those that `join` waits for."""
        with self._lock:
            self._threads.add(thread)

    def join(self, threads=None, stop_grace_period_secs=120, ignore_live_threads=False):
        """Waits until all threads have ended.

        Args:
          threads: more threads than those registered.
          stop_grace_period_secs: how long they may go on after a stop was asked for, seconds.
          ignore_live_threads: whether those that do not end are left alone.

        Raises:
          RuntimeError: a thread does not end; the error that a thread reported.
        """
        with self._lock:
            waiting = self._threads | set(threads or ())
        waiting = list(waiting)
        while any(t.is_alive() for t in waiting) and not self.wait_for_stop(0.01):
            continue
        end = time.monotonic() + stop_grace_period_secs
        while any(t.is_alive() for t in waiting) and time.monotonic() < end:
            time.sleep(0.001)
        alive = [t.name for t in waiting if t.is_alive()]
        with self._lock:
            self._joined = True
            self._threads = set()
            if self._error is not None:
                raise self._error
        if alive and not ignore_live_threads:
            raise RuntimeError(f"Coordinator stopped with threads still running: {' '.join(alive)}")

    @property
    def joined(self):
        """Whether `join` is done."""
        return self._joined

    def raise_requested_exception(self):
        """Raises the error that a thread reported, if one did."""
        with self._lock:
            if self._error is not None:
                raise self._error


@export("train.LooperThread")
class LooperThread(threading.Thread):
    """A thread that runs a function again and again until its coordinator stops.

    Args:
      coord: the `Coordinator`.
      timer_interval_secs: how often, seconds; None for at once again.
      target: the function, with `args` and `kwargs`.

    Raises:
      ValueError: `coord` is no Coordinator.
    """

    def __init__(self, coord, timer_interval_secs, target=None, args=None, kwargs=None):
        if not isinstance(coord, Coordinator):
            raise ValueError(f"'coord' argument must be a Coordinator: {coord}")
        super().__init__(daemon=True)
        self._coord, self._interval = coord, timer_interval_secs
        self._function, self._arguments = target, (args or (), kwargs or {})
        if self._interval:
            coord.register_thread(self)

    @staticmethod
    def loop(coord, timer_interval_secs, target, args=None, kwargs=None):
        """Starts such a thread, and gives it."""
        looper = LooperThread(coord, timer_interval_secs, target=target, args=args, kwargs=kwargs)
        looper.start()
        return looper

    def run(self):
        """The loop."""
        with self._coord.stop_on_exception():
            self.start_loop()
            if self._interval is None:
                while not self._coord.should_stop():
                    self.run_loop()
            else:
                following = time.time()
                while not self._coord.wait_for_stop(max(following - time.time(), 0)):
                    following += self._interval
                    self.run_loop()
            self.stop_loop()

    def start_loop(self):
        """Called before the loop."""

    def stop_loop(self):
        """Called after the loop."""

    def run_loop(self):
        """One round."""
        if self._function:
            self._function(*self._arguments[0], **self._arguments[1])
