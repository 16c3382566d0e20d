"""Candidate samplers: a few classes of many, drawn one after another, and how often each was to be expected. NumPy only.

Source: TF 1.15's kernels; Walker's alias method (1977) for given frequencies.
"""

import itertools
import math

import numpy as np

from . import native_draws
from .philox import advanced, bits, double

__all__ = ["Counted", "FixedUnigram", "LogUniform", "Uniform", "sample"]

_WORDS = 2048  # that a kernel reserves for each class that it draws


class _Words:
    """The stream's 32-bit words, one after another."""

    def __init__(self, stream):
        self.stream, self.k, self.block = stream, 0, []

    def next32(self):
        if self.k % 256 == 0:
            self.block = self._blocks(self.k // 4).reshape(-1).tolist()
        self.k += 1
        return self.block[(self.k - 1) % 256]

    def _blocks(self, first):
        return bits(np, self.stream, np.arange(first, first + 64, dtype=np.uint64))

    def next64(self):
        low = self.next32()
        return low | self.next32() << 32

    def doubles(self):
        """Numbers in [0, 1) of 52 bits, from the stream's beginning on."""
        for first in itertools.count(0, 64):
            yield from double(np, self._blocks(first).reshape(-1, 2)).tolist()

    def float(self):
        """A number in [0, 1) of 23 bits."""
        return (self.next32() & 0x7FFFFF) / 2**23

    def below(self, n, bits=32):
        """An integer in [0, n), all equally likely."""
        draw = self.next32 if bits == 32 else self.next64
        if n & (n - 1) == 0:
            return draw() & (n - 1)
        least = (2**bits - 1) % n + 1  # what would favour small numbers is refused
        word = draw()
        while word < least:
            word = draw()
        return word % n


class Uniform:
    """All classes of a range are equally likely."""

    def __init__(self, most):
        self.most = most

    def draws(self, words):
        while True:
            yield words.below(self.most, 64)

    def probability(self, k):
        return np.full(np.shape(k), 1 / self.most, np.float32)


class LogUniform:
    """Class k has the probability log((k + 2) / (k + 1)) / log(most + 1): Zipf's law, about."""

    def __init__(self, most):
        self.most, self.log = most, math.log1p(most)

    def draws(self, words):
        return ((int(math.exp(x * self.log)) - 1) % self.most for x in words.doubles())

    def probability(self, k):
        return (np.log((k + 2.0) / (k + 1.0)) / self.log).astype(np.float32)


class FixedUnigram:
    """Classes are as likely as their frequencies, to the power of `distortion`, say."""

    def __init__(self, frequencies, distortion, reserved, shard, shards):
        weights = [0.0] * reserved + [float(np.float32(w) ** np.float32(distortion)) for w in frequencies]
        self.weights = np.array(weights, np.float32)
        self.most = len(weights)
        self.total = float(np.sum(self.weights, dtype=np.float64))
        self.shard, self.shards = shard, shards
        self.chance, self.other = _aliases(self.weights[shard::shards])

    def draws(self, words):
        while True:
            chance = words.float()
            k = words.below(len(self.chance))
            yield (k if chance < self.chance[k] else self.other[k]) * self.shards + self.shard

    def probability(self, k):
        return (self.weights[k] / self.total).astype(np.float32)


class Counted:
    """Classes are as likely as their counts."""

    def __init__(self, counts):
        self.most, self.counts, self.ends = len(counts), counts, np.cumsum(counts)

    def draws(self, words):
        while True:
            yield int(np.searchsorted(self.ends, words.below(int(self.ends[-1])), side="right"))

    def probability(self, k):
        return (self.counts[k] / self.ends[-1]).astype(np.float32)


def _aliases(weights):
    """For each of n equal parts: the chance that it means its own class, and the class that it means otherwise."""
    n = len(weights)
    chance = [float(w) * n / float(np.sum(weights, dtype=np.float64)) for w in weights]
    other = list(range(n))
    low = [k for k in range(n) if chance[k] < 1]
    high = [k for k in range(n) if chance[k] >= 1]
    while high and low:
        a, b = low.pop(), high.pop()
        other[a] = b
        chance[b] -= 1 - chance[a]
        (low if chance[b] < 1 else high).append(b)
    for k in low + high:
        chance[k] = 1.0
    return np.float32(chance), other


def sample(sampler, stream, true, number, unique):
    """(classes, how often each true class was to be expected, each drawn one, the stream after it)."""
    made = native_draws.log_uniform(stream, sampler.most, number, unique, true) if type(sampler) is LogUniform else None
    drawn, expected = made or _one_by_one(sampler, stream, true, number, unique)
    after = advanced(np, stream, number * _WORDS // 4)
    return drawn, expected[: true.size].reshape(true.shape), expected[true.size :], after


def _one_by_one(sampler, stream, true, number, unique):
    draws = sampler.draws(_Words(stream))
    if unique:
        drawn, tries = {}, 0
        while len(drawn) < number:
            tries += 1
            drawn[next(draws)] = None
    else:
        drawn, tries = list(itertools.islice(draws, number)), number
    drawn = np.array(list(drawn), np.int64)
    return drawn, _expected(sampler.probability(np.concatenate([true.reshape(-1), drawn])), number, tries)


def _expected(chance, number, tries):
    if tries == number:
        return chance * np.float32(number)
    return (-np.expm1(tries * np.log1p(-chance))).astype(np.float32)
