"""TFRecord files: byte strings one after another, each with its length and checksums; plain, zlib or gzip.

A record is: its length (uint64), the masked CRC32C of these eight bytes (uint32), the bytes, their masked CRC32C.
All numbers are little-endian.
"""

import os
import struct
import zlib

import google_crc32c

from ..ground.errors import DataLossError, FailedPreconditionError
from .paths import refined, to_path

__all__ = ["Writer", "masked_crc", "read_records"]

_CHUNK = 1 << 18
_MASK = 0xA282EAD8


def masked_crc(data):
    """The CRC32C of bytes, turned and moved, so that a checksum of checksums is none of weight 0."""
    crc = google_crc32c.value(data)
    return ((crc >> 15 | crc << 17) + _MASK) & 0xFFFFFFFF


def _window(compression, bits):
    """zlib's window bits for a kind of compression."""
    return {"ZLIB": bits, "GZIP": bits + 16}[compression]


class _Stream:
    """A file's bytes in order, unpacked if it is packed; it never takes more memory than the file gives."""

    def __init__(self, file, compression):
        self.file, self.held = file, bytearray()
        self.inflate = zlib.decompressobj(_window(compression, zlib.MAX_WBITS)) if compression else None

    def _more(self):
        data = self.file.read(_CHUNK)
        if self.inflate is None or not data:
            return data
        try:
            return self.inflate.decompress(data)
        except zlib.error as error:
            words = str(error).removeprefix("Error -3 while decompressing data: ")
            raise DataLossError(None, None, f"inflate() failed with error -3: {words}") from None

    def read(self, n):
        """n bytes, or those that are left."""
        while len(self.held) < n:
            before = self.file.tell()
            self.held += self._more()
            if self.file.tell() == before:
                break
        out = bytes(self.held[:n])
        del self.held[:n]
        return out


def read_records(path, compression="", offset=0):
    """Yields the records of a file.

    Args:
      path: the file.
      compression: "", "ZLIB" or "GZIP".
      offset: where to begin, bytes.

    Raises:
      NotFoundError: there is no such file; DataLossError: it is damaged.
    """
    try:
        file = open(to_path(path), "rb")  # noqa: SIM115
    except OSError as error:
        raise refined(error, to_path(path)) from None
    with file:
        file.seek(offset)
        stream = _Stream(file, compression)
        while True:
            head = stream.read(12)
            if len(head) < 12:
                return
            length, crc = struct.unpack("<QI", head)
            if masked_crc(head[:8]) != crc:
                raise DataLossError(None, None, f"corrupted record at {offset}")
            body = stream.read(length + 4)
            if len(body) < length + 4:
                raise DataLossError(None, None, f"truncated record at {offset}")
            data = body[:length]
            if masked_crc(data) != struct.unpack("<I", body[length:])[0]:
                raise DataLossError(None, None, f"corrupted record at {offset + 12}")
            yield data
            offset += length + 16


class Writer:
    """Writes records to a file.

    Args:
      path: the file; an old one is replaced.
      compression: "", "ZLIB" or "GZIP".
      level, bits, memory, strategy: zlib's; None for its defaults.

    Raises:
      NotFoundError: its folder is not there.
    """

    def __init__(self, path, compression="", level=None, bits=None, memory=None, strategy=None):
        try:
            self._file = open(to_path(path), "wb")  # noqa: SIM115
        except OSError as error:
            raise refined(error, to_path(path)) from None
        self._pack = None
        if compression:
            self._pack = zlib.compressobj(
                -1 if level is None else level,
                zlib.DEFLATED,
                _window(compression, zlib.MAX_WBITS if bits is None else bits),
                zlib.DEF_MEM_LEVEL if memory is None else memory,
                zlib.Z_DEFAULT_STRATEGY if strategy is None else strategy,
            )

    def _open(self):
        if self._file is None:
            raise FailedPreconditionError(None, None, "Writer not initialized or previously closed")
        return self._file

    def write(self, record):
        """Appends a record, bytes.

        Raises:
          TypeError: no bytes; FailedPreconditionError: it is closed.
        """
        file = self._open()
        if not isinstance(record, bytes):
            raise TypeError(f"expected bytes, {type(record).__name__} found")
        head = struct.pack("<Q", len(record))
        data = head + struct.pack("<I", masked_crc(head)) + record + struct.pack("<I", masked_crc(record))
        file.write(self._pack.compress(data) if self._pack else data)

    def flush(self):
        """Hands to the system what is kept back."""
        file = self._open()
        if self._pack:
            file.write(self._pack.flush(zlib.Z_SYNC_FLUSH))
        file.flush()
        os.fsync(file.fileno())

    def close(self):
        """Ends the file."""
        if self._file is not None:
            if self._pack:
                self._file.write(self._pack.flush())
            self._file.close()
            self._file = None
