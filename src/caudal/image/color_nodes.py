"""The ops of colours: HSV and back, hue, saturation and contrast changed."""

import numpy as np

from ..graph.define import define
from ..ground.errors import InferError, InvalidArgumentError
from ..ops.basic import same

__all__ = ["contrast_node", "hsv_to_rgb_node", "hue_node", "rgb_to_hsv_node", "saturation_node"]


def _rgb_to_hsv(B, x):
    """(hue, saturation, value), each in [0, 1], of the last dimension. (Smith 1978)"""
    red, green, blue = x[..., 0], x[..., 1], x[..., 2]
    value = B.max(x, axis=-1)
    spread = value - B.min(x, axis=-1)
    safe = B.where(spread > 0, spread, B.ones_like(spread))
    norm = 1 / (6 * safe)
    of_green = norm * (blue - red) + 2 / 6
    of_blue = norm * (red - green) + 4 / 6
    hue = B.where(red == value, norm * (green - blue), B.where(green == value, of_green, of_blue))
    hue = B.where(spread > 0, hue, B.zeros_like(hue))
    saturation = B.where(value > 0, spread / B.where(value > 0, value, B.ones_like(value)), B.zeros_like(value))
    return B.where(hue < 0, hue + 1, hue), saturation, value


def _hsv_to_rgb(B, hue, saturation, value):
    sixth = hue * 6
    red = B.clip(B.abs(sixth - 3) - 1, 0, 1)
    green = B.clip(2 - B.abs(sixth - 2), 0, 1)
    blue = B.clip(2 - B.abs(sixth - 4), 0, 1)
    return B.stack([(1 - saturation + saturation * part) * value for part in (red, green, blue)], axis=-1)


def _three(x, op):
    if x.shape[-1] != 3:
        raise InvalidArgumentError(None, op, f"input must have 3 channels but instead has {x.shape[-1]} channels.")


def _lower_hue(B, x, delta, *, op):
    _three(x, op)
    hue, saturation, value = _rgb_to_hsv(B, x)
    return B.cast(_hsv_to_rgb(B, B.mod(hue + delta, 1), saturation, value), x.dtype)


def _lower_saturation(B, x, scale, *, op):
    _three(x, op)
    hue, saturation, value = _rgb_to_hsv(B, x)
    return B.cast(_hsv_to_rgb(B, hue, B.clip(saturation * scale, 0, 1), value), x.dtype)


def _lower_contrast(B, x, factor):
    mean = B.mean(x, axis=(-3, -2), keepdims=True, dtype=np.float32)
    return B.cast((x - mean) * factor + mean, x.dtype)


def _infer_color(x):
    if x.dims is not None and (not x.dims or x.dims[-1] not in (3, None)):
        raise InferError(f"Dimension must be 3 but is {x.dims[-1]}" if x.dims else "Shape must be at least rank 1 but is rank 0")
    return [x.dims]


def _infer_pictures(x, _):
    if x.rank is not None and x.rank < 3:
        raise InferError(f"Shape must be at least rank 3 but is rank {x.rank}")
    return same(x)


rgb_to_hsv_node = define("RGBToHSV", infer=_infer_color, lower=lambda B, x: B.stack(_rgb_to_hsv(B, x), axis=-1), grad=None)
hsv_to_rgb_node = define(
    "HSVToRGB", infer=_infer_color, lower=lambda B, x: _hsv_to_rgb(B, x[..., 0], x[..., 1], x[..., 2]), grad=None
)
hue_node = define("AdjustHue", infer=_infer_pictures, lower=_lower_hue)
saturation_node = define("AdjustSaturation", infer=_infer_pictures, lower=_lower_saturation)
contrast_node = define("AdjustContrastv2", infer=_infer_pictures, lower=_lower_contrast)
