"""Normalisation of each example on its own: over its space, or over groups of channels."""

from ...build.initializers import Ones, Zeros
from ...build.scopes import variable_scope
from ...graph.convert import convert_to_tensor
from ...ground.errors import need
from ...ops.elementwise import rsqrt
from ...ops.moments import normalize_moments, sufficient_statistics
from ...ops.nn_functions import batch_normalization, moments
from ...ops.shape import reshape, shape
from ..framework import variables
from ..framework.arg_scope import add_arg_scope
from .model_layers import alias, collect, variable_collections
from .regularizers import both

__all__ = ["group_norm", "instance_norm"]


def _variable(name, wanted, size, kind, initializers, start, collections, trainable):
    if not wanted:
        return None
    return variables.model_variable(
        name,
        shape=size,
        dtype=kind,
        initializer=(initializers or {}).get(name, start),
        trainable=trainable,
        collections=variable_collections(collections, name),
    )


@both("instance_norm")
@add_arg_scope
def instance_norm(
    inputs,
    center=True,
    scale=True,
    epsilon=1e-6,
    activation_fn=None,
    param_initializers=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    data_format="NHWC",
    scope=None,
):
    """Each channel of each example brought to mean 0 and variance 1 over its space, then scaled and shifted.

    Args:
      inputs: `[batch, ..., channels]`, of known rank.
      center, scale: whether there are beta and gamma.
      epsilon: added to the variance.
      activation_fn: of the outputs.
      param_initializers: a dict by variable.
      reuse, variables_collections, outputs_collections, trainable, scope: as `fully_connected` has them.
      data_format: "NHWC" or "NCHW".

    Raises:
      ValueError: an unknown data format, or inputs whose rank or channels are unknown.
    Source: Ulyanov, Vedaldi and Lempitsky (2016).
    """
    inputs = convert_to_tensor(inputs)
    need(inputs.rank is not None, f"Inputs {inputs.name} has undefined rank.")
    need(data_format in ("NCHW", "NHWC"), "data_format has to be either NCHW or NHWC.")
    with variable_scope(scope, "InstanceNorm", [inputs], reuse=reuse) as sc:
        axis = 1 if data_format == "NCHW" else inputs.rank - 1
        channels = inputs.dims[axis]
        need(
            channels is not None, f"Inputs {inputs.name} has undefined channels dimension {inputs.get_shape()[axis : axis + 1]}."
        )
        wide = [1, channels] + [1] * (inputs.rank - 2) if data_format == "NCHW" else None
        kind, given, end = inputs.dtype.base_dtype, param_initializers, (variables_collections, trainable)
        beta = _variable("beta", center, [channels], kind, given, Zeros(), *end)
        beta = reshape(beta, wide) if center and wide else beta
        gamma = _variable("gamma", scale, [channels], kind, given, Ones(), *end)
        gamma = reshape(gamma, wide) if scale and wide else gamma
        mean, variance = moments(inputs, [k for k in range(1, inputs.rank) if k != axis], keep_dims=True)
        outputs = batch_normalization(inputs, mean, variance, beta, gamma, epsilon, name="instancenorm")
        outputs.set_shape(inputs.get_shape())
        outputs = activation_fn(outputs) if activation_fn is not None else outputs
        return collect(outputs_collections, outputs, alias(sc))


def _normalized(x, axes, beta, gamma, epsilon, one_pass):
    """gamma (x - mean) / stddev + beta."""
    if one_pass:
        counts, sums, squares, _ = sufficient_statistics(x, axes, keep_dims=True)
        mean, variance = normalize_moments(counts, sums, squares, shift=None)
    else:
        mean, variance = moments(x, axes, keep_dims=True)
    gain = rsqrt(variance + epsilon)
    offset = -mean * gain
    if gamma is not None:
        gain, offset = gain * gamma, offset * gamma
    offset = offset if beta is None else offset + beta
    return x * gain + offset


@both("group_norm")
@add_arg_scope
def group_norm(
    inputs,
    groups=32,
    channels_axis=-1,
    reduction_axes=(-3, -2),
    center=True,
    scale=True,
    epsilon=1e-6,
    activation_fn=None,
    param_initializers=None,
    reuse=None,
    variables_collections=None,
    outputs_collections=None,
    trainable=True,
    scope=None,
    mean_close_to_zero=False,
):
    """Groups of channels of each example brought to mean 0 and variance 1, then scaled and shifted.

    Args:
      inputs: `[batch, ..., channels]`, of known rank.
      groups: how many; it divides the channels.
      channels_axis: where the channels are; reduction_axes: what is averaged over besides them.
      center, scale: whether there are beta and gamma.
      epsilon: added to the variance.
      activation_fn: of the outputs.
      param_initializers: a dict by variable.
      reuse, variables_collections, outputs_collections, trainable, scope: as `fully_connected` has them.
      mean_close_to_zero: the moments are taken in one pass, which is quicker but precise only near 0.

    Raises:
      ValueError: unknown rank or channels, groups that don't divide them, or axes that overlap.
    Source: Wu and He, "Group normalization" (2018).
    """
    inputs = convert_to_tensor(inputs)
    rank = inputs.rank
    need(rank is not None, f"Inputs {inputs.name} has undefined rank.")
    need(channels_axis <= rank - 1, "Axis is out of bounds.")
    at = channels_axis + rank if channels_axis < 0 else channels_axis
    need(inputs.dims[at] is not None, f"Inputs {inputs.name} has undefined channel dimension: {at}.")
    channels = inputs.dims[at]
    reduced = [a + rank if a < 0 else a for a in reduction_axes]
    need(all(a <= rank for a in reduced), "Axis is out of bounds.")
    need(at not in reduced, "reduction_axis must be mutually exclusive with channels_axis")
    need(groups <= channels, f"Invalid groups {groups} for {channels} channels.")
    need(channels % groups == 0, f"{channels} channels is not commensurate with {groups} groups.")
    reduced = [at + 1] + [a + 1 if a > at else a for a in reduced]
    known, asked = inputs.dims, shape(inputs)
    sizes = [asked[k] if n is None else n for k, n in enumerate(known)]
    grouped = reshape(inputs, [*sizes[:at], groups, channels // groups, *sizes[at + 1 :]])
    wide = [1] * at + [groups, channels // groups] + [1] * (rank - 1 - at)
    with variable_scope(scope, "GroupNorm", [inputs], reuse=reuse) as sc:
        kind, given, end = inputs.dtype.base_dtype, param_initializers, (variables_collections, trainable)
        beta = _variable("beta", center, [channels], kind, given, Zeros(), *end)
        beta = reshape(beta, wide) if center else None
        gamma = _variable("gamma", scale, [channels], kind, given, Ones(), *end)
        gamma = reshape(gamma, wide) if scale else None
        outputs = reshape(_normalized(grouped, reduced, beta, gamma, epsilon, mean_close_to_zero), sizes)
        outputs.set_shape(known)
        outputs = activation_fn(outputs) if activation_fn is not None else outputs
        return collect(outputs_collections, outputs, alias(sc))
