"""Pictures' dtypes and colours: converted, made brighter, richer or greyer, some at random."""

from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import identity
from ..ops.control import with_dependencies
from ..ops.elementwise import NODES, PLAIN, add, cast, div, multiply, saturate_cast
from ..ops.fill import ones
from ..ops.join import concat
from ..ops.products import tensordot
from ..ops.random import random_uniform
from ..ops.reduce import reduce_mean, reduce_prod, reduce_std
from ..ops.shape import expand_dims, rank, shape, tile
from .checks import at_least_3d, claim, is_grayscale
from .color_nodes import contrast_node, hsv_to_rgb_node, hue_node, rgb_to_hsv_node, saturation_node

__all__ = ["convert_image_dtype"]

_FLOATS = (dtypes.float16, dtypes.float32)


# --- dtypes -------------------------------------------------------------------------------------------


@export("image.convert_image_dtype")
def convert_image_dtype(image, dtype, saturate=False, name=None):
    """A picture in another dtype: floats are meant to lie in [0, 1], integers between 0 and their greatest.

    Args:
      image: a tensor.
      dtype: the new `DType`.
      saturate: whether values beyond the new range are cut to it; they wrap otherwise.
      name: the scope's name.
    """
    image = convert_to_tensor(image, name="image")
    dtype = dtypes.as_dtype(dtype)
    if dtype == image.dtype:
        return identity(image, name=name)
    with name_scope(name, "convert_image", [image]) as name:
        change = saturate_cast if saturate else cast
        if image.dtype.is_integer and dtype.is_integer:
            return _between_integers(image, dtype, change, name)
        if image.dtype.is_floating and dtype.is_floating:
            return cast(image, dtype, name=name)
        if image.dtype.is_integer:
            return multiply(cast(image, dtype), 1.0 / image.dtype.max, name=name)
        return change(multiply(image, dtype.max + 0.5), dtype, name=name)  # so that 1 is not rounded beyond


def _between_integers(image, dtype, change, name):
    old, new = image.dtype.max, dtype.max
    if old > new:
        return change(div(image, (old + 1) // (new + 1)), dtype, name=name)
    return multiply(change(image, dtype), (new + 1) // (old + 1), name=name)


def _as_float(image):
    return image if image.dtype in _FLOATS else convert_image_dtype(image, dtypes.float32)


@export("image.per_image_standardization")
def per_image_standardization(image):
    """(x - mean) / max(stddev, 1 / sqrt(n)) over the n elements of each picture.

    Args:
      image: `[..., height, width, channels]`.
    """
    with name_scope(None, "per_image_standardization", [image]) as scope:
        image = at_least_3d(convert_to_tensor(image, name="image"))
        old = image.dtype
        image = _as_float(image)
        count = reduce_prod(shape(image)[-3:])
        mean = reduce_mean(image, axis=[-1, -2, -3], keepdims=True)
        spread = reduce_std(image, axis=[-1, -2, -3], keepdims=True)
        least = NODES["Rsqrt"](cast(count, image.dtype))
        scale = PLAIN["Maximum"](spread, least)
        image = div(image - mean, scale, name=scope)
        return convert_image_dtype(image, old, saturate=True)


# --- brightness, contrast, gamma ----------------------------------------------------------------------


@export("image.adjust_brightness")
def adjust_brightness(image, delta):
    """`image` + `delta`, counted in [0, 1].

    Args:
      image: a tensor; delta: a scalar.
    """
    with name_scope(None, "adjust_brightness", [image, delta]) as scope:
        image = convert_to_tensor(image, name="image")
        old = image.dtype
        image = _as_float(image)
        return convert_image_dtype(add(image, cast(delta, image.dtype), name=scope), old, saturate=True)


@export("image.random_brightness")
def random_brightness(image, max_delta, seed=None):
    """`adjust_brightness` by a draw from `[-max_delta, max_delta)`.

    Args:
      image: a tensor; max_delta: a float, not negative; seed: the op's seed.

    Raises:
      ValueError: `max_delta` is negative.
    """
    need(max_delta >= 0, "max_delta must be non-negative.")
    return adjust_brightness(image, random_uniform([], -max_delta, max_delta, seed=seed))


@export("image.adjust_contrast")
def adjust_contrast(images, contrast_factor):
    """(x - mean) * factor + mean for each channel of each picture.

    Args:
      images: `[..., height, width, channels]`; contrast_factor: a float scalar.
    """
    with name_scope(None, "adjust_contrast", [images, contrast_factor]) as scope:
        images = convert_to_tensor(images, name="images")
        made = contrast_node(_as_float(images), contrast_factor, name=scope)
        return convert_image_dtype(made, images.dtype, saturate=True)


def _check_range(lower, upper):
    need(upper > lower, "upper must be > lower.")
    need(lower >= 0, "lower must be non-negative.")


@export("image.random_contrast")
def random_contrast(image, lower, upper, seed=None):
    """`adjust_contrast` by a draw from `[lower, upper)`.

    Args:
      image: `[..., height, width, channels]`; lower, upper: floats; seed: the op's seed.

    Raises:
      ValueError: not 0 <= lower < upper.
    """
    _check_range(lower, upper)
    return adjust_contrast(image, random_uniform([], lower, upper, seed=seed))


@export("image.adjust_gamma")
def adjust_gamma(image, gamma=1, gain=1):
    """gain * image^gamma, counted in [0, 1].

    Args:
      image: a tensor; gamma: a number, not negative; gain: a number.

    Raises:
      ValueError: `gamma` is negative.
    """
    with name_scope(None, "adjust_gamma", [image, gamma, gain]):
        image = convert_to_tensor(image, name="image")
        old = image.dtype
        image = _as_float(image)
        checks = claim(gamma >= 0, "Gamma should be a non-negative real number.")
        gamma = with_dependencies(checks, gamma) if checks else gamma
        return convert_image_dtype(gain * image**gamma, old, saturate=True)


# --- hue, saturation ----------------------------------------------------------------------------------


@export("image.adjust_hue")
def adjust_hue(image, delta, name=None):
    """A picture whose hues are turned.

    Args:
      image: `[..., height, width, 3]`; delta: how far, 1 is once around; name: the scope's name.
    """
    with name_scope(name, "adjust_hue", [image]):
        image = convert_to_tensor(image, name="image")
        return convert_image_dtype(hue_node(_as_float(image), delta), image.dtype)


@export("image.random_hue")
def random_hue(image, max_delta, seed=None):
    """`adjust_hue` by a draw from `[-max_delta, max_delta)`.

    Args:
      image: `[..., height, width, 3]`; max_delta: a float in [0, 0.5]; seed: the op's seed.

    Raises:
      ValueError: `max_delta` is out of range.
    """
    need(max_delta <= 0.5, "max_delta must be <= 0.5.")
    need(max_delta >= 0, "max_delta must be non-negative.")
    return adjust_hue(image, random_uniform([], -max_delta, max_delta, seed=seed))


@export("image.adjust_saturation")
def adjust_saturation(image, saturation_factor, name=None):
    """A picture whose saturation is multiplied, and cut to [0, 1].

    Args:
      image: `[..., height, width, 3]`; saturation_factor: a float; name: the scope's name.
    """
    with name_scope(name, "adjust_saturation", [image]):
        image = convert_to_tensor(image, name="image")
        return convert_image_dtype(saturation_node(_as_float(image), saturation_factor), image.dtype)


@export("image.random_saturation")
def random_saturation(image, lower, upper, seed=None):
    """`adjust_saturation` by a draw from `[lower, upper)`.

    Args:
      image: `[..., height, width, 3]`; lower, upper: floats; seed: the op's seed.

    Raises:
      ValueError: not 0 <= lower < upper.
    """
    _check_range(lower, upper)
    return adjust_saturation(image, random_uniform([], lower, upper, seed=seed))


# --- other colour spaces ------------------------------------------------------------------------------


@export("image.rgb_to_hsv")
def rgb_to_hsv(images, name=None):
    """Red, green, blue in the last dimension as hue, saturation, value, all in [0, 1]."""
    return rgb_to_hsv_node(images, name=name)


@export("image.hsv_to_rgb")
def hsv_to_rgb(images, name=None):
    """Hue, saturation, value in the last dimension as red, green, blue, all in [0, 1]."""
    return hsv_to_rgb_node(images, name=name)


@export("image.rgb_to_grayscale")
def rgb_to_grayscale(images, name=None):
    """0.2989 red + 0.5870 green + 0.1140 blue.

    Args:
      images: `[..., 3]`; name: the scope's name.
    """
    with name_scope(name, "rgb_to_grayscale", [images]) as scope:
        images = convert_to_tensor(images, name="images")
        image = convert_image_dtype(images, dtypes.float32)
        gray = expand_dims(tensordot(image, [0.2989, 0.5870, 0.1140], [-1, -1]), -1)
        return convert_image_dtype(gray, images.dtype, name=scope)


@export("image.grayscale_to_rgb")
def grayscale_to_rgb(images, name=None):
    """The one channel three times.

    Args:
      images: `[..., 1]`; name: the scope's name.

    Raises:
      ValueError: the last dimension is known not to be 1.
    """
    with name_scope(name, "grayscale_to_rgb", [images]) as scope:
        images = is_grayscale(convert_to_tensor(images, name="images"))
        before = expand_dims(rank(images) - 1, 0)
        times = concat([ones(before, dtype=dtypes.int32), expand_dims(3, 0)], 0)
        made = tile(images, times, name=scope)
        made.set_shape(images.get_shape()[:-1].concatenate([3]))
        return made


_YIQ = [[0.299, 0.59590059, 0.2115], [0.587, -0.27455667, -0.52273617], [0.114, -0.32134392, 0.31119955]]
_FROM_YIQ = [[1, 1, 1], [0.95598634, -0.27201283, -1.10674021], [0.6208248, -0.64720424, 1.70423049]]
_YUV = [[0.299, -0.14714119, 0.61497538], [0.587, -0.28886916, -0.51496512], [0.114, 0.43601035, -0.10001026]]
_FROM_YUV = [[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]]


def _linear(name, kernel, what):
    def convert(images):
        images = convert_to_tensor(images, name="images")
        matrix = convert_to_tensor(kernel, dtype=images.dtype, name="kernel")
        return tensordot(images, matrix, axes=[[images.get_shape().ndims - 1], [0]])

    convert.__name__ = convert.__qualname__ = name
    convert.__doc__ = f"""{what}, in the last dimension (size 3) of `images`."""
    return export("image." + name)(convert)


rgb_to_yiq = _linear("rgb_to_yiq", _YIQ, "Red, green, blue as NTSC's Y, I, Q")
yiq_to_rgb = _linear("yiq_to_rgb", _FROM_YIQ, "NTSC's Y, I, Q as red, green, blue")
rgb_to_yuv = _linear("rgb_to_yuv", _YUV, "Red, green, blue as PAL's Y, U, V")
yuv_to_rgb = _linear("yuv_to_rgb", _FROM_YUV, "PAL's Y, U, V as red, green, blue")
