"""`EventsWriter`, the class under TensorFlow's summaries that a few programs write events with themselves."""

import os

from ..summary.event_file import EventFile

__all__ = ["EventsWriter"]


class EventsWriter:
    """Writes `Event` messages into a file `<prefix>.out.tfevents.<seconds>.<host>`.

    Args:
      file_prefix: where the file is, and how its name begins; text or bytes.
    """

    def __init__(self, file_prefix):
        self._folder, self._prefix = os.path.split(os.fsdecode(file_prefix))
        self._suffix, self._file = "", None

    def InitWithSuffix(self, suffix):  # noqa: N802  # TF's name
        """Begins the file, whose name ends so."""
        self._suffix = os.fsdecode(suffix)
        return self._opened() is not None

    def _opened(self):
        if self._file is None:
            self._file = EventFile(self._folder or ".", suffix=self._suffix, prefix=self._prefix)
        return self._file

    def FileName(self):  # noqa: N802
        """The file's path."""
        return os.fsencode(self._opened().path)

    def WriteEvent(self, event):  # noqa: N802
        """Appends an `Event`."""
        self._opened().add(event)

    def Flush(self):  # noqa: N802
        """Writes what is kept back."""
        self._opened().flush()

    def Close(self):  # noqa: N802
        """Writes what is kept back, and ends the file; a later event begins another one."""
        if self._file is not None:
            self._file.close()
        self._file = None
