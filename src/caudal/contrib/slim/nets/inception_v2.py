"""Inception, version 2.

Source: Ioffe and Szegedy, Batch normalization (2015), fig. 5.
"""

from ....build.initializers import TruncatedNormal
from ....build.scopes import variable_scope
from ...framework.arg_scope import arg_scope
from ...layers.batch_norm import batch_norm
from ...layers.convolutions import conv2d, separable_conv2d
from ...layers.layers import avg_pool2d, dropout, max_pool2d, softmax
from .modules import Mixed, built, conv, layer_scope, logits_of, normalizer, pool, thinned, window

__all__ = ["inception_v2", "inception_v2_arg_scope", "inception_v2_base"]


def _module(name, one, three, double, pooled, pooling="AvgPool_0a_3x3"):
    """1x1; 1x1 and 3x3; 1x1 and two of 3x3; pooling and 1x1."""
    return Mixed(
        name,
        [
            [conv("Conv2d_0a_1x1", one, [1, 1])],
            [conv("Conv2d_0a_1x1", three[0], [1, 1], deviation=0.09), conv("Conv2d_0b_3x3", three[1], [3, 3])],
            [
                conv("Conv2d_0a_1x1", double[0], [1, 1], deviation=0.09),
                conv("Conv2d_0b_3x3", double[1], [3, 3]),
                conv("Conv2d_0c_3x3", double[1], [3, 3]),
            ],
            [pool(pooling, [3, 3]), conv("Conv2d_0b_1x1", pooled, [1, 1], deviation=0.1)],
        ],
    )


def _smaller(name, three, double):
    """A module of stride 2, whose pooling has no convolution after it."""
    return Mixed(
        name,
        [
            [conv("Conv2d_0a_1x1", three[0], [1, 1], deviation=0.09), conv("Conv2d_1a_3x3", three[1], [3, 3], 2)],
            [
                conv("Conv2d_0a_1x1", double[0], [1, 1], deviation=0.09),
                conv("Conv2d_0b_3x3", double[1], [3, 3]),
                conv("Conv2d_1a_3x3", double[1], [3, 3], 2),
            ],
            [pool("MaxPool_1a_3x3", [3, 3], 2)],
        ],
    )


_FIRST = "Conv2d_1a_7x7"
_ROWS = [
    pool("MaxPool_2a_3x3", [3, 3], 2),
    conv("Conv2d_2b_1x1", 64, [1, 1], deviation=0.1),
    conv("Conv2d_2c_3x3", 192, [3, 3]),
    pool("MaxPool_3a_3x3", [3, 3], 2),
    _module("Mixed_3b", 64, (64, 64), (64, 96), 32),
    _module("Mixed_3c", 64, (64, 96), (64, 96), 64),
    _smaller("Mixed_4a", (128, 160), (64, 96)),
    _module("Mixed_4b", 224, (64, 96), (96, 128), 128),
    _module("Mixed_4c", 192, (96, 128), (96, 128), 128),
    _module("Mixed_4d", 160, (128, 160), (128, 160), 96),
    _module("Mixed_4e", 96, (128, 192), (160, 192), 96),
    _smaller("Mixed_5a", (128, 192), (192, 256)),
    _module("Mixed_5b", 352, (192, 320), (160, 224), 128),
    _module("Mixed_5c", 352, (192, 320), (192, 224), 128, pooling="MaxPool_0a_3x3"),
]


def _first(inputs, depth):
    """A separable convolution: as many filters a channel as leave it fewer numbers than a plain one."""
    each = min(int(depth(64) / 3), 8)
    start = TruncatedNormal(0.0, 1.0)
    return separable_conv2d(inputs, depth(64), [7, 7], depth_multiplier=each, stride=2, weights_initializer=start, scope=_FIRST)


def inception_v2_base(inputs, final_endpoint="Mixed_5c", min_depth=16, depth_multiplier=1.0, scope=None):
    """The layers before the classifier.

    Args:
      inputs: float `[batch, height, width, channels]`.
      final_endpoint: the last layer that is made: "Conv2d_1a_7x7", ..., "Mixed_5c".
      min_depth: the least number of channels.
      depth_multiplier: what the table's numbers of channels are multiplied by, above 0.
      scope: the scope of the variables.

    Returns:
      That layer's output, and a dict of the outputs so far.

    Raises:
      ValueError: no layer is called that, or the multiplier is not above 0.
    """
    depth = thinned(depth_multiplier, min_depth)
    with variable_scope(scope, "InceptionV2", [inputs]):
        with arg_scope([conv2d, max_pool2d, avg_pool2d, separable_conv2d], stride=1, padding="SAME"):
            net = _first(inputs, depth)
            return built(net, _ROWS, final_endpoint, depth, {_FIRST: net})


def inception_v2(
    inputs,
    num_classes=1000,
    is_training=True,
    dropout_keep_prob=0.8,
    min_depth=16,
    depth_multiplier=1.0,
    prediction_fn=softmax,
    spatial_squeeze=True,
    reuse=None,
    scope="InceptionV2",
):
    """The network for pictures of 224 by 224.

    Args:
      inputs: float `[batch, height, width, channels]`.
      num_classes: how many logits.
      is_training: whether units are dropped and normalisation goes by the batch.
      dropout_keep_prob: the chance that a unit stays, in (0, 1].
      min_depth: the least number of channels.
      depth_multiplier: what the table's numbers of channels are multiplied by, above 0.
      prediction_fn: makes predictions of logits.
      spatial_squeeze: whether the logits are `[batch, classes]`.
      reuse: whether variables are shared.
      scope: the scope of the variables.

    Returns:
      The logits, and a dict of outputs.

    Raises:
      ValueError: the multiplier is not above 0.
    """
    thinned(depth_multiplier, min_depth)
    with variable_scope(scope, "InceptionV2", [inputs, num_classes], reuse=reuse) as scope:
        with arg_scope([batch_norm, dropout], is_training=is_training):
            net, end_points = inception_v2_base(inputs, scope=scope, min_depth=min_depth, depth_multiplier=depth_multiplier)
            with variable_scope("Logits"):
                kernel = window(net, 7)
                net = avg_pool2d(net, kernel, padding="VALID", scope="AvgPool_1a_{}x{}".format(*kernel))
                _, logits = logits_of(net, num_classes, dropout_keep_prob, ("Dropout_1b", "Conv2d_1c_1x1"), spatial_squeeze)
            end_points["Logits"] = logits
            end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
    return logits, end_points


inception_v2.default_image_size = 224


def inception_v2_arg_scope(weight_decay=0.00004, batch_norm_var_collection="moving_vars"):
    """The default arguments of the layers, for `arg_scope`."""
    return layer_scope(weight_decay, normalizer(batch_norm_var_collection))
