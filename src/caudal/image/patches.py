"""Patches of pictures, laid out along the channels."""

import numpy as np

from ..graph import static
from ..graph.composite import SparseTensor
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import with_rank
from ..ops.conv_rules import out_dims
from ..ops.fill import ones, range_
from ..ops.join import concat
from ..ops.shape import expand_dims, reshape, shape, transpose

__all__ = ["extract_image_patches"]


def _infer(x, *, ksizes, strides, rates, padding):
    dims = with_rank(x.dims, 4)
    channels = None if dims[3] is None else dims[3] * ksizes[1] * ksizes[2]
    return [out_dims(dims, ksizes[1:3], strides[1:3], rates[1:3], padding, channels, b"NHWC")]


def _side(size, window, stride, rate, padding):
    """(how many patches, zeros before, zeros after) along a side."""
    reach = (window - 1) * rate + 1
    if padding == b"VALID":
        return (size - reach) // stride + 1, 0, 0
    count = -(-size // stride)
    more = max((count - 1) * stride + reach - size, 0)
    return count, more // 2, more - more // 2


def _lower(B, x, *, ksizes, strides, rates, padding):
    rows, above, below = _side(x.shape[1], ksizes[1], strides[1], rates[1], padding)
    columns, left, right = _side(x.shape[2], ksizes[2], strides[2], rates[2], padding)
    x = B.pad(x, ((0, 0), (above, below), (left, right), (0, 0)))
    down = np.arange(rows)[:, None] * strides[1] + np.arange(ksizes[1]) * rates[1]
    across = np.arange(columns)[:, None] * strides[2] + np.arange(ksizes[2]) * rates[2]
    made = x[:, down[:, None, :, None], across[None, :, None, :]]
    return made.reshape(x.shape[0], rows, columns, ksizes[1] * ksizes[2] * x.shape[3])


# --- the slope: a sparse matrix that leads each patch's pixel back to the picture's -------------------


def _lower_slice(B, indices, values, dims, start, size):
    inside = np.all((indices >= start) & (indices < start + size), axis=1)
    return indices[inside] - start, values[inside], np.minimum(size, np.maximum(dims - start, 0))


def _lower_product(B, indices, values, dims, dense, *, adjoint_a, adjoint_b):
    rows, columns = (indices[:, 1], indices[:, 0]) if adjoint_a else (indices[:, 0], indices[:, 1])
    values = np.conj(values) if adjoint_a else values
    dense = np.conj(dense).T if adjoint_b else dense
    made = np.zeros((int(dims[1 if adjoint_a else 0]), dense.shape[1]), dense.dtype)
    np.add.at(made, rows, values[:, None] * dense[columns])
    return made


def _infer_product(indices, values, dims, dense, *, adjoint_a, adjoint_b):
    known = static.partial_shape(dims)
    columns = None if dense.dims is None else dense.dims[0 if adjoint_b else 1]
    return [(None if known is None else known[1 if adjoint_a else 0], columns)]


sparse_slice_node = define(
    "SparseSlice",
    infer=lambda i, v, d, *_: [(None, i.dims[1] if i.dims else None), (None,), d.dims],
    lower=_lower_slice,
    dynamic=True,
)
sparse_product_node = define("SparseTensorDenseMatMul", infer=_infer_product, lower=_lower_product, dynamic=True)


def _places(op, rows, columns):
    """(input place, output place) pairs, int64 `[n, 2]`; input place 0 is the filling."""
    settings = {k: op.attrs[k] for k in ("ksizes", "strides", "rates", "padding")}
    into = reshape(range_(1, 1 + rows * columns, dtype=dtypes.int64), (1, rows, columns, 1))
    into = patches_node(into, **settings)
    _, out_rows, out_columns, _ = op.outputs[0].dims
    cells = op.attrs["ksizes"][1] * op.attrs["ksizes"][2]
    out = reshape(range_(out_rows * out_columns * cells, dtype=dtypes.int64), (1, out_rows, out_columns, cells))
    return reshape(concat([expand_dims(into, axis=-1), expand_dims(out, axis=-1)], axis=-1), (-1, 2))


def _slope(op, dy):
    _, rows, columns, _ = op.inputs[0].dims
    sides = shape(op.inputs[0], out_type=dtypes.int64)
    batch, channels = sides[0], sides[3]
    _, out_rows, out_columns, _ = op.outputs[0].dims
    high, wide = op.attrs["ksizes"][1:3]
    inputs, outputs = 1 + rows * columns, out_rows * out_columns * high * wide
    full = SparseTensor(_places(op, rows, columns), ones([outputs], dtype=dy.dtype), (inputs, outputs))
    real = _without_filling(full, inputs, outputs)
    flat = transpose(reshape(dy, (batch, out_rows, out_columns, high, wide, channels)), (1, 2, 3, 4, 0, 5))
    flat = reshape(flat, (-1, batch * channels))
    with name_scope(None, "SparseTensorDenseMatMul", [real.indices, real.values, flat]) as scope:
        made = sparse_product_node(real.indices, real.values, real.dense_shape, flat, name=scope)
    return [transpose(reshape(made, (rows, columns, batch, channels)), (2, 0, 1, 3))]


def _without_filling(full, inputs, outputs):
    with name_scope(None, "SparseSlice", [full]) as scope:
        start = convert_to_tensor((1, 0), dtypes.int64)
        size = convert_to_tensor((inputs - 1, outputs), dtypes.int64)
        return SparseTensor(*sparse_slice_node(full.indices, full.values, full.dense_shape, start, size, name=scope))


patches_node = define("ExtractImagePatches", infer=_infer, lower=_lower, grad=_slope)


@export("image.extract_image_patches", "extract_image_patches")
def extract_image_patches(images, ksizes=None, strides=None, rates=None, padding=None, name=None, sizes=None):
    """Patches of pictures, each one's pixels in a row along the last dimension.

    Args:
      images: `[batch, height, width, channels]`.
      ksizes: `[1, height, width, 1]` of a patch.
      strides: `[1, down, across, 1]`, how far patches lie apart.
      rates: `[1, down, across, 1]`, how far a patch's pixels lie apart.
      padding: "VALID" or "SAME".
      name: the node's name.
      sizes: the newer name of `ksizes`.

    Returns:
      `[batch, rows, columns, height * width * channels]`.
    """
    need(ksizes is None or sizes is None, "Cannot specify both 'ksizes' and 'sizes'")
    return extract_patches(images, sizes if ksizes is None else ksizes, strides, rates, padding, name)


@export("image.extract_patches")
def extract_patches(images, sizes, strides, rates, padding, name=None):
    """`extract_image_patches` under its newer name; the arguments are the same."""
    return patches_node(images, ksizes=sizes, strides=strides, rates=rates, padding=padding, name=name)
