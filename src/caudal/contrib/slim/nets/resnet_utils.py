"""What both kinds of residual networks are made of: blocks of units, strides, and the layers' default arguments.

Source: He and others, Deep residual learning (2015).
"""

import collections

from ....build.scopes import variable_scope
from ....graph.graph import GraphKeys
from ....ground.errors import need
from ....ops.activations import relu
from ....ops.join import pad
from ...framework.arg_scope import add_arg_scope, arg_scope
from ...layers.batch_norm import batch_norm
from ...layers.convolutions import conv2d
from ...layers.initializers import variance_scaling_initializer
from ...layers.layers import max_pool2d
from ...layers.model_layers import collect
from ...layers.regularizers import l2_regularizer

__all__ = ["Block", "conv2d_same", "resnet_arg_scope", "stack_blocks_dense", "subsample"]

_UNREACHED = "The target output_stride cannot be reached."


class Block(collections.namedtuple("Block", ["scope", "unit_fn", "args"])):
    """Units after each other: the scope, the function of a unit, and for each unit a dict of its arguments."""


def subsample(inputs, factor, scope=None):
    """Every `factor`-th row and column of `[batch, height, width, channels]`."""
    return inputs if factor == 1 else max_pool2d(inputs, [1, 1], stride=factor, scope=scope)


def conv2d_same(inputs, num_outputs, kernel_size, stride, rate=1, scope=None):
    """A convolution that takes the same places whether the picture's size is even or odd: TF's "SAME" doesn't.

    Args:
      inputs: float `[batch, height, width, channels]`.
      num_outputs: the number of filters.
      kernel_size: one number.
      stride: one number.
      rate: how far apart the places under the kernel are.
      scope: the layer's scope.

    Returns:
      As a "SAME" convolution of stride 1 of which every `stride`-th row and column is kept.
    """
    if stride == 1:
        return conv2d(inputs, num_outputs, kernel_size, stride=1, rate=rate, padding="SAME", scope=scope)
    rim = (kernel_size - 1) * rate
    before = rim // 2
    inputs = pad(inputs, [[0, 0], [before, rim - before], [before, rim - before], [0, 0]])
    return conv2d(inputs, num_outputs, kernel_size, stride=stride, rate=rate, padding="VALID", scope=scope)


class _Density:
    """How far the strides so far have thinned the picture out; once it is enough, units widen their kernels instead."""

    def __init__(self, wanted):
        self.wanted, self.stride, self.rate = wanted, 1, 1

    def unit(self, net, block, arguments):
        own = arguments.get("stride", 1)
        need(self.wanted is None or self.stride <= self.wanted, _UNREACHED)
        if self.stride == self.wanted:
            net = block.unit_fn(net, rate=self.rate, **dict(arguments, stride=1))
            self.rate *= own
        else:
            net = block.unit_fn(net, rate=1, **arguments)
            self.stride *= own
        return net


@add_arg_scope
def stack_blocks_dense(net, blocks, output_stride=None, outputs_collections=None):
    """Blocks one after the other, in scopes `<block>/unit_1`, ...

    Args:
      net: float `[batch, height, width, channels]`.
      blocks: the `Block`s.
      output_stride: by how much height and width may shrink; where the strides would go beyond, kernels are widened. None: no bound.
      outputs_collections: where the blocks' outputs go.

    Returns:
      The last block's output.

    Raises:
      ValueError: the strides never multiply to `output_stride`.
    """
    density = _Density(output_stride)
    for block in blocks:
        with variable_scope(block.scope, "block", [net]) as sc:
            for k, arguments in enumerate(block.args, 1):
                with variable_scope(f"unit_{k}", values=[net]):
                    net = density.unit(net, block, arguments)
            net = collect(outputs_collections, net, sc.name)
    need(output_stride is None or density.stride == output_stride, _UNREACHED)
    return net


def resnet_arg_scope(weight_decay=0.0001, batch_norm_decay=0.997, batch_norm_epsilon=1e-5, batch_norm_scale=True):
    """The default arguments of the layers, for `arg_scope`.

    Args:
      weight_decay: the penalty on weights.
      batch_norm_decay: what moving averages keep in a step.
      batch_norm_epsilon: added to the variance.
      batch_norm_scale: whether normalised values are multiplied by a gamma.
    """
    normalizer = {
        "decay": batch_norm_decay,
        "epsilon": batch_norm_epsilon,
        "scale": batch_norm_scale,
        "updates_collections": GraphKeys.UPDATE_OPS,
    }
    convolutions = {
        "weights_regularizer": l2_regularizer(weight_decay),
        "weights_initializer": variance_scaling_initializer(),
        "activation_fn": relu,
        "normalizer_fn": batch_norm,
        "normalizer_params": normalizer,
    }
    with arg_scope([conv2d], **convolutions), arg_scope([batch_norm], **normalizer):
        with arg_scope([max_pool2d], padding="SAME") as scope:
            return scope
