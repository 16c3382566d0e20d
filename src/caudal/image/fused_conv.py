"""Convolutions with the resizing and padding before them in one node, which `optimize_for_inference` makes."""

import types

from ..graph.define import define
from ..ops.conv import infer_conv2d, lower_conv2d
from ..ops.join import infer_pad, mirror_padded
from .resize_nodes import infer_resized, resized_bilinear

__all__ = []

_PLAIN = {"data_format": b"NHWC", "dilations": (1, 1, 1, 1), "explicit_paddings": ()}


def _infer_padded(x, paddings, w, *, strides, padding):
    (dims,) = infer_pad(x, paddings)
    return infer_conv2d(types.SimpleNamespace(dims=dims), w, strides=strides, padding=padding, **_PLAIN)


def _infer_resized(x, size, paddings, w, *, strides, padding):
    (dims,) = infer_resized(x, size)
    return _infer_padded(types.SimpleNamespace(dims=dims), paddings, w, strides=strides, padding=padding)


def _lower_padded(B, x, paddings, w, *, mode, strides, padding, op):
    x = mirror_padded(B, x, paddings, mode=mode, op=op)
    return lower_conv2d(B, x, w, strides=strides, padding=padding, op=op, **_PLAIN)


def _lower_resized(B, x, size, paddings, w, *, resize_align_corners, mode, strides, padding, op):
    x = B.cast(resized_bilinear(B, x, size, resize_align_corners, op), x.dtype)
    return _lower_padded(B, x, paddings, w, mode=mode, strides=strides, padding=padding, op=op)


define("FusedPadConv2D", infer=_infer_padded, lower=_lower_padded, static=(1,))
define("FusedResizeAndPadConv2D", infer=_infer_resized, lower=_lower_resized, static=(1, 2))
