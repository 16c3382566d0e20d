"""Pictures flipped, turned and transposed, some of them at random."""

from ..build.case import case
from ..build.cond import cond
from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ops.elementwise import NODES, PLAIN, cast
from ..ops.elementwise import round as round_
from ..ops.join import reverse
from ..ops.random import random_uniform
from ..ops.shape import reshape, shape, transpose
from .checks import at_least_3d, single_or_batch

__all__ = ["flip_left_right", "flip_up_down", "rot90"]


def _shaped_as(image, made):
    """A flipped picture of an unknown shape has three dimensions at least."""
    made.set_shape([None, None, None] if image.get_shape().ndims is None else image.get_shape())
    return made


def _flip(image, axis, scope):
    with name_scope(None, scope, [image]):
        image = at_least_3d(convert_to_tensor(image, name="image"))
        if single_or_batch(image) == 3:
            return _shaped_as(image, reverse(image, [axis]))
        return reverse(image, [axis + 1])


@export("image.flip_left_right")
def flip_left_right(image):
    """A picture, `[height, width, channels]` or a batch of them, with its columns in the other order."""
    return _flip(image, 1, "flip_left_right")


@export("image.flip_up_down")
def flip_up_down(image):
    """A picture, `[height, width, channels]` or a batch of them, with its rows in the other order."""
    return _flip(image, 0, "flip_up_down")


def _random_flip(image, axis, seed, scope):
    with name_scope(None, scope, [image]) as scope:
        image = at_least_3d(convert_to_tensor(image, name="image"))
        if single_or_batch(image) == 3:
            heads = PLAIN["Less"](random_uniform([], 0, 1.0, seed=seed), 0.5)
            return _shaped_as(image, cond(heads, lambda: reverse(image, [axis]), lambda: image, name=scope))
        batch = shape(image)[0]
        draws = random_uniform([batch], 0, 1.0, seed=seed)
        flips = cast(round_(reshape(draws, [batch, 1, 1, 1])), image.dtype)
        flipped = reverse(image, [axis + 1])
        return flips * flipped + (1 - flips) * image


@export("image.random_flip_left_right")
def random_flip_left_right(image, seed=None):
    """Flips a picture, or each of a batch, left to right with a chance of one half.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      seed: the op's seed.
    """
    return _random_flip(image, 1, seed, "random_flip_left_right")


@export("image.random_flip_up_down")
def random_flip_up_down(image, seed=None):
    """Flips a picture, or each of a batch, upside down with a chance of one half.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      seed: the op's seed.
    """
    return _random_flip(image, 0, seed, "random_flip_up_down")


@export("image.rot90")
def rot90(image, k=1, name=None):
    """A picture turned against the clock.

    Args:
      image: `[height, width, channels]` or `[batch, height, width, channels]`.
      k: int scalar, how many right angles.
      name: the scope's name.
    """
    with name_scope(name, "rot90", [image, k]) as scope:
        image = at_least_3d(convert_to_tensor(image, name="image"))
        k = convert_to_tensor(k, dtype=dtypes.int32, name="k")
        k.get_shape().assert_has_rank(0)
        k = PLAIN["FloorMod"](k, 4)
        first = single_or_batch(image) - 3
        turned = _turned(image, k, first, scope)
        known = turned.get_shape()
        turned.set_shape([None, None, image.get_shape()[2]] if first == 0 else [known[0], None, None, known[3]])
        return turned


def _turned(image, k, first, scope):
    swap = [*range(first), first + 1, first, first + 2]
    once = lambda: transpose(reverse(image, [first + 1]), swap)  # noqa: E731
    twice = lambda: reverse(image, [first, first + 1])  # noqa: E731
    thrice = lambda: reverse(transpose(image, swap), [first + 1])  # noqa: E731
    turns = [(NODES["Equal"](k, n), turn) for n, turn in ((1, once), (2, twice), (3, thrice))]
    return case(turns, default=lambda: image, exclusive=True, name=scope)


@export("image.transpose", "image.transpose_image")
def transpose_image(image, name=None):
    """A picture, `[height, width, channels]` or a batch of them, with rows and columns exchanged."""
    with name_scope(name, "transpose", [image]):
        image = at_least_3d(convert_to_tensor(image, name="image"))
        order = [1, 0, 2] if single_or_batch(image) == 3 else [0, 2, 1, 3]
        return transpose(image, order, name=name)
