"""What all functions of pictures ask of their arguments: known sides as ints, others as tensors with assertions."""

from ..build.variables import Variable
from ..graph.convert import convert_to_tensor
from ..graph.graph import Tensor
from ..ground.errors import need
from ..ops.asserts import assert_equal, assert_greater_equal, assert_positive
from ..ops.check import Assert
from ..ops.control import with_dependencies
from ..ops.elementwise import NODES, PLAIN
from ..ops.join import unstack
from ..ops.shape import expand_dims, rank, shape, squeeze

__all__ = ["at_least_3d", "batched", "claim", "dims_of", "has_sizes", "is_tensor", "unbatched"]

_RANKS = "'image' must have either 3 or 4 dimensions."


def is_tensor(x):
    """Whether a value is known only in a run."""
    return isinstance(x, Tensor | Variable)


def claim(condition, words):
    """The assertions of a condition: one if it is a tensor; none, or an error at once, otherwise."""
    if is_tensor(condition):
        return [Assert(condition, [words])]
    need(condition, words)
    return []


def greater(x, y):
    """The greater of two numbers or tensors."""
    return PLAIN["Maximum"](x, y) if is_tensor(x) or is_tensor(y) else max(x, y)


def lesser(x, y):
    """The lesser of two numbers or tensors."""
    return PLAIN["Minimum"](x, y) if is_tensor(x) or is_tensor(y) else min(x, y)


def same(x, y):
    """Whether two numbers or tensors are equal."""
    return NODES["Equal"](x, y) if is_tensor(x) or is_tensor(y) else x == y


def dims_of(image, count):
    """The sides of a picture: ints where known, int32 scalars otherwise."""
    if image.get_shape().is_fully_defined():
        return image.get_shape().as_list()
    known = image.get_shape().with_rank(count).as_list()
    return [d if k is None else k for k, d in zip(known, unstack(shape(image), count), strict=True)]


def has_sizes(image):
    """The assertions that a picture has three dimensions or more, none of them 0.

    Raises:
      ValueError: it is known not to.
    """
    known = image.get_shape()
    need(known.ndims is None or known.ndims >= 3, "'image' must be at least three-dimensional.")
    known = known.with_rank(3) if known.ndims is None else known
    need(0 not in known.as_list(), f"all dims of 'image.shape' must be > 0: {known}")
    if known.is_fully_defined():
        return []
    return [
        assert_positive(shape(image), ["all dims of 'image.shape' must be > 0."]),
        assert_greater_equal(rank(image), 3, message="'image' must be at least three-dimensional."),
    ]


def at_least_3d(image):
    """`image`, behind the assertions that it has three dimensions or more."""
    return with_dependencies(has_sizes(image), image)


def batched(image):
    """(`image` as `[batch, height, width, channels]`, whether it was one)."""
    image = convert_to_tensor(image, name="image")
    count = image.get_shape().ndims
    need(count in (None, 3, 4), f"'image' (shape {image.get_shape()}) must have either 3 or 4 dimensions.")
    if count == 4:
        return image, True
    image = expand_dims(image, 0)
    if count is None:
        image.set_shape([None] * 4)
    return image, False


def unbatched(image, was_batch):
    """`image` without the dimension that `batched` put before it."""
    return image if was_batch else squeeze(image, axis=[0])


def single_or_batch(image):
    """The number of dimensions, 3 or 4; an unknown one counts as 3."""
    count = image.get_shape().ndims
    need(count in (None, 3, 4), f"'image' (shape {image.get_shape()}) must have either 3 or 4 dimensions.")
    return 3 if count is None else count


def is_grayscale(image):
    """`image`, behind the assertions that its last dimension is 1."""
    known = image.get_shape()
    words = "Last dimension of a grayscale image should be size 1."
    need(known.ndims is None or known.ndims >= 2, f"A grayscale image (shape {known}) must be at least two-dimensional.")
    if known.is_fully_defined():
        need(known.as_list()[-1] == 1, words)
        return with_dependencies([], image)
    few = "A grayscale image must be at least two-dimensional."
    checks = [assert_equal(shape(image)[-1], 1, message=words), assert_greater_equal(rank(image), 3, message=few)]
    return with_dependencies(checks, image)
