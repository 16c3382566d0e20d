"""Convolution of any rank and rate: tf.nn.convolution, atrous, depthwise and separable."""

import numpy as np

from ..graph.convert import convert_to_tensor
from ..graph.define import define
from ..graph.scopes import name_scope
from ..ground.api import export
from ..ground.errors import need
from .basic import constant
from .nn_functions import conv2d, conv3d
from .shape import expand_dims, squeeze

__all__ = ["Convolution", "convolution"]


def output_length(n, k, padding, stride, dilation=1):
    """How long a convolution's output is along one dimension."""
    if n is None:
        return None
    k = k + (k - 1) * (dilation - 1)
    length = n if padding in ("same", "causal") else n - k + 1
    return (length + stride - 1) // stride


def transposed_length(n, k, padding, stride):
    """How long a transposed convolution's output is along one dimension."""
    n = n * stride
    if padding == "valid":
        n = n + max(k - stride, 0)
    return n


class _Plain:
    """A convolution without dilation."""

    def __init__(self, rank, strides, padding, data_format, name):
        self.rank, self.strides, self.padding, self.data_format, self.name = rank, list(strides), padding, data_format, name

    def __call__(self, x, filters):
        if self.rank == 1:
            return conv1d_core(x, filters, self.strides[0], self.padding, self.data_format, self.name)
        first = (self.data_format or "N").startswith("NC")
        strides = [1, 1, *self.strides] if first else [1, *self.strides, 1]
        if self.rank == 2:
            return conv2d(
                x, filters, strides, self.padding, data_format=self.data_format or "NHWC", name=self.name
            )
        return conv3d(x, filters, strides=strides, padding=self.padding, data_format=self.data_format or "NDHWC", name=self.name)


def conv1d_core(x, filters, stride, padding, data_format, name, dilations=1):
    """A convolution in one dimension, as one in two of height 1."""
    with name_scope(name, "conv1d", [x, filters]):
        first = data_format in ("NCHW", "NCW")
        at = 2 if first else 1
        x = expand_dims(x, at)
        filters = expand_dims(filters, 0)
        out = conv2d_node_of(x, filters, stride, padding, first, dilations)
        return squeeze(out, [at])


def conv2d_node_of(x, filters, stride, padding, first, dilation):
    """The two-dimensional convolution that a one-dimensional one is."""
    strides = [1, 1, 1, stride] if first else [1, 1, stride, 1]
    gaps = [1, 1, 1, dilation] if first else [1, 1, dilation, 1]
    return conv2d(x, filters, strides, padding, data_format="NCHW" if first else "NHWC", dilations=gaps)


class Convolution:
    """A convolution of some rank, made ready for inputs of a shape.

    Args:
      input_shape, filter_shape: static shapes.
      padding: "SAME", "VALID".
      strides, dilation_rate: a number a spatial dimension.
      name: the node's name.
      data_format: "NHWC" and the like.

    Raises:
      ValueError: shapes or rates that don't fit.
    """

    def __init__(self, input_shape, filter_shape, padding, strides=None, dilation_rate=None, name=None, data_format=None):
        rank = filter_shape.ndims
        rank = input_shape.ndims if rank is None else rank
        need(rank is not None, "rank of input or filter must be known")
        space = rank - 2
        strides = [1] * space if strides is None else list(strides)
        rates = [1] * space if dilation_rate is None else list(dilation_rate)
        if input_shape.ndims is not None:
            depth = input_shape[1 if (data_format or "").startswith("NC") else -1]
            filters_in = filter_shape[space] if filter_shape.ndims is not None else None
            need(
                filters_in is None or depth.is_compatible_with(filters_in),
                f"number of input channels does not match corresponding dimension of filter, {depth} != {filters_in}",
            )
        self._rates_node = constant(np.array(rates, np.int32), name="dilation_rate")
        if any(r != 1 for r in rates):
            need(all(s == 1 for s in strides), "strides > 1 not supported in conjunction with dilation_rate > 1")
        self._run = _Plain(space, strides, padding, data_format, name) if all(r == 1 for r in rates) else _Dilated(
            space, rates, padding, data_format, filter_shape, self._rates_node, name
        )

    def __call__(self, x, filters):
        return self._run(x, filters)


class _Dilated:
    """A convolution with gaps: space goes to the batch, is convolved without gaps, and comes back."""

    def __init__(self, rank, rates, padding, data_format, filter_shape, rates_node, name):
        self.rank, self.rates, self.padding, self.data_format = rank, rates, padding, data_format
        self.filter_shape, self.rates_node, self.name = filter_shape, rates_node, name

    def __call__(self, x, filters):
        first = (self.data_format or "").startswith("NC")
        gaps = [1, 1, *self.rates] if first else [1, *self.rates, 1]
        ones = [1] * (self.rank + 2)
        if self.rank == 2:
            return conv2d(x, filters, ones, self.padding, data_format=self.data_format or "NHWC", dilations=gaps, name=self.name)
        if self.rank == 1:
            return conv1d_core(x, filters, 1, self.padding, self.data_format, self.name, self.rates[0])
        return conv3d(x, filters, strides=ones, padding=self.padding, data_format=self.data_format or "NDHWC", dilations=gaps, name=self.name)


@export("nn.convolution", "compat.v1.nn.convolution")
def convolution(input, filter, padding, strides=None, dilation_rate=None, name=None, data_format=None, filters=None,
                dilations=None):
    """A convolution of any rank.

    Args:
      input: `[batch, *space, in]`; filter: `[*window, in, out]`.
      padding: "SAME" or "VALID".
      strides, dilation_rate: a number a spatial dimension; not both above 1.
      name: the node's name.
      data_format: "NHWC" and the like.
      filters: the later name of `filter`; dilations: of `dilation_rate`.
    """
    filter = filters if filter is None else filter
    dilation_rate = dilations if dilation_rate is None else dilation_rate
    with name_scope(name, "convolution", [input, filter]) as scope:
        input, filter = convert_to_tensor(input, name="input"), convert_to_tensor(filter, name="filter")
        made = Convolution(
            input.get_shape(), filter.get_shape(), padding, strides=strides, dilation_rate=dilation_rate, name=scope,
            data_format=data_format,
        )
        return made(input, filter)


@export("nn.conv1d", "compat.v1.nn.conv1d")
def conv1d(value=None, filters=None, stride=None, padding=None, use_cudnn_on_gpu=None, data_format=None, name=None, input=None,
           dilations=None):
    """The one-dimensional convolution of `[batch, width, in]` with `[width, in, out]`."""
    value = input if value is None else value
    with name_scope(name, "conv1d", [value, filters]):
        first = data_format in ("NCHW", "NCW")
        at = 2 if first else 1
        value = expand_dims(value, at)
        filters = expand_dims(filters, 0)
        stride = stride[0] if isinstance(stride, (list, tuple)) else stride
        out = conv2d_node_of(value, filters, stride, padding, first, 1 if dilations is None else dilations if isinstance(dilations, int) else dilations[0])
        return squeeze(out, [at])


@export("nn.depthwise_conv2d", "compat.v1.nn.depthwise_conv2d")
def depthwise_conv2d(input, filter, strides, padding, rate=None, name=None, data_format=None, dilations=None):
    """Each channel convolved with filters of its own, `[height, width, in, multiplier]`."""
    rate = dilations if rate is None else rate
    with name_scope(name, "depthwise", [input, filter]) as scope:
        input = convert_to_tensor(input, name="tensor_in")
        filter = convert_to_tensor(filter, name="filter_in")
        rate = [1, 1] if rate is None else rate
        gaps = [1, *rate, 1]
        return depthwise_node(input, filter, strides=strides, padding=padding, data_format=data_format, dilations=gaps, name=scope)


depthwise_node = define("DepthwiseConv2dNative")


@export("nn.separable_conv2d", "compat.v1.nn.separable_conv2d")
def separable_conv2d(input, depthwise_filter, pointwise_filter, strides, padding, rate=None, name=None, data_format=None,
                     dilations=None):
    """A depthwise convolution, then one of 1x1 with `[1, 1, in * multiplier, out]`.

    Raises:
      ValueError: the filters don't fit.
    """
    rate = dilations if rate is None else rate
    with name_scope(name, "separable_conv2d", [input, depthwise_filter, pointwise_filter]) as scope:
        input = convert_to_tensor(input, name="tensor_in")
        depthwise_filter = convert_to_tensor(depthwise_filter, name="depthwise_filter")
        pointwise_filter = convert_to_tensor(pointwise_filter, name="pointwise_filter")
        pointwise_filter.get_shape().with_rank(4).dims[0].assert_is_compatible_with(1)
        rate = [1, 1] if rate is None else list(rate)
        middle = depthwise_node(
            input, depthwise_filter, strides=strides, padding=padding, data_format=data_format, dilations=[1, *rate, 1],
            name="depthwise",
        )
        return conv2d(middle, pointwise_filter, [1, 1, 1, 1], "VALID", data_format=data_format or "NHWC", name=scope)


