"""Which of a list of ranges each number lies in."""

import numpy as np

from ..graph.define import define
from ..ground.errors import require

__all__ = ["bucketize"]


def _lower(B, x, *, boundaries, op):
    require(list(boundaries) == sorted(boundaries), op, "Expected sorted boundaries")
    kind = np.float64 if x.dtype == np.float64 else np.float32  # the boundaries are float32 all the same
    bounds = np.asarray(boundaries, np.float32).astype(kind)
    if not B.compiled:
        return np.searchsorted(bounds, x.astype(kind), side="right").astype(np.int32)
    above = x.astype(kind)[..., None] < bounds  # none for NaN, which lies beyond them
    return (len(bounds) - above.sum(-1)).astype(np.int32)


_node = define("Bucketize", infer=lambda x: [x.dims], lower=_lower)


def bucketize(input, boundaries, name=None):
    """How many of `boundaries`, sorted numbers, are not above each element of `input`.

    Args:
      input: int32, int64, float32 or float64.
      boundaries: a list of floats, sorted.
      name: the node's name.

    Returns:
      int32, shaped as `input`, from 0 to `len(boundaries)`.
    """
    return _node(input, boundaries=boundaries, name=name)
