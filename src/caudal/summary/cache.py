"""FileWriterCache: one FileWriter for each folder."""

import threading

from ..graph.graph import default_graph
from ..ground.api import export
from .writer import FileWriter

__all__ = ["FileWriterCache"]


@export("summary.FileWriterCache")
class FileWriterCache:
    """The writers of a process, one for each folder."""

    _cache: dict = {}  # noqa: RUF012  # TF's, which tests of programs look at
    _lock = threading.RLock()

    @staticmethod
    def clear():
        """Closes and forgets all writers."""
        with FileWriterCache._lock:
            for writer in FileWriterCache._cache.values():
                writer.close()
            FileWriterCache._cache = {}

    @staticmethod
    def get(logdir):
        """The `FileWriter` of a folder, made with the default graph if there is none."""
        with FileWriterCache._lock:
            if logdir not in FileWriterCache._cache:
                FileWriterCache._cache[logdir] = FileWriter(logdir, graph=default_graph())
            return FileWriterCache._cache[logdir]
