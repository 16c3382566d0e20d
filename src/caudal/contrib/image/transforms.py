"""Pictures turned, moved, and transformed in perspective.

A transform [a0, a1, a2, b0, b1, b2, c0, c1] says where the output's pixel (x, y) comes from: from ((a0 x + a1 y + a2) / k,
(b0 x + b1 y + b2) / k) of the input, k = c0 x + c1 y + 1. What lies outside of the picture is 0.
"""

import numpy as np

from ...graph import static
from ...graph.convert import convert_to_tensor
from ...graph.define import define
from ...graph.scopes import name_scope
from ...ground import dtypes
from ...ground.api import export
from ...ground.errors import InvalidArgumentError, need
from ...ground.shapes import with_rank
from ...ops.basic import constant
from ...ops.elementwise import PLAIN, cast
from ...ops.fill import ones, zeros
from ...ops.join import concat
from ...ops.linalg import matrix_inverse
from ...ops.matmul import matmul
from ...ops.shape import reshape, shape

__all__ = ["rotate", "transform", "translate"]

cos, sin = PLAIN["Cos"], PLAIN["Sin"]
_KINDS = {dtypes.uint8, dtypes.int32, dtypes.int64, dtypes.float16, dtypes.float32, dtypes.float64}


# --- the op -------------------------------------------------------------------------------------------


def _sources(B, transforms, height, width):
    """Where the pixels of the output come from: rows and columns, float32 `[n, height, width]`, and which come from nowhere."""
    x = B.arange(width, dtype=np.float32)[None, None, :]
    y = B.arange(height, dtype=np.float32)[None, :, None]
    a0, a1, a2, b0, b1, b2, c0, c1 = (transforms[:, k, None, None] for k in range(8))
    scale = c0 * x + c1 * y + np.float32(1)
    nowhere = scale == 0
    scale = B.where(nowhere, B.ones_like(scale), scale)
    return (b0 * x + b1 * y + b2) / scale, (a0 * x + a1 * y + a2) / scale, nowhere


def _read(B, images, rows, columns, nowhere):
    """The pixels at whole rows and columns, float32 `[n, height, width]`, and 0 outside of the pictures."""
    count, tall, wide, _ = images.shape
    inside = (rows >= 0) & (rows < tall) & (columns >= 0) & (columns < wide) & ~nowhere
    if 0 in (tall, wide):
        return B.zeros((count, *rows.shape[1:], images.shape[3]), images.dtype)
    take = lambda place, size: B.clip(B.where(inside, place, B.zeros_like(place)), 0, size - 1).astype(np.int32)  # noqa: E731
    batch = B.arange(count, dtype=np.int32)[:, None, None]
    found = images[batch, take(rows, tall), take(columns, wide)]
    return B.where(inside[..., None], found, B.zeros_like(found))


def _nearest(B, place):
    """Rounded, halves away from 0."""
    return B.trunc(place + B.copysign(np.float32(0.5), place))


def _lower(B, images, transforms, sizes, *, interpolation, op):
    if images.ndim != 4:
        raise InvalidArgumentError(None, op, "Input images must have rank 4")
    if transforms.ndim != 2 or transforms.shape[0] not in (1, images.shape[0]) or transforms.shape[1] != 8:
        raise InvalidArgumentError(None, op, "Input transform should be num_images x 8 or 1 x 8")
    if np.shape(sizes) != (2,):
        raise InvalidArgumentError(None, op, f"output shape must be 1-dimensional, but got {list(np.shape(sizes))}")
    height, width = (int(n) for n in sizes)
    if height < 1 or width < 1:
        raise InvalidArgumentError(None, op, f"new dimensions must be positive: [{height}, {width}]")
    rows, columns, nowhere = _sources(B, B.asarray(transforms), height, width)
    if interpolation == b"NEAREST":
        return _read(B, images, _nearest(B, rows), _nearest(B, columns), nowhere)
    if interpolation != b"BILINEAR":
        raise InvalidArgumentError(
            None, op, f"Invalid interpolation {interpolation.decode()}. Supported types: NEAREST, BILINEAR"
        )
    top, left = B.floor(rows), B.floor(columns)
    down, across = (rows - top)[..., None], (columns - left)[..., None]
    wide = images.astype(np.float32)  # float64 too, as TF does
    at = lambda y, x: _read(B, wide, y, x, nowhere)  # noqa: E731
    above = (1 - across) * at(top, left) + across * at(top, left + 1)
    below = (1 - across) * at(top + 1, left) + across * at(top + 1, left + 1)
    return B.cast((1 - down) * above + down * below, images.dtype)


def _infer(images, transforms, sizes, *, interpolation):
    dims, known = with_rank(images.dims, 4), static.value(sizes)
    with_rank(transforms.dims, 2)
    return [(dims[0], *((None, None) if known is None else map(int, known)), dims[3])]


def _slope(op, dy):
    """The slope by the pictures: that of the output, transformed back."""
    images, transforms, _ = op.inputs
    back = matrices_to_flat_transforms(matrix_inverse(flat_transforms_to_matrices(transforms)))
    return [node(dy, back, shape(images)[1:3], interpolation=op.attrs["interpolation"]), None, None]


node = define("ImageProjectiveTransformV2", infer=_infer, lower=_lower, static=(2,), grad=_slope)


# --- functions ----------------------------------------------------------------------------------------


def _batch(images):
    """Pictures as `[batch, height, width, channels]`, and the index that takes away what was added."""
    if images._dtype.base_dtype not in _KINDS:
        raise TypeError(f"Invalid dtype {images._dtype}.")
    if images.rank is None:
        raise TypeError("image_or_images rank must be statically known")
    if images.rank == 2:
        return images[None, :, :, None], (0, slice(None), slice(None), 0)
    if images.rank == 3:
        return images[None, :, :, :], (0, slice(None), slice(None), slice(None))
    if images.rank == 4:
        return images, None
    raise TypeError("Images should have rank between 2 and 4.")


def _rows(values, one, plural):
    """A tensor of one row, or of several, as rows."""
    if values.rank is None:
        raise TypeError(f"{one}_or_{plural} rank must be statically known")
    if values.rank not in (1, 2):
        raise TypeError(f"{plural.capitalize()} should have rank 1 or 2.")
    return values[None] if values.rank == 1 else values


@export("contrib.image.transform")
def transform(images, transforms, interpolation="NEAREST", output_shape=None, name=None):
    """Pictures seen as projective transforms say.

    Args:
      images: uint8, int32, int64 or float: `[height, width]`, `[height, width, channels]` or `[batch, height, width, channels]`.
      transforms: float32 `[8]`, or `[batch, 8]`: [a0, a1, a2, b0, b1, b2, c0, c1]; the output's pixel (x, y) comes from
        ((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k) of the input, k = c0 x + c1 y + 1.
      interpolation: "NEAREST" or "BILINEAR".
      output_shape: int `[2]`: height and width; those of the input by default.
      name: the scope's name.

    Returns:
      As `images`, of height and width `output_shape`.

    Raises:
      TypeError: another dtype or rank; ValueError: `output_shape` isn't two numbers.
    """
    with name_scope(name, "transform"):
        given = convert_to_tensor(images, name="images")
        transforms = convert_to_tensor(transforms, name="transforms", dtype=dtypes.float32)
        batch, back = _batch(given)
        if output_shape is None:
            output_shape = shape(batch)[1:3]
            known = static.value(output_shape)
            output_shape = output_shape if known is None else known
        output_shape = convert_to_tensor(output_shape, dtypes.int32, name="output_shape")
        need(
            output_shape.get_shape().is_compatible_with([2]),
            "output_shape must be a 1-D Tensor of 2 elements: new_height, new_width",
        )
        transforms = _rows(transforms, "transform", "transforms")
        made = node(batch, transforms, output_shape, interpolation=interpolation.upper())
        return made if back is None else made[back]


@export("contrib.image.rotate")
def rotate(images, angles, interpolation="NEAREST", name=None):
    """Pictures turned about their middles.

    Args:
      images: as `transform` takes them.
      angles: float32, one or one a picture: radians, against the clock.
      interpolation: "NEAREST" or "BILINEAR".
      name: the scope's name.

    Returns:
      As `images`; what comes from outside is 0.

    Raises:
      TypeError: another dtype or rank.
    """
    with name_scope(name, "rotate"):
        batch, back = _batch(convert_to_tensor(images))
        height = cast(shape(batch)[1], dtypes.float32)[None]
        width = cast(shape(batch)[2], dtypes.float32)[None]
        made = transform(batch, angles_to_projective_transforms(angles, height, width), interpolation=interpolation)
        return made if back is None else made[back]


@export("contrib.image.translate")
def translate(images, translations, interpolation="NEAREST", name=None):
    """Pictures moved by (dx, dy) pixels, one pair, or one a picture: float32 `[2]` or `[batch, 2]`."""
    with name_scope(name, "translate"):
        return transform(images, translations_to_projective_transforms(translations), interpolation=interpolation)


@export("contrib.image.angles_to_projective_transforms")
def angles_to_projective_transforms(angles, image_height, image_width, name=None):
    """The transforms, `[n, 8]`, that turn pictures of a height and width by angles in radians, float32 `[]` or `[n]`."""
    with name_scope(name, "angles_to_projective_transforms"):
        angles = convert_to_tensor(angles, name="angles", dtype=dtypes.float32)
        if angles.get_shape().ndims not in (0, 1):
            raise TypeError("Angles should have rank 0 or 1.")
        angles = angles[None] if angles.rank == 0 else angles
        x = ((image_width - 1) - (cos(angles) * (image_width - 1) - sin(angles) * (image_height - 1))) / 2.0
        y = ((image_height - 1) - (sin(angles) * (image_width - 1) + cos(angles) * (image_height - 1))) / 2.0
        count = shape(angles)[0]
        columns = [
            cos(angles)[:, None],
            -sin(angles)[:, None],
            x[:, None],
            sin(angles)[:, None],
            cos(angles)[:, None],
            y[:, None],
        ]
        return concat([*columns, zeros((count, 2), dtypes.float32)], axis=1)


@export("contrib.image.translations_to_projective_transforms")
def translations_to_projective_transforms(translations, name=None):
    """The transforms, `[n, 8]`, that move pictures by (dx, dy), float32 `[2]` or `[n, 2]`."""
    with name_scope(name, "translations_to_projective_transforms"):
        translations = convert_to_tensor(translations, name="translations", dtype=dtypes.float32)
        translations = _rows(translations, "translation", "translations")
        count = shape(translations)[0]
        columns = [ones((count, 1), dtypes.float32), zeros((count, 1), dtypes.float32), -translations[:, 0, None]]
        columns += [zeros((count, 1), dtypes.float32), ones((count, 1), dtypes.float32), -translations[:, 1, None]]
        return concat([*columns, zeros((count, 2), dtypes.float32)], axis=1)


@export("contrib.image.compose_transforms")
def compose_transforms(*transforms):
    """The transform, `[n, 8]`, that does what several do, the last one first to the output's pixels.

    Raises:
      AssertionError: there are none.
    """
    need(len(transforms) > 0, "transforms cannot be empty", kind=AssertionError)
    with name_scope("compose_transforms"):
        made = flat_transforms_to_matrices(transforms[0])
        for one in transforms[1:]:
            made = matmul(made, flat_transforms_to_matrices(one))
        return matrices_to_flat_transforms(made)


@export("contrib.image.flat_transforms_to_matrices")
def flat_transforms_to_matrices(transforms):
    """Transforms, `[8]` or `[n, 8]`, as matrices `[n, 3, 3]` of which the last element is 1."""
    with name_scope("flat_transforms_to_matrices"):
        transforms = convert_to_tensor(transforms, name="transforms")
        need(transforms.get_shape().ndims in (1, 2), f"Transforms should be 1D or 2D, got: {transforms}")
        transforms = reshape(transforms, constant([-1, 8]))
        count = shape(transforms)[0]
        return reshape(concat([transforms, ones([count, 1])], axis=1), constant([-1, 3, 3]))


@export("contrib.image.matrices_to_flat_transforms")
def matrices_to_flat_transforms(transform_matrices):
    """Matrices, `[3, 3]` or `[n, 3, 3]`, as transforms `[n, 8]`: divided by their last elements."""
    with name_scope("matrices_to_flat_transforms"):
        matrices = convert_to_tensor(transform_matrices, name="matrices")
        need(matrices.get_shape().ndims in (2, 3), f"Matrices should be 2D or 3D, got: {matrices}")
        flat = reshape(matrices, constant([-1, 9]))
        flat /= flat[:, 8:9]
        return flat[:, :8]
