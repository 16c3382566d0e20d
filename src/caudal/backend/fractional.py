"""Regions of unequal size for fractional pooling, drawn as TF draws them.

Source: Graham (2015), Fractional max-pooling.
"""

import math

import numpy as np

from .philox import advanced, bits, double

__all__ = ["borders", "regions"]


def _pseudo_random(stream, size, parts):
    """Sizes of regions whose borders lie at ceil(alpha (i + u)): sec. 3."""
    alpha, k = size / parts, size // parts
    most = min((k + 2) / alpha - 1, (size + 1 - k) / alpha - (parts - 1))
    u = float(double(np, bits(np, stream, 1)[:, :2])[0]) * most
    inner = [int(math.ceil(alpha * (i + u))) for i in range(1, parts)]
    return np.diff([1, *inner, size + 1]), advanced(np, stream, 1)


def _random(stream, size, parts):
    """Sizes of regions in random order."""
    sizes = np.full(parts, size // parts)
    sizes[: size % parts] += 1
    blocks = -(-parts // 4)
    words = bits(np, stream, blocks).reshape(-1)
    for k in range(parts - 1):
        other = k + int(words[k]) % (parts - k)
        sizes[k], sizes[other] = sizes[other], sizes[k]
    return sizes, advanced(np, stream, blocks)


def borders(stream, size, parts, pseudo_random):
    """Where each of `parts` regions begins, and the end of the last, int64 `[parts + 1]`; and the stream after."""
    sizes, stream = (_pseudo_random if pseudo_random else _random)(stream, size, parts)
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), stream


def regions(ends, size, overlapping):
    """The slice of each region; if they overlap each holds the first element of the next."""
    last = ends[1:] + (1 if overlapping else 0)
    return [slice(int(a), min(int(b), size)) for a, b in zip(ends[:-1], last, strict=True)]
