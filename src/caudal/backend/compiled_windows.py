"""Convolution and pooling on XLA: the same functions as windows.py."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from . import native, precision, products, windows, winograd

__all__ = [
    "avg_pool",
    "avg_pool_grad",
    "conv",
    "conv_bias",
    "conv_filter_grad",
    "conv_input_grad",
    "max_pool",
    "max_pool_grad",
    "max_pool_pick",
    "max_pool_relu_grad",
    "relu_bias_grad",
]

_LETTERS = "DHW"


def _names(rank):
    space = _LETTERS[-rank:]
    return (f"N{space}C", f"{space}IO", f"N{space}C")


def _covered(shape, filters, pads, dilations):
    """Where windows are as wide as the image, what the image and the filters are with the rows' elements as channels: then
    (shape of the image, of the filters, whether windows are as high too), else None.

    Sentences as pictures have such filters, `[words, units]`, and so have dense layers written as convolutions.
    """
    if len(dilations) != 2 or set(dilations) != {1} or filters[2] != shape[3] or 0 in shape or max(shape[1:3]) == 1:
        return None
    (batch, height, width, channels), out = shape, filters[3]
    high, wide = (n == k and tuple(pad) == (0, 0) for n, k, pad in zip((height, width), filters[:2], pads, strict=True))
    if wide and high:
        return (batch, height * width * channels), (height * width * channels, out), True
    if wide and width > 1:
        return (batch, height, 1, width * channels), (filters[0], 1, width * channels, out), False
    return None


def _down(strides, pads):
    """The strides, padding and dilations of windows that are one wide."""
    return (strides[0], 1), (pads[0], (0, 0)), (1, 1)


def conv(x, w, strides, pads, dilations):
    """The convolution of `x` with filters `w` `[*window, in, out]`."""
    if found := _covered(x.shape, w.shape, pads, dilations):
        image, filters, whole = found
        x, w = x.reshape(image), w.reshape(filters)
        return products.product(x, w)[:, None, None] if whole else conv(x, w, *_down(strides, pads))
    if _native_conv(x, w.shape, x.shape, pads, dilations):
        return _native_forward(x, w, jnp.zeros(0, x.dtype), strides, pads, False)
    return _forward(x, w, strides, pads, dilations)


def _native_conv(x, filters, shape, pads, dilations):
    """Whether the native kernels take a convolution of an image of shape `shape`."""
    return (
        len(dilations) == 2
        and set(dilations) == {1}
        and filters[2] == shape[3]
        and x.dtype == np.float32
        and min(*filters, *shape[1:]) > 0
        and min(min(pad) for pad in pads) >= 0
        and native.ready()
        and not precision.is_low(x)
    )


def _native_forward(x, w, bias, strides, pads, relu):
    shape = (*windows.result_shape(x.shape, w.shape[:2], strides, pads)[:3], w.shape[3])
    out = jax.ShapeDtypeStruct(shape, x.dtype)
    kernel = _kernel("", x.shape[0], shape[1:3], w.shape[:2], *w.shape[2:], strides)
    return native.call(kernel, out, x, w, bias, strides=strides, pads=_before(pads), relu=relu)


def _kernel(direction, *what):
    """The name of the native kernel that is best for what `winograd.chosen` takes."""
    return ("winograd" if winograd.chosen(*what) else "conv") + direction


def _before(pads):
    return [before for before, _ in pads]


def conv_bias(x, w, bias, strides, pads, dilations, relu):
    """`conv` with a bias added, and what is below 0 cut off if `relu` is true."""
    if found := _covered(x.shape, w.shape, pads, dilations):
        image, filters, whole = found
        x, w = x.reshape(image), w.reshape(filters)
        return products.dense(x, w, bias, relu)[:, None, None] if whole else conv_bias(x, w, bias, *_down(strides, pads), relu)
    if _native_conv(x, w.shape, x.shape, pads, dilations):
        return _native_forward(x, w, bias, strides, pads, relu)
    out = _forward(x, w, strides, pads, dilations) + bias
    return lax.max(out, jnp.zeros_like(out)) if relu else out


def _xla_conv(x, w, strides, pads, dilations, rounded=False):
    """XLA's convolution; `rounded` if the factors are bfloat16 and the sums float32."""
    return lax.conv_general_dilated(
        x,
        w,
        strides,
        pads,
        rhs_dilation=dilations,
        dimension_numbers=_names(len(strides)),
        feature_group_count=x.shape[-1] // w.shape[-2],
        preferred_element_type=np.float32 if rounded else None,
    )


def _forward(x, w, *where):
    if precision.is_low(x, w):
        return _xla_conv(precision.rounded(x), precision.rounded(w), *where, rounded=True)
    return _xla_conv(x, w, *where)


def _slope(function, shape, kind, dy):
    """The slope of a linear function by its argument."""
    if precision.is_low(dy):
        return precision.slope(function, shape, dy)
    return jax.linear_transpose(function, jax.ShapeDtypeStruct(shape, kind))(dy)[0]


def conv_input_grad(shape, w, dy, strides, pads, dilations):
    """The slope of `conv` by its input of shape `shape`."""
    if found := _covered(shape, w.shape, pads, dilations):
        image, filters, whole = found
        w = w.reshape(filters)
        if whole:
            return products.product(dy[:, 0, 0], w, turn_y=True).reshape(shape)
        return conv_input_grad(image, w, dy, *_down(strides, pads)).reshape(shape)
    if _native_conv(dy, w.shape, shape, pads, dilations):
        out = jax.ShapeDtypeStruct(tuple(shape), dy.dtype)
        kernel = _kernel("_input_grad", shape[0], shape[1:3], w.shape[:2], w.shape[3], w.shape[2], strides)
        return native.call(kernel, out, w, dy, strides=strides, pads=_before(pads))
    return _slope(lambda x: _xla_conv(x, w, strides, pads, dilations), tuple(shape), dy.dtype, dy)


def conv_filter_grad(x, shape, dy, strides, pads, dilations):
    """The slope of `conv` by its filters of shape `shape`."""
    if found := _covered(x.shape, shape, pads, dilations):
        image, filters, whole = found
        x = x.reshape(image)
        if whole:
            return products.product(x, dy[:, 0, 0], turn_x=True).reshape(shape)
        return conv_filter_grad(x, filters, dy, *_down(strides, pads)).reshape(shape)
    if _native_conv(x, shape, x.shape, pads, dilations):
        out = jax.ShapeDtypeStruct(tuple(shape), dy.dtype)
        kernel = _kernel("_filter_grad", x.shape[0], dy.shape[1:3], shape[:2], *shape[2:], strides)
        return native.call(kernel, out, x, dy, strides=strides, pads=_before(pads))
    return _slope(lambda w: _xla_conv(x, w, strides, pads, dilations), tuple(shape), dy.dtype, dy)


def _tiles(space, window, strides, pads):
    """Whether windows lie side by side and cover the input whole: then they are a reshape."""
    return (
        tuple(window) == tuple(strides)
        and all(a == b == 0 for a, b in pads)
        and all(n % w == 0 for n, w in zip(space, window, strict=True))
    )


def _fits(x, window):
    """Whether the native kernels take such images."""
    return len(window) == 2 and x.dtype == np.float32 and native.ready()


def _pieces(x, window):
    """The elements of each of the windows that tile `x`, one array for each place in the window."""
    for place in itertools.product(*map(range, window)):
        yield x[(slice(None), *[slice(p, None, w) for p, w in zip(place, window, strict=True)])]


def max_pool(x, window, strides, pads):
    """The greatest element of each window."""
    if _fits(x, window):
        out = jax.ShapeDtypeStruct(windows.result_shape(x.shape, window, strides, pads), x.dtype)
        return native.call("max_pool", out, x, window=window, strides=strides, pads=_before(pads))
    if _tiles(x.shape[1:-1], window, strides, pads):
        out = None
        for piece in _pieces(x, window):
            out = piece if out is None else jnp.maximum(out, piece)
        return out
    start = np.asarray(windows.lowest(x.dtype), x.dtype)
    return lax.reduce_window(x, start, lax.max, (1, *window, 1), (1, *strides, 1), [(0, 0), *pads, (0, 0)])


def _spread(piece, place, strides, shape):
    """`piece` at every stride-th element of zeros, from `place` on, cut or filled to `shape`."""
    config = [(0, 0, 0)]
    for p, s, n, size in zip(place, strides, piece.shape[1:-1], shape[1:-1], strict=True):
        config.append((p, size - p - (s * (n - 1) + 1), s - 1))
    return lax.pad(piece, np.zeros((), piece.dtype), [*config, (0, 0, 0)])


def _scatter(x_shape, window, strides, pads, piece):
    """The sum over places in the window of `piece(place)`, each spread over the input."""
    grown = (x_shape[0], *[n + a + b for n, (a, b) in zip(x_shape[1:-1], pads, strict=True)], x_shape[-1])
    total = None
    for place in itertools.product(*map(range, window)):
        one = _spread(piece(place), place, strides, grown)
        total = one if total is None else total + one
    back = [(0, 0, 0), *[(-a, -b, 0) for a, b in pads], (0, 0, 0)]
    return lax.pad(total, np.zeros((), total.dtype), back)


def max_pool_grad(x, y, dy, window, strides, pads):
    """The slope of `max_pool`: each goes to the first element of its window that is the greatest."""
    if _fits(x, window):
        out = jax.ShapeDtypeStruct(x.shape, x.dtype)
        return native.call("max_pool_grad", out, x, y, dy, window=window, strides=strides, pads=_before(pads))
    low = np.asarray(windows.lowest(x.dtype), x.dtype)
    grown = lax.pad(x, low, [(0, 0, 0), *[(a, b, 0) for a, b in pads], (0, 0, 0)])
    taken = [jnp.zeros(y.shape, bool)]

    def piece(place):
        spans = zip(place, strides, y.shape[1:-1], strict=True)
        here = grown[(slice(None), *[slice(p, p + s * (n - 1) + 1, s) for p, s, n in spans])] == y
        first = here & ~taken[0]
        taken[0] = taken[0] | here
        return jnp.where(first, dy, np.zeros((), dy.dtype))

    return _scatter(x.shape, window, strides, pads, piece)


def max_pool_relu_grad(x, y, dy, window, strides, pads):
    """The slope of `max_pool` after a ReLU that gave `x`, by what the ReLU took, and its sum over all but channels."""
    if not _fits(x, window):
        return relu_bias_grad(max_pool_grad(x, y, dy, window, strides, pads), x)
    out = [jax.ShapeDtypeStruct(x.shape, x.dtype), jax.ShapeDtypeStruct(x.shape[-1:], x.dtype)]
    return native.call("max_pool_relu_grad", out, x, y, dy, window=window, strides=strides, pads=_before(pads))


def relu_bias_grad(dy, y):
    """The slope of a ReLU that gave `y`, and its sum over all but channels."""
    if dy.dtype == np.float32 and native.ready():
        out = [jax.ShapeDtypeStruct(dy.shape, dy.dtype), jax.ShapeDtypeStruct(dy.shape[-1:], dy.dtype)]
        return native.call("relu_bias_grad", out, dy, y)
    dx = dy * (y > 0)
    return dx, dx.sum(tuple(range(dx.ndim - 1)))


def max_pool_pick(x, y, other, window, strides, pads):
    """What `other` holds where the greatest element of each window of `x` stands first."""
    config = [(0, 0, 0), *[(a, b, 0) for a, b in pads], (0, 0, 0)]
    grown = lax.pad(x, np.asarray(windows.lowest(x.dtype), x.dtype), config)
    other = lax.pad(other, np.zeros((), other.dtype), config)
    out, taken = jnp.zeros(y.shape, other.dtype), jnp.zeros(y.shape, bool)
    for place in itertools.product(*map(range, window)):
        spans = zip(place, strides, y.shape[1:-1], strict=True)
        where = (slice(None), *[slice(p, p + s * (n - 1) + 1, s) for p, s, n in spans])
        here = (grown[where] == y) & ~taken
        out, taken = jnp.where(here, other[where], out), taken | here
    return out


def avg_pool(x, window, strides, pads):
    """The mean of the elements of the input that each window covers."""
    if _fits(x, window):
        out = jax.ShapeDtypeStruct(windows.result_shape(x.shape, window, strides, pads), x.dtype)
        return native.call("avg_pool", out, x, window=window, strides=strides, pads=_before(pads))
    zero = np.zeros((), x.dtype)
    total = lax.reduce_window(x, zero, lax.add, (1, *window, 1), (1, *strides, 1), [(0, 0), *pads, (0, 0)])
    return total / windows.counts(x.shape[1:-1], window, strides, pads).astype(x.dtype)


def avg_pool_grad(shape, dy, window, strides, pads):
    """The slope of `avg_pool` by its input of shape `shape`."""
    if _fits(dy, window):
        out = jax.ShapeDtypeStruct(tuple(shape), dy.dtype)
        return native.call("avg_pool_grad", out, dy, window=window, strides=strides, pads=_before(pads))
    share = dy / windows.counts(shape[1:-1], window, strides, pads).astype(dy.dtype)
    return _scatter(tuple(shape), window, strides, pads, lambda place: share)
