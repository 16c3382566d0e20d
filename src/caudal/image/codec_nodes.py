"""The nodes that make pictures of files' bytes, and bytes of pictures; codecs.py has the functions."""

import zlib

import numpy as np

from ..formats import pictures, png, png_write
from ..graph import static
from ..graph.define import define
from ..ground.errors import InferError, InvalidArgumentError
from ..ground.shapes import merge, with_rank

__all__ = ["bmp_node", "gif_node", "jpeg_node", "png_node"]

_JPEG, _GIF = b"\xff\xd8\xff", b"GIF8"


def _refuse(words):
    raise InvalidArgumentError(None, None, words)


def _bytes(contents):
    return contents if isinstance(contents, bytes) else np.asarray(contents, object).item()


def _samples(data, channels, kind, ratio=1, gif=False):
    """`[height, width, channels]`, or frames of them, of a file of any of the kinds."""
    if not data:
        _refuse("Expected image (JPEG, PNG, or GIF), got empty file")
    if data.startswith(_JPEG):
        return _as_kind(pictures.decode_jpeg(data, channels, ratio), kind)
    if data.startswith(png.MAGIC):
        return _as_kind(_png(data, channels, kind), kind)
    if data.startswith(_GIF):
        frames = pictures.decode_gif(data)
        if gif:
            return frames
        if channels not in (0, 3):
            _refuse(f"channels must be 0 or 3 for GIF, got {channels}")
        if len(frames) > 1:
            _refuse(
                f"Got {len(frames)} frames, but animated gifs can only be decoded by tf.image.decode_gif or tf.image.decode_image"
            )
        return _as_kind(frames[0], kind)
    shown = data[:16].decode("utf-8", "replace")
    return _refuse(f"Expected image (JPEG, PNG, or GIF), got unknown format starting with '{shown}'")


def _as_kind(samples, kind):
    """Samples of 8 or 16 bits."""
    if samples.dtype == kind:
        return samples
    return (samples >> 8).astype(np.uint8) if kind == np.uint8 else samples.astype(np.uint16) * np.uint16(257)


def _png(data, channels, kind):
    try:
        samples = png.decode(data)
    except (ValueError, KeyError, IndexError, zlib.error):
        _refuse("Invalid PNG data, size " + str(len(data)))
    if samples.dtype == np.uint16 and kind == np.uint8:
        samples = (samples >> 8).astype(np.uint8)
    have = samples.shape[2]
    channels = channels or have
    alpha = samples[..., -1:] if have in (2, 4) else np.full_like(samples[..., :1], np.iinfo(samples.dtype).max)
    color = samples[..., : have - (have in (2, 4))]
    if channels < 3 and color.shape[2] == 3:
        color = png.gray(color)
    elif channels >= 3 and color.shape[2] == 1:
        color = np.repeat(color, 3, axis=2)
    return np.concatenate([color, alpha], axis=2) if channels in (2, 4) else color


def _check_channels(channels):
    if channels not in (0, 1, 3, 4):
        _refuse(f"channels must be 0, 1, 3, or 4, got {channels}")


def _infer(contents, *, channels):
    with_rank(contents.dims, 0)
    if channels < 0:
        raise InferError(f"channels must be non-negative, got {channels}")
    return [(None, None, channels or None)]


def _lower_png(B, contents, *, channels, dtype):
    _check_channels(channels)
    return _samples(_bytes(contents), channels, dtype.np)


def _lower_jpeg(B, contents, *, channels, ratio):
    _check_channels(channels)
    if ratio not in (1, 2, 4, 8):
        _refuse(f"ratio must be 1, 2, 4, or 8, got {ratio}")
    return _samples(_bytes(contents), channels, np.dtype(np.uint8), ratio)


def _infer_cropped(contents, window, *, channels):
    with_rank(contents.dims, 0)
    merge(with_rank(window.dims, 1), (4,))
    known = static.value(window)
    return [(*((None, None) if known is None else map(int, known[2:])), channels or None)]


def _lower_cropped(B, contents, window, *, channels, ratio):
    whole = _lower_jpeg(B, contents, channels=channels, ratio=ratio)
    y, x, height, width = (int(n) for n in window)
    if min(y, x, height, width) < 0 or y + height > whole.shape[0] or x + width > whole.shape[1] or not height * width:
        _refuse(f"Invalid JPEG data or crop window, data size {len(_bytes(contents))}")
    return whole[y : y + height, x : x + width]


def _lower_gif(B, contents):
    out = _samples(_bytes(contents), 0, np.dtype(np.uint8), gif=True)
    return out if out.ndim == 4 else np.repeat(out, 3, axis=2)[None] if out.shape[2] == 1 else out[None, ..., :3]


def _infer_gif(contents):
    with_rank(contents.dims, 0)
    return [(None, None, None, 3)]


def _infer_picture(image):
    with_rank(image.dims, 3)
    return [()]


def _lower_encode_png(B, image, *, compression):
    if image.shape[2] not in (1, 2, 3, 4):
        _refuse(f"image must have 1, 2, 3, or 4 channels, got {image.shape[2]}")
    return png_write.encode(np.asarray(image), compression)


def _lower_encode_jpeg(B, image, *, op):
    a = op.attrs
    wanted = {b"grayscale": (1,), b"rgb": (3,)}.get(a["format"], (1, 3))
    if image.shape[2] not in wanted:
        names = {b"grayscale": "format 'grayscale' expects 1 channel", b"rgb": "format 'rgb' expects 3 channels"}
        _refuse(f"{names.get(a['format'], 'image must have 1 or 3 channels')}, got {image.shape[2]}")
    if not 0 <= a["quality"] <= 100:
        _refuse(f"quality must be in [0,100], got {a['quality']}")
    return pictures.encode_jpeg(
        np.asarray(image),
        a["quality"],
        a["progressive"],
        a["optimize_size"],
        a["chroma_downsampling"],
        a["density_unit"].decode(),
        (a["x_density"], a["y_density"]),
        a["xmp_metadata"],
    )


def _lower_quality(B, image, quality):
    return pictures.encode_jpeg(np.asarray(image), int(quality), False, False, True, "in", (300, 300), b"")


def _infer_shape(contents):
    with_rank(contents.dims, 0)
    return [(3,)]


png_node = define("DecodePng", infer=_infer, lower=_lower_png, host=True, grad=None)
jpeg_node = define("DecodeJpeg", infer=_infer, lower=_lower_jpeg, host=True, grad=None)
cropped_node = define("DecodeAndCropJpeg", infer=_infer_cropped, lower=_lower_cropped, host=True, grad=None)
gif_node = define("DecodeGif", infer=_infer_gif, lower=_lower_gif, host=True, grad=None)
bmp_node = define(
    "DecodeBmp",
    infer=_infer,
    lower=lambda B, x, *, channels: pictures.decode_bmp(_bytes(x), channels),
    host=True,
    grad=None,
)
encode_png_node = define("EncodePng", infer=_infer_picture, lower=_lower_encode_png, host=True, grad=None)
encode_jpeg_node = define("EncodeJpeg", infer=_infer_picture, lower=_lower_encode_jpeg, host=True, grad=None)
quality_node = define(
    "EncodeJpegVariableQuality", infer=lambda image, quality: _infer_picture(image), lower=_lower_quality, host=True, grad=None
)
shape_node = define(
    "ExtractJpegShape",
    infer=_infer_shape,
    lower=lambda B, x, *, output_type: np.array(pictures.jpeg_shape(_bytes(x)), output_type.np),
    host=True,
    grad=None,
)
