"""The values of a session's variables, its random counters and other state, under their ops' names."""

import threading

import numpy as np

from ..backend import device, precision
from ..graph.notes import initialize, locate
from ..ground.errors import FailedPreconditionError
from ..ground.waiting import Halt
from .packing import Part, on_host

__all__ = ["Cell", "Store"]


class Store:
    """One session's state: name -> array, or an object such as a queue. Compiled steps that write take `turn`.

    Attributes:
      halt: tells threads that wait for a queue that the session is closed.
      lock: held while an object such as a queue is made, for a moment.
      factors: what products of its compiled steps take their factors as (backend/precision.py).
    """

    def __init__(self):
        self.values = {}
        self.turn = threading.RLock()
        self.lock = threading.RLock()
        self.halt = Halt()
        self.factors = precision.chosen()

    def get(self, key):
        """What is kept under `key`, or None; a device's array as a copy, since a step may give its buffer away."""
        value = self.values.get(key)
        if type(value) is Part or device.is_array(value):
            with self.turn:
                return np.array(on_host(self.values[key]))
        return value

    def set(self, key, value):
        """Keeps `value` under `key`."""
        self.values[key] = value


class Cell:
    """The place of one variable, counter or resource in a store, or in the state of a step that is being traced."""

    __slots__ = ("key", "op", "store")

    def __init__(self, store, key, op):
        self.store, self.key, self.op = store, key, op

    def peek(self):
        """The value, or None if there is none yet."""
        return self.store.get(self.key)

    def read(self):
        """The value.

        Raises:
          FailedPreconditionError: there is none yet.
        """
        value = self.store.get(self.key)
        if value is None:
            error = FailedPreconditionError(None, self.op, f"Attempting to use uninitialized value {self.op._name}")
            raise locate(error, getattr(self.op, "source", self.op), initialize(self.op))
        return value

    def write(self, value):
        """Replaces the value."""
        self.store.set(self.key, value)

    def get(self, make):
        """The value; if there is none yet, what `make()` gives, from now on."""
        value = self.store.get(self.key)
        if value is None:
            value = make()
            self.store.set(self.key, value)
        return value

    def once(self, make):
        """The one object that all threads share; the first of them makes it with `make(halt)`."""
        with self.store.lock:
            return self.get(lambda: make(self.store.halt))
