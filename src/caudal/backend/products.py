"""Products of matrices: by the native kernel (src/native/product.cc) where it is faster than XLA, and else by XLA."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from . import native, precision

__all__ = ["Packed", "dense", "matmul", "packed", "product"]

# Measured with AVX2 on two threads, over 40 shapes: above these the native kernel takes 0.2 to 1.1 of XLA's time, below them up to 4 times
# as long.
_LEAST, _WORK = 4, 1 << 15  # rows, columns and terms of a sum; multiplications


def matmul(x, y):
    """The products of the matrices in two batches."""
    if x.ndim == y.ndim == 2:
        return product(x, y)
    return _by_xla(x, y)


def _by_xla(x, y):
    if precision.is_low(x, y):
        return jnp.matmul(precision.rounded(x), precision.rounded(y), preferred_element_type=np.float32)
    return jnp.matmul(x, y)


def product(x, y, turn_x=False, turn_y=False):
    """The product of two matrices, of which one that is to be turned lies with its rows as columns; the second may be `Packed`."""
    if isinstance(y, Packed):
        return y.times(x, turn_x)
    if _is_native(x, y, turn_x, turn_y):
        return _native(turn_x, turn_y)(x, y)
    return _by_xla(x.T if turn_x else x, y.T if turn_y else y)


def dense(x, y, bias, relu, turn_x=False, turn_y=False):
    """The product of two matrices and a bias, without what is below 0 if `relu`."""
    if not _is_native(x, y, turn_x, turn_y):
        made = product(x, y, turn_x, turn_y) + bias
        return jnp.maximum(made, np.zeros((), made.dtype)) if relu else made
    out = jax.ShapeDtypeStruct((x.shape[turn_x], y.shape[not turn_y]), x.dtype)
    turned = {"turned_a": np.bool_(turn_x), "turned_b": np.bool_(turn_y)}
    return native.call("dense", out, x, y, bias, relu=np.bool_(relu), **turned)


def _is_native(x, y, turn_x, turn_y):
    rows, depth, columns = *(x.shape[::-1] if turn_x else x.shape), y.shape[not turn_y]
    worth = min(rows, depth, columns) >= _LEAST and rows * depth * columns >= _WORK
    return worth and x.dtype == y.dtype == np.float32 and native.ready() and not precision.is_low(x, y)


@functools.cache
def _native(turn_x, turn_y):
    """The kernel as a function of two matrices; of batches of them, stacked, it is one product where the second is the same for all."""

    @jax.custom_batching.custom_vmap
    def call(x, y):
        out = jax.ShapeDtypeStruct((x.shape[turn_x], y.shape[not turn_y]), x.dtype)
        return native.call("product", out, x, y, turned_a=np.bool_(turn_x), turned_b=np.bool_(turn_y))

    @call.def_vmap
    def of_batches(size, batched, x, y):
        if not batched[1] and not turn_x:
            made = product(x.reshape(-1, x.shape[-1]), y, turn_y=turn_y)
            return made.reshape(size, -1, made.shape[-1]), True
        return _by_xla(jnp.swapaxes(x, -1, -2) if turn_x else x, jnp.swapaxes(y, -1, -2) if turn_y else y), True

    return call


class Packed:
    """A second factor as the kernel reads it, for products that take it again and again.

    Attributes:
      shape, ndim, dtype: of the matrix that was packed.
    """

    def __init__(self, y, turned):
        self.shape, self.ndim, self.dtype = y.shape, 2, y.dtype
        wide = 2 * native.width()
        self._columns = y.shape[not turned]
        panels = jax.ShapeDtypeStruct((-(-self._columns // wide), y.shape[turned], wide), y.dtype)
        self._panels = native.call("pack_factor", panels, y, turned_b=np.bool_(turned))

    def times(self, x, turn_x):
        """The product of `x` and the matrix."""
        out = jax.ShapeDtypeStruct((x.shape[turn_x], self._columns), x.dtype)
        return native.call("product_packed", out, x, self._panels, turned_a=np.bool_(turn_x))


def packed(x, y, turn_x, turn_y):
    """The matrix `y` for products with matrices like `x`, which has a shape and a dtype: `Packed` if that is faster."""
    return Packed(y, turn_y) if _is_native(x, y, turn_x, turn_y) else y
