"""Depthwise and separable convolution."""

from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground.api import export
from . import conv
from .convolution import with_space_to_batch
from .nn_functions import conv2d, depthwise_conv2d_native, either
from .shape import shape

__all__ = ["depthwise_conv2d", "separable_conv2d"]


def _depthwise(x, filters, strides, padding, rate, data_format, name):
    rate = [1, 1] if rate is None else rate

    def op(inner, _, pad):
        return depthwise_conv2d_native(inner, filters, strides, pad, data_format=data_format or "NHWC", name=name)

    return with_space_to_batch(x, rate, padding, op, filter_shape=shape(filters), data_format=data_format)


@export("nn.depthwise_conv2d")
def depthwise_conv2d(input, filter, strides, padding, rate=None, name=None, data_format=None, dilations=None):
    """Each channel convolved with filters of its own.

    Args:
      input: float `[batch, height, width, in]`.
      filter: `[height, width, in, multiplier]`.
      strides: one for each dimension.
      padding: "SAME" or "VALID".
      rate: the gaps between what a filter meets, a pair.
      name: the node's name.
      data_format: "NHWC" or "NCHW".
      dilations: the later name of `rate`.

    Returns:
      `[batch, height', width', in * multiplier]`.

    Raises:
      ValueError: shapes that don't fit.
    """
    rate = either("rate", rate, "dilations", dilations)
    with name_scope(name, "depthwise", [input, filter]) as scope:
        input = convert_to_tensor(input, name="tensor_in")
        filter = convert_to_tensor(filter, name="filter_in")
        return _depthwise(input, filter, strides, padding, rate, data_format, scope)


@export("nn.separable_conv2d")
def separable_conv2d(
    input, depthwise_filter, pointwise_filter, strides, padding, rate=None, name=None, data_format=None, dilations=None
):
    """A depthwise convolution, then one of window 1 that mixes channels.

    Args:
      input: float `[batch, height, width, in]`.
      depthwise_filter: `[height, width, in, multiplier]`.
      pointwise_filter: `[1, 1, in * multiplier, out]`.
      strides: one for each dimension.
      padding: "SAME" or "VALID".
      rate: the gaps between what a filter meets, a pair.
      name: the node's name.
      data_format: "NHWC" or "NCHW".
      dilations: the later name of `rate`.

    Returns:
      `[batch, height', width', out]`.

    Raises:
      ValueError: shapes that don't fit.
    """
    rate = either("rate", rate, "dilations", dilations)
    with name_scope(name, "separable_conv2d", [input, depthwise_filter, pointwise_filter]) as scope:
        input = convert_to_tensor(input, name="tensor_in")
        depthwise_filter = convert_to_tensor(depthwise_filter, name="depthwise_filter")
        pointwise_filter = convert_to_tensor(pointwise_filter, name="pointwise_filter")
        window = pointwise_filter.get_shape().with_rank(4)
        window.dims[0].assert_is_compatible_with(1)
        window.dims[1].assert_is_compatible_with(1)
        middle = _depthwise(input, depthwise_filter, strides, padding, rate, data_format, "depthwise")
        return conv2d(middle, pointwise_filter, [1, 1, 1, 1], "VALID", data_format=data_format or "NHWC", name=scope)


@export("nn.depthwise_conv2d_native_backprop_input", "nn.depthwise_conv2d_backprop_input")
def depthwise_conv2d_native_backprop_input(
    input_sizes, filter, out_backprop, strides, padding, data_format="NHWC", dilations=[1, 1, 1, 1], name=None
):  # noqa: B006
    """The slope of a depthwise convolution by its input.

    Args:
      input_sizes: int32 `[4]`, the input's shape.
      filter: `[height, width, in, multiplier]`.
      out_backprop: the slope by the output.
      strides, padding, data_format, dilations: those of the convolution.
      name: the node's name.

    Returns:
      A tensor of shape `input_sizes`.
    """
    return conv.depthwise_input_grad(
        input_sizes,
        filter,
        out_backprop,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )


@export("nn.depthwise_conv2d_native_backprop_filter", "nn.depthwise_conv2d_backprop_filter")
def depthwise_conv2d_native_backprop_filter(
    input, filter_sizes, out_backprop, strides, padding, data_format="NHWC", dilations=[1, 1, 1, 1], name=None
):  # noqa: B006
    """The slope of a depthwise convolution by its filters.

    Args:
      input: `[batch, height, width, in]`.
      filter_sizes: int32 `[4]`, the filters' shape.
      out_backprop: the slope by the output.
      strides, padding, data_format, dilations: those of the convolution.
      name: the node's name.

    Returns:
      A tensor of shape `filter_sizes`.
    """
    return conv.depthwise_filter_grad(
        input,
        filter_sizes,
        out_backprop,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )
