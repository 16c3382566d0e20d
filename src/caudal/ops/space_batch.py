"""Blocks of space moved to the batch or to depth, and back again."""

import numpy as np

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import InferError, require
from ..ground.shapes import with_rank
from .conv_rules import format_dims, from_nhwc, nhwc_dims, to_nhwc
from .fill import zeros
from .join import stack

__all__ = ["batch_to_space_nd", "required_space_to_batch_paddings", "space_to_batch_nd", "space_to_depth"]


def _product(block):
    return int(np.prod(block, dtype=np.int64))


def _parts(x, block, pads):
    """(dims, block, pads) as tuples, None for what is not known; None if not even the block's length is."""
    sizes, amounts = static.value(block), static.value(pads)
    if x.dims is None or block.dims is None or block.dims[0] is None:
        return None
    count = block.dims[0]
    if len(x.dims) < count + 1:
        raise InferError(f"Shape must be at least rank {count + 1} but is rank {len(x.dims)}")
    return x.dims, (None,) * count if sizes is None else tuple(int(b) for b in sizes), amounts


def _infer_to_batch(x, block_shape, paddings):
    known = _parts(x, block_shape, paddings)
    if known is None:
        return [None]
    dims, block, pads = known
    batch = None if None in (dims[0], *block) else dims[0] * _product(block)
    space = []
    for k, b in enumerate(block):
        size = None if pads is None or dims[k + 1] is None else dims[k + 1] + int(pads[k][0]) + int(pads[k][1])
        if size is not None and b is not None and size % b:
            raise InferError(f"Dimension size must be evenly divisible by {b} but is {size}")
        space.append(None if size is None or b is None else size // b)
    return [(batch, *space, *dims[len(block) + 1 :])]


def _infer_to_space(x, block_shape, crops):
    known = _parts(x, block_shape, crops)
    if known is None:
        return [None]
    dims, block, cuts = known
    batch = None if None in (dims[0], *block) else dims[0] // _product(block)
    if batch is not None and dims[0] % _product(block):
        raise InferError(f"Dimension size must be evenly divisible by {_product(block)} but is {dims[0]}")
    space = []
    for k, b in enumerate(block):
        grown = None if None in (b, dims[k + 1]) or cuts is None else dims[k + 1] * b
        space.append(None if grown is None else grown - int(cuts[k][0]) - int(cuts[k][1]))
        if grown is not None and space[-1] < 0:
            raise InferError(f"Negative dimension size caused by subtracting {int(cuts[k].sum())} from {grown}")
    return [(batch, *space, *dims[len(block) + 1 :])]


def _lower_to_batch(B, x, block_shape, paddings, *, op):
    block = tuple(int(b) for b in block_shape)
    m = len(block)
    require(x.ndim >= m + 1, op, f"input rank should be >= {m + 1} instead of {x.ndim}")
    for k, (size, b, (low, high)) in enumerate(zip(x.shape[1:], block, paddings, strict=False)):
        grown = size + int(low) + int(high)
        require(grown % b == 0, op, f"padded_shape[{k}]={grown} is not divisible by block_shape[{k}]={b}")
    x = B.pad(x, [(0, 0), *[(int(a), int(b)) for a, b in paddings], *[(0, 0)] * (x.ndim - 1 - m)])
    rest = x.shape[m + 1 :]
    outer = [n // b for n, b in zip(x.shape[1:], block, strict=False)]
    split = [d for pair in zip(outer, block, strict=True) for d in pair]
    x = x.reshape(x.shape[0], *split, *rest)
    order = [*range(2, 2 * m + 1, 2), 0, *range(1, 2 * m + 1, 2), *range(2 * m + 1, x.ndim)]
    return x.transpose(order).reshape(-1 if x.size else x.shape[0] * _product(block), *outer, *rest)


def _lower_to_space(B, x, block_shape, crops, *, op):
    block = tuple(int(b) for b in block_shape)
    m, times = len(block), _product(block_shape)
    require(x.ndim >= m + 1, op, f"input rank should be >= {m + 1} instead of {x.ndim}")
    words = f"Input batch dimension ({x.shape[0]}) is not divisible by product of block sizes ({times})"
    require(x.shape[0] % times == 0, op, words)
    batch = x.shape[0] // times
    space, rest = x.shape[1 : m + 1], x.shape[m + 1 :]
    x = x.reshape(*block, batch, *space, *rest)
    order = [m, *[axis for k in range(m) for axis in (m + 1 + k, k)], *range(2 * m + 1, x.ndim)]
    x = x.transpose(order).reshape(batch, *[n * b for n, b in zip(space, block, strict=True)], *rest)
    spans = zip(x.shape[1:], crops, strict=False)
    return x[(slice(None), *[slice(int(a), n - int(b)) for n, (a, b) in spans])]


to_batch_node = define(
    "SpaceToBatchND",
    infer=_infer_to_batch,
    lower=_lower_to_batch,
    static=(1, 2),
    grad=lambda op, dy: [to_space_node(dy, op.inputs[1], op.inputs[2]), None, None],
)
to_space_node = define(
    "BatchToSpaceND",
    infer=_infer_to_space,
    lower=_lower_to_space,
    static=(1, 2),
    grad=lambda op, dy: [to_batch_node(dy, op.inputs[1], op.inputs[2]), None, None],
)


@export("space_to_batch_nd", "manip.space_to_batch_nd")
def space_to_batch_nd(input, block_shape, paddings, name=None):
    """Pads space, and moves the blocks of it to the batch.

    Args:
      input: `[batch, *space, ...]`.
      block_shape: int `[m]`, the size of a block along the first m dimensions of space.
      paddings: int `[m, 2]`, before and after.
      name: the node's name.

    Returns:
      `[batch * product of block_shape, *(padded space / block_shape), ...]`.

    Raises:
      ValueError: blocks that don't divide the padded space.
    """
    return to_batch_node(input, block_shape, paddings, name=name)


@export("batch_to_space_nd", "manip.batch_to_space_nd")
def batch_to_space_nd(input, block_shape, crops, name=None):
    """The reverse of `space_to_batch_nd`; `crops` is cut off where that one pads.

    Args:
      input: `[batch, *space, ...]`.
      block_shape: int `[m]`.
      crops: int `[m, 2]`, before and after.
      name: the node's name.

    Returns:
      `[batch / product of block_shape, *(space * block_shape - crops), ...]`.
    """
    return to_space_node(input, block_shape, crops, name=name)


def _square(given, size):
    return np.array([size, size], np.int64) if size is not None else given


@export("space_to_batch", "nn.space_to_batch")
def space_to_batch(input, paddings, block_size=None, name=None, block_shape=None):
    """`space_to_batch_nd` of images, with square blocks.

    Args:
      input: `[batch, height, width, depth]`.
      paddings: int `[2, 2]`.
      block_size: the side of a block, at least 2.
      name: the node's name.
      block_shape: blocks of any shape, instead of `block_size`.
    """
    made = space_to_batch_nd(input, _square(block_shape, block_size), paddings, name=name)
    made.set_shape(made.get_shape().with_rank(4))
    return made


@export("batch_to_space")
def batch_to_space(input, crops, block_size, name=None, block_shape=None):
    """`batch_to_space_nd` of images, with square blocks.

    Args:
      input: `[batch, height, width, depth]`.
      crops: int `[2, 2]`.
      block_size: the side of a block, at least 2.
      name: the node's name.
      block_shape: blocks of any shape, instead of `block_size`.
    """
    made = batch_to_space_nd(input, _square(block_shape, block_size), crops, name=name)
    made.set_shape(made.get_shape().with_rank(4))
    return made


# --- depth ------------------------------------------------------------------------------------------------


def _divided(size, by):
    if size is not None and size % by:
        raise InferError(f"Dimension size must be evenly divisible by {by} but is {size}")
    return None if size is None else size // by


def _times(size, by):
    return None if size is None else size * by


def _infer_to_depth(x, *, block_size, data_format):
    n, h, w, c = nhwc_dims(with_rank(x.dims, 4), data_format)
    out = (n, _divided(h, block_size), _divided(w, block_size), _times(c, block_size**2))
    return [format_dims(out, data_format)]


def _infer_from_depth(x, *, block_size, data_format):
    n, h, w, c = nhwc_dims(with_rank(x.dims, 4), data_format)
    out = (n, _times(h, block_size), _times(w, block_size), _divided(c, block_size**2))
    return [format_dims(out, data_format)]


def _lower_to_depth(B, x, *, block_size, data_format, op):
    require(x.ndim == 4, op, f"Input rank should be: 4 instead of: {x.ndim}")
    n, h, w, c = (x := to_nhwc(B, x, data_format)).shape
    b = block_size
    fits = h % b == 0 and w % b == 0
    require(fits, op, f"Image width {w} and height {h} should be divisible by block_size: {b}")
    x = x.reshape(n, h // b, b, w // b, b, c).transpose(0, 1, 3, 2, 4, 5)
    return from_nhwc(B, x.reshape(n, h // b, w // b, b * b * c), data_format)


def _lower_from_depth(B, x, *, block_size, data_format, op):
    require(x.ndim == 4, op, f"Input rank should be: 4 instead of: {x.ndim}")
    n, h, w, c = (x := to_nhwc(B, x, data_format)).shape
    b = block_size
    require(c % (b * b) == 0, op, f"Input depth dimension {c}should be divisible by: {b * b}")
    x = x.reshape(n, h, w, b, b, c // (b * b)).transpose(0, 1, 3, 2, 4, 5)
    return from_nhwc(B, x.reshape(n, h * b, w * b, c // (b * b)), data_format)


def _turned(op):
    return {key: op.get_attr(key) for key in ("block_size", "data_format")}


to_depth_node = define(
    "SpaceToDepth", infer=_infer_to_depth, lower=_lower_to_depth, grad=lambda op, dy: [from_depth_node(dy, **_turned(op))]
)
from_depth_node = define(
    "DepthToSpace", infer=_infer_from_depth, lower=_lower_from_depth, grad=lambda op, dy: [to_depth_node(dy, **_turned(op))]
)


@export("space_to_depth", "nn.space_to_depth")
def space_to_depth(input, block_size, name=None, data_format="NHWC"):
    """Square blocks of space, each moved to depth.

    Args:
      input: `[batch, height, width, depth]`.
      block_size: the side of a block, at least 2.
      name: the node's name.
      data_format: "NHWC" or "NCHW".

    Returns:
      `[batch, height / block_size, width / block_size, depth * block_size^2]`.

    Raises:
      ValueError: blocks that don't divide the image.
    """
    return to_depth_node(input, block_size=block_size, data_format=data_format, name=name)


@export("depth_to_space", "nn.depth_to_space")
def depth_to_space(input, block_size, name=None, data_format="NHWC"):
    """The reverse of `space_to_depth`.

    Args:
      input: `[batch, height, width, depth]`.
      block_size: the side of a block, at least 2.
      name: the node's name.
      data_format: "NHWC" or "NCHW".

    Returns:
      `[batch, height * block_size, width * block_size, depth / block_size^2]`.

    Raises:
      ValueError: a depth that block_size^2 does not divide.
    """
    return from_depth_node(input, block_size=block_size, data_format=data_format, name=name)


# --- how much to pad ----------------------------------------------------------------------------------------


@export("required_space_to_batch_paddings")
def required_space_to_batch_paddings(input_shape, block_shape, base_paddings=None, name=None):
    """(paddings, crops) that make blocks divide a space.

    Args:
      input_shape: int32 `[n]`, the sizes of space.
      block_shape: int32 `[n]`.
      base_paddings: int32 `[n, 2]`, padding that is wanted at least; zeros if not given.
      name: the scope's name.

    Returns:
      Two int32 `[n, 2]`: what `space_to_batch_nd` pads, and what `batch_to_space_nd` cuts off.

    Raises:
      ValueError: shapes that don't fit.
    """
    with name_scope(name, "required_space_to_batch_paddings", [input_shape, block_shape]):
        input_shape = convert_to_tensor(input_shape, dtype=dtypes.int32, name="input_shape")
        block_shape = convert_to_tensor(block_shape, dtype=dtypes.int32, name="block_shape")
        block_shape.get_shape().assert_is_fully_defined()
        block_shape.get_shape().assert_has_rank(1)
        count = block_shape.dims[0]
        if count == 0:
            return zeros([0, 2], dtypes.int32), zeros([0, 2], dtypes.int32)
        input_shape.get_shape().assert_is_compatible_with([count])
        base = _base_paddings(base_paddings, count)
        known = [static.value(t) for t in (input_shape, block_shape, base)]
        if all(v is not None for v in known):
            input_shape, block_shape, base = known
        start, end = base[:, 0], base[:, 1]
        extra = (block_shape - (input_shape + start + end) % block_shape) % block_shape
        end = end + extra
        paddings = stack([[start[i], end[i]] for i in range(count)], name="paddings")
        return paddings, stack([[0, extra[i]] for i in range(count)], name="crops")


def _base_paddings(given, count):
    if given is None:
        return zeros([count, 2], dtypes.int32)
    given = convert_to_tensor(given, dtype=dtypes.int32, name="base_paddings")
    given.get_shape().assert_is_compatible_with([count, 2])
    return given
