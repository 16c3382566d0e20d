"""The slope of patches: a sparse matrix that leads each patch's pixel back to the picture's."""

import functools
import operator

from ..graph.composite import SparseTensor
from ..ground import dtypes
from ..ops.fill import ones, range_
from ..ops.join import concat
from ..ops.shape import expand_dims, reshape, transpose
from ..ops.sparse_parts import sparse_slice
from ..ops.sparse_products import sparse_tensor_dense_matmul

__all__ = ["lead_back"]

_SETTINGS = ("ksizes", "strides", "rates", "padding")


def _product(sizes):
    return functools.reduce(operator.mul, sizes)


def lead_back(op, dy, node, batch, channels, inside, outside):
    """The slope of an op that takes patches out of pictures or volumes.

    Args:
      op: the operation.
      dy: the slope of its patches.
      node: what adds another such node.
      batch: how many pictures; channels: of how many channels, as numbers or tensors.
      inside: the input's sizes between these two, as numbers or tensors.
      outside: a function of `op` that gives the output's.

    Returns:
      A list of the one slope.
    """
    settings = {k: op.attrs[k] for k in _SETTINGS if k in op.attrs}
    inputs = 1 + _product(inside)  # place 0 is the filling
    into = reshape(range_(1, inputs, dtype=dtypes.int64), (1, *inside, 1))
    into = node(into, **settings)
    cells = tuple(op.attrs["ksizes"][1:-1])
    outside = outside(op)
    outputs = _product((*outside, *cells))
    out = reshape(range_(outputs, dtype=dtypes.int64), (1, *outside, _product(cells)))
    pairs = reshape(concat([expand_dims(into, axis=-1), expand_dims(out, axis=-1)], axis=-1), (-1, 2))
    full = SparseTensor(pairs, ones([outputs], dtype=dy.dtype), (inputs, outputs))
    real = sparse_slice(full, (1, 0), (inputs - 1, outputs))
    return [_applied(real, dy, batch, channels, inside, outside, cells)]


def _applied(matrix, dy, batch, channels, inside, outside, cells):
    """The patches' slopes, laid out flat, times the matrix, laid out as the input."""
    n = len(inside)
    wide = reshape(dy, (batch, *outside, *cells, channels))
    flat = transpose(wide, (*range(1, 2 * n + 1), 0, 2 * n + 1))
    flat = reshape(flat, (-1, batch * channels))
    made = sparse_tensor_dense_matmul(matrix, flat)
    made = reshape(made, (*inside, batch, channels))
    return transpose(made, (n, *range(n), n + 1))
