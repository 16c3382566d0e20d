"""PNG files from arrays: the filters of the rows and the compression are those that libpng chooses by itself."""

import struct
import zlib

import numpy as np

__all__ = ["encode"]

_COLORS = {1: 0, 2: 4, 3: 2, 4: 6}
_BUFFER = 8192  # bytes of compressed data in a chunk


def encode(pixels, level=-1):
    """A picture as the bytes of a PNG file.

    Args:
      pixels: uint8 or uint16 `[height, width, channels]`: grey, grey and alpha, RGB, or RGB and alpha.
      level: zlib's, 0 to 9; -1 for its default.

    Source: ISO/IEC 15948.
    """
    height, width, channels = pixels.shape
    depth = pixels.dtype.itemsize
    rows = pixels.astype(pixels.dtype.newbyteorder(">")).reshape(height, -1).view(np.uint8).reshape(height, -1)
    data = _filtered(rows, channels * depth, width)
    head = struct.pack(">IIBBBBB", width, height, 8 * depth, _COLORS[channels], 0, 0, 0)
    packed = _compressed(data, level)
    chunks = [packed[k : k + _BUFFER] for k in range(0, len(packed), _BUFFER)]
    body = b"".join(_chunk(b"IDAT", c) for c in chunks)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + body + _chunk(b"IEND", b"")


def _chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _filtered(rows, step, width):
    """The rows, each after the filter whose result has the least sum of absolute values."""
    out = []
    above = np.zeros(rows.shape[1], np.uint8)
    for row in rows:
        left = np.concatenate([np.zeros(step, np.uint8), row[:-step]])
        kinds = [(0, row)]
        if width > 1:
            kinds.append((1, row - left))
        if len(rows) > 1:
            kinds.append((2, row - above))
            if width > 1:
                corner = np.concatenate([np.zeros(step, np.uint8), above[:-step]])
                mean = ((left.astype(np.int32) + above) // 2).astype(np.uint8)
                kinds += [(3, row - mean), (4, row - _paeth(left, above, corner))]
        kind, best = min(kinds, key=lambda pair: int(np.abs(pair[1].view(np.int8).astype(np.int32)).sum()))
        out.append(bytes([kind]) + best.tobytes())
        above = row
    return b"".join(out)


def _paeth(left, above, corner):
    """Of the three neighbours the one nearest to left + above - corner."""
    a, b, c = (x.astype(np.int32) for x in (left, above, corner))
    guess = a + b - c
    da, db, dc = abs(guess - a), abs(guess - b), abs(guess - c)
    return np.where((da <= db) & (da <= dc), a, np.where(db <= dc, b, c)).astype(np.uint8)


def _compressed(data, level):
    """zlib's stream, with the least window that holds the data in its header."""
    bits = 15
    while len(data) <= 16384 and bits > 8 and len(data) + 262 <= 1 << (bits - 1):
        bits -= 1
    pack = zlib.compressobj(level, zlib.DEFLATED, max(bits, 9), 8, zlib.Z_FILTERED)
    packed = pack.compress(data) + pack.flush()
    while len(data) <= 16384 and bits > 8 and len(data) <= 1 << (bits - 1):
        bits -= 1
    first = (bits - 8) << 4 | 8
    second = packed[1] & 0xE0
    second += 31 - (first * 256 + second) % 31
    return bytes([first, second]) + packed[2:]
