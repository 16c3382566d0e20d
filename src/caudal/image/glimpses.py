"""Glimpses: windows cut out of pictures at places that tensors hold."""

import numpy as np

from ..graph import static
from ..graph.define import define
from ..ground.api import export
from ..ground.errors import InferError
from ..ground.shapes import merge_dim, with_rank

__all__ = ["extract_glimpse"]


def _corner(offset, whole, size, centered, normalized):
    """Where the window begins, along both axes; cut off towards zero."""
    whole, size, at = (np.asarray(x, np.float32) for x in (whole, size, offset))
    at = at * whole if normalized else at
    at = at / np.float32(2) + whole / np.float32(2) if centered else at
    return np.trunc(at - size / np.float32(2)).astype(np.int64)


def _glimpse(picture, corner, size, noise):
    """A window; what of it lies outside of the picture is noise between the picture's least and greatest."""
    begin, end = np.maximum(corner, 0), np.minimum(corner + size, picture.shape[:2])
    shape = (*size, picture.shape[2])
    if all(end - begin == size):
        out = np.empty(shape, np.float32)
    else:
        out = noise.uniform(picture.min(), picture.max(), shape).astype(np.float32)
    if all(end > begin):
        first, last = begin - corner, end - corner
        out[first[0] : last[0], first[1] : last[1]] = picture[begin[0] : end[0], begin[1] : end[1]]
    return out


def _lower(B, pictures, size, offsets, *, centered, normalized):
    noise = np.random.default_rng(0)  # TF's own noise has no seed
    size = tuple(int(n) for n in size)
    made = [
        _glimpse(x, _corner(at, x.shape[:2], size, centered, normalized), size, noise)
        for x, at in zip(pictures, offsets, strict=True)
    ]
    return np.array(made, np.float32).reshape(len(pictures), *size, pictures.shape[3])


def _infer(pictures, size, offsets):
    dims, at = with_rank(pictures.dims, 4), with_rank(offsets.dims, 2)
    if at[1] not in (2, None):
        raise InferError(f"Dimension must be 2 but is {at[1]}")
    known = static.value(size)
    return [(merge_dim(dims[0], at[0]), *((None, None) if known is None else (int(n) for n in known)), dims[3])]


node = define("ExtractGlimpse", infer=_infer, lower=_lower, static=(1,), host=True, grad=None)


@export("image.extract_glimpse")
def extract_glimpse(input, size, offsets, centered=True, normalized=True, uniform_noise=True, name=None):
    """A window of each picture.

    Args:
      input: float32 `[batch, height, width, channels]`.
      size: int32 `[2]`: the windows' height and width.
      offsets: float32 `[batch, 2]`: y and x of each window's middle.
      centered: whether (0, 0) is the picture's middle, and a step half as long, not its first corner.
      normalized: whether the offsets count pictures, not pixels.
      uniform_noise: accepted; what lies outside of a picture is uniform noise.
      name: the node's name.

    Returns:
      float32 `[batch, *size, channels]`.
    """
    return node(input, size, offsets, centered=centered, normalized=normalized, uniform_noise=uniform_noise, name=name)
