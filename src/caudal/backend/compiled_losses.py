"""Sums of squares, sums over rows and cross-entropy on XLA: by the native kernels (src/native/losses.cc) where there are any. XLA makes two
to five kernels of each, which take longer to compile than the rest of a small net, and writes the squares of a weight before it sums them."""

import jax
import jax.numpy as jnp
import numpy as np

from . import losses, native

__all__ = ["channel_sums", "cross_entropy", "half_squares"]


def _is_native(*arrays):
    return native.ready() and all(x.dtype == np.float32 and 0 not in x.shape for x in arrays)


def half_squares(arrays):
    """Half the sum of squares of each of some arrays."""
    if not _is_native(*arrays):
        return losses.half_squares(jnp, arrays)
    return native.call("half_squares", [jax.ShapeDtypeStruct((), np.float32)] * len(arrays), *arrays)


def cross_entropy(logits, labels):
    """(the cross-entropy of each row, its slope by the logits); arguments as `losses.cross_entropy` has them."""
    sparse = labels.dtype in (np.int32, np.int64)
    if not _is_native(logits) or not (sparse or (labels.dtype == np.float32 and labels.shape == logits.shape)):
        return losses.cross_entropy(jnp, logits, labels)
    results = [jax.ShapeDtypeStruct(shape, np.float32) for shape in (logits.shape[:1], logits.shape)]
    return tuple(native.call("cross_entropy", results, logits, labels))


@jax.custom_batching.custom_vmap
def _sums(x):
    return native.call("channel_sums", jax.ShapeDtypeStruct(x.shape[-1:], x.dtype), x)


@_sums.def_vmap
def _sums_of_batches(size, batched, x):
    return jnp.sum(x, axis=tuple(range(1, x.ndim - 1))), True


def channel_sums(x):
    """The sums over all but the last axis."""
    return _sums(x) if x.ndim > 1 and _is_native(x) else losses.channel_sums(jnp, x)
