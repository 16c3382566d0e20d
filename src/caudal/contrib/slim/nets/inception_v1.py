"""Inception, version 1 (GoogLeNet), with batch normalisation and without side heads.

Source: Szegedy and others, Going deeper with convolutions (2014), table 1.
"""

from ....build.initializers import TruncatedNormal
from ....build.scopes import variable_scope
from ...framework.arg_scope import arg_scope
from ...layers.batch_norm import batch_norm
from ...layers.convolutions import conv2d
from ...layers.layers import avg_pool2d, dropout, fully_connected, max_pool2d, softmax
from .modules import Mixed, built, conv, layer_scope, logits_of, normalizer, pool

__all__ = ["inception_v1", "inception_v1_arg_scope", "inception_v1_base"]


def _module(name, one, three, five, pooled, second="Conv2d_0b_3x3"):
    """1x1; 1x1 and 3x3; 1x1 and 3x3 again, the paper's 5x5; pooling and 1x1."""
    return Mixed(
        name,
        [
            [conv("Conv2d_0a_1x1", one, [1, 1])],
            [conv("Conv2d_0a_1x1", three[0], [1, 1]), conv("Conv2d_0b_3x3", three[1], [3, 3])],
            [conv("Conv2d_0a_1x1", five[0], [1, 1]), conv(second, five[1], [3, 3])],
            [pool("MaxPool_0a_3x3", [3, 3]), conv("Conv2d_0b_1x1", pooled, [1, 1])],
        ],
    )


_ROWS = [
    conv("Conv2d_1a_7x7", 64, [7, 7], 2),
    pool("MaxPool_2a_3x3", [3, 3], 2),
    conv("Conv2d_2b_1x1", 64, [1, 1]),
    conv("Conv2d_2c_3x3", 192, [3, 3]),
    pool("MaxPool_3a_3x3", [3, 3], 2),
    _module("Mixed_3b", 64, (96, 128), (16, 32), 32),
    _module("Mixed_3c", 128, (128, 192), (32, 96), 64),
    pool("MaxPool_4a_3x3", [3, 3], 2),
    _module("Mixed_4b", 192, (96, 208), (16, 48), 64),
    _module("Mixed_4c", 160, (112, 224), (24, 64), 64),
    _module("Mixed_4d", 128, (128, 256), (24, 64), 64),
    _module("Mixed_4e", 112, (144, 288), (32, 64), 64),
    _module("Mixed_4f", 256, (160, 320), (32, 128), 128),
    pool("MaxPool_5a_2x2", [2, 2], 2),
    _module("Mixed_5b", 256, (160, 320), (32, 128), 128, second="Conv2d_0a_3x3"),
    _module("Mixed_5c", 384, (192, 384), (48, 128), 128),
]


def inception_v1_base(inputs, final_endpoint="Mixed_5c", scope="InceptionV1"):
    """The layers before the classifier.

    Args:
      inputs: float `[batch, height, width, channels]`.
      final_endpoint: the last layer that is made: "Conv2d_1a_7x7", ..., "Mixed_5c".
      scope: the scope of the variables.

    Returns:
      That layer's output, and a dict of the outputs so far.

    Raises:
      ValueError: no layer is called that.
    """
    with variable_scope(scope, "InceptionV1", [inputs]):
        with (
            arg_scope([conv2d, fully_connected], weights_initializer=TruncatedNormal(0.0, 0.01)),
            arg_scope([conv2d, max_pool2d], stride=1, padding="SAME"),
        ):
            return built(inputs, _ROWS, final_endpoint, int, {})


def inception_v1(
    inputs,
    num_classes=1000,
    is_training=True,
    dropout_keep_prob=0.8,
    prediction_fn=softmax,
    spatial_squeeze=True,
    reuse=None,
    scope="InceptionV1",
):
    """The network for pictures of 224 by 224.

    Args:
      inputs: float `[batch, height, width, channels]`.
      num_classes: how many logits.
      is_training: whether units are dropped and normalisation goes by the batch.
      dropout_keep_prob: the chance that a unit stays, in (0, 1].
      prediction_fn: makes predictions of logits.
      spatial_squeeze: whether the logits are `[batch, classes]`.
      reuse: whether variables are shared.
      scope: the scope of the variables.

    Returns:
      The logits, and a dict of outputs.
    """
    with variable_scope(scope, "InceptionV1", [inputs, num_classes], reuse=reuse) as scope:
        with arg_scope([batch_norm, dropout], is_training=is_training):
            net, end_points = inception_v1_base(inputs, scope=scope)
            with variable_scope("Logits"):
                net = avg_pool2d(net, [7, 7], stride=1, scope="MaxPool_0a_7x7")
                _, logits = logits_of(net, num_classes, dropout_keep_prob, ("Dropout_0b", "Conv2d_0c_1x1"), spatial_squeeze)
                end_points["Logits"] = logits
                end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
    return logits, end_points


inception_v1.default_image_size = 224


def inception_v1_arg_scope(weight_decay=0.00004, use_batch_norm=True, batch_norm_var_collection="moving_vars"):
    """The default arguments of the layers, for `arg_scope`."""
    return layer_scope(weight_decay, normalizer(batch_norm_var_collection) if use_batch_norm else None)
