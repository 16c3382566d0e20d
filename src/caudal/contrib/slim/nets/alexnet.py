"""AlexNet, version 2, as Slim has it: without normalisation of responses.

Source: Krizhevsky, One weird trick for parallelizing convolutional neural networks (2014).
"""

from ....build.initializers import Constant, Zeros
from ....build.scopes import variable_scope
from ...framework.arg_scope import arg_scope
from ...layers.convolutions import conv2d
from ...layers.layers import fully_connected, max_pool2d
from .plain import CLASSIFIER, classifier, ended, layer_scope

__all__ = ["alexnet_v2", "alexnet_v2_arg_scope"]


def alexnet_v2_arg_scope(weight_decay=0.0005):
    """The default arguments of the layers, for `arg_scope`."""
    with arg_scope(layer_scope(weight_decay, Constant(0.1))), arg_scope([max_pool2d], padding="VALID") as scope:
        return scope


def _features(net):
    net = conv2d(net, 64, [11, 11], 4, padding="VALID", scope="conv1")
    net = max_pool2d(net, [3, 3], 2, scope="pool1")
    net = conv2d(net, 192, [5, 5], scope="conv2")
    net = max_pool2d(net, [3, 3], 2, scope="pool2")
    for name, depth in (("conv3", 384), ("conv4", 384), ("conv5", 256)):
        net = conv2d(net, depth, [3, 3], scope=name)
    return max_pool2d(net, [3, 3], 2, scope="pool5")


def alexnet_v2(inputs, num_classes=1000, is_training=True, dropout_keep_prob=0.5, spatial_squeeze=True, scope="alexnet_v2"):
    """AlexNet, its dense layers as convolutions.

    Args:
      inputs: float `[batch, height, width, channels]`; 224 by 224 for one set of logits a picture.
      num_classes: how many logits.
      is_training: whether units are dropped.
      dropout_keep_prob: the chance that a unit stays, in (0, 1].
      spatial_squeeze: whether the logits' height and width, then 1, are taken away.
      scope: the scope of the variables.

    Returns:
      The logits, and a dict of all layers' outputs.
    """
    with variable_scope(scope, "alexnet_v2", [inputs]) as sc:
        collection = sc.original_name_scope + "_end_points"
        with arg_scope([conv2d, fully_connected, max_pool2d], outputs_collections=[collection]):
            net = _features(inputs)
            with arg_scope([conv2d], **CLASSIFIER):
                net = classifier(net, 4096, [5, 5], num_classes, is_training, dropout_keep_prob, biases_initializer=Zeros())
            return ended(net, sc, collection, spatial_squeeze)


alexnet_v2.default_image_size = 224
