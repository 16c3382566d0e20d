"""Batch normalisation of arrays with channels last, and its slopes, by formulas of NumPy or jax.numpy. Source: Ioffe and Szegedy (2015)."""

import math

import numpy as np

__all__ = ["batch_norm", "batch_norm_grad"]


def batch_norm(xp, x, scale, offset, epsilon):
    """(normalised `x`, its mean, its variance) over all but the channels."""
    axes = tuple(range(x.ndim - 1))
    mean = xp.mean(x, axis=axes)
    variance = xp.mean((x - mean) ** 2, axis=axes)
    inverse = 1 / xp.sqrt(variance + np.asarray(epsilon, x.dtype))
    return (x - mean) * (inverse * scale) + offset, mean, variance


def batch_norm_grad(xp, dy, x, scale, mean, variance, epsilon, training):
    """The slopes by `x`, `scale` and `offset`; `training`: whether mean and variance are those of `x`."""
    axes = tuple(range(x.ndim - 1))
    inverse = 1 / xp.sqrt(variance + np.asarray(epsilon, x.dtype))
    centred = x - mean
    d_scale, d_offset = xp.sum(dy * centred * inverse, axis=axes), xp.sum(dy, axis=axes)
    inner = dy
    if training:  # in this order: what is left of the difference hangs on the last bits
        each = np.asarray(1 / math.prod(x.shape[:-1]), x.dtype)
        slope = inverse * inverse * (xp.sum(dy * centred, axis=axes) * each)
        inner = dy - d_offset * each - centred * slope
    return inner * (scale * inverse), d_scale, d_offset
