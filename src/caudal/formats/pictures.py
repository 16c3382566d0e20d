"""BMP and the heads of JPEG files by our own means; JPEG and GIF through Pillow, an optional extra."""

import importlib
import io
import struct

import numpy as np

from ..ground.errors import InvalidArgumentError, UnimplementedError, advise

__all__ = ["decode_bmp", "decode_gif", "decode_jpeg", "encode_jpeg", "jpeg_shape"]


def _pillow():
    """The module PIL.Image.

    Raises:
      UnimplementedError: it isn't installed.
    """
    try:
        return importlib.import_module("PIL.Image")
    except ImportError:
        error = UnimplementedError(None, None, "JPEG and GIF need Pillow, which is not installed")
        raise advise(error, "pip install caudal[image]") from None


def _refuse(words):
    raise InvalidArgumentError(None, None, words)


# --- BMP ------------------------------------------------------------------------------------------------


def decode_bmp(data, channels):
    """uint8 `[height, width, channels]` of an unpacked BMP file."""
    if len(data) < 32:
        _refuse(
            "Incomplete bmp content, requires at least 32 bytes to find the header size, width, height, and bpp, "
            f"got {len(data)} bytes"
        )
    begin, _, width, height, _, bits = struct.unpack("<IIiiHH", data[10:30])
    found = bits // 8
    if channels and channels != found:
        _refuse(f"channels attribute {channels} does not match bits per pixel from file {found}")
    if found not in (1, 3, 4):
        _refuse(f"Number of channels must be 1, 3 or 4, was {found}")
    if width <= 0 or height == 0:
        _refuse(f"Width must be positive, height not 0: {width} x {height}")
    stride = (found * width + 3) // 4 * 4
    rows = abs(height)
    if len(data) < begin + stride * (rows - 1) + found * width:
        _refuse(f"Incomplete bmp content, requires at least {begin + stride * rows} bytes, got {len(data)} bytes")
    body = np.zeros(stride * rows, np.uint8)
    part = np.frombuffer(data, np.uint8, offset=begin)[: stride * rows]
    body[: len(part)] = part
    out = body.reshape(rows, stride)[:, : found * width].reshape(rows, width, found)
    out = out[::-1] if height > 0 else out
    if found > 1:
        out = out[..., [2, 1, 0, 3][:found]]
    return np.ascontiguousarray(out)


# --- JPEG -----------------------------------------------------------------------------------------------

_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def jpeg_shape(data):
    """(height, width, channels) that a JPEG file's head tells."""
    place = 2
    while place + 9 < len(data):
        if data[place] != 0xFF:
            break
        mark = data[place + 1]
        if mark in _FRAMES:
            height, width, channels = struct.unpack(">HHB", data[place + 5 : place + 10])
            return height, width, channels
        if mark == 0xFF:
            place += 1
            continue
        bare = mark == 0x01 or 0xD0 <= mark <= 0xD8
        place += 2 if bare else 2 + struct.unpack(">H", data[place + 2 : place + 4])[0]
    return _refuse("Invalid JPEG data")


def decode_jpeg(data, channels, ratio=1):
    """uint8 `[height, width, channels]`; `ratio` 1, 2, 4 or 8 times smaller.

    Its numbers are those of the accurate transform; TF's default, a fast one, may be off by one or two.
    """
    height, width, found = jpeg_shape(data)
    channels = channels or (1 if found == 1 else 3)
    if channels not in (1, 3):
        _refuse(f"channels must be 0, 1, or 3 for JPEG, got {channels}")
    mode = "L" if channels == 1 else "RGB"
    pillow = _pillow()
    try:
        with pillow.open(io.BytesIO(data), formats=["JPEG"]) as image:
            if ratio > 1:
                image.draft(mode, (-(-width // ratio), -(-height // ratio)))
            elif channels == 1:
                image.draft("L", image.size)
            out = np.asarray(image.convert(mode))
    except (OSError, SyntaxError):
        _refuse("Invalid JPEG data or crop window, data size " + str(len(data)))
    return out[..., None] if out.ndim == 2 else out


def encode_jpeg(samples, quality, progressive, optimize, subsampled, unit, density, xmp):
    """uint8 `[height, width, 1 or 3]` as a JPEG file's bytes."""
    gray = samples.shape[2] == 1
    scale = 2.54 if unit == "cm" else 1
    out = io.BytesIO()
    more = {"xmp": xmp} if xmp else {}
    _pillow().fromarray(samples[..., 0] if gray else samples).save(
        out,
        "JPEG",
        quality=quality,
        progressive=progressive,
        optimize=optimize,
        subsampling=2 if subsampled and not gray else 0,
        dpi=tuple(d * scale for d in density),
        **more,
    )
    return out.getvalue()


# --- GIF ------------------------------------------------------------------------------------------------


def decode_gif(data):
    """uint8 `[frames, height, width, 3]`."""
    pillow = _pillow()
    try:
        with pillow.open(io.BytesIO(data), formats=["GIF"]) as image:
            frames = []
            for k in range(getattr(image, "n_frames", 1)):
                image.seek(k)
                frames.append(np.asarray(image.convert("RGB")))
    except (OSError, SyntaxError, EOFError):
        _refuse("Invalid GIF data (size " + str(len(data)) + "), failed to decode")
    return np.stack(frames)
