"""Parts of tensors: how TF writes them as text, and as keys that sort as they should.

A part is a tuple of (start, length) a dimension; length -1 is all of it.
"""

import math

from ..ground.errors import InvalidArgumentError
from .proto.checkpoint_pb2 import TensorSliceProto

__all__ = ["FULL", "key_of", "overlap", "parse_spec", "shape_of", "slice_message", "slice_of"]

FULL = (0, -1)
_ESCAPED = {0: b"\0\xff", 255: b"\xff\0"}
_HEADS = [
    (0, 0),
    (0x80, 0),
    (0xC0, 0),
    (0xE0, 0),
    (0xF0, 0),
    (0xF8, 0),
    (0xFC, 0),
    (0xFE, 0),
    (0xFF, 0),
    (0xFF, 0x80),
    (0xFF, 0xC0),
]


def _bad(message):
    return InvalidArgumentError(None, None, message)


def parse_spec(text):
    """(the whole's shape, the part) that a text such as "7 3 0,3:-" means.

    Raises:
      InvalidArgumentError: it means none.
    """
    *dims, spec = text.split(" ")
    if not dims:
        raise _bad(f"Need least two elements in shape_and_slice specification: {text}")
    try:
        shape = tuple(int(d) for d in dims)
        part = tuple(_extent(e, text) for e in spec.split(":")) if spec else ()
    except ValueError:
        raise _bad(f"Non numerical dimension in shape_and_slice: {text}") from None
    if len(part) != len(shape):
        raise _bad(f"Incompatible spec and shape: {text}")
    for (start, length), size in zip(part, shape, strict=True):
        if size < 0 or (length >= 0 and start + length > size):
            raise _bad(f"Extent in dimension out of bounds: {text}")
    return shape, part


def _extent(text, whole):
    if text == "-":
        return FULL
    start, comma, length = text.partition(",")
    if not comma or int(start) < 0 or int(length) <= 0:
        raise _bad(f"Expected a pair of numbers or '-' but got '{text}': string = {whole}")
    return int(start), int(length)


def shape_of(part, shape):
    """The shape that a part of a tensor of `shape` has."""
    return tuple(size if length < 0 else length for (_, length), size in zip(part, shape, strict=True))


def slice_message(part):
    """A part as a message."""
    out = TensorSliceProto()
    for start, length in part:
        extent = out.extent.add()
        if length >= 0:
            extent.start, extent.length = start, length
    return out


def slice_of(message):
    """The part that a message means."""
    return tuple((e.start, e.length) if e.WhichOneof("has_length") else FULL for e in message.extent)


def overlap(part, other, shape):
    """What two parts share: (index into the first, index into the second, how many elements); None for nothing."""
    first, second, count = [], [], []
    for (a, m), (b, n), size in zip(part, other, shape, strict=True):
        a, m, b, n = a, size if m < 0 else m, b, size if n < 0 else n
        low, high = max(a, b), min(a + m, b + n)
        if low >= high and size:
            return None
        first.append(slice(low - a, high - a))
        second.append(slice(low - b, high - b))
        count.append(high - low)
    return tuple(first), tuple(second), math.prod(count)


def key_of(name, part):
    """The key of a part of the tensor `name`: they sort by name, then by where they begin."""
    escaped = b"".join(_ESCAPED.get(byte, bytes([byte])) for byte in name)
    head = b"\0" + escaped + b"\0\1" + _number(len(part))
    return head + b"".join(_signed(start) + _signed(length) for start, length in part)


def _number(value):
    """A number of at least 0: how many bytes, then those."""
    data = value.to_bytes((value.bit_length() + 7) // 8, "big")
    return bytes([len(data)]) + data


def _signed(value):
    """A number of either sign: its first bits tell how many bytes it takes."""
    positive = ~value if value < 0 else value
    size = positive.bit_length() // 7 + 1
    data = bytearray((value & (1 << 8 * size) - 1).to_bytes(size, "big"))
    for k, bits in enumerate(_HEADS[size][: min(size, 2)]):
        data[k] ^= bits
    return bytes(data)
