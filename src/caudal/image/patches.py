"""Patches of pictures, laid out along the channels."""

import numpy as np

from ..graph.define import define
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need, require
from ..ground.shapes import text, with_rank
from ..ops.conv_rules import out_dims
from ..ops.shape import shape
from .patch_slopes import lead_back

__all__ = ["extract_image_patches"]


def _infer(x, *, ksizes, strides, rates, padding):
    dims = with_rank(x.dims, 4)
    channels = None if dims[3] is None else dims[3] * ksizes[1] * ksizes[2]
    return [out_dims(dims, ksizes[1:3], strides[1:3], rates[1:3], padding, channels, b"NHWC")]


def side(size, window, stride, rate, padding):
    """(how many patches, zeros before, zeros after) along a side."""
    reach = (window - 1) * rate + 1
    if padding == b"VALID":
        return (size - reach) // stride + 1, 0, 0
    count = -(-size // stride)
    more = max((count - 1) * stride + reach - size, 0)
    return count, more // 2, more - more // 2


def _lower(B, x, *, ksizes, strides, rates, padding, op):
    require(x.ndim == 4, op, f"input must be 4-dimensional{text(x.shape)}")
    rows, above, below = side(x.shape[1], ksizes[1], strides[1], rates[1], padding)
    columns, left, right = side(x.shape[2], ksizes[2], strides[2], rates[2], padding)
    x = B.pad(x, ((0, 0), (above, below), (left, right), (0, 0)))
    down = np.arange(rows)[:, None] * strides[1] + np.arange(ksizes[1]) * rates[1]
    across = np.arange(columns)[:, None] * strides[2] + np.arange(ksizes[2]) * rates[2]
    made = x[:, down[:, None, :, None], across[None, :, None, :]]
    return made.reshape(x.shape[0], rows, columns, ksizes[1] * ksizes[2] * x.shape[3])


def _outer(op):
    sizes = shape(op.outputs[0], out_type=dtypes.int64)
    return sizes[1], sizes[2]


def _slope(op, dy):
    sizes = shape(op.inputs[0], out_type=dtypes.int64)
    batch, rows, columns, channels = (sizes[k] for k in range(4))
    return lead_back(op, dy, patches_node, batch, channels, (rows, columns), _outer)


patches_node = define("ExtractImagePatches", infer=_infer, lower=_lower, grad=_slope)


@export("image.extract_image_patches", "extract_image_patches")
def extract_image_patches(images, ksizes=None, strides=None, rates=None, padding=None, name=None, sizes=None):
    """Patches of pictures, each one's pixels in a row along the last dimension.

    Args:
      images: `[batch, height, width, channels]`.
      ksizes: `[1, height, width, 1]` of a patch.
      strides: `[1, down, across, 1]`, how far patches lie apart.
      rates: `[1, down, across, 1]`, how far a patch's pixels lie apart.
      padding: "VALID" or "SAME".
      name: the node's name.
      sizes: the newer name of `ksizes`.

    Returns:
      `[batch, rows, columns, height * width * channels]`.
    """
    need(ksizes is None or sizes is None, "Cannot specify both 'ksizes' and 'sizes'")
    return extract_patches(images, sizes if ksizes is None else ksizes, strides, rates, padding, name)


@export("image.extract_patches")
def extract_patches(images, sizes, strides, rates, padding, name=None):
    """`extract_image_patches` under its newer name; the arguments are the same."""
    return patches_node(images, ksizes=sizes, strides=strides, rates=rates, padding=padding, name=name)
