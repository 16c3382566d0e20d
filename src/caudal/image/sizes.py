"""Pictures brought to a size: resized, cropped, padded."""

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ops.control import with_dependencies
from ..ops.elementwise import PLAIN, cast
from ..ops.elementwise import round as round_
from ..ops.join import pad, stack
from ..ops.shape import expand_dims, reshape, shape, squeeze
from ..ops.slicing import slice_
from .checks import at_least_3d, batched, claim, dims_of, greater, has_sizes, is_tensor, lesser, same, unbatched
from .resize_nodes import area_node, bicubic_node, bilinear_node, nearest_node

__all__ = ["crop_to_bounding_box", "pad_to_bounding_box", "resize_images"]


# --- boxes cut out, boxes filled ----------------------------------------------------------------------


def _static(sides):
    return [None if is_tensor(side) else side for side in sides]


@export("image.pad_to_bounding_box")
def pad_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """Puts a picture into a larger one that is zero elsewhere.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      offset_height: how many rows of zeros come first; offset_width: how many columns.
      target_height: the new height; target_width: the new width.

    Raises:
      ValueError: it does not fit, or a side is negative.
    """
    with name_scope(None, "pad_to_bounding_box", [image]):
        image, is_batch = batched(image)
        checks = has_sizes(image)
        batch, height, width, depth = dims_of(image, 4)
        right = target_width - offset_width - width
        below = target_height - offset_height - height
        checks += claim(offset_height >= 0, "offset_height must be >= 0")
        checks += claim(offset_width >= 0, "offset_width must be >= 0")
        checks += claim(right >= 0, "width must be <= target - offset")
        checks += claim(below >= 0, "height must be <= target - offset")
        image = with_dependencies(checks, image)
        paddings = reshape(stack([0, 0, offset_height, below, offset_width, right, 0, 0]), [4, 2])
        padded = pad(image, paddings)
        padded.set_shape(_static([batch, target_height, target_width, depth]))
        return unbatched(padded, is_batch)


@export("image.crop_to_bounding_box")
def crop_to_bounding_box(image, offset_height, offset_width, target_height, target_width):
    """Cuts a box out of a picture.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      offset_height: the box's first row; offset_width: its first column.
      target_height: its height; target_width: its width.

    Raises:
      ValueError: it does not lie inside, or a side is not positive.
    """
    with name_scope(None, "crop_to_bounding_box", [image]):
        image, is_batch = batched(image)
        checks = has_sizes(image)
        batch, height, width, depth = dims_of(image, 4)
        checks += claim(offset_width >= 0, "offset_width must be >= 0.")
        checks += claim(offset_height >= 0, "offset_height must be >= 0.")
        checks += claim(target_width > 0, "target_width must be > 0.")
        checks += claim(target_height > 0, "target_height must be > 0.")
        checks += claim(width >= (target_width + offset_width), "width must be >= target + offset.")
        checks += claim(height >= (target_height + offset_height), "height must be >= target + offset.")
        image = with_dependencies(checks, image)
        begin = stack([0, offset_height, offset_width, 0])
        cropped = slice_(image, begin, stack([-1, target_height, target_width, -1]))
        cropped.set_shape(_static([batch, target_height, target_width, depth]))
        return unbatched(cropped, is_batch)


def _middle(side, fraction, convert):
    """(the first index, the count) of the central part of a side."""
    whole = cast(side, dtypes.float64) if is_tensor(side) else float(side)
    return convert((whole - whole * fraction) / 2)


def _to_int(x):
    return cast(x, dtypes.int32) if is_tensor(x) else int(x)


@export("image.central_crop")
def central_crop(image, central_fraction):
    """The middle part of a picture.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      central_fraction: which part of each side stays, in (0, 1].

    Raises:
      ValueError: the fraction is not in (0, 1], or the rank is not 3 or 4.
    """
    with name_scope(None, "central_crop", [image]):
        image = convert_to_tensor(image, name="image")
        need(0.0 < central_fraction <= 1.0, "central_fraction must be within (0, 1]")
        if central_fraction == 1.0:
            return image
        at_least_3d(image)
        count = image.get_shape().ndims
        words = f"`image` should either be a Tensor with rank = 3 or rank = 4. Had rank = {count}."
        need(count in (3, 4), words)
        return _central(image, central_fraction, count)


def _central(image, fraction, count):
    first = count - 3
    sides = [image.dims[k] if image.dims[k] is not None else shape(image)[k] for k in (first, first + 1)]
    starts = [_middle(side, fraction, _to_int) for side in sides]
    sizes = [side - start * 2 for side, start in zip(sides, starts, strict=True)]
    begin = stack([0] * first + [*starts, 0])
    cut = slice_(image, begin, stack([-1] * first + [*sizes, -1]))
    cut.set_shape([*image.dims[:first], *_static(sizes), image.dims[-1]])
    return cut


@export("image.resize_image_with_crop_or_pad", "image.resize_with_crop_or_pad")
def resize_image_with_crop_or_pad(image, target_height, target_width):
    """Brings a picture to a size: evenly cut where it is larger, evenly filled with zeros where it is smaller.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      target_height: the new height; target_width: the new width.

    Raises:
      ValueError: a side is not positive.
    """
    with name_scope(None, "resize_image_with_crop_or_pad", [image]):
        image, is_batch = batched(image)
        checks = has_sizes(image)
        checks += claim(target_width > 0, "target_width must be > 0.")
        checks += claim(target_height > 0, "target_height must be > 0.")
        image = with_dependencies(checks, image)
        if is_tensor(target_height):
            target_height = with_dependencies(checks, target_height)
        if is_tensor(target_width):
            target_width = with_dependencies(checks, target_width)
        return unbatched(_cropped_or_padded(image, target_height, target_width), is_batch)


def _offsets(target, side):
    """(how much to cut before, how much to fill in before)."""
    more = target - side
    return greater(-more // 2, 0), greater(more // 2, 0)


def _cropped_or_padded(image, target_height, target_width):
    _, height, width, _ = dims_of(image, 4)
    cut_left, fill_left = _offsets(target_width, width)
    cut_top, fill_top = _offsets(target_height, height)
    kept_height = lesser(target_height, height)
    cropped = crop_to_bounding_box(image, cut_top, cut_left, kept_height, lesser(target_width, width))
    made = pad_to_bounding_box(cropped, fill_top, fill_left, target_height, target_width)
    need(made.get_shape().ndims is not None, "resized contains no shape.")
    _, height, width, _ = dims_of(made, 4)
    checks = claim(same(height, target_height), "resized height is not correct.")
    checks += claim(same(width, target_width), "resized width is not correct.")
    return with_dependencies(checks, made)


# --- resized ------------------------------------------------------------------------------------------


@export("image.ResizeMethod")
class ResizeMethod:
    """The ways to resize pictures."""

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


_NODES = {0: bilinear_node, 1: nearest_node, 2: bicubic_node, 3: area_node}


def _size_tensor(size):
    try:
        size = convert_to_tensor(size, dtypes.int32, name="size")
    except (TypeError, ValueError):
        raise ValueError("'size' must be a 1-D int32 Tensor") from None
    need(size.get_shape().is_compatible_with([2]), "'size' must be a 1-D Tensor of 2 elements: new_height, new_width")
    return size


def _known_size(size):
    known = static.partial_shape(size)
    return (None, None) if known is None else known


def _fitting(images, size):
    """The greatest size within `size` that has the pictures' proportions."""
    _, height, width, _ = dims_of(images, 4)
    wanted = _known_size(size)
    scales = [cast(new, dtypes.float32) / cast(old, dtypes.float32) for new, old in zip(wanted, (height, width), strict=True)]
    scale = PLAIN["Minimum"](*scales)
    sides = [cast(round_(scale * cast(old, dtypes.float32)), dtypes.int32) for old in (height, width)]
    return convert_to_tensor(sides, dtypes.int32, name="size")


@export("image.resize_images", "image.resize")
def resize_images(images, size, method=ResizeMethod.BILINEAR, align_corners=False, preserve_aspect_ratio=False, name=None):
    """Resizes pictures.

    Args:
      images: `[height, width, channels]` or `[batch, height, width, channels]`.
      size: int32 `[2]`, the new height and width.
      method: one of `ResizeMethod`.
      align_corners: whether the centres of the corner pixels stay where they are.
      preserve_aspect_ratio: whether to keep the proportions, and stay within `size`.
      name: the scope's name.

    Returns:
      Pictures of that size, float32; of their own dtype for NEAREST_NEIGHBOR, or if nothing is to be done.

    Raises:
      ValueError: a rank or a method that there isn't.
    """
    with name_scope(name, "resize", [images, size]):
        images = convert_to_tensor(images, name="images")
        need(images.get_shape().ndims is not None, "'images' contains no shape.")
        is_batch = images.get_shape().ndims == 4
        if images.get_shape().ndims == 3:
            images = expand_dims(images, 0)
        need(images.get_shape().ndims == 4, "'images' must have either 3 or 4 dimensions.")
        size = _size_tensor(size)
        if preserve_aspect_ratio:
            size = _fitting(images, size)
        return unbatched(_resized(images, size, method, align_corners), is_batch)


def _resized(images, size, method, align_corners):
    height, width = _known_size(size)
    if None not in (height, width) and (height, width) == tuple(images.dims[1:3]):
        return images
    need(method in _NODES, "Resize method is not implemented.")
    made = _NODES[method](images, size, align_corners=align_corners)
    made.set_shape([None, height, width, None])
    return made


def _fit(height, width, target_height, target_width):
    """(the height and width of a picture that fits the target, how far it stands from the target's top and left)."""
    height, width = cast(height, dtypes.float64), cast(width, dtypes.float64)
    target_height, target_width = cast(target_height, dtypes.float64), cast(target_width, dtypes.float64)
    ratio = greater(width / target_width, height / target_height)
    fit_height, fit_width = height / ratio, width / ratio
    floor = PLAIN["Floor"]
    size = [cast(floor(fit_height), dtypes.int32), cast(floor(fit_width), dtypes.int32)]
    rest_height, rest_width = (target_height - fit_height) / 2, (target_width - fit_width) / 2
    offsets = floor(rest_height), floor(rest_width)
    return size, [greater(0, cast(offset, dtypes.int32)) for offset in offsets]


@export("image.resize_image_with_pad")
def resize_image_with_pad(image, target_height, target_width, method=ResizeMethod.BILINEAR, align_corners=False):
    """Resizes a picture within a size, its proportions kept, and fills up with zeros.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      target_height: the new height; target_width: the new width.
      method: one of `ResizeMethod`.
      align_corners: whether the centres of the corner pixels stay where they are.

    Raises:
      ValueError: a side is not positive.
    """
    with name_scope(None, "resize_image_with_pad", [image]):
        image, is_batch = batched(image)
        checks = has_sizes(image)
        checks += claim(target_width > 0, "target_width must be > 0.")
        checks += claim(target_height > 0, "target_height must be > 0.")
        image = with_dependencies(checks, image)
        _, height, width, _ = dims_of(image, 4)
        size, (top, left) = _fit(height, width, target_height, target_width)
        resized = resize_images(image, size, method, align_corners=align_corners)
        padded = pad_to_bounding_box(resized, top, left, target_height, target_width)
        need(padded.get_shape().ndims is not None, "padded contains no shape.")
        dims_of(padded, 4)
        return padded if is_batch else squeeze(padded, axis=[0])
