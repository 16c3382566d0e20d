"""Batch normalisation on XLA: by the native kernels (src/native/norm.cc), which pass over an image once where XLA does so for each sum."""

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from . import native, norms

__all__ = ["batch_norm", "batch_norm_grad"]


def _is_native(x, *others):
    return all(a.dtype == np.float32 for a in (x, *others)) and 0 not in x.shape and native.ready()


def batch_norm(x, scale, offset, epsilon, relu=False):
    """(normalised `x`, its mean, its variance) over all but the channels; what is below 0 is cut off if `relu` is true."""
    if not _is_native(x, scale, offset):
        y, *moments = norms.batch_norm(jnp, x, scale, offset, epsilon)
        return (lax.max(y, jnp.zeros_like(y)) if relu else y), *moments
    results = [jax.ShapeDtypeStruct(shape, x.dtype) for shape in (x.shape, scale.shape, scale.shape)]
    return native.call("batch_norm", results, x, scale, offset, epsilon=np.float32(epsilon), relu=np.bool_(relu))


def batch_norm_grad(dy, x, scale, mean, variance, epsilon, training=True, y=None):
    """The slopes by `x`, `scale` and `offset`.

    Args:
      dy: the slope by the result; x, scale, mean, variance, epsilon: as they were.
      training: whether mean and variance are those of `x`.
      y: what `batch_norm` gave with `relu`: where it is 0, `dy` doesn't count; None for a result without.
    """
    if not training or not _is_native(x, dy, scale, mean, variance):
        dy = dy if y is None else jnp.where(y > 0, dy, jnp.zeros_like(dy))
        return norms.batch_norm_grad(jnp, dy, x, scale, mean, variance, epsilon, training)
    results = [jax.ShapeDtypeStruct(shape, x.dtype) for shape in (x.shape, scale.shape, scale.shape)]
    arrays = dy, x, jnp.zeros(0, x.dtype) if y is None else y, scale, mean, variance
    return native.call("batch_norm_grad", results, *arrays, epsilon=np.float32(epsilon), relu=np.bool_(y is not None))
