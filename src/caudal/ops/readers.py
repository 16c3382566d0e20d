"""Readers, as users see them, and their nodes: records out of files whose names come from a queue."""

import numpy as np

from ..graph import loaded
from ..graph.define import define
from ..graph.graph import Tensor
from ..ground.api import export
from ..platform.python_io import TFRecordOptions
from .reader_kinds import FixedLength, Identity, Records, TextLine, WholeFile
from .text import strings

__all__ = ["ReaderBase"]


def _maker(kind):
    def lower(B, *, state, op):
        loaded.guard(op)
        return state.once(lambda halt: kind(op))

    return lower


_KINDS = {
    "FixedLengthRecordReader": FixedLength,
    "IdentityReader": Identity,
    "TFRecordReader": Records,
    "TextLineReader": TextLine,
    "WholeFileReader": WholeFile,
}
_MAKERS = {}
for _name, _kind in _KINDS.items():
    define(_name, infer=lambda: [()], lower=_maker(_kind), host=True, grad=None)
    _MAKERS[_name] = define(_name + "V2", infer=lambda: [()], lower=_maker(_kind), host=True, grad=None)


def _both(name, shapes, lower):
    """An op on a reader, under its old type too; the node of the new one."""
    define(name, infer=lambda *_: shapes, lower=lower, host=True, grad=None)
    return define(name + "V2", infer=lambda *_: shapes, lower=lower, host=True, grad=None)


def _read(B, reader, queue):
    return tuple(strings([part], ()) for part in reader.read(queue))


def _read_up_to(B, reader, queue, n):
    return tuple(strings(part) for part in reader.read_up_to(queue, int(n)))


def _done(method):
    def lower(B, reader, *args):
        getattr(reader, method)(*(a if isinstance(a, bytes) else a.item() for a in args))
        return ()

    return lower


_read_node = _both("ReaderRead", [(), ()], _read)
_read_up_to_node = _both("ReaderReadUpTo", [(None,), (None,)], _read_up_to)
_produced_node = _both("ReaderNumRecordsProduced", [()], lambda B, reader: np.int64(reader.produced))
_completed_node = _both("ReaderNumWorkUnitsCompleted", [()], lambda B, reader: np.int64(reader.finished))
_state_node = _both("ReaderSerializeState", [()], lambda B, reader: strings([reader.state()], ()))
_restore_node = _both("ReaderRestoreState", [], _done("restore"))
_reset_node = _both("ReaderReset", [], _done("reset"))


def _queue_ref(queue):
    return queue if isinstance(queue, Tensor) else queue.queue_ref


@export("ReaderBase")
class ReaderBase:
    """Takes names of files out of a queue, and gives their records one by one.

    Args:
      reader_ref: the handle.
      supports_serialize: whether its state can be kept.
    """

    def __init__(self, reader_ref, supports_serialize=False):
        self._reader_ref, self._supports_serialize = reader_ref, supports_serialize

    @property
    def reader_ref(self):
        """The handle, a resource."""
        return self._reader_ref

    @property
    def supports_serialize(self):
        """Whether its state can be kept."""
        return self._supports_serialize

    def read(self, queue, name=None):
        """The next record; a run of it waits while the queue is empty.

        Args:
          queue: a queue of names of files, or its handle.
          name: the op's name.

        Returns:
          (key, value), string scalars: where the record is from, and its bytes.

        Raises:
          tf.errors.OutOfRangeError: (when run) the queue is closed and empty.
        """
        return _read_node(self._reader_ref, _queue_ref(queue), name=name)

    def read_up_to(self, queue, num_records, name=None):
        """Up to `num_records` (int64 scalar) records of one file: (keys, values), string `[n]`."""
        return _read_up_to_node(self._reader_ref, _queue_ref(queue), num_records, name=name)

    def num_records_produced(self, name=None):
        """How many records it has given, an int64 scalar."""
        return _produced_node(self._reader_ref, name=name)

    def num_work_units_completed(self, name=None):
        """How many files it has done with, an int64 scalar."""
        return _completed_node(self._reader_ref, name=name)

    def serialize_state(self, name=None):
        """Its state as a string scalar; not all kinds can."""
        return _state_node(self._reader_ref, name=name)

    def restore_state(self, state, name=None):
        """The op that brings back a state that `serialize_state` gave."""
        return _restore_node(self._reader_ref, state, name=name)

    def reset(self, name=None):
        """The op that makes it as new."""
        return _reset_node(self._reader_ref, name=name)


@export("WholeFileReader")
class WholeFileReader(ReaderBase):
    """Gives each file as one record: (its name, its bytes)."""

    def __init__(self, name=None):
        super().__init__(_MAKERS["WholeFileReader"](name=name), supports_serialize=True)


@export("TextLineReader")
class TextLineReader(ReaderBase):
    """Gives the lines of files, without their ends.

    Args:
      skip_header_lines: how many at the beginning of each file are left out.
      name: the op's name.
    """

    def __init__(self, skip_header_lines=None, name=None):
        super().__init__(_MAKERS["TextLineReader"](skip_header_lines=skip_header_lines, name=name))


@export("FixedLengthRecordReader")
class FixedLengthRecordReader(ReaderBase):
    """Gives records of one length.

    Args:
      record_bytes: the length of a record, bytes.
      header_bytes, footer_bytes: what is left out at both ends of each file, bytes.
      hop_bytes: from the begin of a record to the next one's; `record_bytes` if 0.
      name: the op's name.
      encoding: "", "ZLIB" or "GZIP".
    """

    def __init__(self, record_bytes, header_bytes=None, footer_bytes=None, hop_bytes=None, name=None, encoding=None):
        ref = _MAKERS["FixedLengthRecordReader"](
            record_bytes=record_bytes,
            header_bytes=header_bytes,
            footer_bytes=footer_bytes,
            hop_bytes=hop_bytes,
            encoding=encoding,
            name=name,
        )
        super().__init__(ref)


@export("TFRecordReader")
class TFRecordReader(ReaderBase):
    """Gives the records of TFRecord files.

    Args:
      name: the op's name.
      options: `tf.python_io.TFRecordOptions`.
    """

    def __init__(self, name=None, options=None):
        packed = TFRecordOptions.get_compression_type_string(options)
        super().__init__(_MAKERS["TFRecordReader"](name=name, compression_type=packed))


@export("IdentityReader")
class IdentityReader(ReaderBase):
    """Gives the names themselves, as keys and values."""

    def __init__(self, name=None):
        super().__init__(_MAKERS["IdentityReader"](name=name), supports_serialize=True)
