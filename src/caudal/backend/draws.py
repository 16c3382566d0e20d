"""Draws that try again, and shuffles, which only NumPy does; and classes. Each gives its numbers and the stream after them.

Source: TF 1.15's kernels, and for gamma Marsaglia and Tsang, "A simple method for generating gamma variables" (2000),
for Poisson Hörmann, "The transformed rejection method for generating Poisson random variables" (1993).
"""

import numpy as np

from ..ground.late import Late
from . import native_draws
from .philox import RESERVED, advanced, bits, box_muller, box_muller_double, by_pieces, double, size, take

_special = Late("scipy.special")

__all__ = ["gamma", "multinomial", "poisson", "shuffle_order", "truncated_normal"]


def truncated_normal(stream, shape, kind):
    """Normal numbers within two deviations.

    TF draws for each group of results from a region of the stream of its own, again until all are within.
    """
    n = size(shape)
    wide = np.dtype(kind) == np.float64
    group = 2 if wide else 4
    groups = -(-n // group)
    out = np.zeros((groups, group), np.float64 if wide else np.float32)
    by_pieces(lambda first, last: _fill_truncated(stream, out[first:last], first, wide), groups)
    return take(np, out, shape).astype(kind, copy=False), advanced(np, stream, n * RESERVED)


def _fill_truncated(stream, out, first, wide):
    """Fills groups of results, of which the first is number `first`."""
    if not wide and native_draws.fill("truncated", stream, first, out):
        return
    groups, group = out.shape
    filled = np.zeros(groups, np.int64)
    block = np.arange(first, first + groups, dtype=np.uint64) * np.uint64(group * RESERVED // 4)
    left = np.arange(groups)
    while left.size:
        words = bits(np, stream, block[left])
        drawn = box_muller_double(np, words) if wide else box_muller(np, words.reshape(-1, 2, 2)).reshape(-1, 4)
        for k in range(drawn.shape[1]):
            ok = (np.abs(drawn[:, k]) < 2) & (filled[left] < group)
            out[left[ok], filled[left[ok]]] = drawn[ok, k]
            filled[left[ok]] += 1
        block[left] += np.uint64(1)
        left = left[filled[left] < group]


def shuffle_order(stream, n):
    """A permutation of n, by Fisher and Yates."""
    words = bits(np, stream, -(-n // 4)).reshape(-1)
    order = np.arange(n)
    for k in range(n - 1):
        other = k + int(words[k]) % (n - k)
        order[k], order[other] = order[other], order[k]
    return order, advanced(np, stream, -(-(n - 1) // 4))


def multinomial(xp, stream, logits, samples, kind):
    """For each row of logits so many classes; by NumPy or by XLA, whose sums of weights may differ in the 16th place."""
    rows, _ = logits.shape
    words = bits(xp, stream, -(-rows * samples * 2 // 4)).reshape(-1, 2)[: rows * samples]
    drawn = double(xp, words).reshape(rows, samples)
    finite = xp.isfinite(logits)
    top = xp.max(xp.where(finite, logits, np.finfo(logits.dtype).min), axis=1, keepdims=True)
    weight = xp.where(finite, xp.exp(logits.astype(np.float64) - top.astype(np.float64)), 0.0)
    total = xp.cumsum(weight, axis=1)
    found = drawn * total[:, -1:]
    if xp is np:
        out = np.array([np.searchsorted(row, d, side="right") for row, d in zip(total, found, strict=True)]).reshape(
            rows, samples
        )
    else:
        out = xp.sum(total[:, None, :] <= found[:, :, None], axis=2)
    blocks = rows * (-(-samples // 4) * 4) * 2 * RESERVED
    return out.astype(kind), advanced(xp, stream, blocks)


class _Lanes:
    """A region of the stream for each of n results, from which it takes float64 numbers as it needs them.

    A block gives two numbers of one kind; they are used last first.
    """

    def __init__(self, stream, n):
        self.stream = stream
        self.block = np.arange(n, dtype=np.uint64) * np.uint64(RESERVED)
        self.held = {kind: np.zeros((n, 2)) for kind in ("uniform", "normal")}
        self.left = {kind: np.zeros(n, np.int64) for kind in ("uniform", "normal")}

    def draw(self, kind, lanes):
        """The next number of a kind for each of the results `lanes`."""
        held, left = self.held[kind], self.left[kind]
        empty = lanes[left[lanes] == 0]
        if empty.size:
            words = bits(np, self.stream, self.block[empty])
            held[empty] = box_muller_double(np, words) if kind == "normal" else double(np, words.reshape(-1, 2, 2))
            self.block[empty] += np.uint64(1)
            left[empty] = 2
        left[lanes] -= 1
        return held[lanes, left[lanes]]


def _arranged(out, shape, parameter):
    """Results lie parameter by parameter in the stream, and sample by sample in the tensor."""
    return out.reshape(parameter.size, size(shape)).T.reshape((*shape, *parameter.shape))


def gamma(stream, shape, alpha):
    """Numbers of gamma distributions with shapes `alpha` and scale 1: `shape + alpha.shape`."""
    each = np.repeat(alpha.reshape(-1).astype(np.float64), size(shape))
    lanes, out = _Lanes(stream, each.size), np.zeros(each.size)
    ones = np.flatnonzero(each == 1)
    out[ones] = -np.log1p(-lanes.draw("uniform", ones))
    d = each + np.where(each < 1, 2 / 3, -1 / 3)
    left = np.flatnonzero(each != 1)
    while left.size:
        left = _try_gamma(lanes, left, each, d, out)
    return _arranged(out, shape, alpha).astype(alpha.dtype), advanced(np, stream, out.size * RESERVED)


def _try_gamma(lanes, left, alpha, d, out):
    """One attempt for each of the results `left`; those that were refused."""
    x = lanes.draw("normal", left)
    v = 1 + (1 / 3 / np.sqrt(d[left])) * x
    good = np.flatnonzero(v > 0)
    x, v = x[good], v[good] ** 3
    here = left[good]
    u = lanes.draw("uniform", here)
    with np.errstate(divide="ignore"):
        taken = (u < 1 - 0.0331 * (x * x) * (x * x)) | (np.log(u) < 0.5 * x * x + d[here] * (1 - v + np.log(v)))
    done = here[taken]
    out[done] = d[done] * v[taken]
    small = done[alpha[done] < 1]
    out[small] *= lanes.draw("uniform", small) ** (1 / alpha[small])
    return np.setdiff1d(left, done)


def poisson(stream, shape, rate, kind):
    """Numbers of Poisson distributions with means `rate`: `shape + rate.shape`, of dtype `kind`."""
    each = np.repeat(rate.reshape(-1).astype(np.float64), size(shape))
    lanes, out = _Lanes(stream, each.size), np.zeros(each.size)
    _count_arrivals(lanes, np.flatnonzero(each < 10), np.exp(-each), out)
    left = np.flatnonzero(each >= 10)
    while left.size:
        left = _try_poisson(lanes, left, each, out)
    return _arranged(out, shape, rate).astype(kind), advanced(np, stream, out.size * RESERVED)


def _count_arrivals(lanes, left, bound, out):
    """Knuth's way: how many uniform numbers keep their product above exp(-rate)."""
    product = np.ones(bound.size)
    while left.size:
        product[left] *= lanes.draw("uniform", left)
        left = left[product[left] > bound[left]]
        out[left] += 1


def _try_poisson(lanes, left, rates, out):
    """One attempt by transformed rejection for each of the results `left`; those that were refused."""
    rate = rates[left]
    b = 0.931 + 2.53 * np.sqrt(rate)
    a = -0.059 + 0.02483 * b
    u = lanes.draw("uniform", left) - 0.5
    v = lanes.draw("uniform", left)
    edge = 0.5 - np.abs(u)
    with np.errstate(divide="ignore", invalid="ignore"):
        k = np.floor((2 * a / edge + b) * u + rate + 0.43)
        bound = -rate + k * np.log(rate) - _special.gammaln(k + 1)
        exact = np.log(v * (1.1239 + 1.1328 / (b - 3.4)) / (a / (edge * edge) + b)) <= bound
    squeezed = (edge >= 0.07) & (v <= 0.9277 - 3.6224 / (b - 2))
    refused = (k < 0) | ((edge < 0.013) & (v > edge))
    taken = squeezed | (~refused & exact)
    out[left[taken]] = k[taken]
    return left[~taken]
