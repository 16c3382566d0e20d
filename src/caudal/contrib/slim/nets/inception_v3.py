"""Inception, version 3, with a side head.

Source: Szegedy and others, Rethinking the Inception architecture (2015), table 1.
"""

from ....build.initializers import TruncatedNormal
from ....build.scopes import variable_scope
from ....graph.graph import GraphKeys
from ...framework.arg_scope import arg_scope
from ...layers.batch_norm import batch_norm
from ...layers.convolutions import conv2d
from ...layers.layers import avg_pool2d, dropout, max_pool2d, softmax
from .modules import Fork, Mixed, built, conv, layer_scope, logits_of, normalizer, pool, thinned, window

__all__ = ["inception_v3", "inception_v3_arg_scope", "inception_v3_base"]


def _pooled(depth):
    return [pool("AvgPool_0a_3x3", [3, 3]), conv("Conv2d_0b_1x1", depth, [1, 1])]


def _a(name, pooled, five=("Conv2d_0a_1x1", "Conv2d_0b_5x5")):
    """The paper's figure 5, with 5x5 in its second branch."""
    return Mixed(
        name,
        [
            [conv("Conv2d_0a_1x1", 64, [1, 1])],
            [conv(five[0], 48, [1, 1]), conv(five[1], 64, [5, 5])],
            [conv("Conv2d_0a_1x1", 64, [1, 1]), conv("Conv2d_0b_3x3", 96, [3, 3]), conv("Conv2d_0c_3x3", 96, [3, 3])],
            _pooled(pooled),
        ],
    )


def _b(name, depth):
    """Figure 6: 7x7 as 1x7 and 7x1."""
    return Mixed(
        name,
        [
            [conv("Conv2d_0a_1x1", 192, [1, 1])],
            [
                conv("Conv2d_0a_1x1", depth, [1, 1]),
                conv("Conv2d_0b_1x7", depth, [1, 7]),
                conv("Conv2d_0c_7x1", 192, [7, 1]),
            ],
            [
                conv("Conv2d_0a_1x1", depth, [1, 1]),
                conv("Conv2d_0b_7x1", depth, [7, 1]),
                conv("Conv2d_0c_1x7", depth, [1, 7]),
                conv("Conv2d_0d_7x1", depth, [7, 1]),
                conv("Conv2d_0e_1x7", 192, [1, 7]),
            ],
            _pooled(192),
        ],
    )


def _c(name, tall):
    """Figure 7: 1x3 and 3x1 side by side; `tall`: the name of the second branch's 3x1."""
    return Mixed(
        name,
        [
            [conv("Conv2d_0a_1x1", 320, [1, 1])],
            [
                conv("Conv2d_0a_1x1", 384, [1, 1]),
                Fork([conv("Conv2d_0b_1x3", 384, [1, 3]), conv(tall, 384, [3, 1])]),
            ],
            [
                conv("Conv2d_0a_1x1", 448, [1, 1]),
                conv("Conv2d_0b_3x3", 384, [3, 3]),
                Fork([conv("Conv2d_0c_1x3", 384, [1, 3]), conv("Conv2d_0d_3x1", 384, [3, 1])]),
            ],
            _pooled(192),
        ],
    )


_ROWS = [
    conv("Conv2d_1a_3x3", 32, [3, 3], 2, "VALID"),
    conv("Conv2d_2a_3x3", 32, [3, 3], 1, "VALID"),
    conv("Conv2d_2b_3x3", 64, [3, 3]),
    pool("MaxPool_3a_3x3", [3, 3], 2, "VALID"),
    conv("Conv2d_3b_1x1", 80, [1, 1], 1, "VALID"),
    conv("Conv2d_4a_3x3", 192, [3, 3], 1, "VALID"),
    pool("MaxPool_5a_3x3", [3, 3], 2, "VALID"),
    _a("Mixed_5b", 32),
    _a("Mixed_5c", 64, five=("Conv2d_0b_1x1", "Conv_1_0c_5x5")),
    _a("Mixed_5d", 64),
    Mixed(
        "Mixed_6a",
        [
            [conv("Conv2d_1a_1x1", 384, [3, 3], 2, "VALID")],
            [
                conv("Conv2d_0a_1x1", 64, [1, 1]),
                conv("Conv2d_0b_3x3", 96, [3, 3]),
                conv("Conv2d_1a_1x1", 96, [3, 3], 2, "VALID"),
            ],
            [pool("MaxPool_1a_3x3", [3, 3], 2, "VALID")],
        ],
    ),
    _b("Mixed_6b", 128),
    _b("Mixed_6c", 160),
    _b("Mixed_6d", 160),
    _b("Mixed_6e", 192),
    Mixed(
        "Mixed_7a",
        [
            [conv("Conv2d_0a_1x1", 192, [1, 1]), conv("Conv2d_1a_3x3", 320, [3, 3], 2, "VALID")],
            [
                conv("Conv2d_0a_1x1", 192, [1, 1]),
                conv("Conv2d_0b_1x7", 192, [1, 7]),
                conv("Conv2d_0c_7x1", 192, [7, 1]),
                conv("Conv2d_1a_3x3", 192, [3, 3], 2, "VALID"),
            ],
            [pool("MaxPool_1a_3x3", [3, 3], 2, "VALID")],
        ],
    ),
    _c("Mixed_7b", "Conv2d_0b_3x1"),
    _c("Mixed_7c", "Conv2d_0c_3x1"),
]


def inception_v3_base(inputs, final_endpoint="Mixed_7c", min_depth=16, depth_multiplier=1.0, scope=None):
    """The layers before the classifier.

    Args:
      inputs: float `[batch, height, width, channels]`.
      final_endpoint: the last layer that is made: "Conv2d_1a_3x3", ..., "Mixed_7c".
      min_depth: the least number of channels.
      depth_multiplier: what the table's numbers of channels are multiplied by, above 0.
      scope: the scope of the variables.

    Returns:
      That layer's output, and a dict of the outputs so far.

    Raises:
      ValueError: no layer is called that, or the multiplier is not above 0.
    """
    depth = thinned(depth_multiplier, min_depth)
    with variable_scope(scope, "InceptionV3", [inputs]):
        return built(inputs, _ROWS, final_endpoint, depth, {})


def _side_head(net, num_classes, depth, spatial_squeeze):
    with (
        arg_scope([conv2d, max_pool2d, avg_pool2d], stride=1, padding="SAME"),
        variable_scope("AuxLogits"),
    ):
        net = avg_pool2d(net, [5, 5], stride=3, padding="VALID", scope="AvgPool_1a_5x5")
        net = conv2d(net, depth(128), [1, 1], scope="Conv2d_1b_1x1")
        kernel = window(net, 5)
        start = TruncatedNormal(0.0, 0.01)
        name = "Conv2d_2a_{}x{}".format(*kernel)
        net = conv2d(net, depth(768), kernel, weights_initializer=start, padding="VALID", scope=name)
        return logits_of(net, num_classes, None, (None, "Conv2d_2b_1x1"), spatial_squeeze, 0.001)[1]


def _head(net, num_classes, keep_prob, spatial_squeeze):
    with variable_scope("Logits"):
        kernel = window(net, 8)
        net = avg_pool2d(net, kernel, padding="VALID", scope="AvgPool_1a_{}x{}".format(*kernel))
        return logits_of(net, num_classes, keep_prob, ("Dropout_1b", "Conv2d_1c_1x1"), spatial_squeeze)


def inception_v3(
    inputs,
    num_classes=1000,
    is_training=True,
    dropout_keep_prob=0.8,
    min_depth=16,
    depth_multiplier=1.0,
    prediction_fn=softmax,
    spatial_squeeze=True,
    reuse=None,
    create_aux_logits=True,
    scope="InceptionV3",
):
    """The network for pictures of 299 by 299.

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
      create_aux_logits: whether there is a side head, "AuxLogits" in the dict.
      scope: the scope of the variables.

    Returns:
      The logits, and a dict of outputs.

    Raises:
      ValueError: the multiplier is not above 0.
    """
    depth = thinned(depth_multiplier, min_depth)
    with variable_scope(scope, "InceptionV3", [inputs, num_classes], reuse=reuse) as scope:
        with arg_scope([batch_norm, dropout], is_training=is_training):
            net, end_points = inception_v3_base(inputs, scope=scope, min_depth=min_depth, depth_multiplier=depth_multiplier)
            if create_aux_logits and num_classes:
                end_points["AuxLogits"] = _side_head(end_points["Mixed_6e"], num_classes, depth, spatial_squeeze)
            end_points["PreLogits"], logits = _head(net, num_classes, dropout_keep_prob, spatial_squeeze)
            end_points["Logits"] = logits
            end_points["Predictions"] = prediction_fn(logits, scope="Predictions")
    return logits, end_points


inception_v3.default_image_size = 299


def inception_v3_arg_scope(
    weight_decay=0.00004,
    batch_norm_var_collection="moving_vars",
    batch_norm_decay=0.9997,
    batch_norm_epsilon=0.001,
    updates_collections=GraphKeys.UPDATE_OPS,
    use_fused_batchnorm=True,
):
    """The default arguments of the layers, for `arg_scope`."""
    return layer_scope(
        weight_decay,
        normalizer(
            batch_norm_var_collection, batch_norm_decay, batch_norm_epsilon, updates_collections, fused=use_fused_batchnorm
        ),
    )
