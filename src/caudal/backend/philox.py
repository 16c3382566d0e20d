"""TF's random numbers, to the bit: Philox-4x32-10 and the distributions made from it, for NumPy and XLA alike.

A stream is a uint64 vector (key, second half of the counter, blocks of 128 bits used so far). `xp` is numpy or
jax.numpy. Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011); the conversions are TF 1.15's.
"""

import concurrent.futures
import os

import numpy as np

from ..ground.processors import threads
from . import libm, native_draws

__all__ = ["begin", "bits", "by_pieces", "normal", "uniform", "uniform_int"]

RESERVED = 256  # blocks that a kernel reserves for each number that it gives
_M, _W = (0xD2511F53, 0xCD9E8D57), (0x9E3779B9, 0xBB67AE85)
_TWO_PI = 2 * np.pi
_PIECE = 1 << 14  # blocks
_WORD = 2**64 - 1


def begin(seed, seed2):
    """A new stream; without seeds (both 0) one that nobody has had."""
    if seed == 0 and seed2 == 0:
        return np.append(np.frombuffer(os.urandom(16), np.uint64), np.uint64(0))
    return np.array([seed & _WORD, seed2 & _WORD, 0], np.uint64)


def advanced(xp, stream, blocks):
    """The stream after so many more blocks."""
    return stream + xp.asarray(np.array([0, 0, blocks], np.uint64))


def bits(xp, stream, blocks):
    """The uint32 words of blocks of the stream, `[n, 4]`: of the next n, or of those that an array of n numbers names."""
    where = xp.arange(blocks, dtype=np.uint64) if np.ndim(blocks) == 0 else blocks
    if xp is np and (made := native_draws.words(stream, where)) is not None:
        return made
    where = where + stream[2]
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


def double(xp, words):
    """Pairs of uint32 words as float64 in [0, 1): 52 bits each."""
    mantissa = ((words[..., 0] & np.uint32(0xFFFFF)).astype(np.uint64) << np.uint64(32)) | words[..., 1].astype(np.uint64)
    return _view(xp, mantissa | np.uint64(1023 << 52), np.float64) - 1.0


def size(shape):
    """How many numbers an array of that shape holds."""
    return int(np.prod(shape, dtype=np.int64))


def take(xp, values, shape):
    """The first of `values`, as many as the shape holds, in that shape."""
    return values.reshape(-1)[: size(shape)].reshape(shape)


def uniform(xp, stream, shape, kind):
    """Floats in [0, 1) of a dtype and shape, and the stream after them."""
    n = size(shape)
    kind = np.dtype(kind)
    if kind == np.float64:
        words = bits(xp, stream, -(-n // 2))
        out = double(xp, words.reshape(-1, 2))
    elif xp is np and kind == np.float32:
        out = np.empty((-(-n // 4), 4), np.float32)
        by_pieces(lambda first, last: _fill_uniform(stream, first, out[first:last]), len(out))
    elif kind == np.float32 and n and (made := native_draws.in_step("uniform", stream, -(-n // 4))) is not None:
        out = made
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
    return take(xp, out, shape), advanced(xp, stream, n * RESERVED)


def _fill_uniform(stream, first, out):
    if not native_draws.fill("uniform", stream, first, out):
        out[:] = _float(np, bits(np, stream, np.arange(first, first + len(out), dtype=np.uint64)))


def uniform_int(xp, stream, shape, low, high):
    """Integers in [low, high) of their dtype, and the stream after them."""
    n = size(shape)
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
    return take(xp, out, shape), advanced(xp, stream, n * RESERVED)


def box_muller(xp, words):
    """Two normal float32 numbers of each pair of words."""
    u = xp.maximum(_float(xp, words[..., 0]), np.float32(1e-7))
    angle = (_TWO_PI * _float(xp, words[..., 1]).astype(np.float64)).astype(np.float32)  # TF's 2 pi is a double
    radius = xp.sqrt(np.float32(-2) * libm.log(xp, u))
    sine, cosine = libm.sine_and_cosine(xp, angle)
    return xp.stack([sine * radius, cosine * radius], axis=-1)


def box_muller_double(xp, words):
    """Two normal float64 numbers of each four words."""
    u = xp.maximum(double(xp, words[..., :2]), 1e-7)
    angle = 2 * np.pi * double(xp, words[..., 2:])
    radius = xp.sqrt(-2.0 * xp.log(u))
    return xp.stack([xp.sin(angle) * radius, xp.cos(angle) * radius], axis=-1)


def by_pieces(fill, n):
    """Calls `fill(first, last)` for pieces of the numbers below n, which a cache holds, by several threads where there are many.

    Each call writes what no other does: the result is the same in whatever order.
    """
    if n <= _PIECE:
        return fill(0, n)
    edges = [*range(0, n, _PIECE), n]
    with concurrent.futures.ThreadPoolExecutor(threads()) as pool:
        list(pool.map(fill, edges[:-1], edges[1:]))


def normal(xp, stream, shape, kind):
    """Normal numbers of a dtype and shape, and the stream after them."""
    n = size(shape)
    wide = np.dtype(kind) == np.float64
    draw = box_muller_double if wide else _normal_floats
    blocks = -(-n // (2 if wide else 4))
    if xp is not np:
        made = None if wide or not n else native_draws.in_step("normal", stream, blocks)
        out = draw(xp, bits(xp, stream, blocks)) if made is None else made
    else:
        out = np.empty((blocks, 2 if wide else 4), np.float64 if wide else np.float32)

        def fill(first, last):
            if wide or not native_draws.fill("normal", stream, first, out[first:last]):
                out[first:last] = draw(np, bits(np, stream, np.arange(first, last, dtype=np.uint64)))

        by_pieces(fill, blocks)
    return take(xp, out.astype(kind, copy=False), shape), advanced(xp, stream, n * RESERVED)


def _normal_floats(xp, words):
    """Four normal float32 numbers of each block."""
    return box_muller(xp, words.reshape(-1, 2, 2)).reshape(-1, 4)


def scrambled(seed):
    """The stream of a stateless op, from its seed of two integers: they are mixed first, so that similar ones differ."""
    fixed = np.array([0x3EC8F720 | (0x02461E29 << 32), int(seed[1]) & _WORD, int(seed[0]) & _WORD], np.uint64)
    mixed = bits(np, fixed, 1)[0].astype(np.uint64)
    return np.array([mixed[0] | (mixed[1] << np.uint64(32)), mixed[2] | (mixed[3] << np.uint64(32)), 0], np.uint64)
