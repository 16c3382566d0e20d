"""Sums, means and extremes of the rows that have one segment number."""

import numpy as np

from ..graph import static
from ..graph.define import define
from ..ground.api import export
from ..ground.errors import InferError, InvalidArgumentError

__all__ = ["unsorted_segment_sum"]


def _infer_unsorted(data, ids, number):
    n = static.value(number)
    if n is not None and n < 0:
        raise InferError(f"Dimension size, given by scalar input 2, must be non-negative but is {int(n)}")
    if ids.dims is None or data.dims is None:
        return [None]
    for a, b in zip(ids.dims, data.dims, strict=False):
        if a is not None and b is not None and a != b:
            raise InferError(f"Dimension 0 in both shapes must be equal, but are {b} and {a}. Shapes are {list(data.dims)} and {list(ids.dims)}.".replace(" ,", ","))
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


def _infer_sorted(data, ids):
    return [None if data.dims is None else (None, *data.dims[1:])]


def _sorted(way):
    def lower(B, data, ids, *, op):
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


for _kind, _way in (("Sum", "add_at"), ("Mean", "mean"), ("Prod", "multiply_at"), ("Max", "max_at"), ("Min", "min_at")):
    _public_sorted(_kind, _way)
