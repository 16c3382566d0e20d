"""Transposed convolution in one and three dimensions, and in any number."""

from ..graph.scopes import name_scope
from ..ground.api import export
from ..ground.errors import need
from . import conv
from .join import concat
from .nn_functions import conv2d_backprop_input, conv2d_transpose, either, sequence
from .shape import expand_dims, squeeze

__all__ = ["conv1d_transpose", "conv3d_transpose", "conv_transpose"]

_CHANNELS = {"NWC": "NHWC", "NHWC": "NHWC", "NCW": "NCHW", "NCHW": "NCHW"}


@export("nn.conv1d_transpose")
def conv1d_transpose(input, filters, output_shape, strides, padding="SAME", data_format="NWC", dilations=None, name=None):
    """The transpose of `conv1d`.

    Args:
      input: float `[batch, width, in]`.
      filters: `[width, out, in]`.
      output_shape: int `[3]`.
      strides: a number, or one for each dimension.
      padding: "SAME" or "VALID".
      data_format: "NWC" or "NCW".
      dilations: a number, or one for each dimension.
      name: the node's name.

    Returns:
      A tensor of `output_shape`.

    Raises:
      ValueError: an unknown data format, or shapes that don't fit.
    """
    with name_scope(name, "conv1d_transpose", [input, filters, output_shape]) as scope:
        need(data_format in _CHANNELS, "data_format must be 'NWC' or 'NCW'.")
        data_format = _CHANNELS[data_format]
        at = 2 if data_format == "NCHW" else 1
        channel = 1 if data_format == "NCHW" else 2
        strides, dilations = ([1, *sequence(v, 1, channel, n)] for v, n in ((strides, "stride"), (dilations, "dilations")))
        input, filters = expand_dims(input, at), expand_dims(filters, 0)
        sizes = list(output_shape) if not hasattr(output_shape, "op") else output_shape
        sizes = concat([sizes[:at], [1], sizes[at:]], 0)
        out = conv2d_backprop_input(
            input_sizes=sizes,
            filter=filters,
            out_backprop=input,
            strides=strides,
            padding=padding,
            data_format=data_format,
            dilations=dilations,
            name=scope,
        )
        return squeeze(out, [at])


@export("nn.conv3d_transpose")
def conv3d_transpose(
    value,
    filter=None,
    output_shape=None,
    strides=None,
    padding="SAME",
    data_format="NDHWC",
    name=None,
    input=None,
    filters=None,
    dilations=None,
):
    """The transpose of `conv3d`.

    Args:
      value: float `[batch, depth, height, width, in]`.
      filter: `[depth, height, width, out, in]`.
      output_shape: int `[5]`.
      strides, padding, data_format, dilations: those of the convolution.
      name: the node's name.
      input: the later name of `value`.
      filters: the later name of `filter`.

    Returns:
      A tensor of `output_shape`.

    Raises:
      ValueError: shapes that don't fit.
    """
    value = either("value", value, "input", input)
    filter = either("filter", filter, "filters", filters)
    with name_scope(name, "conv3d_transpose", [value, filter, output_shape]) as scope:
        data_format = data_format or "NDHWC"
        at = 1 if data_format.startswith("NC") else 4
        return conv.conv3d_input_grad(
            output_shape,
            filter,
            value,
            strides=sequence(strides, 3, at, "strides"),
            padding=padding,
            data_format=data_format,
            dilations=sequence(dilations, 3, at, "dilations"),
            name=scope,
        )


@export("nn.conv_transpose")
def conv_transpose(input, filters, output_shape, strides, padding="SAME", data_format=None, dilations=None, name=None):
    """The transpose of a convolution in one, two or three dimensions.

    Args:
      input: float `[batch, *space, in]`.
      filters: `[*window, out, in]`.
      output_shape: int, one for each dimension; its length tells the rank.
      strides: a number, one for each dimension of space, or one for each dimension.
      padding: "SAME" or "VALID".
      data_format: "NHWC" and the like.
      dilations: as `strides`.
      name: the node's name.

    Returns:
      A tensor of `output_shape`.

    Raises:
      ValueError: an `output_shape` of another length than 3, 4 or 5, or shapes that don't fit.
    """
    with name_scope(name, "conv_transpose", [input, filters, output_shape]) as scope:
        sizes = output_shape.get_shape().as_list()[0] if hasattr(output_shape, "op") else len(output_shape)
        n = sizes - 2
        need(n in (1, 2, 3), f"output_transpose must be of length 3, 4 or 5, got {sizes}.")
        call, default = {
            1: (conv1d_transpose, "NWC"),
            2: (conv2d_transpose, "NHWC"),
            3: (conv3d_transpose, "NDHWC"),
        }[n]
        return call(
            input,
            filters,
            output_shape,
            strides,
            padding=padding,
            data_format=data_format or default,
            dilations=dilations,
            name=scope,
        )


@export("nn.conv3d_backprop_filter", "nn.conv3d_backprop_filter_v2")
def conv3d_backprop_filter(
    input, filter_sizes, out_backprop, strides, padding, data_format="NDHWC", dilations=[1, 1, 1, 1, 1], name=None
):  # noqa: B006
    """The slope of `conv3d` by its filters.

    Args:
      input: `[batch, depth, height, width, in]`.
      filter_sizes: int32 `[5]`, the filters' shape.
      out_backprop: the slope by the output.
      strides, padding, data_format, dilations: those of the convolution.
      name: the node's name.

    Returns:
      A tensor of shape `filter_sizes`.
    """
    return conv.conv3d_filter_grad(
        input,
        filter_sizes,
        out_backprop,
        strides=strides,
        padding=padding,
        data_format=data_format,
        dilations=dilations,
        name=name,
    )
