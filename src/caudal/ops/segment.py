"""Sums, means and extremes of the rows that have one segment number."""

import numpy as np

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError
from ..ground.shapes import merge_dim
from .elementwise import PLAIN, sqrt
from .fill import ones
from .shape import reshape, shape_internal

__all__ = ["segment_sum", "unsorted_segment_prod", "unsorted_segment_sum"]


def _infer_unsorted(data, ids, number):
    for a, b in zip(data.dims or (), ids.dims or (), strict=False):
        merge_dim(a, b)
    n = static.value(number)
    if n is not None and n < 0:
        raise InferError(f"Dimension size, given by scalar input 2, must be non-negative but is {int(n)}")
    if ids.dims is None or data.dims is None:
        return [None]
    return [(None if n is None else int(n), *data.dims[len(ids.dims) :])]


def _start(way, kind):
    if way == "max_at":
        return np.finfo(kind).min if np.issubdtype(kind, np.inexact) else np.iinfo(kind).min
    if way == "min_at":
        return np.finfo(kind).max if np.issubdtype(kind, np.inexact) else np.iinfo(kind).max
    return 1 if way == "multiply_at" else 0


def _unsorted(way):
    def lower(B, data, ids, number, *, op):
        n = int(number)
        if not B.compiled and ids.size and (ids >= n).any():
            at = np.argwhere(ids >= n)[0]
            where = f"[{','.join(map(str, at))}]"
            raise InvalidArgumentError(None, op, f"segment_ids{where} = {ids[tuple(at)]} is out of range [0, {n})")
        rows = data.reshape((-1,) + data.shape[ids.ndim :])
        flat = ids.reshape(-1)
        out = B.full((n + 1, *rows.shape[1:]), _start(way, data.dtype), data.dtype)
        return getattr(B, way)(out, B.where(flat < 0, n, flat), rows)[:n]

    return lower


_UNSORTED = {}
for _kind, _way in (("Sum", "add_at"), ("Prod", "multiply_at"), ("Max", "max_at"), ("Min", "min_at")):
    _UNSORTED[_kind] = define("UnsortedSegment" + _kind, infer=_infer_unsorted, lower=_unsorted(_way), static=(2,))


def _public(kind):
    node = _UNSORTED[kind]

    def call(data, segment_ids, num_segments, name=None):
        return node(data, segment_ids, num_segments, name=name)

    call.__name__ = call.__qualname__ = f"unsorted_segment_{kind.lower()}"
    call.__doc__ = f"""{kind} of the rows of `data` that have one number in `segment_ids`.

    Args:
      data: `[n, ...]`.
      segment_ids: int `[n]`; negative ones are left out.
      num_segments: int scalar.
      name: the node's name.

    Returns:
      `[num_segments, ...]`.
    """
    return export(f"unsorted_segment_{kind.lower()}", f"math.unsorted_segment_{kind.lower()}")(call)


unsorted_segment_sum, unsorted_segment_prod, unsorted_segment_max, unsorted_segment_min = map(_public, _UNSORTED)


def _counts(data, ids, number):
    """How many rows each segment has, at least 1, in a shape that goes with the sums."""
    n = unsorted_segment_sum(ones(shape_internal(ids), dtype=data._dtype), ids, number)
    return PLAIN["Maximum"](reshape(n, [number] + [1] * (data.rank - ids.rank)), 1)


@export("unsorted_segment_mean", "math.unsorted_segment_mean")
def unsorted_segment_mean(data, segment_ids, num_segments, name=None):
    """The mean of the rows of `data` with one number; 0 without rows. The arguments are those of `unsorted_segment_sum`."""
    with name_scope(name, "UnsortedSegmentMean"):
        data, ids = convert_to_tensor(data), convert_to_tensor(segment_ids)
        n = _counts(data, ids, num_segments)
        return unsorted_segment_sum(data, ids, num_segments) / n


@export("unsorted_segment_sqrt_n", "math.unsorted_segment_sqrt_n")
def unsorted_segment_sqrt_n(data, segment_ids, num_segments, name=None):
    """The sum of the rows with one number over the root of their number; arguments as for `unsorted_segment_sum`."""
    with name_scope(name, "UnsortedSegmentSqrtN"):
        data, ids = convert_to_tensor(data), convert_to_tensor(segment_ids)
        n = _counts(data, ids, num_segments)
        return unsorted_segment_sum(data, ids, num_segments) / sqrt(n)


def _infer_sorted(data, ids):
    return [None if data.dims is None else (None, *data.dims[1:])]


def _sorted(way):
    def lower(B, data, ids, *, op):
        if not data.ndim or ids.shape != data.shape[:1]:
            raise InvalidArgumentError(None, op, "segment_ids should be the same size as dimension 0 of input.")
        if ids.size and (np.diff(ids) < 0).any():
            raise InvalidArgumentError(None, op, "segment ids are not increasing")
        n = int(ids[-1]) + 1 if ids.size else 0
        if way == "mean":
            total = B.add_at(B.zeros((n, *data.shape[1:]), data.dtype), ids, data)
            count = np.maximum(np.bincount(ids, minlength=n), 1).reshape((-1,) + (1,) * (data.ndim - 1))
            return (total / count).astype(data.dtype)
        out = B.full((n, *data.shape[1:]), _start(way, data.dtype), data.dtype)
        made = getattr(B, way)(out, ids, data)
        missing = np.bincount(ids, minlength=n) == 0
        if way in ("max_at", "min_at"):
            made[missing] = 0
        return made

    return lower


def _public_sorted(kind, way):
    node = define("Segment" + kind, infer=_infer_sorted, lower=_sorted(way), dynamic=True)

    def call(data, segment_ids, name=None):
        return node(data, segment_ids, name=name)

    call.__name__ = call.__qualname__ = f"segment_{kind.lower()}"
    call.__doc__ = f"{kind} of the rows of `data` that have one number in `segment_ids`, int `[n]`, sorted."
    return export(f"segment_{kind.lower()}", f"math.segment_{kind.lower()}")(call)


segment_sum, segment_mean, segment_prod, segment_max, segment_min = (
    _public_sorted(kind, way)
    for kind, way in (("Sum", "add_at"), ("Mean", "mean"), ("Prod", "multiply_at"), ("Max", "max_at"), ("Min", "min_at"))
)
