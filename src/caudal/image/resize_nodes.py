"""The ops that resize pictures. Each is linear in rows and in columns, so it is a pair of matrices made from the sizes."""

import functools

import numpy as np

from ..graph import static
from ..graph.define import define
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError, require
from ..ground.shapes import text, with_rank
from ..ops.shape import shape

__all__ = ["infer_resized", "resize_area", "resize_bicubic", "resize_bilinear", "resize_nearest_neighbor", "resized_bilinear"]

_TABLE = 1024  # TF looks cubic weights up in a table of so many steps


# --- where each output lies among the inputs ----------------------------------------------------------


def _scale(size, out, align):
    return np.float32(size - 1) / np.float32(out - 1) if align and out > 1 else np.float32(size) / np.float32(out)


def _places(size, out, align, half):
    """The place among the inputs of each output, float32 `[out]`."""
    k, scale = np.arange(out, dtype=np.float32), _scale(size, out, align)
    return (k + np.float32(0.5)) * scale - np.float32(0.5) if half else k * scale


def _matrix(size, out, taps):
    """`[out, size]` from (indices, weights) pairs."""
    made = np.zeros((out, size), np.float32)
    for index, weight in taps:
        np.add.at(made, (np.arange(out), np.clip(index, 0, size - 1)), weight)
    return made


def _bilinear(size, out, align, half):
    place = _places(size, out, align, half)
    low = np.floor(place)
    part = place - low
    taps = (np.maximum(low, 0).astype(int), 1 - part), (np.minimum(np.ceil(place), size - 1).astype(int), part)
    return _matrix(size, out, taps)


@functools.cache
def _cubic_table(a):
    """Keys's cubic kernel at x and at x + 1, for x = 0, 1/1024, ..., 1. (Keys 1981)"""
    x = np.arange(_TABLE + 1) / _TABLE
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    x = x + 1
    return near.astype(np.float32), (((a * x - 5 * a) * x + 8 * a) * x - 4 * a).astype(np.float32)


def _bicubic(size, out, align, half):
    near, far = _cubic_table(-0.5 if half else -0.75)
    place = _places(size, out, align, half)
    low = np.floor(place).astype(int)
    step = np.rint((place - low) * _TABLE).astype(int)
    indices = [low - 1, low, low + 1, low + 2]
    weights = [far[step], near[step], near[_TABLE - step], far[_TABLE - step]]
    if half:  # there what lies outside counts for nothing, and the rest is scaled up
        weights = [np.where((i >= 0) & (i < size), w, np.float32(0)) for i, w in zip(indices, weights, strict=True)]
        total = sum(weights)
        weights = [np.where(np.abs(total) >= 1000 * np.finfo(np.float32).tiny, w / total, w) for w in weights]
    return _matrix(size, out, zip(indices, weights, strict=True))


def _area(size, out, align, half):
    """Weights as large as the part of each input that an output covers."""
    scale = _scale(size, out, align)
    first = np.arange(out, dtype=np.float32) * scale
    last = np.arange(1, out + 1, dtype=np.float32) * scale
    count = int(np.max(np.ceil(last) - np.floor(first)))
    taps = []
    for k in range(count):
        cell = np.floor(first) + k
        cover = np.minimum(cell + 1, last) - np.maximum(cell, first)
        taps.append((cell.astype(int), np.where(cell < np.ceil(last), cover, 0) / scale))
    return _matrix(size, out, taps)


def _nearest(size, out, align, half):
    """The index of each output's input."""
    k, scale = np.arange(out, dtype=np.float32), _scale(size, out, align)
    place = (k + np.float32(0.5)) * scale if half else k * scale
    place = np.floor(place + np.float32(0.5)) if align else np.floor(place)
    return np.clip(place.astype(int), 0, size - 1)


# --- lowerings ----------------------------------------------------------------------------------------


def _sizes(size, op):
    height, width = (int(d) for d in size)
    if height <= 0 or width <= 0:
        raise InvalidArgumentError(None, op, "output dimensions must be positive")
    return height, width


def _mapped(B, x, rows, columns):
    """`x` `[batch, height, width, channels]` with matrices applied to its rows and its columns."""
    batch, height, width, channels = x.shape
    y = B.matmul(rows, x.reshape(batch, height, width * channels)).reshape(batch, rows.shape[0], width, channels)
    return B.matmul(columns, y)


def _lower(matrix):
    def plain(B, x, size, *, align_corners, op):
        return _resized(matrix, B, x, size, align_corners, False, op)

    def full(B, x, size, *, align_corners, half_pixel_centers, op):
        return _resized(matrix, B, x, size, align_corners, half_pixel_centers, op)

    return plain if matrix is _area else full


def _resized(matrix, B, x, size, align, half, op):
    require(x.ndim == 4, op, f"input must be 4-dimensional{text(x.shape)}")
    height, width = _sizes(size, op)
    rows, columns = matrix(x.shape[1], height, align, half), matrix(x.shape[2], width, align, half)
    return _mapped(B, B.cast(x, np.float32), rows, columns)


def resized_bilinear(B, x, size, align, op):
    """What `ResizeBilinear` gives, for other ops that begin with it."""
    return _resized(_bilinear, B, x, size, align, False, op)


def _lower_slope(matrix):
    def lower(B, dy, x, *, align_corners, half_pixel_centers):
        _, height, width, _ = x.shape
        rows = matrix(height, dy.shape[1], align_corners, half_pixel_centers)
        columns = matrix(width, dy.shape[2], align_corners, half_pixel_centers)
        return B.cast(_mapped(B, dy, rows.T, columns.T), x.dtype)

    return lower


def _lower_nearest(B, x, size, *, align_corners, half_pixel_centers, op):
    require(x.ndim == 4, op, f"input must be 4-dimensional{text(x.shape)}")
    height, width = _sizes(size, op)
    rows = _nearest(x.shape[1], height, align_corners, half_pixel_centers)
    columns = _nearest(x.shape[2], width, align_corners, half_pixel_centers)
    return x[:, rows[:, None], columns[None, :]]


def _lower_nearest_slope(B, dy, size, *, align_corners, half_pixel_centers):
    height, width = (int(d) for d in size)
    rows = _nearest(height, dy.shape[1], align_corners, half_pixel_centers)
    columns = _nearest(width, dy.shape[2], align_corners, half_pixel_centers)
    empty = B.zeros((dy.shape[0], height, width, dy.shape[3]), dy.dtype)
    return B.add_at(empty, (slice(None), rows[:, None], columns[None, :]), dy)


# --- shapes and slopes --------------------------------------------------------------------------------


def infer_resized(x, size):
    dims = with_rank(x.dims, 4)
    (count,) = with_rank(size.dims, 1)
    if count not in (None, 2):
        raise InferError(f"Dimension must be 2 but is {count}")
    known = static.value(size)
    height, width = (None, None) if known is None else (int(d) for d in known)
    return [(dims[0], height, width, dims[3])]


def _settings(op):
    return {k: op.attrs[k] for k in ("align_corners", "half_pixel_centers")}


def _nearest_slope(op, dy):
    x = op.inputs[0]
    known = x.get_shape()[1:3]
    size = known if known.is_fully_defined() else shape(x)[1:3]
    return [nearest_slope_node(dy, size, **_settings(op)), None]


def _cubic_slope(op, dy):
    x = op.inputs[0]
    if x._dtype not in (dtypes.float32, dtypes.float64):
        return [None, None]
    return [bicubic_slope_node(dy, x, **_settings(op)), None]


bilinear_node = define(
    "ResizeBilinear",
    infer=infer_resized,
    lower=_lower(_bilinear),
    static=(1,),
    grad=lambda op, dy: [bilinear_slope_node(dy, op.inputs[0], **_settings(op)), None],
)
bicubic_node = define("ResizeBicubic", infer=infer_resized, lower=_lower(_bicubic), static=(1,), grad=_cubic_slope)
area_node = define("ResizeArea", infer=infer_resized, lower=_lower(_area), static=(1,))
nearest_node = define("ResizeNearestNeighbor", infer=infer_resized, lower=_lower_nearest, static=(1,), grad=_nearest_slope)
bilinear_slope_node = define("ResizeBilinearGrad", infer=lambda dy, x: [x.dims], lower=_lower_slope(_bilinear))
bicubic_slope_node = define("ResizeBicubicGrad", infer=lambda dy, x: [x.dims], lower=_lower_slope(_bicubic))
nearest_slope_node = define("ResizeNearestNeighborGrad", infer=infer_resized, lower=_lower_nearest_slope, static=(1,))


# --- public -------------------------------------------------------------------------------------------

_ARGUMENTS = """

    Args:
      images: `[batch, height, width, channels]`, any real dtype.
      size: int32 `[2]`, the new height and width.
      align_corners: whether the centres of the corner pixels stay where they are.
      name: the node's name.{more}

    Returns:
      `[batch, new height, new width, channels]`, {kind}.
    """
_HALF = "\n      half_pixel_centers: whether a pixel's centre is meant to lie in its middle."


@export("image.resize_bilinear")
def resize_bilinear(images, size, align_corners=False, name=None, half_pixel_centers=False):
    """Resizes pictures; between pixels it interpolates linearly."""
    return bilinear_node(images, size, align_corners=align_corners, half_pixel_centers=half_pixel_centers, name=name)


@export("image.resize_bicubic")
def resize_bicubic(images, size, align_corners=False, name=None, half_pixel_centers=False):
    """Resizes pictures; between pixels it interpolates by cubic polynomials."""
    return bicubic_node(images, size, align_corners=align_corners, half_pixel_centers=half_pixel_centers, name=name)


@export("image.resize_nearest_neighbor")
def resize_nearest_neighbor(images, size, align_corners=False, name=None, half_pixel_centers=False):
    """Resizes pictures; each new pixel is the nearest old one."""
    return nearest_node(images, size, align_corners=align_corners, half_pixel_centers=half_pixel_centers, name=name)


@export("image.resize_area")
def resize_area(images, size, align_corners=False, name=None):
    """Resizes pictures; each new pixel is the mean of the area that it covers."""
    return area_node(images, size, align_corners=align_corners, name=name)


for _function in (resize_bilinear, resize_bicubic):
    _function.__doc__ += _ARGUMENTS.format(more=_HALF, kind="float32")
resize_nearest_neighbor.__doc__ += _ARGUMENTS.format(more=_HALF, kind="dtype of `images`")
resize_area.__doc__ += _ARGUMENTS.format(more="", kind="float32")
