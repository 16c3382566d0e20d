"""TF's random numbers, to the bit: Philox-4x32-10 and the distributions made from it, for NumPy and XLA alike.

A stream is a uint64 vector (key, second half of the counter, blocks of 128 bits used so far). `xp` is numpy or
jax.numpy. Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011); the conversions are TF 1.15's.
"""

import secrets

import numpy as np

__all__ = ["begin", "bits", "normal", "shuffle_order", "truncated_normal", "uniform", "uniform_int"]

_RESERVED = 256  # blocks that a kernel reserves for each number that it gives
_M, _W = (0xD2511F53, 0xCD9E8D57), (0x9E3779B9, 0xBB67AE85)
_TWO_PI = 2 * np.pi


def begin(seed, seed2):
    """A new stream; without seeds (both 0) one that nobody has had."""
    if seed == 0 and seed2 == 0:
        return np.array([secrets.randbits(64), secrets.randbits(64), 0], np.uint64)
    return np.array([seed & (2**64 - 1), seed2 & (2**64 - 1), 0], np.uint64)


def advanced(xp, stream, blocks):
    """The stream after so many more blocks."""
    return stream + xp.asarray(np.array([0, 0, blocks], np.uint64))


def bits(xp, stream, blocks, first=None):
    """The uint32 words of blocks of the stream, `[n, 4]`: of `blocks` many from `first` on, or of an array of numbers."""
    where = xp.arange(blocks, dtype=np.uint64) if np.ndim(blocks) == 0 else blocks
    where = where + (stream[2] if first is None else stream[2] + first)
    low = lambda v: (v & np.uint64(0xFFFFFFFF)).astype(np.uint32)  # noqa: E731
    high = lambda v: (v >> np.uint64(32)).astype(np.uint32)  # noqa: E731
    c0, c1 = low(where), high(where)
    c2, c3 = (xp.broadcast_to(half(stream[1]), c0.shape) for half in (low, high))
    k0, k1 = low(stream[0]), high(stream[0])
    with np.errstate(over="ignore"):
        for _ in range(10):
            p0 = c0.astype(np.uint64) * np.uint64(_M[0])
            p1 = c2.astype(np.uint64) * np.uint64(_M[1])
            c0, c1, c2, c3 = high(p1) ^ c1 ^ k0, low(p1), high(p0) ^ c3 ^ k1, low(p0)
            k0, k1 = k0 + np.uint32(_W[0]), k1 + np.uint32(_W[1])
    return xp.stack([c0, c1, c2, c3], axis=-1)


def _view(xp, x, kind):
    if xp is np:
        return np.ascontiguousarray(x).view(kind)
    return xp.asarray(x).view(kind)


def _float(xp, words):
    """uint32 words as float32 in [0, 1): 23 bits each."""
    return _view(xp, (words & np.uint32(0x7FFFFF)) | np.uint32(127 << 23), np.float32) - np.float32(1)


def _double(xp, words):
    """Pairs of uint32 words as float64 in [0, 1): 52 bits each."""
    mantissa = ((words[..., 0] & np.uint32(0xFFFFF)).astype(np.uint64) << np.uint64(32)) | words[..., 1].astype(np.uint64)
    return _view(xp, mantissa | np.uint64(1023 << 52), np.float64) - 1.0


def _size(shape):
    return int(np.prod(shape, dtype=np.int64))


def _take(xp, values, shape):
    return values.reshape(-1)[: _size(shape)].reshape(shape)


def uniform(xp, stream, shape, kind):
    """Floats in [0, 1) of a dtype and shape, and the stream after them."""
    n = _size(shape)
    kind = np.dtype(kind)
    if kind == np.float64:
        words = bits(xp, stream, -(-n // 2))
        out = _double(xp, words.reshape(-1, 2))
    else:
        words = bits(xp, stream, -(-n // 4))
        if kind == np.float32:
            out = _float(xp, words)
        elif kind == np.float16:
            half = (words & np.uint32(0x3FF)).astype(np.uint16) | np.uint16(15 << 10)
            out = _view(xp, half, np.float16) - np.float16(1)
        else:  # bfloat16
            half = (words & np.uint32(0x7F)).astype(np.uint16) | np.uint16(127 << 7)
            out = _view(xp, half, kind) - np.asarray(1, kind)
    return _take(xp, out, shape), advanced(xp, stream, n * _RESERVED)


def uniform_int(xp, stream, shape, low, high):
    """Integers in [low, high) of their dtype, and the stream after them."""
    n = _size(shape)
    kind = np.dtype(low.dtype)
    if kind.itemsize == 8:
        words = bits(xp, stream, -(-n // 2)).reshape(-1, 2).astype(np.uint64)
        drawn = words[:, 0] | (words[:, 1] << np.uint64(32))
    else:
        drawn = bits(xp, stream, -(-n // 4)).reshape(-1)
    wide = drawn.dtype
    with np.errstate(over="ignore"):
        span = (high - low).astype(wide)
        out = (low.astype(wide) + drawn % span).astype(kind)
    return _take(xp, out, shape), advanced(xp, stream, n * _RESERVED)


def _box_muller(xp, words):
    """Two normal numbers of each pair of words: float32 arithmetic on functions rounded from float64."""
    u = xp.maximum(_float(xp, words[..., 0]), np.float32(1e-7))
    angle = (_TWO_PI * _float(xp, words[..., 1]).astype(np.float64)).astype(np.float32)  # TF's 2 pi is a double
    wide = np.float64 if xp is np else np.float32
    log = xp.log(u.astype(wide)).astype(np.float32)
    radius = xp.sqrt(np.float32(-2) * log)
    sine, cosine = (f(angle.astype(wide)).astype(np.float32) for f in (xp.sin, xp.cos))
    return xp.stack([sine * radius, cosine * radius], axis=-1)


def _box_muller_double(xp, words):
    u = xp.maximum(_double(xp, words[..., :2]), 1e-7)
    angle = 2 * np.pi * _double(xp, words[..., 2:])
    radius = xp.sqrt(-2.0 * xp.log(u))
    return xp.stack([xp.sin(angle) * radius, xp.cos(angle) * radius], axis=-1)


def normal(xp, stream, shape, kind):
    """Normal numbers of a dtype and shape, and the stream after them."""
    n = _size(shape)
    if np.dtype(kind) == np.float64:
        out = _box_muller_double(xp, bits(xp, stream, -(-n // 2)))
    else:
        out = _box_muller(xp, bits(xp, stream, -(-n // 4)).reshape(-1, 2, 2)).astype(kind)
    return _take(xp, out, shape), advanced(xp, stream, n * _RESERVED)


def truncated_normal(stream, shape, kind):
    """Normal numbers within two deviations, and the stream after them; NumPy only.

    TF draws for each group of results from a region of the stream of its own, again until all are within.
    """
    n = _size(shape)
    double = np.dtype(kind) == np.float64
    group = 2 if double else 4
    skip = group * _RESERVED // 4
    groups = -(-n // group)
    out = np.zeros((groups, group), np.float64 if double else np.float32)
    filled = np.zeros(groups, np.int64)
    block = np.arange(groups, dtype=np.uint64) * np.uint64(skip)
    left = np.arange(groups)
    while left.size:
        words = bits(np, stream, block[left])
        drawn = _box_muller_double(np, words) if double else _box_muller(np, words.reshape(-1, 2, 2)).reshape(-1, 4)
        for k in range(drawn.shape[1]):
            ok = (np.abs(drawn[:, k]) < 2) & (filled[left] < group)
            out[left[ok], filled[left[ok]]] = drawn[ok, k]
            filled[left[ok]] += 1
        block[left] += np.uint64(1)
        left = left[filled[left] < group]
    return _take(np, out, shape).astype(kind), advanced(np, stream, n * _RESERVED)


def shuffle_order(stream, n):
    """A permutation of n by Fisher and Yates, and the stream after it; NumPy only."""
    words = bits(np, stream, -(-n // 4)).reshape(-1)
    order = np.arange(n)
    for k in range(n - 1):
        other = k + int(words[k]) % (n - k)
        order[k], order[other] = order[other], order[k]
    return order, advanced(np, stream, -(-n // 4))


def multinomial(stream, logits, samples, kind):
    """For each row of logits so many classes, and the stream after them; NumPy only."""
    rows, _ = logits.shape
    words = bits(np, stream, -(-rows * samples * 2 // 4)).reshape(-1, 2)[: rows * samples]
    drawn = _double(np, words).reshape(rows, samples)
    top = np.max(np.where(np.isfinite(logits), logits, np.finfo(logits.dtype).min), axis=1, keepdims=True)
    weight = np.where(np.isfinite(logits), np.exp(logits.astype(np.float64) - top.astype(np.float64)), 0.0)
    total = np.cumsum(weight, axis=1)
    out = [np.searchsorted(row, d * row[-1], side="right") for row, d in zip(total, drawn, strict=True)]
    blocks = rows * (-(-samples // 4) * 4) * 2 * _RESERVED
    return np.array(out).reshape(rows, samples).astype(kind), advanced(np, stream, blocks)
