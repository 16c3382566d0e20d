"""What AlexNet, OverFeat and VGG share: convolutions one after the other, then a classifier made of convolutions."""

from ....build.initializers import Constant, TruncatedNormal
from ....ops.activations import relu
from ....ops.shape import squeeze
from ...framework.arg_scope import arg_scope
from ...layers.convolutions import conv2d
from ...layers.layers import dropout, fully_connected
from ...layers.regularizers import l2_regularizer
from ...layers.utils import convert_collection_to_dict

__all__ = ["CLASSIFIER", "classifier", "ended", "layer_scope"]

CLASSIFIER = {"weights_initializer": TruncatedNormal(0.0, 0.005), "biases_initializer": Constant(0.1)}


def layer_scope(weight_decay, biases_initializer):
    """The layers' default arguments: ReLU, a penalty on weights, "SAME" convolutions."""
    penalty = l2_regularizer(weight_decay)
    layers = [conv2d, fully_connected]
    with (
        arg_scope(layers, activation_fn=relu, weights_regularizer=penalty, biases_initializer=biases_initializer),
        arg_scope([conv2d], padding="SAME") as scope,
    ):
        return scope


def classifier(net, width, kernel, num_classes, is_training, keep_prob, **last):
    """fc6, fc7 and fc8 as convolutions, so that larger pictures give a map of logits; `last`: what only fc8 takes."""
    net = conv2d(net, width, kernel, padding="VALID", scope="fc6")
    net = dropout(net, keep_prob, is_training=is_training, scope="dropout6")
    net = conv2d(net, 4096, [1, 1], scope="fc7")
    net = dropout(net, keep_prob, is_training=is_training, scope="dropout7")
    return conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope="fc8", **last)


def ended(net, sc, collection, spatial_squeeze):
    """The logits, `[batch, classes]` if squeezed, and the dict of all layers' outputs."""
    end_points = convert_collection_to_dict(collection)
    if spatial_squeeze:
        net = squeeze(net, [1, 2], name="fc8/squeezed")
        end_points[sc.name + "/fc8"] = net
    return net, end_points
