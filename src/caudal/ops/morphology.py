"""Grey-scale dilation and erosion of pictures."""

import itertools

import numpy as np

from ..backend.windows import outputs
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground import shapes
from ..ground.api import export
from .conv_rules import one, pads_for
from .elementwise import negative
from .join import reverse
from .nn_functions import either

__all__ = ["dilation2d", "erosion2d"]


def _infer(x, w, *, strides, rates, padding):
    dims, window = shapes.with_rank(x.dims, 4), shapes.with_rank(w.dims, 3)
    depth = shapes.merge_dim(dims[3], window[2])
    sides = [
        None if None in (d, k) else one(d, k, s, r, padding)
        for d, k, s, r in zip(dims[1:3], window[:2], strides[1:3], rates[1:3], strict=True)
    ]
    return [(dims[0], *sides, depth)]


class _Places:
    """How a filter meets an input: for each place in the filter, the part of the padded input that it is added to."""

    def __init__(self, B, x, w, strides, rates, padding):
        self.B, self.window = B, w.shape[:2]
        self.steps, self.rates = strides[1:3], rates[1:3]
        self.pads = pads_for(x.shape[1:3], self.window, self.steps, self.rates, padding)
        self.outs = [outputs(*given) for given in zip(x.shape[1:3], self.window, self.steps, self.pads, self.rates, strict=True)]
        around = [(0, 0), *self.pads, (0, 0)]
        self.x, self.w = B.pad(x, around), w
        self.inside = np.pad(np.ones((1, *x.shape[1:3], 1), bool), around)

    def slices(self, place):
        spans = zip(place, self.steps, self.rates, self.outs, strict=True)
        return (slice(None), *[slice(p * r, p * r + s * (n - 1) + 1, s) for p, s, r, n in spans])

    def best(self):
        """(the greatest sums, and the place of the first of them)."""
        least = -np.inf if self.x.dtype.kind == "f" else np.iinfo(self.x.dtype).min
        value = which = None
        for k, place in enumerate(itertools.product(*map(range, self.window))):
            where = self.slices(place)
            now = self.B.where(self.inside[where], self.x[where] + self.w[place], np.asarray(least, self.x.dtype))
            if value is None:
                value, which = now, self.B.zeros(now.shape, np.int32)
            else:
                which = self.B.where(now > value, np.int32(k), which)
                value = self.B.maximum(value, now)
        return value, which

    def routed(self, dy):
        """For each place: where it is, and the slope of what was greatest there."""
        _, which = self.best()
        for k, place in enumerate(itertools.product(*map(range, self.window))):
            yield place, self.B.where(which == k, dy, self.B.zeros_like(dy))


def _lower(B, x, w, *, strides, rates, padding):
    return _Places(B, x, w, strides, rates, padding).best()[0]


def _lower_input(B, x, w, dy, *, strides, rates, padding):
    places = _Places(B, x, w, strides, rates, padding)
    dx = B.zeros(places.x.shape, dy.dtype)
    for place, part in places.routed(dy):
        dx = B.add_at(dx, places.slices(place), part)
    (top, bottom), (left, right) = places.pads
    return dx[:, top : dx.shape[1] - bottom, left : dx.shape[2] - right]


def _lower_filter(B, x, w, dy, *, strides, rates, padding):
    parts = [B.sum(part, axis=(0, 1, 2)) for _, part in _Places(B, x, w, strides, rates, padding).routed(dy)]
    return B.stack(parts).reshape(w.shape)


_node = define("Dilation2D", infer=_infer, lower=_lower)
_by_input = define("Dilation2DBackpropInput", infer=lambda x, w, dy: [x.dims], lower=_lower_input)
_by_filter = define("Dilation2DBackpropFilter", infer=lambda x, w, dy: [w.dims], lower=_lower_filter)


def _slope(op, dy):
    given = {key: op.attrs[key] for key in ("strides", "rates", "padding")}
    x, w = op.inputs
    return [_by_input(x, w, dy, **given), _by_filter(x, w, dy, **given)]


define("Dilation2D", grad=_slope)


@export("nn.dilation2d")
def dilation2d(input, filter=None, strides=None, rates=None, padding=None, name=None, filters=None, dilations=None):
    """max over (i, j) of input[y + i, x + j] + filter[i, j], for each channel on its own.

    Args:
      input: `[batch, height, width, channels]`.
      filter: `[height, width, channels]`.
      strides: four ints.
      rates: four ints: how far apart the filter's elements lie.
      padding: "SAME" or "VALID".
      name: the node's name.
      filters: another name of `filter`.
      dilations: another name of `rates`.

    Returns:
      `[batch, height, width, channels]`.
    """
    filter = either("filters", filters, "filter", filter)
    rates = either("dilations", dilations, "rates", rates)
    return _node(input, filter, strides=strides, rates=rates, padding=padding, name=name)


@export("nn.erosion2d")
def erosion2d(value, kernel, strides, rates, padding, name=None):
    """min over (i, j) of value[y + i, x + j] - kernel[i, j], for each channel on its own.

    Args:
      value: `[batch, height, width, channels]`.
      kernel: `[height, width, channels]`.
      strides: four ints.
      rates: four ints: how far apart the kernel's elements lie.
      padding: "SAME" or "VALID".
      name: the node's name.

    Returns:
      `[batch, height, width, channels]`.
    """
    with name_scope(name, "erosion2d", [value, kernel]) as scope:
        swollen = dilation2d(negative(value), reverse(kernel, [0, 1]), strides, rates, padding, name=scope)
        return negative(swollen)
