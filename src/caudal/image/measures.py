"""Measures of pictures: how they vary, and how near two of them are (PSNR, SSIM)."""

import numpy as np

from ..build.cond import cond
from ..graph.convert import convert_to_tensor
from ..graph.scopes import control_dependencies, name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.activations import relu, softmax
from ..ops.basic import constant, identity
from ..ops.check import Assert
from ..ops.depthwise import depthwise_conv2d
from ..ops.elementwise import NODES, PLAIN, cast, square, subtract
from ..ops.elementwise import abs as abs_
from ..ops.elementwise import pow as pow_
from ..ops.fill import range_, zeros
from ..ops.join import concat, pad, stack, unstack
from ..ops.nn_functions import avg_pool
from ..ops.reduce import reduce_all, reduce_any, reduce_mean, reduce_prod, reduce_sum
from ..ops.shape import expand_dims, reshape, shape, shape_n, size, tile
from .colors import convert_image_dtype

__all__ = ["psnr", "ssim"]


@export("image.image_gradients")
def image_gradients(image):
    """(dy, dx): each pixel's difference to the next one below and to the right; zeros in the last row, column.

    Args:
      image: `[batch, height, width, channels]`.

    Raises:
      ValueError: another rank.
    """
    need(image.get_shape().ndims == 4, f"image_gradients expects a 4D tensor [batch_size, h, w, d], not {image.get_shape()}.")
    sides = shape(image)
    batch, height, width, depth = unstack(sides)
    dy = image[:, 1:, :, :] - image[:, :-1, :, :]
    dx = image[:, :, 1:, :] - image[:, :, :-1, :]
    dy = reshape(concat([dy, zeros(stack([batch, 1, width, depth]), image.dtype)], 1), sides)
    dx = reshape(concat([dx, zeros(stack([batch, height, 1, depth]), image.dtype)], 2), sides)
    return dy, dx


_SOBEL = [[[-1, -2, -1], [0, 0, 0], [1, 2, 1]], [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]


@export("image.sobel_edges")
def sobel_edges(image):
    """Sobel's two slopes of each channel.

    Args:
      image: `[batch, height, width, channels]`.

    Returns:
      `[batch, height, width, channels, 2]`: down, then to the right.
    """
    known, sides = image.get_shape(), shape(image)
    kernels = np.transpose(np.asarray(_SOBEL), (1, 2, 0))[:, :, None, :]
    filters = tile(constant(kernels, dtype=image.dtype), [1, 1, sides[-1], 1], name="sobel_filters")
    padded = pad(image, [[0, 0], [1, 1], [1, 1], [0, 0]], mode="REFLECT")
    made = depthwise_conv2d(padded, filters, [1, 1, 1, 1], "VALID")
    made = reshape(made, concat([sides, [2]], 0))
    made.set_shape(known.concatenate([2]))
    return made


@export("image.total_variation")
def total_variation(images, name=None):
    """The sum of |differences| of neighbouring pixels.

    Args:
      images: `[height, width, channels]` or `[batch, height, width, channels]`; name: the scope's name.

    Returns:
      A scalar, or `[batch]`.

    Raises:
      ValueError: another rank.
    """
    with name_scope(name, "total_variation"):
        count = images.get_shape().ndims
        need(count in (3, 4), "'images' must be either 3 or 4-dimensional.")
        if count == 3:
            down, across, axes = images[1:, :, :] - images[:-1, :, :], images[:, 1:, :] - images[:, :-1, :], None
        else:
            down = images[:, 1:, :, :] - images[:, :-1, :, :]
            across, axes = images[:, :, 1:, :] - images[:, :, :-1, :], [1, 2, 3]
        return reduce_sum(abs_(down), axis=axes) + reduce_sum(abs_(across), axis=axes)


# --- two pictures -------------------------------------------------------------------------------------


def _alike(a, b):
    """(shape, shape, assertions) of pictures that have to have the same last three dimensions."""
    known, other = a.get_shape().with_rank_at_least(3), b.get_shape().with_rank_at_least(3)
    known[-3:].assert_is_compatible_with(other[-3:])
    if known.ndims is not None and other.ndims is not None:
        for p, q in zip(reversed(known.as_list()[:-3]), reversed(other.as_list()[:-3]), strict=False):
            need(1 in (p, q) or None in (p, q) or p == q, f"Two images are not compatible: {known} and {other}")
    first, second = shape_n([a, b])
    enough = Assert(PLAIN["GreaterEqual"](size(first), 3), [first, second], summarize=10)
    same = reduce_all(NODES["Equal"](first[-3:], second[-3:]))
    return first, second, [enough, Assert(same, [first, second], summarize=10)]


@export("image.psnr")
def psnr(a, b, max_val, name=None):
    """20 log10(max_val) - 10 log10(mean squared difference), in decibels.

    Args:
      a, b: `[..., height, width, channels]`; max_val: the range of the values; name: the scope's name.

    Returns:
      float32 `[...]`.
    """
    with name_scope(name, "PSNR", [a, b]):
        kind = convert_to_tensor(a).dtype if not hasattr(a, "dtype") else a.dtype
        max_val = convert_image_dtype(cast(max_val, kind), dtypes.float32)
        a, b = convert_image_dtype(a, dtypes.float32), convert_image_dtype(b, dtypes.float32)
        mse = reduce_mean(PLAIN["SquaredDifference"](a, b), [-3, -2, -1])
        log = PLAIN["Log"]
        value = subtract(20 * log(max_val) / log(10.0), np.float32(10 / np.log(10)) * log(mse), name="psnr")
        _, _, checks = _alike(a, b)
        with control_dependencies(checks):
            return identity(value)


def _gauss(count, sigma):
    """A Gaussian window `[count, count, 1, 1]` whose sum is 1."""
    count, sigma = convert_to_tensor(count, dtypes.int32), convert_to_tensor(sigma)
    place = cast(range_(count), sigma.dtype)
    place -= cast(count - 1, sigma.dtype) / 2.0
    g = square(place)
    g *= -0.5 / square(sigma)
    g = reshape(g, shape=[1, -1]) + reshape(g, shape=[-1, 1])
    g = softmax(reshape(g, shape=[1, -1]))
    return reshape(g, shape=[count, count, 1, 1])


def _compare(x, y, mean, max_val, k1, k2):
    """(luminance, contrast and structure) of windows. (Wang et al. 2004, eqs. 6, 13)"""
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    mean_x, mean_y = mean(x), mean(y)
    both = mean_x * mean_y * 2.0
    squares = square(mean_x) + square(mean_y)
    luminance = (both + c1) / (squares + c1)
    cross = mean(x * y) * 2.0
    power = mean(square(x) + square(y))
    c2 *= 1.0
    return luminance, (cross - both + c2) / (power - squares + c2)


def _per_channel(a, b, max_val, filter_size, filter_sigma, k1, k2):
    """(SSIM, contrast and structure), each `[..., channels]`."""
    filter_size = constant(filter_size, dtype=dtypes.int32)
    filter_sigma = constant(filter_sigma, dtype=a.dtype)
    sides = shape_n([a, b])
    checks = [Assert(reduce_all(PLAIN["GreaterEqual"](s[-3:-1], filter_size)), [s, filter_size], summarize=8) for s in sides]
    with control_dependencies(checks):
        a = identity(a)
    kernel = tile(_gauss(filter_size, filter_sigma), multiples=[1, 1, sides[0][-1], 1])

    def mean(x):
        whole = shape(x)
        flat = reshape(x, shape=concat([[-1], whole[-3:]], 0))
        made = depthwise_conv2d(flat, kernel, strides=[1, 1, 1, 1], padding="VALID")
        return reshape(made, concat([whole[:-3], shape(made)[1:]], 0))

    luminance, structure = _compare(a, b, mean, max_val, k1, k2)
    axes = constant([-3, -2], dtype=dtypes.int32)
    return reduce_mean(luminance * structure, axes), reduce_mean(structure, axes)


def _prepared(a, b, max_val, checks):
    with control_dependencies(checks):
        a = identity(a)
    max_val = convert_image_dtype(cast(max_val, a.dtype), dtypes.float32)
    return convert_image_dtype(a, dtypes.float32), convert_image_dtype(b, dtypes.float32), max_val


@export("image.ssim")
def ssim(img1, img2, max_val, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03):
    """The structural similarity of pictures, in (-1, 1], a mean over windows and channels.

    Args:
      img1, img2: `[..., height, width, channels]`.
      max_val: the range of the values.
      filter_size: the side of the Gaussian window; filter_sigma: its width.
      k1, k2: what keeps quotients from 0 / 0, in parts of `max_val`.

    Source: Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment" (2004).
    """
    _, _, checks = _alike(img1, img2)
    img1, img2, max_val = _prepared(img1, img2, max_val, checks)
    value, _ = _per_channel(img1, img2, max_val, filter_size, filter_sigma, k1, k2)
    return reduce_mean(value, [-1])


def _halved(images, heads, tails):
    """Pictures of half the height and width, and their last three dimensions."""
    flat = [reshape(x, concat([[-1], t], 0)) for x, t in zip(images, tails, strict=True)]
    rest = tails[0] % constant([2, 2, 1], dtype=dtypes.int32)

    def padded():
        room = pad(expand_dims(rest, -1), [[1, 0], [1, 0]])
        return [pad(x, room, mode="SYMMETRIC") for x in flat]

    flat = cond(reduce_any(NODES["NotEqual"](rest, 0)), padded, lambda: flat)
    smaller = [avg_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID") for x in flat]
    tails = [s[1:] for s in shape_n(smaller)]
    return [reshape(x, concat([h, t], 0)) for x, h, t in zip(smaller, heads, tails, strict=True)], tails


@export("image.ssim_multiscale")
def ssim_multiscale(
    img1,
    img2,
    max_val,
    power_factors=(0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
    filter_size=11,
    filter_sigma=1.5,
    k1=0.01,
    k2=0.03,
):
    """The structural similarity at several scales, each half the one before.

    Args:
      img1, img2: `[..., height, width, channels]`.
      max_val: the range of the values.
      power_factors: the exponent of each scale.
      filter_size, filter_sigma, k1, k2: as for `ssim`.

    Source: Wang, Simoncelli and Bovik, "Multiscale structural similarity" (2003).
    """
    img1.get_shape().with_rank_at_least(3)[-3:].merge_with(img2.get_shape().with_rank_at_least(3)[-3:])
    with name_scope(None, "MS-SSIM", [img1, img2]):
        first, second, checks = _alike(img1, img2)
        img1, img2, max_val = _prepared(img1, img2, max_val, checks)
        images, heads, tails = [img1, img2], [first[:-3], second[:-3]], [first[-3:], second[-3:]]
        structures = []
        for k in range(len(power_factors)):
            with name_scope(None, f"Scale{k}", images):
                if k > 0:
                    images, tails = _halved(images, heads, tails)
                value, structure = _per_channel(*images, max_val, filter_size, filter_sigma, k1, k2)
                structures.append(relu(structure))
        scales = stack([*structures[:-1], relu(value)], axis=-1)
        return reduce_mean(reduce_prod(pow_(scales, power_factors), [-1]), [-1])
