"""The residual networks of both kinds as one: they differ in their unit, in the root's layer and in a last normalisation."""

from ....build.scopes import variable_scope
from ....ground.errors import need
from ....ops.activations import relu
from ....ops.reduce import reduce_mean
from ...framework.arg_scope import arg_scope
from ...layers.batch_norm import batch_norm
from ...layers.convolutions import conv2d
from ...layers.layers import max_pool2d, softmax
from ...layers.utils import convert_collection_to_dict
from .resnet_utils import Block, conv2d_same, stack_blocks_dense

__all__ = ["block_of", "depths", "generator"]

UNITS = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3), 200: (3, 24, 36, 3)}


def block_of(unit, scope, base_depth, num_units, stride):
    """A block whose last unit has the stride."""
    widths = {"depth": base_depth * 4, "depth_bottleneck": base_depth}
    return Block(scope, unit, [dict(widths, stride=1)] * (num_units - 1) + [dict(widths, stride=stride)])


def _root(net, before):
    if before:  # the first unit normalises
        with arg_scope([conv2d], activation_fn=None, normalizer_fn=None):
            net = conv2d_same(net, 64, 7, stride=2, scope="conv1")
    else:
        net = conv2d_same(net, 64, 7, stride=2, scope="conv1")
    return max_pool2d(net, [3, 3], stride=2, scope="pool1")


def _rooted(net, before, output_stride):
    if output_stride is not None:
        need(output_stride % 4 == 0, "The output_stride needs to be a multiple of 4.")
        output_stride /= 4
    return _root(net, before), output_stride


def _body(net, blocks, before, global_pool, output_stride, include_root_block):
    if include_root_block:
        net, output_stride = _rooted(net, before, output_stride)
    net = stack_blocks_dense(net, blocks, output_stride)
    if before:
        net = batch_norm(net, activation_fn=relu, scope="postnorm")
    return reduce_mean(net, [1, 2], name="pool5", keepdims=True) if global_pool else net


def _headed(net, num_classes, collection):
    if num_classes is not None:
        net = conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope="logits")
    end_points = convert_collection_to_dict(collection)
    if num_classes is not None:
        end_points["predictions"] = softmax(net, scope="predictions")
    return net, end_points


def generator(name, unit, before):
    """The function of any blocks; `before`: whether a unit normalises before its convolutions."""

    def resnet(
        inputs,
        blocks,
        num_classes=None,
        is_training=True,
        global_pool=True,
        output_stride=None,
        include_root_block=True,
        reuse=None,
        scope=None,
    ):
        """A residual network of the blocks.

        Args:
          inputs: float `[batch, height, width, channels]`.
          blocks: the `resnet_utils.Block`s.
          num_classes: how many logits; None: the features before them.
          is_training: whether normalisation goes by the batch, and not by what was averaged.
          global_pool: whether features are averaged over the picture.
          output_stride: by how much height and width may shrink, a multiple of 4; None: no bound.
          include_root_block: whether a convolution and a pooling, each of stride 2, come first.
          reuse: whether variables are shared.
          scope: the scope of the variables.

        Returns:
          The logits `[batch, height, width, classes]`, or the features; a dict of outputs.

        Raises:
          ValueError: the strides never multiply to `output_stride`.
        """
        with variable_scope(scope, name, [inputs], reuse=reuse) as sc:
            collection = sc.original_name_scope + "_end_points"
            with (
                arg_scope([conv2d, unit, stack_blocks_dense], outputs_collections=collection),
                arg_scope([batch_norm], is_training=is_training),
            ):
                net = _body(inputs, blocks, before, global_pool, output_stride, include_root_block)
                return _headed(net, num_classes, collection)

    resnet.__name__ = resnet.__qualname__ = name
    resnet.default_image_size = 224
    return resnet


def _of_depth(make, block, layers):
    name = f"{make.__name__}_{layers}"

    def resnet(inputs, num_classes=None, is_training=True, global_pool=True, output_stride=None, reuse=None, scope=name):
        rows = zip((64, 128, 256, 512), UNITS[layers], (2, 2, 2, 1), strict=True)
        blocks = [block(f"block{k}", *row) for k, row in enumerate(rows, 1)]
        return make(inputs, blocks, num_classes, is_training, global_pool, output_stride, True, reuse, scope)

    resnet.__name__ = resnet.__qualname__ = name
    resnet.__doc__ = f"`{make.__name__}` of {layers} layers."
    return resnet


def depths(make, block):
    """The networks of 50, 101, 152 and 200 layers."""
    return [_of_depth(make, block, layers) for layers in UNITS]
