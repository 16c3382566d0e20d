"""What the Inception networks are made of: rows for layers, modules of branches, and the walk that builds them."""

import collections

from ....build.initializers import TruncatedNormal
from ....build.scopes import variable_scope
from ....graph.graph import GraphKeys
from ....ground.errors import need
from ....ops.activations import relu
from ....ops.join import concat
from ....ops.shape import squeeze
from ...framework.arg_scope import arg_scope
from ...layers.batch_norm import batch_norm
from ...layers.convolutions import conv2d
from ...layers.initializers import variance_scaling_initializer
from ...layers.layers import avg_pool2d, dropout, fully_connected, max_pool2d
from ...layers.regularizers import l2_regularizer

__all__ = ["Fork", "Mixed", "built", "conv", "layer_scope", "logits_of", "normalizer", "pool", "thinned", "window"]

Conv = collections.namedtuple("Conv", "name depth kernel stride padding deviation")
Pool = collections.namedtuple("Pool", "name kernel stride padding")
Fork = collections.namedtuple("Fork", "rows")  # layers side by side, of the same inputs
Mixed = collections.namedtuple("Mixed", "name branches")  # a module: its branches are lists of rows


def conv(name, depth, kernel, stride=1, padding="SAME", deviation=None):
    """A convolution; `deviation`: of its first weights, where they are not the scope's."""
    return Conv(name, depth, kernel, stride, padding, deviation)


def pool(name, kernel, stride=1, padding="SAME"):
    """A pooling, of the kind that its name says."""
    return Pool(name, kernel, stride, padding)


def thinned(depth_multiplier, min_depth):
    """The number of channels for the one in the table.

    Raises:
      ValueError: the multiplier is not above 0.
    """
    need(depth_multiplier > 0, "depth_multiplier is not greater than zero.")
    return lambda depth: max(int(depth * depth_multiplier), min_depth)


def _layer(net, row, depth):
    if isinstance(row, Fork):
        return concat([_layer(net, one, depth) for one in row.rows], 3)
    if isinstance(row, Pool):
        kind = max_pool2d if row.name.startswith("Max") else avg_pool2d
        return kind(net, row.kernel, stride=row.stride, padding=row.padding, scope=row.name)
    start = {} if row.deviation is None else {"weights_initializer": TruncatedNormal(0.0, row.deviation)}
    return conv2d(net, depth(row.depth), row.kernel, stride=row.stride, padding=row.padding, scope=row.name, **start)


def _mixed(net, module, depth):
    made = []
    with variable_scope(module.name):
        for k, rows in enumerate(module.branches):
            with variable_scope(f"Branch_{k}"):
                branch = net
                for row in rows:
                    branch = _layer(branch, row, depth)
            made.append(branch)
        return concat(made, 3)


def built(net, rows, final_endpoint, depth, end_points):
    """The layers and modules up to one of them, each put into `end_points`.

    Raises:
      ValueError: none is called that.
    """
    for row in rows:
        if final_endpoint in end_points:
            break
        net = _mixed(net, row, depth) if isinstance(row, Mixed) else _layer(net, row, depth)
        end_points[row.name] = net
    need(final_endpoint in end_points, f"Unknown final endpoint {final_endpoint}")
    return net, end_points


def window(net, size):
    """`size` for both sides, or less where the picture is smaller than that."""
    height, width = net.get_shape().as_list()[1:3]
    return [size, size] if height is None or width is None else [min(height, size), min(width, size)]


def logits_of(net, num_classes, keep_prob, name, spatial_squeeze, deviation=None):
    """Dropout under the first name, and the logits under the second."""
    if keep_prob is not None:
        net = dropout(net, keep_prob, scope=name[0])
    start = {} if deviation is None else {"weights_initializer": TruncatedNormal(0.0, deviation)}
    logits = conv2d(net, num_classes, [1, 1], activation_fn=None, normalizer_fn=None, scope=name[1], **start)
    if spatial_squeeze:
        logits = squeeze(logits, [1, 2], name="SpatialSqueeze")
    return net, logits


def normalizer(collection, decay=0.9997, epsilon=0.001, updates_collections=GraphKeys.UPDATE_OPS, **more):
    """Arguments of batch normalisation, whose averages go into a collection."""
    kept = {"beta": None, "gamma": None, "moving_mean": [collection], "moving_variance": [collection]}
    return {"decay": decay, "epsilon": epsilon, "updates_collections": updates_collections, "variables_collections": kept, **more}


def layer_scope(weight_decay, normalizer_params):
    """The layers' default arguments; no normalisation where its arguments are None."""
    convolutions = {
        "weights_initializer": variance_scaling_initializer(),
        "activation_fn": relu,
        "normalizer_fn": None if normalizer_params is None else batch_norm,
        "normalizer_params": normalizer_params or {},
    }
    with arg_scope([conv2d, fully_connected], weights_regularizer=l2_regularizer(weight_decay)):
        with arg_scope([conv2d], **convolutions) as scope:
            return scope
