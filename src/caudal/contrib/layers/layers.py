"""The layers of contrib.layers and Slim but for convolutions: the layers of tf.layers under other names, with collections."""

import functools

from ...build.initializers import Ones, Zeros
from ...build.scopes import variable_scope
from ...graph.convert import convert_to_tensor
from ...graph.scopes import name_scope
from ...ground import dtypes
from ...ground.api import PUBLIC
from ...ground.errors import need
from ...layers import core
from ...ops import activations as nn
from ...ops.elementwise import cast, sqrt, square
from ...ops.elementwise import div as divide
from ...ops.fill import one_hot, ones
from ...ops.join import concat
from ...ops.nn_functions import batch_normalization, moments
from ...ops.reduce import reduce_sum
from ...ops.shape import reshape, shape, tile
from ...ops.slicing import strided_slice
from ..framework import variables
from ..framework.arg_scope import add_arg_scope
from .initializers import xavier_initializer
from .model_layers import NAMES, alias, applied, collect, model_getter, variable_collections
from .regularizers import both

__all__ = ["fully_connected"]


@both("fully_connected")
@add_arg_scope
def fully_connected(
    inputs,
    num_outputs,
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
    """activation(normalised(inputs weights + biases)).

    Args:
      inputs: `[..., n]`, at least a matrix.
      num_outputs: an int.
      activation_fn: None for none.
      normalizer_fn: instead of biases, with `normalizer_params`.
      weights_initializer, weights_regularizer, biases_initializer, biases_regularizer: of the variables.
      reuse: whether the variables are shared.
      variables_collections: a list, or a dict by variable.
      outputs_collections: where the outputs go.
      trainable: whether the variables are trained.
      scope: the scope's name.

    Raises:
      ValueError: `num_outputs` is no integer, or the inputs' last dimension is unknown.
    """
    need(hasattr(num_outputs, "__index__"), "num_outputs type should be one of [<class 'int'>], got %s." % type(num_outputs))
    with variable_scope(scope, "fully_connected", [inputs], reuse=reuse, custom_getter=model_getter(NAMES)) as sc:
        inputs = convert_to_tensor(inputs)
        return applied(
            core.Dense,
            inputs,
            sc,
            reuse,
            trainable,
            (weights_initializer, weights_regularizer),
            (biases_initializer, biases_regularizer),
            (normalizer_fn, normalizer_params),
            activation_fn,
            (variables_collections, outputs_collections),
            units=num_outputs,
        )


def _pool(name, kind, scope_name):
    @add_arg_scope
    def call(inputs, kernel_size, stride=2, padding="VALID", data_format="NHWC", outputs_collections=None, scope=None):
        need(data_format in ("NHWC", "NCHW"), "data_format has to be either NCHW or NHWC.")
        with name_scope(scope, scope_name, [inputs]) as sc:
            inputs = convert_to_tensor(inputs)
            first = "channels_first" if data_format.startswith("NC") else "channels_last"
            layer = kind(pool_size=kernel_size, strides=stride, padding=padding, data_format=first, _scope=sc)
            outputs = layer.apply(inputs)
            return collect(outputs_collections, outputs, sc[:-1])

    call.__doc__ = f"`{kind.__name__}` of the inputs: `kernel_size` and `stride` are numbers or pairs."
    call.__name__ = call.__qualname__ = name
    return both(name)(call)


max_pool2d = _pool("max_pool2d", PUBLIC["layers.MaxPooling2D"], "MaxPool2D")
avg_pool2d = _pool("avg_pool2d", PUBLIC["layers.AveragePooling2D"], "AvgPool2D")


@both("flatten")
@add_arg_scope
def flatten(inputs, outputs_collections=None, scope=None):
    """All dimensions but the batch as one."""
    with name_scope(scope, "Flatten", [inputs]) as sc:
        inputs = convert_to_tensor(inputs)
        outputs = core.flatten(inputs)
        return collect(outputs_collections, outputs, sc[:-1])


@both("dropout")
@add_arg_scope
def dropout(inputs, keep_prob=0.5, noise_shape=None, is_training=True, outputs_collections=None, scope=None, seed=None):
    """Elements set to 0 at random while training; each stays with the chance `keep_prob`."""
    with variable_scope(scope, "Dropout", [inputs], custom_getter=model_getter()) as sc:
        inputs = convert_to_tensor(inputs)
        layer = core.Dropout(rate=1 - keep_prob, noise_shape=noise_shape, seed=seed, name=sc.name, _scope=sc)
        outputs = layer.apply(inputs, training=is_training)
        return collect(outputs_collections, outputs, alias(sc))


@both("bias_add")
@add_arg_scope
def bias_add(
    inputs,
    activation_fn=None,
    initializer=Zeros(),
    regularizer=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    data_format="NHWC",
    scope=None,
):
    """The inputs plus a vector of biases along their channels."""
    need(data_format in ("NHWC", "NCHW"), "data_format has to be either NCHW or NHWC.")
    with variable_scope(scope, "BiasAdd", [inputs], reuse=reuse) as sc:
        inputs = convert_to_tensor(inputs)
        dims = inputs.get_shape()
        n = dims.ndims
        need(n is not None, "Dims of shape must be known but is None")
        need(n == 4 or data_format != "NCHW", "Data format NCHW only supports 4D Tensor")
        axis = 1 if data_format == "NCHW" else -1
        features = dims[axis].value
        need(features is not None, "`C` dimension must be known but is None")
        biases = variables.model_variable(
            "biases",
            shape=[features],
            dtype=inputs.dtype.base_dtype,
            initializer=initializer,
            regularizer=regularizer,
            collections=variable_collections(variables_collections, "biases"),
            trainable=trainable,
        )
        outputs = nn.bias_add(inputs, biases, data_format=data_format)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return collect(outputs_collections, outputs, alias(sc))


@both("one_hot_encoding")
@add_arg_scope
def one_hot_encoding(labels, num_classes, on_value=1.0, off_value=0.0, outputs_collections=None, scope=None):
    """For each label a vector that is `on_value` there and `off_value` elsewhere."""
    with name_scope(scope, "OneHotEncoding", [labels, num_classes]) as sc:
        labels = convert_to_tensor(labels)
        if labels.dtype.name == "int32":
            labels = cast(labels, dtypes.int64, name="ToInt64")
        outputs = one_hot(labels, num_classes, on_value=on_value, off_value=off_value)
        return collect(outputs_collections, outputs, sc)


@both("softmax")
def softmax(logits, scope=None):
    """exp(x) over its sum along the last dimension, for any rank."""
    with variable_scope(scope, "softmax", [logits]):
        classes = shape_utils_last(logits)
        flat = reshape(logits, [-1, classes])
        made = nn.softmax(flat)
        made = reshape(made, shape(logits))
        made.set_shape(logits.get_shape())
        return made


def shape_utils_last(x):
    """The size of the last dimension; a tensor where it is not known."""
    return x.dims[-1] if x.dims[-1] is not None else shape(x)[-1]


@both("unit_norm")
@add_arg_scope
def unit_norm(inputs, dim, epsilon=1e-7, scope=None):
    """The inputs over their Euclidean norm along a dimension."""
    with variable_scope(scope, "UnitNorm", [inputs]):
        need(inputs.get_shape(), "The input rank must be known.")
        n = len(inputs.get_shape().as_list())
        need(0 <= dim < n, "dim must be positive but smaller than the input rank.")
        lengths = sqrt(epsilon + reduce_sum(square(inputs), dim, True))
        multiples = []
        if dim > 0:
            multiples.append(ones([dim], dtypes.int32))
        multiples.append(strided_slice(shape(inputs), [dim], [dim + 1]))
        if dim < n - 1:
            multiples.append(ones([n - 1 - dim], dtypes.int32))
        return divide(inputs, tile(lengths, concat(multiples, 0)))


@both("repeat")
def repeat(inputs, repetitions, layer, *args, **kwargs):
    """A layer applied again and again, in scopes `<scope>_1`, `<scope>_2`, ..."""
    scope = kwargs.pop("scope", None)
    with variable_scope(scope, "Repeat", [inputs]):
        inputs = convert_to_tensor(inputs)
        if scope is None:
            scope = _layer_name(layer)
        outputs = inputs
        for k in range(repetitions):
            kwargs["scope"] = scope + "_" + str(k + 1)
            outputs = layer(outputs, *args, **kwargs)
        return outputs


def _layer_name(layer):
    if hasattr(layer, "__name__"):
        return layer.__name__
    if hasattr(layer, "func") and hasattr(layer.func, "__name__"):
        return layer.func.__name__
    return "repeat"


@both("stack")
def stack(inputs, layer, stack_args, **kwargs):
    """A layer applied once for each of `stack_args`, in scopes `<scope>_1`, `<scope>_2`, ..."""
    scope = kwargs.pop("scope", None)
    need(isinstance(stack_args, (list, tuple)), "stack_args need to be a list or tuple")
    with variable_scope(scope, "Stack", [inputs]):
        inputs = convert_to_tensor(inputs)
        if scope is None:
            scope = _layer_name(layer) if _layer_name(layer) != "repeat" else "stack"
        outputs = inputs
        for k, given in enumerate(stack_args):
            kwargs["scope"] = scope + "_" + str(k + 1)
            given = given if isinstance(given, (list, tuple)) else [given]
            outputs = layer(outputs, *given, **kwargs)
        return outputs


relu = both("relu")(functools.partial(fully_connected, activation_fn=nn.relu))
relu6 = both("relu6")(functools.partial(fully_connected, activation_fn=nn.relu6))
linear = both("linear")(functools.partial(fully_connected, activation_fn=None))
elu = both("elu")(functools.partial(fully_connected, activation_fn=nn.elu))


@both("layer_norm")
@add_arg_scope
def layer_norm(
    inputs,
    center=True,
    scale=True,
    activation_fn=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    begin_norm_axis=1,
    begin_params_axis=-1,
    scope=None,
):
    """Each example brought to mean 0 and variance 1 over its own features, then scaled and shifted.

    Source: Ba, Kiros and Hinton, "Layer normalization" (2016).
    """
    with variable_scope(scope, "LayerNorm", [inputs], reuse=reuse) as sc:
        inputs = convert_to_tensor(inputs)
        dims = inputs.get_shape()
        rank = dims.ndims
        need(rank is not None, f"Inputs {inputs.name} has undefined rank.")
        kind = inputs.dtype.base_dtype
        begin = begin_norm_axis + rank if begin_norm_axis < 0 else begin_norm_axis
        need(
            begin_params_axis < rank and begin < rank,
            f"begin_params_axis ({begin_params_axis}) and begin_norm_axis ({begin}) must be < rank(inputs) ({rank})",
        )
        params = dims[begin_params_axis:]
        need(params.is_fully_defined(), f"Inputs {inputs.name}: shape(inputs)[{begin_params_axis}:] is not fully defined: {dims}")
        beta = gamma = None
        if center:
            beta = variables.model_variable(
                "beta",
                shape=params,
                dtype=kind,
                initializer=Zeros(),
                trainable=trainable,
                collections=variable_collections(variables_collections, "beta"),
            )
        if scale:
            gamma = variables.model_variable(
                "gamma",
                shape=params,
                dtype=kind,
                initializer=Ones(),
                trainable=trainable,
                collections=variable_collections(variables_collections, "gamma"),
            )
        mean, variance = moments(inputs, list(range(begin, rank)), keep_dims=True)
        outputs = batch_normalization(inputs, mean, variance, offset=beta, scale=gamma, variance_epsilon=1e-12)
        outputs.set_shape(dims)
        if activation_fn is not None:
            outputs = activation_fn(outputs)
        return collect(outputs_collections, outputs, alias(sc))
