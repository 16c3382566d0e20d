"""Snappy, the compression of old checkpoints' blocks: unpacked only.

A block is the length of what it holds (a varint), then literals and copies of what came before.
Source: "Snappy compressed format description" (Google, 2011).
"""

__all__ = ["SnappyError", "unpack"]


class SnappyError(ValueError):
    """The bytes are no whole Snappy block."""


def unpack(data, most):
    """The bytes in a Snappy block.

    Args:
      data: the block.
      most: how many bytes may come out.

    Raises:
      SnappyError: it is cut short, points outside of itself, or would be longer.
    """
    length, at = _length(data)
    if length > most:
        raise SnappyError(f"a block of {length} bytes, where at most {most} can be")
    out = bytearray()
    end = len(data)
    while at < end:
        tag = data[at]
        at += 1
        if tag & 3 == 0:
            size, at = _size(data, at, tag >> 2)
            if at + size > end:
                raise SnappyError("a literal beyond the end")
            out += data[at : at + size]
            at += size
        else:
            size, offset, at = _copy(data, at, tag)
            _repeat(out, offset, size)
        if len(out) > length:
            break
    if len(out) != length:
        raise SnappyError(f"{len(out)} bytes came out where {length} were announced")
    return bytes(out)


def _length(data):
    value = 0
    for k, byte in enumerate(data[:5]):
        value |= (byte & 127) << 7 * k
        if byte < 128:
            return value, k + 1
    raise SnappyError("no length at the start")


def _size(data, at, high):
    """(the length of a literal, where it begins)."""
    if high < 60:
        return high + 1, at
    n = high - 59
    return int.from_bytes(_take(data, at, n), "little") + 1, at + n


def _copy(data, at, tag):
    """(the length of a copy, how far back it is, where the next tag is)."""
    kind = tag & 3
    if kind == 1:
        return (tag >> 2 & 7) + 4, (tag >> 5) << 8 | _take(data, at, 1)[0], at + 1
    n = 2 if kind == 2 else 4
    return (tag >> 2) + 1, int.from_bytes(_take(data, at, n), "little"), at + n


def _take(data, at, n):
    found = data[at : at + n]
    if len(found) < n:
        raise SnappyError("cut short inside a tag")
    return found


def _repeat(out, offset, size):
    """Copies `size` bytes from `offset` back; they may overlap what they make."""
    if not 0 < offset <= len(out):
        raise SnappyError("a copy from before the start")
    piece = bytes(out[len(out) - offset : len(out) - offset + size])
    out += (piece * (size // len(piece) + 1))[:size]
