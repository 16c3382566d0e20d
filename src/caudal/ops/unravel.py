"""From places in a flat array to places along its dimensions."""

import math

import numpy as np

from ..graph.define import define
from ..ground import shapes
from ..ground.api import export
from ..ground.errors import InvalidArgumentError

__all__ = ["unravel_index"]


def _infer(indices, dims):
    n = shapes.with_rank(dims.dims, 1)[0]
    if indices.dims is None:
        return [None]
    return [(n, *indices.dims)] if len(indices.dims) <= 1 else [None]


def _lower(B, indices, dims, *, op):
    sizes = [int(d) for d in np.asarray(dims)]
    if not B.compiled and np.size(indices) and int(np.max(indices)) >= math.prod(sizes):
        raise InvalidArgumentError(None, op, f"index is out of bound as with dims: {sizes}")
    return B.stack(B.unravel_index(indices, sizes)).astype(indices.dtype)


_node = define("UnravelIndex", infer=_infer, lower=_lower, static=(1,), grad=None)


@export("unravel_index")
def unravel_index(indices, dims, name=None):
    """The place along each dimension of elements that are known by their places in the flat array.

    Args:
      indices: int32 or int64, a scalar or `[n]`, each below the product of `dims`.
      dims: `[rank]` of the same dtype, the shape of the array.
      name: the node's name.

    Returns:
      `[rank]` or `[rank, n]`.
    """
    return _node(indices, dims, name=name)
