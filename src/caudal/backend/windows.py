"""Convolution and pooling on NumPy, for any number of spatial dimensions: one pass for each place in the window.

Arrays are `[batch, *space, channels]`; `pads` has (before, after) for each spatial dimension.
"""

import itertools

import numpy as np

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


def outputs(size, window, stride, pad, dilation=1):
    """How many places a window has along one dimension."""
    return max((size + pad[0] + pad[1] - (window - 1) * dilation - 1) // stride + 1, 0)


def padded(x, pads, value=0):
    """`x` with its spatial dimensions padded; a negative padding cuts."""
    x = np.pad(x, [(0, 0), *[(max(a, 0), max(b, 0)) for a, b in pads], (0, 0)], constant_values=value)
    cut = [slice(-a if a < 0 else 0, b if b < 0 else None) for a, b in pads]
    return x[(slice(None), *cut)]


def _places(window, strides, dilations, outs):
    """For each place in the window: its index, and the slice of the padded input that it meets."""
    for place in itertools.product(*map(range, window)):
        spans = zip(place, strides, dilations, outs, strict=True)
        yield place, (slice(None), *[slice(p * d, p * d + s * (n - 1) + 1, s) for p, s, d, n in spans])


def _sizes(x, window, strides, pads, dilations):
    return [outputs(*one) for one in zip(x.shape[1:-1], window, strides, pads, dilations, strict=True)]


def result_shape(shape, window, strides, pads):
    """The shape of what pooling an input of shape `shape` gives."""
    return (shape[0], *map(outputs, shape[1:-1], window, strides, pads), shape[-1])


def conv(x, w, strides, pads, dilations):
    """The convolution of `x` with filters `w` `[*window, in, out]`."""
    window = w.shape[:-2]
    outs = _sizes(x, window, strides, pads, dilations)
    out = np.zeros((x.shape[0], *outs, w.shape[-1]), np.result_type(x, w))
    if out.size:
        x = padded(x, pads)
        for place, where in _places(window, strides, dilations, outs):
            out += x[where] @ w[place]
    return out


def conv_bias(x, w, bias, strides, pads, dilations, relu):
    """`conv` with a bias added, and what is below 0 cut off if `relu` is true."""
    out = conv(x, w, strides, pads, dilations) + bias
    return np.maximum(out, np.zeros((), out.dtype)) if relu else out


def conv_input_grad(shape, w, dy, strides, pads, dilations):
    """The slope of `conv` by its input of shape `shape`."""
    grown = [s + a + b for s, (a, b) in zip(shape[1:-1], pads, strict=True)]
    dx = np.zeros((shape[0], *grown, shape[-1]), dy.dtype)
    if dy.size:
        for place, where in _places(w.shape[:-2], strides, dilations, dy.shape[1:-1]):
            dx[where] += dy @ w[place].T
    return padded(dx, [(-a, -b) for a, b in pads])


def conv_filter_grad(x, shape, dy, strides, pads, dilations):
    """The slope of `conv` by its filters of shape `shape`."""
    dw = np.zeros(shape, dy.dtype)
    if dy.size:
        x = padded(x, pads)
        axes = list(range(dy.ndim - 1))
        for place, where in _places(shape[:-2], strides, dilations, dy.shape[1:-1]):
            dw[place] = np.tensordot(x[where], dy, (axes, axes))
    return dw


def lowest(kind):
    """The value that a maximum is begun with."""
    return -np.inf if np.issubdtype(kind, np.inexact) or kind.kind == "V" else np.iinfo(kind).min


def max_pool(x, window, strides, pads):
    """The greatest element of each window."""
    ones = (1,) * len(window)
    outs = _sizes(x, window, strides, pads, ones)
    out = np.full((x.shape[0], *outs, x.shape[-1]), lowest(x.dtype), x.dtype)
    if out.size:
        x = padded(x, pads, lowest(x.dtype))
        for _, where in _places(window, strides, ones, outs):
            out = np.maximum(out, x[where])
    return out


def max_pool_grad(x, y, dy, window, strides, pads):
    """The slope of `max_pool`: each goes to the first element of its window that is the greatest."""
    grown = padded(x, pads, lowest(x.dtype))
    dx = np.zeros(grown.shape, dy.dtype)
    taken = np.zeros(y.shape, bool)
    if y.size:
        for _, where in _places(window, strides, (1,) * len(window), y.shape[1:-1]):
            here = (grown[where] == y) & ~taken
            dx[where] += np.where(here, dy, 0)
            taken |= here
    return padded(dx, [(-a, -b) for a, b in pads])


def max_pool_relu_grad(x, y, dy, window, strides, pads):
    """The slope of `max_pool` after a ReLU that gave `x`, by what the ReLU took, and its sum over all but channels."""
    return relu_bias_grad(max_pool_grad(x, y, dy, window, strides, pads), x)


def relu_bias_grad(dy, y):
    """The slope of a ReLU that gave `y`, and its sum over all but channels."""
    dx = dy * (y > 0)
    return dx, dx.sum(tuple(range(dx.ndim - 1)), dtype=dx.dtype)


def max_pool_pick(x, y, other, window, strides, pads):
    """What `other` holds where the greatest element of each window of `x` stands first."""
    grown, other = padded(x, pads, lowest(x.dtype)), padded(other, pads)
    out, taken = np.zeros(y.shape, other.dtype), np.zeros(y.shape, bool)
    for _, where in _places(window, strides, (1,) * len(window), y.shape[1:-1]):
        here = (grown[where] == y) & ~taken
        out = np.where(here, other[where], out)
        taken |= here
    return out


def counts(space, window, strides, pads):
    """How many elements of the input each window covers, `[1, *outs, 1]`; padding does not count."""
    out = np.ones((), np.int64)
    for k, (size, w, s, (a, b)) in enumerate(zip(space, window, strides, pads, strict=True)):
        starts = np.arange(outputs(size, w, s, (a, b))) * s - a
        along = np.minimum(starts + w, size) - np.maximum(starts, 0)
        out = out[..., None] * along.reshape((1,) * k + (-1,)) if k else along
    return out[None, ..., None]


def avg_pool(x, window, strides, pads):
    """The mean of the elements of the input that each window covers."""
    ones = (1,) * len(window)
    outs = _sizes(x, window, strides, pads, ones)
    out = np.zeros((x.shape[0], *outs, x.shape[-1]), x.dtype)
    if out.size:
        grown = padded(x, pads)
        for _, where in _places(window, strides, ones, outs):
            out += grown[where]
    return out / counts(x.shape[1:-1], window, strides, pads).astype(x.dtype)


def avg_pool_grad(shape, dy, window, strides, pads):
    """The slope of `avg_pool` by its input of shape `shape`."""
    grown = [s + a + b for s, (a, b) in zip(shape[1:-1], pads, strict=True)]
    dx = np.zeros((shape[0], *grown, shape[-1]), dy.dtype)
    share = dy / counts(shape[1:-1], window, strides, pads).astype(dy.dtype)
    if dy.size:
        for _, where in _places(window, strides, (1,) * len(window), dy.shape[1:-1]):
            dx[where] += share
    return padded(dx, [(-a, -b) for a, b in pads])
