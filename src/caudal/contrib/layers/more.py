"""Layers of contrib.layers that few programs use: images as sequences, the older dense layer."""

import functools

from ...build.initializers import Zeros
from ...build.scopes import get_variable, variable_scope
from ...graph.convert import convert_to_tensor
from ...graph.graph import GraphKeys, default_graph
from ...graph.scopes import name_scope
from ...ground.errors import need
from ...ops import activations as nn
from ...ops.embedding import embedding_lookup
from ...ops.join import concat, stack, unstack
from ...ops.matmul import matmul
from ...ops.reduce import reduce_prod
from ...ops.shape import reshape, shape, transpose
from ...ops.slicing import gather, unique
from ..framework.arg_scope import add_arg_scope
from .initializers import xavier_initializer
from .model_layers import collect
from .regularizers import both

__all__ = ["images_to_sequence"]


@both("images_to_sequence")
@add_arg_scope
def images_to_sequence(inputs, data_format="NHWC", outputs_collections=None, scope=None):
    """Images as sequences of their columns.

    Args:
      inputs: `[batch, height, width, channels]`, or `[batch, channels, height, width]`.
      data_format: "NHWC" or "NCHW".
      outputs_collections: collections that the result is put into.
      scope: the scope's name.

    Returns:
      `[width, batch height, channels]`.

    Raises:
      ValueError: another `data_format`.
    """
    need(data_format in ("NCHW", "NHWC"), "data_format has to be either NCHW or NHWC.")
    with name_scope(scope, "ImagesToSequence", [inputs]) as sc:
        inputs = convert_to_tensor(inputs)
        if data_format == "NCHW":
            inputs = transpose(inputs, [0, 2, 3, 1])
        _, _, width, depth = inputs.get_shape().as_list()
        sizes = shape(inputs)
        batch, height = sizes[0], sizes[1]
        inputs = transpose(reshape(inputs, [batch * height, width, depth]), [1, 0, 2])
        return collect(outputs_collections, inputs, sc)


@both("sequence_to_images")
@add_arg_scope
def sequence_to_images(inputs, height, output_data_format="channels_last", outputs_collections=None, scope=None):
    """The images whose columns are sequences: what `images_to_sequence` undoes.

    Args:
      inputs: `[width, batch height, channels]`.
      height: int.
      output_data_format: "channels_last" or "channels_first".
      outputs_collections: collections that the result is put into.
      scope: the scope's name.

    Returns:
      `[batch, height, width, channels]`, or `[batch, channels, height, width]`.
    """
    with name_scope(scope, "SequenceToImages", [inputs]) as sc:
        inputs = convert_to_tensor(inputs)
        width, batch, depth = inputs.get_shape().as_list()
        batch = -1 if batch is None else batch // height
        whole = reshape(inputs, [width, batch, height, depth])
        outputs = transpose(whole, [1, 3, 2, 0] if output_data_format == "channels_first" else [1, 2, 0, 3])
        return collect(outputs_collections, outputs, sc)


@both("embedding_lookup_unique")
def embedding_lookup_unique(params, ids, partition_strategy="mod", name=None):
    """`tf.nn.embedding_lookup` that takes each row only once from the table.

    Args:
      params: the table, or a list of its parts.
      ids: int32 or int64 of any shape.
      partition_strategy: "mod" or "div".
      name: the scope's name.

    Returns:
      `[*shape of ids, *shape of a row]`.
    """
    with name_scope(name, "EmbeddingLookupUnique", [params, ids]):
        ids = convert_to_tensor(ids)
        sizes = shape(ids)
        flat = reshape(ids, reduce_prod(sizes, keepdims=True))
        each, where = unique(flat)
        rows = embedding_lookup(params, each, partition_strategy)
        taken = gather(rows, where)
        out = reshape(taken, concat([sizes, shape(rows)[1:]], 0))
        out.set_shape(ids.get_shape().concatenate(rows.get_shape()[1:]))
        return out


@both("legacy_fully_connected")
def legacy_fully_connected(
    x,
    num_output_units,
    activation_fn=None,
    weight_init=xavier_initializer(),
    bias_init=Zeros(),
    name=None,
    weight_collections=(GraphKeys.WEIGHTS,),
    bias_collections=(GraphKeys.BIASES,),
    output_collections=(GraphKeys.ACTIVATIONS,),
    trainable=True,
    weight_regularizer=None,
    bias_regularizer=None,
):
    """The dense layer that contrib.layers had first.

    Args:
      x: `[..., units]`, two dimensions or more.
      num_output_units: int.
      activation_fn: a function of the result, or None.
      weight_init, bias_init: initializers; None for no bias.
      name: the variable scope's name.
      weight_collections, bias_collections, output_collections: where variables and the result are put.
      trainable: whether the variables are trained.
      weight_regularizer, bias_regularizer: of the variables.

    Returns:
      `[..., num_output_units]`.

    Raises:
      ValueError: `x` has less than two dimensions, or its last is not known.
    """
    with variable_scope(name, "fully_connected", [x]):
        x = convert_to_tensor(x)
        units = _last_of(x)

        def variable(name, sizes, initializer, collections, regularizer):
            return get_variable(
                name,
                shape=sizes,
                dtype=x.dtype.base_dtype,
                initializer=initializer,
                collections={*(collections or ()), GraphKeys.GLOBAL_VARIABLES},
                regularizer=regularizer,
                trainable=trainable,
            )

        weights = variable("weights", [units, num_output_units], weight_init, weight_collections, weight_regularizer)
        y = matmul(x if len(x.dims) <= 2 else reshape(x, [-1, units]), weights)
        if bias_init is not None:
            y = nn.bias_add(y, variable("bias", [num_output_units], bias_init, bias_collections, bias_regularizer))
        y = _with_shape_of(x, y, num_output_units) if len(x.dims) > 2 else y
        y = y if activation_fn is None else activation_fn(y)
        default_graph().add_to_collections([*(output_collections or ()), GraphKeys.ACTIVATIONS], y)
        return y


def _last_of(x):
    need(x.dims is not None, "dims of x must be known but is None")
    need(len(x.dims) >= 2, f"rank of x must be at least 2 not: {len(x.dims)}")
    need(x.dims[-1] is not None, "last dimension of x must be known but is None")
    return x.dims[-1]


def _with_shape_of(x, y, units):
    """`y` in the shape of `x`, but for its last dimension."""
    sizes = unstack(shape(x))
    sizes[-1] = units
    y = reshape(y, stack(sizes))
    y.set_shape([*x.get_shape().as_list()[:-1], units])
    return y


legacy_linear = both("legacy_linear")(functools.partial(legacy_fully_connected, activation_fn=None))
legacy_relu = both("legacy_relu")(functools.partial(legacy_fully_connected, activation_fn=nn.relu))
