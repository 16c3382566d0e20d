"""Numbers in as few bytes as they need, seven bits a byte, lowest first."""

__all__ = ["pack", "take"]


def pack(value):
    """A number of at least 0 as bytes."""
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def take(data, at):
    """(the number at a place, the place after it).

    Raises:
      ValueError: the bytes end inside of it.
    """
    value = shift = 0
    for k in range(at, min(at + 10, len(data))):
        byte = data[k]
        value |= (byte & 127) << shift
        if byte < 128:
            return value, k + 1
        shift += 7
    raise ValueError("a number is cut short")
