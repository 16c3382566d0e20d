"""Sorted tables of keys and values in a file: LevelDB's format, in which both kinds of checkpoint keep their index.

A file is data blocks, an empty meta-index block, an index block (a separating key -> where its block is) and a footer of
48 bytes. A block is entries, each key with what it shares with the one before left out, but whole at every
sixteenth ("restart"); then the restarts' places and their number; then a byte for the compression and a masked CRC32C.
Source: "LevelDB table format" (Google, 2011).
"""

import itertools
import os
import struct

from ..ground.errors import DataLossError
from .paths import refined
from .records import masked_crc
from .snappy import SnappyError, unpack
from .varint import pack, take

__all__ = ["read_table", "table_bytes"]

_MAGIC = 0xDB4775248B80FB57
_FOOTER, _TRAILER = 48, 5
_BLOCK = 262144  # a data block is closed once it is as long
_EVERY = 16
_MOST = 1 << 30  # bytes that a block may have


def _lost(message):
    return DataLossError(None, None, message)


# --- reading -----------------------------------------------------------------------------------------


def read_table(path):
    """All entries of a table.

    Args:
      path: the file.

    Returns:
      A list of pairs (key, value), bytes, in order of keys.

    Raises:
      DataLossError: it is no table, or a damaged one; another OpError: it cannot be read.
    """
    return list(entries(path))


def entries(path):
    """Yields the entries of a table, block after block."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            for _, handle in _index(file, size):
                yield from _parsed(_block(file, size, _handle(handle)))
    except OSError as error:
        raise refined(error, path) from None


def _index(file, size):
    if size < _FOOTER:
        raise _lost("file is too short to be an sstable")
    file.seek(size - _FOOTER)
    footer = file.read(_FOOTER)
    if struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        raise _lost("not an sstable (bad magic number)")
    try:
        _, at = take(footer, 0)
        _, at = take(footer, at)
    except ValueError:
        raise _lost("bad block handle") from None
    return _parsed(_block(file, size, _handle(footer[at:])))


def _handle(data):
    """(offset, size) of a block."""
    try:
        offset, at = take(data, 0)
        return offset, take(data, at)[0]
    except ValueError:
        raise _lost("bad block handle") from None


def _block(file, size, handle):
    """A block's contents, unpacked."""
    offset, length = handle
    if offset + length + _TRAILER > size or length > _MOST:
        raise _lost("truncated block read")
    file.seek(offset)
    data = file.read(length + _TRAILER)
    if len(data) < length + _TRAILER:
        raise _lost("truncated block read")
    kind, crc = struct.unpack("<BI", data[length:])
    if masked_crc(data[: length + 1]) != crc:
        raise _lost("block checksum mismatch")
    if kind == 0:
        return data[:length]
    if kind != 1:
        raise _lost("bad block type")
    try:
        return unpack(data[:length], _MOST)
    except SnappyError as error:
        raise _lost(f"corrupted compressed block contents: {error}") from None


def _parsed(block):
    """The entries of a block."""
    if len(block) < 4:
        raise _lost("bad block contents")
    (restarts,) = struct.unpack("<I", block[-4:])
    end = len(block) - 4 * (restarts + 1)
    if end < 0:
        raise _lost("bad block contents")
    out, at, key = [], 0, b""
    while at < end:
        try:
            shared, at = take(block, at)
            own, at = take(block, at)
            length, at = take(block, at)
        except ValueError:
            raise _lost("bad entry in block") from None
        if shared > len(key) or at + own + length > end:
            raise _lost("bad entry in block")
        key = key[:shared] + block[at : at + own]
        at += own
        out.append((key, block[at : at + length]))
        at += length
    return out


# --- writing -----------------------------------------------------------------------------------------


def table_bytes(items):
    """A whole table as bytes, not compressed.

    Args:
      items: pairs (key, value), bytes, in order of keys.
    """
    out, index, last = bytearray(), [], None
    for group in _groups(items):
        if last is not None:
            index.append((_between(last[0], group[0][0]), last[1]))
        last = group[-1][0], _append(out, _packed(group, _EVERY))
    if last is not None:
        index.append((_after(last[0]), last[1]))
    footer = _append(out, _packed([], _EVERY)) + _append(out, _packed(index, 1))
    out += footer.ljust(_FOOTER - 8, b"\0") + struct.pack("<Q", _MAGIC)
    return bytes(out)


def _groups(items):
    """The items of each data block."""
    group, size = [], 0
    for key, value in items:
        group.append((key, value))
        size += len(key) + len(value) + 3
        if size >= _BLOCK and _long(group):
            yield group
            group, size = [], 0
    if group:
        yield group


def _long(group):
    return len(_packed(group, _EVERY)) >= _BLOCK


def _packed(items, every):
    """The contents of a block."""
    out, restarts, before = bytearray(), [], b""
    for k, (key, value) in enumerate(items):
        shared = 0
        if k % every == 0:
            restarts.append(len(out))
        else:
            shared = len(os.path.commonprefix([before, key]))
        out += pack(shared) + pack(len(key) - shared) + pack(len(value)) + key[shared:] + value
        before = key
    restarts = restarts or [0]
    return bytes(out) + struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts))


def _append(out, block):
    """Writes a block; gives its handle."""
    offset = len(out)
    out += block + b"\0" + struct.pack("<I", masked_crc(block + b"\0"))
    return pack(offset) + pack(len(block))


def _between(low, high):
    """A short key that is at least `low` and below `high`."""
    same = len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(low, high, strict=False))))
    if same < min(len(low), len(high)) and low[same] < 255 and low[same] + 1 < high[same]:
        return low[:same] + bytes([low[same] + 1])
    return low


def _after(key):
    """A short key that is at least `key`."""
    for k, byte in enumerate(key):
        if byte != 255:
            return key[:k] + bytes([byte + 1])
    return key
