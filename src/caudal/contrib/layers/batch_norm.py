"""batch_norm of contrib.layers and Slim: by the layer of tf.layers, by one op, or step by step."""

import types

from ...build.cond import smart_cond, smart_constant_value
from ...build.initializers import Ones, Zeros
from ...build.scopes import variable_scope
from ...graph.convert import convert_to_tensor
from ...graph.graph import GraphKeys, default_graph
from ...graph.scopes import control_dependencies
from ...ground import dtypes
from ...ground.errors import need
from ...layers import normalization
from ...ops.basic import constant, identity
from ...ops.moments import weighted_moments
from ...ops.nn_functions import batch_normalization, fused_batch_norm, moments
from ...ops.shape import reshape, shape
from ...train.moving_averages import assign_moving_average
from ..framework import variables
from ..framework.arg_scope import add_arg_scope
from .model_layers import alias, collect, keep, model_getter, variable_collections
from .regularizers import both

__all__ = ["batch_norm"]


@both("batch_norm")
@add_arg_scope
def batch_norm(
    inputs,
    decay=0.999,
    center=True,
    scale=False,
    epsilon=0.001,
    activation_fn=None,
    param_initializers=None,
    param_regularizers=None,
    updates_collections=GraphKeys.UPDATE_OPS,
    is_training=True,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    batch_weights=None,
    fused=None,
    data_format="NHWC",
    zero_debias_moving_mean=False,
    scope=None,
    renorm=False,
    renorm_clipping=None,
    renorm_decay=0.99,
    adjustment=None,
):
    """Inputs brought to mean 0 and variance 1 over the batch, then shifted, and scaled if asked.

    Args:
      inputs: `[batch, ..., channels]`.
      decay: of the moving statistics.
      center, scale: whether there are beta and gamma.
      epsilon: added to the variance.
      activation_fn: of the outputs.
      param_initializers, param_regularizers: dicts by variable.
      updates_collections: where the updates of the statistics go; None makes them at once.
      is_training: a bool or a tensor.
      reuse, variables_collections, outputs_collections, trainable, scope: as `fully_connected` has them.
      batch_weights: `[batch]`, what each example counts in the statistics.
      renorm: whether batch renormalisation corrects by the moving statistics.
      renorm_clipping: a dict of `rmin`, `rmax`, `dmax`, the corrections' bounds; renorm_decay: of renorm's statistics.
      adjustment: a function of the inputs' shape that gives (scale, offset) of the normalised values while training.
      fused: whether one op does it; where it can, by default.
      data_format: "NHWC" or "NCHW".
      zero_debias_moving_mean: whether the moving mean is corrected for its start at 0.

    Raises:
      ValueError: an unknown data format, or inputs whose channels are unknown.

    Source: Ioffe and Szegedy (2015).
    """
    need(data_format in ("NCHW", "NHWC"), "data_format has to be either NCHW or NHWC.")
    inputs = convert_to_tensor(inputs)
    rank = inputs.get_shape().ndims
    can_fuse = batch_weights is None and not renorm and adjustment is None and rank in (2, 4)
    fused = can_fuse if fused is None else fused
    by_default = updates_collections is GraphKeys.UPDATE_OPS
    given, regularizers = param_initializers or {}, param_regularizers or {}
    common = _Settings(
        decay=decay,
        center=center,
        scale=scale,
        epsilon=epsilon,
        activation_fn=activation_fn,
        given=given,
        regularizers=regularizers,
        updates_collections=updates_collections,
        is_training=is_training,
        reuse=reuse,
        variables_collections=variables_collections,
        outputs_collections=outputs_collections,
        trainable=trainable,
        data_format=data_format,
        zero_debias=zero_debias_moving_mean,
        scope=scope,
    )
    if fused and can_fuse and (zero_debias_moving_mean or rank == 2 or not by_default):
        return _fused_batch_norm(inputs, common)
    if batch_weights is None and by_default and not zero_debias_moving_mean:
        renorm_arguments = {"renorm": renorm, "renorm_clipping": renorm_clipping, "renorm_momentum": renorm_decay}
        return _batch_norm_layer(inputs, common, fused=fused, adjustment=adjustment, **renorm_arguments)
    need(not renorm, "renorm is not supported with batch_weights, updates_collections or zero_debias_moving_mean")
    return _plain_batch_norm(inputs, common, batch_weights)


_Settings = types.SimpleNamespace


def _batch_norm_layer(inputs, s, **more):
    """The layer of tf.layers."""
    with variable_scope(s.scope, "BatchNorm", [inputs], reuse=s.reuse, custom_getter=model_getter()) as sc:
        layer = normalization.BatchNormalization(
            axis=1 if s.data_format == "NCHW" else -1,
            momentum=s.decay,
            epsilon=s.epsilon,
            center=s.center,
            scale=s.scale,
            beta_initializer=s.given.get("beta", Zeros()),
            gamma_initializer=s.given.get("gamma", Ones()),
            moving_mean_initializer=s.given.get("moving_mean", Zeros()),
            moving_variance_initializer=s.given.get("moving_variance", Ones()),
            beta_regularizer=s.regularizers.get("beta"),
            gamma_regularizer=s.regularizers.get("gamma"),
            trainable=s.trainable,
            name=sc.name,
            _scope=sc,
            _reuse=s.reuse,
            **more,
        )
        outputs = layer.apply(inputs, training=s.is_training)
        keep(layer, s.variables_collections, {name: name for name in _NAMES})
        graph = default_graph()
        have = graph.get_collection(s.updates_collections)
        for update in layer.updates:
            if not any(update is u for u in have):
                graph.add_to_collection(s.updates_collections, update)
        return _ended(outputs, s, sc)


_NAMES = ("beta", "gamma", "moving_mean", "moving_variance")


def _ended(outputs, s, sc):
    if s.activation_fn is not None:
        outputs = s.activation_fn(outputs)
    return collect(s.outputs_collections, outputs, alias(sc))


def _variable(name, s, shape, kind, start, trainable):
    return variables.model_variable(
        name,
        shape=shape,
        dtype=kind,
        initializer=s.given.get(name, start),
        regularizer=s.regularizers.get(name) if trainable is not False else None,
        trainable=trainable,
        collections=variable_collections(s.variables_collections, name),
    )


def _statistics(s, shape, kind):
    return (
        _variable("moving_mean", s, shape, kind, Zeros(), False),
        _variable("moving_variance", s, shape, kind, Ones(), False),
    )


def _averages(s, mean, variance, batch_mean, batch_variance, rate):
    """The updates of both statistics."""
    if s.zero_debias:
        first = assign_moving_average(mean, batch_mean, rate, zero_debias=True)
    else:
        first = normalization.assign_moving_average(mean, batch_mean, rate)
    return [first, normalization.assign_moving_average(variance, batch_variance, rate)]


def _fused_batch_norm(inputs, s):
    """One op does it, on four dimensions."""
    with variable_scope(s.scope, "BatchNorm", [inputs], reuse=s.reuse) as sc:
        original, given_inputs = inputs.get_shape(), inputs
        rank = original.ndims
        need(rank is not None, f"Inputs {inputs.name} has undefined rank")
        need(rank in (2, 4), f"Inputs {inputs.name} has unsupported rank. Expected 2 or 4 but got {rank}")
        nhwc = s.data_format == "NHWC"
        if rank == 2:
            channels = inputs.dims[-1]
            need(channels is not None, "`C` dimension must be known but is None")
            inputs = reshape(inputs, [-1, 1, 1, channels] if nhwc else [-1, channels, 1, 1])
        channels = inputs.dims[-1 if nhwc else 1]
        need(channels is not None, "`C` dimension must be known but is None")
        shape_, kind = [channels], dtypes.float32
        beta = _variable("beta", s, shape_, kind, Zeros(), s.trainable) if s.center else constant(0.0, kind, shape_)
        gamma = _variable("gamma", s, shape_, kind, Ones(), s.trainable) if s.scale else constant(1.0, kind, shape_)
        mean, variance = _statistics(s, shape_, kind)
        shared = {"epsilon": s.epsilon, "data_format": s.data_format}

        def trained():
            return fused_batch_norm(inputs, gamma, beta, **shared)

        def used():
            return fused_batch_norm(inputs, gamma, beta, mean=mean, variance=variance, is_training=False, **shared)

        outputs, batch_mean, batch_variance = smart_cond(s.is_training, trained, used)
        if smart_constant_value(s.is_training) is not False:
            outputs = _fused_updates(outputs, batch_mean, batch_variance, mean, variance, s)
        outputs.set_shape(inputs.get_shape())
        if rank == 2:
            outputs = reshape(outputs, shape(given_inputs))
        outputs.set_shape(original)
        return _ended(outputs, s, sc)


def _fused_updates(outputs, batch_mean, batch_variance, mean, variance, s):
    """The outputs, after the statistics' updates or with these in their collections."""

    def moved():
        with control_dependencies(_averages(s, mean, variance, batch_mean, batch_variance, s.decay)):
            return identity(outputs)

    if s.updates_collections is None:
        return smart_cond(s.is_training, moved, lambda: outputs)
    rate = s.decay
    if smart_constant_value(s.is_training) is None:
        rate = smart_cond(s.is_training, lambda: convert_to_tensor(s.decay), lambda: convert_to_tensor(1.0))
    for update in _averages(s, mean, variance, batch_mean, batch_variance, rate):
        default_graph().add_to_collections(s.updates_collections, update)
    return outputs


def _plain_batch_norm(inputs, s, weights):
    """Step by step: with weights of examples, updates elsewhere, or a corrected mean."""
    with variable_scope(s.scope, "BatchNorm", [inputs], reuse=s.reuse, custom_getter=model_getter()) as sc:
        inputs_shape = inputs.get_shape()
        rank = inputs_shape.ndims
        need(rank is not None, f"Inputs {inputs.name} has undefined rank.")
        kind = inputs.dtype.base_dtype
        if weights is not None:
            weights = convert_to_tensor(weights)
            inputs_shape[0:1].assert_is_compatible_with(weights.get_shape())
            weights = reshape(weights, [-1] + [1] * (rank - 1))
        nchw = s.data_format == "NCHW"
        axes = [0, *range(2, rank)] if nchw else list(range(rank - 1))
        params = inputs_shape[1:2] if nchw else inputs_shape[-1:]
        need(params.is_fully_defined(), f"Inputs {inputs.name} has undefined channels dimension {params}.")
        wide = [1, inputs.dims[1]] + [1] * (rank - 2) if nchw else None
        beta = _variable("beta", s, params, kind, Zeros(), s.trainable) if s.center else None
        gamma = _variable("gamma", s, params, kind, Ones(), s.trainable) if s.scale else None
        moving = _statistics(s, params, kind)
        mean, variance = moving
        if smart_constant_value(s.is_training) is not False:
            mean, variance = _moved(_moments(inputs, axes, weights, nchw), moving, s)
        if nchw:
            mean, variance = reshape(mean, wide), reshape(variance, wide)
            beta, gamma = (None if v is None else reshape(v, wide) for v in (beta, gamma))
        outputs = batch_normalization(inputs, mean, variance, beta, gamma, s.epsilon)
        outputs.set_shape(inputs_shape)
        return _ended(outputs, s, sc)


def _moments(inputs, axes, weights, nchw):
    """(mean, variance) over the batch."""
    if weights is None:
        made = moments(inputs, axes, keep_dims=True) if nchw else moments(inputs, axes)
    elif nchw:
        made = weighted_moments(inputs, axes, weights, keep_dims=True)
    else:
        made = weighted_moments(inputs, axes, weights)
    return tuple(reshape(m, [-1]) for m in made) if nchw else made


def _moved(batch, moving, s):
    """The statistics to use, with the updates made or put into their collections."""
    mean, variance = batch

    def forced():
        with control_dependencies(_averages(s, *moving, mean, variance, s.decay)):
            return identity(mean), identity(variance)

    if s.updates_collections is None:
        return smart_cond(s.is_training, forced, lambda: moving)
    updates = smart_cond(s.is_training, lambda: tuple(_averages(s, *moving, mean, variance, s.decay)), lambda: moving)
    for update in updates:
        default_graph().add_to_collections(s.updates_collections, update)
    return smart_cond(s.is_training, lambda: (mean, variance), lambda: moving)
