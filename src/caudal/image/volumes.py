"""Patches of volumes, laid out along the channels."""

import numpy as np

from ..graph.define import define
from ..ground.api import export
from ..ground.shapes import with_rank
from ..ops.conv_rules import out_dims
from ..ops.shape import shape
from .patch_slopes import lead_back
from .patches import side

__all__ = ["extract_volume_patches"]


def _infer(x, *, ksizes, strides, padding):
    dims = with_rank(x.dims, 5)
    channels = None if dims[4] is None else dims[4] * int(np.prod(ksizes[1:4]))
    return [out_dims(dims, ksizes[1:4], strides[1:4], (1, 1, 1), padding, channels, b"NDHWC")]


def _lower(B, x, *, ksizes, strides, padding):
    counts, pads, index = [], [(0, 0)], []
    for k in (1, 2, 3):
        count, before, after = side(x.shape[k], ksizes[k], strides[k], 1, padding)
        counts.append(count)
        pads.append((before, after))
        index.append(np.arange(count)[:, None] * strides[k] + np.arange(ksizes[k]))
    x = B.pad(x, (*pads, (0, 0)))
    deep, down, across = index
    made = x[
        :,
        deep[:, None, None, :, None, None],
        down[None, :, None, None, :, None],
        across[None, None, :, None, None, :],
    ]
    return made.reshape(x.shape[0], *counts, int(np.prod(ksizes[1:4])) * x.shape[4])


def _outer(op):
    return op.outputs[0].dims[1:4]


def _slope(op, dy):
    x = op.inputs[0]
    sizes = shape(x)
    return lead_back(op, dy, _node, sizes[0], sizes[4], x.dims[1:4], _outer)


_node = define("ExtractVolumePatches", infer=_infer, lower=_lower, grad=_slope)


@export("extract_volume_patches")
def extract_volume_patches(input, ksizes, strides, padding, name=None):
    """Patches of volumes, each one's cells in a row along the last dimension.

    Args:
      input: `[batch, planes, rows, columns, channels]`.
      ksizes: `[1, planes, rows, columns, 1]` of a patch.
      strides: `[1, deep, down, across, 1]`, how far patches lie apart.
      padding: "VALID" or "SAME".
      name: the node's name.

    Returns:
      `[batch, planes, rows, columns, cells * channels]`.
    """
    return _node(input, ksizes=ksizes, strides=strides, padding=padding, name=name)
