"""Event files: `Event` messages as records, in the order in which they come, for TensorBoard to read."""

import os
import socket
import threading
import time

from ..formats.paths import to_path
from ..formats.proto.summary_pb2 import Event
from ..formats.records import Writer, read_records
from ..ground.api import export
from ..ground.errors import OpError
from ..platform import logging

__all__ = ["EventFile", "summary_iterator"]

_VERSION = "brain.Event:2"


class EventFile:
    """An event file that is written to, from any thread.

    Args:
      folder: where it is made; made itself if it is not there.
      flush_secs: at most how long an event is kept back, seconds, when others follow.
      suffix: the end of its name, or None.
      prefix: the beginning of its name.
    """

    def __init__(self, folder, flush_secs=120, suffix=None, prefix="events"):
        self.folder, self._wait, self._suffix, self._prefix = str(to_path(folder)), flush_secs, suffix or "", prefix
        self._lock = threading.Lock()
        self.closed = False
        self._file = self._open()

    def _open(self):
        """A new file with its version; None where none can be made, as TF only logs that."""
        self._flushed = time.monotonic()
        now = time.time()
        name = f"{self._prefix}.out.tfevents.{int(now):010d}.{socket.gethostname()}{self._suffix}"
        self.path = os.path.join(self.folder, name)
        try:
            os.makedirs(self.folder, exist_ok=True)
            file = Writer(self.path)
        except (OSError, OpError) as error:
            logging.error("Could not open events file: %s: %s", self.path, error)
            return None
        file.write(Event(wall_time=now, file_version=_VERSION).SerializeToString())
        file.flush()
        return file

    def add(self, event):
        """Appends an event."""
        with self._lock:
            if self._file is None:
                return
            self._file.write(event.SerializeToString())
            if time.monotonic() - self._flushed > self._wait:
                self._flush()

    def _flush(self):
        self._file.flush()
        self._flushed = time.monotonic()

    def flush(self):
        """Writes what is kept back."""
        with self._lock:
            if self._file is not None:
                self._flush()

    def close(self):
        """Writes what is kept back, and ends the file."""
        self.flush()
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file, self.closed = None, True

    def reopen(self):
        """Begins a new file, if this one was closed."""
        with self._lock:
            if self.closed:
                self.closed = False
                self._file = self._open()


@export("train.summary_iterator")
def summary_iterator(path):
    """Yields the `Event`s of an event file.

    Args:
      path: the file.

    Raises:
      NotFoundError: there is no such file; DataLossError: it is damaged.
    """
    for record in read_records(path):
        yield Event.FromString(record)
