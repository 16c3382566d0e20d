"""VGG with 11, 16 and 19 layers.

Source: Simonyan and Zisserman, Very deep convolutional networks (2014), table 1: A, D and E.
"""

from ....build.initializers import Zeros
from ....build.scopes import variable_scope
from ...framework.arg_scope import arg_scope
from ...layers.convolutions import conv2d
from ...layers.layers import fully_connected, max_pool2d, repeat
from .plain import classifier, ended, layer_scope

__all__ = ["vgg_16", "vgg_19", "vgg_a", "vgg_arg_scope"]

_DEPTHS = (64, 128, 256, 512, 512)


def vgg_arg_scope(weight_decay=0.0005):
    """The default arguments of the layers, for `arg_scope`."""
    return layer_scope(weight_decay, Zeros())


def _features(net, repeats):
    for k, (depth, times) in enumerate(zip(_DEPTHS, repeats, strict=True), 1):
        net = repeat(net, times, conv2d, depth, [3, 3], scope=f"conv{k}")
        net = max_pool2d(net, [2, 2], scope=f"pool{k}")
    return net


def _vgg(name, repeats):
    def vgg(inputs, num_classes=1000, is_training=True, dropout_keep_prob=0.5, spatial_squeeze=True, scope=name):
        with variable_scope(scope, name, [inputs]) as sc:
            collection = sc.original_name_scope + "_end_points"
            with arg_scope([conv2d, fully_connected, max_pool2d], outputs_collections=collection):
                net = _features(inputs, repeats)
                net = classifier(net, 4096, [7, 7], num_classes, is_training, dropout_keep_prob)
                return ended(net, sc, collection, spatial_squeeze)

    vgg.__name__ = vgg.__qualname__ = name
    vgg.default_image_size = 224
    vgg.__doc__ = f"""VGG of {sum(repeats) + 3} layers, its dense ones as convolutions.

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
    return vgg


vgg_a = _vgg("vgg_a", (1, 1, 2, 2, 2))
vgg_16 = vgg_d = _vgg("vgg_16", (2, 2, 3, 3, 3))
vgg_19 = vgg_e = _vgg("vgg_19", (2, 2, 4, 4, 4))
