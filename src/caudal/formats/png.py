"""PNG pictures, read: all colour types and depths, interlaced or not; png_write.py writes them.

Source: W3C, Portable Network Graphics (PNG) Specification, second edition (2003).
"""

import struct
import zlib

import numpy as np

__all__ = ["MAGIC", "decode", "gray"]

MAGIC = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
_MOST = 1 << 31


def _chunks(data):
    """Yields (kind, bytes) of a file's chunks.

    Raises:
      ValueError: it is damaged.
    """
    place = len(MAGIC)
    while place + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[place : place + 8])
        body = data[place + 8 : place + 8 + length]
        if len(body) < length:
            break
        yield kind, body
        if kind == b"IEND":
            return
        place += length + 12
    raise ValueError("truncated")


def decode(data):
    """A picture's samples, palette applied, and whether they have an alpha channel.

    Args:
      data: a file's bytes.

    Returns:
      uint8 or uint16 `[height, width, channels]` of 1 (grey), 2 (with alpha), 3 (colours) or 4 channels.

    Raises:
      ValueError: it is damaged.
    """
    parts: dict[bytes, bytes] = {}
    packed = b""
    for kind, body in _chunks(data):
        if kind == b"IDAT":
            packed += body
        else:
            parts.setdefault(kind, body)
    width, height, depth, color, _, _, interlaced = struct.unpack(">IIBBBBB", parts[b"IHDR"])
    if color not in _CHANNELS or depth not in (1, 2, 4, 8, 16) or not width or not height:
        raise ValueError("header")
    channels = _CHANNELS[color]
    if width * height * channels * 2 > _MOST:
        raise ValueError("too large")
    most = (-(-width * depth * channels // 8) + 8) * height * 2 + 64
    unpacked = zlib.decompressobj().decompress(packed, most)
    samples = np.zeros((height, width, channels), np.uint16 if depth == 16 else np.uint8)
    place = 0
    for x, y, dx, dy in _PASSES if interlaced else ((0, 0, 1, 1),):
        part = samples[y::dy, x::dx]
        if part.size:
            made, place = _rows(unpacked, place, part.shape, depth)
            part[...] = made
    return _colored(samples, color, depth, parts)


def _rows(data, place, shape, depth):
    """Samples of a part of the picture, its filters undone; and the place after it."""
    height, width, channels = shape
    stride = -(-width * depth * channels // 8)
    step = max(1, depth * channels // 8)
    if len(data) < place + height * (stride + 1):
        raise ValueError("truncated")
    raw = np.frombuffer(data, np.uint8, height * (stride + 1), place).reshape(height, stride + 1)
    lines = np.zeros((height, stride), np.uint8)
    above = np.zeros(stride, np.uint8)
    for k in range(height):
        above = lines[k] = _unfiltered(int(raw[k, 0]), raw[k, 1:], above, step)
    return _samples(lines, shape, depth), place + height * (stride + 1)


def _unfiltered(kind, line, above, step):
    """A line of bytes with its filter undone."""
    if kind == 0:
        return line
    if kind == 2:
        return line + above
    if kind == 1:
        padded = np.zeros((-(-len(line) // step), step), np.uint8)
        padded.reshape(-1)[: len(line)] = line
        return np.cumsum(padded, axis=0, dtype=np.uint8).reshape(-1)[: len(line)]
    if kind not in (3, 4):
        raise ValueError("filter")
    predict = _average if kind == 3 else _paeth
    out, up = line.tolist(), above.tolist()
    for k in range(len(out)):
        left, corner = (out[k - step], up[k - step]) if k >= step else (0, 0)
        out[k] = (out[k] + predict(left, up[k], corner)) & 255
    return np.array(out, np.uint8)


def _average(left, up, corner):
    return (left + up) >> 1


def _paeth(left, up, corner):
    guess = left + up - corner
    a, b, c = abs(guess - left), abs(guess - up), abs(guess - corner)
    return left if a <= b and a <= c else up if b <= c else corner


def _samples(lines, shape, depth):
    height, width, channels = shape
    if depth == 16:
        return lines.view(">u2").reshape(shape).astype(np.uint16)
    if depth == 8:
        return lines.reshape(shape)
    bits = np.unpackbits(lines, axis=1).reshape(height, -1, depth)[:, : width * channels]
    return (bits @ (1 << np.arange(depth - 1, -1, -1))).astype(np.uint8).reshape(shape)


def _colored(samples, color, depth, parts):
    """Palettes looked up, small depths widened, transparent colours as alpha."""
    mark = parts.get(b"tRNS")
    if color == 3:
        palette = np.frombuffer(parts[b"PLTE"], np.uint8).reshape(-1, 3)
        index = np.minimum(samples[..., 0], len(palette) - 1)
        if mark is None:
            return palette[index]
        alpha = np.full(len(palette), 255, np.uint8)
        alpha[: len(mark)] = np.frombuffer(mark, np.uint8)[: len(palette)]
        return np.concatenate([palette[index], alpha[index][..., None]], axis=-1)
    clear = None
    if mark is not None and color in (0, 2):
        clear = np.all(samples == np.frombuffer(mark, ">u2"), axis=-1, keepdims=True)
    if color == 0 and depth < 8:
        samples = samples * np.uint8(255 // ((1 << depth) - 1))
    if clear is None:
        return samples
    alpha = np.where(clear, 0, np.iinfo(samples.dtype).max).astype(samples.dtype)
    return np.concatenate([samples, alpha], axis=-1)


def gray(samples):
    """Colours `[..., 3]` as grey `[..., 1]`, by the weights of BT.601 as libpng takes them."""
    red, green = 9798, 19235
    weights = np.array([red, green, 32768 - red - green], np.int64)
    rounding = 16384 if samples.dtype == np.uint16 else 0
    return ((samples.astype(np.int64) @ weights + rounding) >> 15).astype(samples.dtype)[..., None]
