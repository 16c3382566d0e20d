"""The convolutions of contrib.layers and Slim: the layers of tf.layers under other names, with collections."""

from ...build.initializers import Zeros
from ...build.scopes import variable_scope
from ...graph.convert import convert_to_tensor
from ...ground.errors import need
from ...layers import convolutional, separable, transposed
from ...ops import activations as nn
from ...ops.depthwise import depthwise_conv2d
from ...ops.shape import tile
from ..framework import variables
from ..framework.arg_scope import add_arg_scope
from .initializers import xavier_initializer
from .model_layers import NAMES, alias, applied, collect, keep, model_getter, normalized, variable_collections
from .regularizers import both

__all__ = ["conv2d", "conv2d_in_plane", "conv2d_transpose", "conv3d_transpose", "convolution", "separable_conv2d"]

_SEPARABLE = {"bias": "biases", "depthwise_kernel": "depthwise_weights", "pointwise_kernel": "pointwise_weights"}
_CONVOLUTIONS = {3: convolutional.Conv1D, 4: convolutional.Conv2D, 5: convolutional.Conv3D}


@both("convolution")
@add_arg_scope
def convolution(
    inputs,
    num_outputs,
    kernel_size,
    stride=1,
    padding="SAME",
    data_format=None,
    rate=1,
    activation_fn=nn.relu,
    normalizer_fn=None,
    normalizer_params=None,
    weights_initializer=xavier_initializer(),
    weights_regularizer=None,
    biases_initializer=Zeros(),
    biases_regularizer=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    scope=None,
    conv_dims=None,
):
    """activation(normalised(convolution of inputs with weights + biases)).

    Args:
      inputs: `[batch, *space, channels]`.
      num_outputs: how many filters.
      kernel_size, stride, rate: a number, or one a spatial dimension.
      padding: "SAME" or "VALID".
      data_format: "NHWC" and the like.
      activation_fn ... scope: as `fully_connected` has them.
      conv_dims: how many spatial dimensions there have to be.

    Raises:
      ValueError: an unknown data format, or inputs of a wrong rank.
    """
    need(data_format in (None, "NWC", "NCW", "NHWC", "NCHW", "NDHWC", "NCDHW"), f"Invalid data_format: {data_format!r}")
    with variable_scope(scope, "Conv", [inputs], reuse=reuse, custom_getter=model_getter(NAMES)) as sc:
        inputs = convert_to_tensor(inputs)
        rank = inputs.get_shape().ndims
        need(
            conv_dims is None or conv_dims + 2 == rank,
            f"Convolution expects input with rank {None if conv_dims is None else conv_dims + 2}, got {rank}",
        )
        need(rank in _CONVOLUTIONS, f"Convolution not supported for input with rank {rank}")
        first = data_format is not None and data_format.startswith("NC")
        return applied(
            _CONVOLUTIONS[rank],
            inputs,
            sc,
            reuse,
            trainable,
            (weights_initializer, weights_regularizer),
            (biases_initializer, biases_regularizer),
            (normalizer_fn, normalizer_params),
            activation_fn,
            (variables_collections, outputs_collections),
            filters=num_outputs,
            kernel_size=kernel_size,
            strides=stride,
            padding=padding,
            data_format="channels_first" if first else "channels_last",
            dilation_rate=rate,
        )


def _convolution_of(dims, *names):
    def call(
        inputs,
        num_outputs,
        kernel_size,
        stride=1,
        padding="SAME",
        data_format=None,
        rate=1,
        activation_fn=nn.relu,
        normalizer_fn=None,
        normalizer_params=None,
        weights_initializer=xavier_initializer(),
        weights_regularizer=None,
        biases_initializer=Zeros(),
        biases_regularizer=None,
        reuse=None,
        variables_collections=None,
        outputs_collections=None,
        trainable=True,
        scope=None,
    ):
        return convolution(
            inputs,
            num_outputs,
            kernel_size,
            stride,
            padding,
            data_format,
            rate,
            activation_fn,
            normalizer_fn,
            normalizer_params,
            weights_initializer,
            weights_regularizer,
            biases_initializer,
            biases_regularizer,
            reuse,
            variables_collections,
            outputs_collections,
            trainable,
            scope,
            conv_dims=dims,
        )

    call.__name__ = call.__qualname__ = names[0]
    call.__doc__ = f"`convolution` in {dims} dimension(s)."
    made = add_arg_scope(call)
    for name in names:
        both(name)(made)
    return made


convolution1d = _convolution_of(1, "convolution1d", "conv1d")
conv2d = _convolution_of(2, "convolution2d", "conv2d")
convolution3d = _convolution_of(3, "convolution3d", "conv3d")


def _transpose_of(dims, make, formats, named):
    """The transpose of a convolution; `named` gives the name that its outputs have in collections."""
    first, last = formats

    def call(
        inputs,
        num_outputs,
        kernel_size,
        stride=1,
        padding="SAME",
        data_format=last,
        activation_fn=nn.relu,
        normalizer_fn=None,
        normalizer_params=None,
        weights_initializer=xavier_initializer(),
        weights_regularizer=None,
        biases_initializer=Zeros(),
        biases_regularizer=None,
        reuse=None,
        variables_collections=None,
        outputs_collections=None,
        trainable=True,
        scope=None,
    ):
        with variable_scope(scope, f"Conv{dims}d_transpose", [inputs], reuse=reuse, custom_getter=model_getter(NAMES)) as sc:
            need(data_format in formats, f"data_format has to be either {first} or {last}.")
            inputs = convert_to_tensor(inputs)
            return applied(
                make,
                inputs,
                sc,
                reuse,
                trainable,
                (weights_initializer, weights_regularizer),
                (biases_initializer, biases_regularizer),
                (normalizer_fn, normalizer_params),
                activation_fn,
                (variables_collections, outputs_collections),
                named,
                filters=num_outputs,
                kernel_size=kernel_size,
                strides=stride,
                padding=padding,
                data_format="channels_first" if data_format == first else "channels_last",
            )

    call.__name__ = call.__qualname__ = f"conv{dims}d_transpose"
    call.__doc__ = (
        f"The transpose of a convolution in {dims} dimensions: it makes images larger. The arguments are those of `convolution`."
    )
    made = add_arg_scope(call)
    for name in (call.__name__, f"convolution{dims}d_transpose"):
        both(name)(made)
    return made


conv2d_transpose = _transpose_of(2, transposed.Conv2DTranspose, ("NCHW", "NHWC"), alias)
conv3d_transpose = _transpose_of(3, transposed.Conv3DTranspose, ("NCDHW", "NDHWC"), lambda scope: scope.name)


@both("separable_conv2d")
@add_arg_scope
def separable_conv2d(
    inputs,
    num_outputs,
    kernel_size,
    depth_multiplier=1,
    stride=1,
    padding="SAME",
    data_format="NHWC",
    rate=1,
    activation_fn=nn.relu,
    normalizer_fn=None,
    normalizer_params=None,
    weights_initializer=xavier_initializer(),
    pointwise_initializer=None,
    weights_regularizer=None,
    biases_initializer=Zeros(),
    biases_regularizer=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    scope=None,
):
    """A depthwise convolution, then one of 1x1 unless `num_outputs` is None. The arguments are those of `convolution`."""
    need(data_format in ("NHWC", "NCHW"), f"Invalid data_format: {data_format!r}")
    with variable_scope(scope, "SeparableConv2d", [inputs], reuse=reuse, custom_getter=model_getter(_SEPARABLE)) as sc:
        inputs = convert_to_tensor(inputs)
        pointwise_initializer = weights_initializer if pointwise_initializer is None else pointwise_initializer
        if num_outputs is None:
            return _depthwise_only(
                inputs,
                kernel_size,
                depth_multiplier,
                stride,
                padding,
                data_format,
                rate,
                activation_fn,
                normalizer_fn,
                normalizer_params,
                weights_initializer,
                weights_regularizer,
                biases_initializer,
                biases_regularizer,
                variables_collections,
                outputs_collections,
                trainable,
                sc,
            )
        layer = separable.SeparableConv2D(
            filters=num_outputs,
            kernel_size=kernel_size,
            strides=stride,
            padding=padding,
            data_format="channels_first" if data_format == "NCHW" else "channels_last",
            dilation_rate=convolutional.normalize_tuple(rate, 2, "rate"),
            activation=None,
            depth_multiplier=depth_multiplier,
            use_bias=not normalizer_fn and bool(biases_initializer),
            depthwise_initializer=weights_initializer,
            pointwise_initializer=pointwise_initializer,
            bias_initializer=biases_initializer,
            depthwise_regularizer=weights_regularizer,
            pointwise_regularizer=weights_regularizer,
            bias_regularizer=biases_regularizer,
            activity_regularizer=None,
            trainable=trainable,
            name=sc.name,
            dtype=inputs.dtype.base_dtype,
            _scope=sc,
            _reuse=reuse,
        )
        outputs = layer.apply(inputs)
        keep(layer, variables_collections, {"depthwise_kernel": "weights", "pointwise_kernel": "weights", "bias": "biases"})
        outputs = normalized(outputs, normalizer_fn, normalizer_params, activation_fn)
        return collect(outputs_collections, outputs, alias(sc))


both("separable_convolution2d")(separable_conv2d)


def _ended(outputs, kind, channels, trainable, biases, normalizer, activation_fn, collections, sc, data_format=None):
    """What ends a convolution that no layer of tf.layers does: biases, unless there is a normalizer, normalisation, activation."""
    initializer, regularizer = biases
    if normalizer[0] is None and initializer is not None:
        added = variables.model_variable(
            "biases",
            shape=[channels],
            dtype=kind,
            initializer=initializer,
            regularizer=regularizer,
            trainable=trainable,
            collections=variable_collections(collections[0], "biases"),
        )
        outputs = nn.bias_add(outputs, added, data_format=data_format)
    return collect(collections[1], normalized(outputs, *normalizer, activation_fn), alias(sc))


def _depthwise_only(
    inputs,
    kernel_size,
    depth_multiplier,
    stride,
    padding,
    data_format,
    rate,
    activation_fn,
    normalizer_fn,
    normalizer_params,
    weights_initializer,
    weights_regularizer,
    biases_initializer,
    biases_regularizer,
    variables_collections,
    outputs_collections,
    trainable,
    sc,
):
    """The first part of a separable convolution alone."""
    first = data_format == "NCHW"
    channels, kind = inputs.dims[1 if first else 3], inputs.dtype.base_dtype
    height, width = convolutional.normalize_tuple(kernel_size, 2, "kernel_size")
    down, right = convolutional.normalize_tuple(stride, 2, "stride")
    weights = variables.model_variable(
        "depthwise_weights",
        shape=[height, width, channels, depth_multiplier],
        dtype=kind,
        initializer=weights_initializer,
        regularizer=weights_regularizer,
        trainable=trainable,
        collections=variable_collections(variables_collections, "weights"),
    )
    outputs = depthwise_conv2d(
        inputs,
        weights,
        [1, 1, down, right] if first else [1, down, right, 1],
        padding,
        rate=convolutional.normalize_tuple(rate, 2, "rate"),
        data_format=data_format,
    )
    return _ended(
        outputs,
        kind,
        depth_multiplier * channels,
        trainable,
        (biases_initializer, biases_regularizer),
        (normalizer_fn, normalizer_params),
        activation_fn,
        (variables_collections, outputs_collections),
        sc,
        data_format=data_format,
    )


@both("conv2d_in_plane")
@add_arg_scope
def conv2d_in_plane(
    inputs,
    kernel_size,
    stride=1,
    padding="SAME",
    activation_fn=nn.relu,
    normalizer_fn=None,
    normalizer_params=None,
    weights_initializer=xavier_initializer(),
    weights_regularizer=None,
    biases_initializer=Zeros(),
    biases_regularizer=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    scope=None,
):
    """The same filter over each channel on its own. The arguments are those of `convolution`."""
    with variable_scope(scope, "ConvInPlane", [inputs], reuse=reuse) as sc:
        kind, channels = inputs.dtype.base_dtype, inputs.dims[-1]
        height, width = convolutional.normalize_tuple(kernel_size, 2, "kernel_size")
        down, right = convolutional.normalize_tuple(stride, 2, "stride")
        weights = variables.model_variable(
            "weights",
            shape=[height, width, 1, 1],
            dtype=kind,
            initializer=weights_initializer,
            regularizer=weights_regularizer,
            trainable=trainable,
            collections=variable_collections(variables_collections, "weights"),
        )
        outputs = depthwise_conv2d(inputs, tile(weights, [1, 1, channels, 1]), [1, down, right, 1], padding)
        return _ended(
            outputs,
            kind,
            channels,
            trainable,
            (biases_initializer, biases_regularizer),
            (normalizer_fn, normalizer_params),
            activation_fn,
            (variables_collections, outputs_collections),
            sc,
        )


both("convolution2d_in_plane")(conv2d_in_plane)
