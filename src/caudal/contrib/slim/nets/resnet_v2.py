"""Residual networks, second kind: normalisation and ReLU before each convolution, nothing after the sum.

Source: He and others, Identity mappings in deep residual networks (2016), fig. 1b.
"""

from ....build.scopes import variable_scope
from ....ops.activations import relu
from ...framework.arg_scope import add_arg_scope
from ...layers.batch_norm import batch_norm
from ...layers.convolutions import conv2d
from ...layers.model_layers import collect
from ...layers.utils import last_dimension
from .residual import block_of, depths, generator
from .resnet_utils import conv2d_same, resnet_arg_scope, subsample

__all__ = ["bottleneck", "resnet_arg_scope", "resnet_v2", "resnet_v2_50", "resnet_v2_block"]

_BARE = {"normalizer_fn": None, "activation_fn": None}


@add_arg_scope
def bottleneck(inputs, depth, depth_bottleneck, stride, rate=1, outputs_collections=None, scope=None):
    """A unit: 1x1, 3x3 and 1x1 convolutions of the normalised inputs, added to the inputs.

    Args:
      inputs: float `[batch, height, width, channels]`.
      depth: the number of outputs.
      depth_bottleneck: the number of channels inside.
      stride: by how much height and width shrink.
      rate: how far apart the places under the 3x3 kernel are.
      outputs_collections: where the output goes.
      scope: the scope of the variables.
    """
    with variable_scope(scope, "bottleneck_v2", [inputs]) as sc:
        depth_in = last_dimension(inputs.get_shape(), min_rank=4)
        preact = batch_norm(inputs, activation_fn=relu, scope="preact")
        if depth == depth_in:
            shortcut = subsample(inputs, stride, "shortcut")
        else:
            shortcut = conv2d(preact, depth, [1, 1], stride=stride, scope="shortcut", **_BARE)
        residual = conv2d(preact, depth_bottleneck, [1, 1], stride=1, scope="conv1")
        residual = conv2d_same(residual, depth_bottleneck, 3, stride, rate=rate, scope="conv2")
        residual = conv2d(residual, depth, [1, 1], stride=1, scope="conv3", **_BARE)
        return collect(outputs_collections, shortcut + residual, sc.name)


resnet_v2 = generator("resnet_v2", bottleneck, before=True)


def resnet_v2_block(scope, base_depth, num_units, stride):
    """A block of `num_units` units of `4 * base_depth` outputs; the last one has the stride."""
    return block_of(bottleneck, scope, base_depth, num_units, stride)


resnet_v2_50, resnet_v2_101, resnet_v2_152, resnet_v2_200 = depths(resnet_v2, resnet_v2_block)
