"""What lies behind the reader ops: each takes names of files out of a queue and gives their records. readers.py has the nodes."""

import threading

from ..formats.paths import to_path
from ..formats.proto.reader_pb2 import ReaderBaseState
from ..formats.records import read_records
from ..formats.text_files import fixed_records, lines, read_whole
from ..ground.errors import InvalidArgumentError, UnimplementedError

__all__ = ["FixedLength", "Identity", "Records", "TextLine", "WholeFile"]


class Reader:
    """A reader: the work that it is at, and how much it has done. `records(work)` yields keys and values.

    Args:
      op: the node.
    """

    can_serialize = False
    single = False  # whether a file is one record, and done with at once

    def __init__(self, op):
        self.op, self.lock = op, threading.RLock()
        self.reset()

    def reset(self):
        """As new."""
        self.started = self.finished = self.produced = 0
        self.work, self.rest = b"", None

    def records(self, work):
        """Yields (key, value) for each record of a file."""
        raise NotImplementedError

    def read(self, queue):
        """The next record; the next file is taken from the queue when one is at its end."""
        keys, values = self.read_up_to(queue, 1)
        return keys[0], values[0]

    def read_up_to(self, queue, n):
        """Up to n records of one file: keys and values."""
        if n <= 0:
            raise InvalidArgumentError(None, None, "num_records must be positive")
        with self.lock:
            pairs = []
            while not pairs:
                if self.rest is None:
                    self._begin(queue)
                pairs = self._take(n)
            return [k for k, _ in pairs], [v for _, v in pairs]

    def _begin(self, queue):
        (work,) = queue.dequeue()
        self.work = bytes(work) if isinstance(work, bytes) else work.item()
        self.started += 1
        self.rest = self.records(self.work)

    def _take(self, n):
        pairs = []
        for pair in self.rest:
            self.produced += 1
            pairs.append(pair)
            if self.single:
                break
            if len(pairs) == n:
                return pairs
        self.finished += 1
        self.rest = None
        return pairs

    def state(self):
        """Where it stands, as a message's bytes."""
        if not self.can_serialize:
            raise UnimplementedError(None, None, "Reader SerializeState")
        with self.lock:
            return ReaderBaseState(
                work_started=self.started,
                work_finished=self.finished,
                num_records_produced=self.produced,
                current_work=self.work,
            ).SerializeToString()

    def restore(self, data):
        """Goes back to where another stood."""
        if not self.can_serialize:
            raise UnimplementedError(None, None, "Reader RestoreState")
        state = ReaderBaseState.FromString(data)
        with self.lock:
            self.started, self.finished = state.work_started, state.work_finished
            self.produced, self.work = state.num_records_produced, state.current_work
            self.rest = self.records(self.work) if self.started > self.finished else None


class Identity(Reader):
    """The names themselves."""

    can_serialize = single = True

    def records(self, work):
        """One record."""
        yield work, work


class WholeFile(Reader):
    """Each file is a record."""

    can_serialize = single = True

    def records(self, work):
        """One record."""
        yield work, read_whole(work)


class TextLine(Reader):
    """Each line is a record, named by its number from 1."""

    def records(self, work):
        """The lines after the header."""
        skip = self.op.attrs["skip_header_lines"]
        for number, line in enumerate(lines(work, skip=skip), skip + 1):
            yield f"{to_path(work)}:{number}".encode(), line


class FixedLength(Reader):
    """Records of one length, named by their number from 0."""

    def records(self, work):
        """The records between header and footer."""
        attrs = self.op.attrs
        found = fixed_records(
            work,
            attrs["record_bytes"],
            attrs["header_bytes"],
            attrs["footer_bytes"],
            attrs["hop_bytes"],
            attrs.get("encoding", b"").decode(),
        )
        for number, record in enumerate(found):
            yield f"{to_path(work)}:{number}".encode(), record


class Records(Reader):
    """Records of TFRecord files, named by the place of their first byte."""

    def records(self, work):
        """The records."""
        place = 0
        for record in read_records(work, self.op.attrs["compression_type"].decode()):
            yield f"{to_path(work)}:{place}".encode(), record
            place += len(record) + 16
