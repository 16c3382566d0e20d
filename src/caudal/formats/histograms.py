"""Histograms as TensorBoard reads them: counts in buckets whose limits grow by a tenth."""

import numpy as np

from .proto.summary_pb2 import HistogramProto

__all__ = ["histogram"]


def _limits():
    """The buckets' upper limits: from 1e-12 to 1e20, the same below 0, 0 itself, and the ends."""
    positive, v = [], 1.0e-12
    while v < 1.0e20:
        positive.append(v)
        v *= 1.1
    positive.append(np.finfo(np.float64).max)
    return np.array([-p for p in reversed(positive)] + [0.0] + positive)


_LIMITS = _limits()


def histogram(values):
    """The `HistogramProto` of an array of finite numbers; a run of empty buckets is one."""
    values = np.asarray(values, np.float64).ravel()
    counts = np.bincount(np.searchsorted(_LIMITS, values, side="right"), minlength=len(_LIMITS))
    out = HistogramProto(num=values.size, sum=_total(values), sum_squares=_total(values * values))
    if values.size:
        out.min, out.max = values.min(), values.max()
    else:
        out.min, out.max = _LIMITS[-1], _LIMITS[0]
    empty = counts == 0
    ends = np.flatnonzero(~(empty & np.append(empty[1:], False)))
    out.bucket_limit.extend(_LIMITS[ends].tolist())
    out.bucket.extend(counts[ends].tolist())
    return out


def _total(values):
    """The sum in order, as a loop makes it."""
    return float(np.cumsum(values)[-1]) if values.size else 0.0
