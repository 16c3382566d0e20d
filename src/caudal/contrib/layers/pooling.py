"""Pooling of contrib.layers that tf.layers has not: of any kind, over channels, and as a mean of places."""

from ...build.initializers import Ones
from ...build.scopes import variable_scope
from ...graph.convert import convert_to_tensor
from ...graph.scopes import name_scope
from ...ground import dtypes
from ...ground.api import PUBLIC, export
from ...ground.errors import need
from ...ops import activations as nn
from ...ops.fill import linspace
from ...ops.join import concat
from ...ops.meshgrid import meshgrid
from ...ops.pooling import pool as pool_op
from ...ops.reduce import reduce_max, reduce_sum
from ...ops.shape import reshape, shape, transpose
from ..framework import variables
from ..framework.arg_scope import add_arg_scope
from .model_layers import collect, variable_collections
from .regularizers import both

__all__ = ["maxout", "pool", "spatial_softmax"]


@export("contrib.slim.pool")
@add_arg_scope
def pool(
    inputs,
    kernel_size,
    pooling_type,
    padding="VALID",
    data_format=None,
    dilation_rate=1,
    stride=1,
    outputs_collections=None,
    scope=None,
):
    """The greatest element or the mean of each window, in as many dimensions as the inputs have.

    Args:
      inputs: `[batch, *space, channels]`.
      kernel_size, dilation_rate, stride: a number, or one a spatial dimension.
      pooling_type: "AVG" or "MAX".
      padding: "SAME" or "VALID".
      data_format: "NHWC" and the like.
      outputs_collections: where the outputs go.
      scope: the scope's name.

    Raises:
      ValueError: inputs of unknown rank.
    """
    with name_scope(scope, f"{pooling_type.lower()}_pool", [inputs]) as sc:
        inputs = convert_to_tensor(inputs)
        need(inputs.rank is not None, "Rank of inputs must be known")
        need(inputs.rank >= 3, "Rank of inputs must be at least 3")
        space = inputs.rank - 2
        sizes = [list(v) if isinstance(v, (list, tuple)) else [v] * space for v in (kernel_size, dilation_rate, stride)]
        outputs = pool_op(
            input=inputs,
            window_shape=sizes[0],
            pooling_type=pooling_type,
            padding=padding,
            data_format=data_format,
            dilation_rate=sizes[1],
            strides=sizes[2],
            name=sc,
        )
        return collect(outputs_collections, outputs, sc)


def _pool3d(name, kind, scope_name):
    @add_arg_scope
    def call(inputs, kernel_size, stride=2, padding="VALID", data_format="NDHWC", outputs_collections=None, scope=None):
        need(data_format in ("NCDHW", "NDHWC"), "data_format has to be either NCDHW or NDHWC.")
        with name_scope(scope, scope_name, [inputs]) as sc:
            inputs = convert_to_tensor(inputs)
            first = "channels_first" if data_format.startswith("NC") else "channels_last"
            layer = kind(pool_size=kernel_size, strides=stride, padding=padding, data_format=first, _scope=sc)
            return collect(outputs_collections, layer.apply(inputs), sc)

    call.__doc__ = f"`{kind.__name__}` of the inputs: `kernel_size` and `stride` are numbers or triples."
    call.__name__ = call.__qualname__ = name
    return both(name)(call)


max_pool3d = _pool3d("max_pool3d", PUBLIC["layers.MaxPooling3D"], "MaxPool3D")
avg_pool3d = _pool3d("avg_pool3d", PUBLIC["layers.AveragePooling3D"], "AvgPool3D")


@both("maxout")
@add_arg_scope
def maxout(inputs, num_units, axis=-1, scope=None):
    """The greatest of each group of features, so that `num_units` are left.

    Args:
      inputs: of known rank; num_units: an int that divides the features; axis: where they are; scope: the scope's name.

    Raises:
      ValueError: `num_units` does not divide them.
    Source: Goodfellow et al., "Maxout networks" (2013).
    """
    with variable_scope(scope, "MaxOut", [inputs]):
        inputs = convert_to_tensor(inputs)
        sizes = inputs.get_shape().as_list()
        channels = sizes[axis]
        need(channels % num_units == 0, f"number of features({channels}) is not a multiple of num_units({num_units})")
        sizes[axis] = num_units
        sizes += [channels // num_units]
        if any(n is None for n in sizes):
            asked = shape(inputs)
            sizes = [asked[k] if n is None else n for k, n in enumerate(sizes)]
        return reduce_max(reshape(inputs, sizes), -1, keepdims=False)


@both("spatial_softmax")
@add_arg_scope
def spatial_softmax(features, temperature=None, name=None, variables_collections=None, trainable=True, data_format="NHWC"):
    """Where each channel is greatest: the mean of x and y from -1 to 1, weighted by its softmax over space.

    Args:
      features: `[batch, height, width, channels]`.
      temperature: what the features are divided by; a variable that begins at 1 by default.
      name: the scope's name.
      variables_collections, trainable: of that variable.
      data_format: "NHWC" or "NCHW".

    Returns:
      `[batch, 2 channels]`: x and y of each channel.

    Raises:
      ValueError: features of another rank, or an unknown data format.
    Source: Finn et al., "Deep spatial autoencoders" (2016).
    """
    with variable_scope(name, "spatial_softmax"):
        asked, known = shape(features), features.get_shape()
        need(data_format in ("NHWC", "NCHW"), "data_format has to be either NCHW or NHWC.")
        at = (1, 2) if data_format == "NHWC" else (2, 3)
        height, width = asked[at[0]], asked[at[1]]
        channels = known[3 if data_format == "NHWC" else 1].value
        need(channels is not None, "`num_channels` dimension is required")
        with name_scope("spatial_softmax_op"):
            xs, ys = meshgrid(linspace(-1.0, 1.0, num=height), linspace(-1.0, 1.0, num=width), indexing="ij")
            xs = reshape(xs, [height * width])
            ys = reshape(ys, [height * width])
            if temperature is None:
                temperature = variables.model_variable(
                    "temperature",
                    shape=(),
                    dtype=dtypes.float32,
                    initializer=Ones(),
                    trainable=trainable,
                    collections=variable_collections(variables_collections, "temperature"),
                )
            if data_format == "NHWC":
                features = transpose(features, [0, 3, 1, 2])
            weights = nn.softmax(reshape(features, [-1, height * width]) / temperature)
            x = reduce_sum(xs * weights, [1], keepdims=True)
            y = reduce_sum(ys * weights, [1], keepdims=True)
            made = reshape(concat([x, y], 1), [-1, channels * 2])
            made.set_shape([None, channels * 2])
            return made
