"""The second slope of fused batch normalisation: its first slope, written out in small nodes, is differentiated by a tape."""

from ..graph.opdef import gradient
from ..ground import dtypes
from ..ops.elementwise import NODES, cast, rsqrt
from ..ops.reduce import reduce_mean, reduce_sum
from ..ops.shape import reshape, squeeze
from ..ops.slicing import stop_gradient
from .tape import GradientTape

__all__ = ["KINDS"]

KINDS = ("FusedBatchNormGrad", "FusedBatchNormGradV2", "FusedBatchNormGradV3")


def _by_batch(dy, x, scale, epsilon, axes, keepdims):
    """Where the batch gives mean and variance: they have slopes of their own."""
    sizes = {"keepdims": keepdims}
    mean_dy = reduce_mean(dy, axes, **sizes)
    mean_x = reduce_mean(x, axes, **sizes)
    variance = reduce_mean(NODES["SquaredDifference"](x, stop_gradient(mean_x)), axes, **sizes)
    dy_offset, x_offset = dy - mean_dy, x - mean_x
    both = reduce_mean(dy * x_offset, axis=axes, **sizes)
    inner = dy_offset - NODES["Reciprocal"](variance + epsilon) * both * x_offset
    dx = scale * rsqrt(variance + epsilon) * inner
    d_scale = rsqrt(variance + epsilon) * reduce_sum(dy * x_offset, axis=axes, **sizes)
    return dx, squeeze(d_scale) if keepdims else d_scale, reduce_sum(dy, axis=axes)


def _by_averages(dy, x, scale, mean, variance, epsilon, axes):
    d_offset = reduce_sum(dy, axis=axes)
    inverse = rsqrt(variance + epsilon)
    d_scale = reduce_sum(dy * (x - mean) * inverse, axis=axes)
    return dy * scale * inverse, d_scale, d_offset


def _first_slope(op, dy, x, scale):
    """What the node computes, of nodes that have slopes."""
    mean, variance = op.inputs[3:5]
    first = op.attrs["data_format"] in ("NCHW", b"NCHW")
    axes = [0, 2, 3] if first else [0, 1, 2]
    kind, epsilon = x.dtype.base_dtype, op.attrs["epsilon"]
    if kind is dtypes.float16:
        x, dy = cast(x, dtypes.float32), cast(dy, dtypes.float32)
    if first:
        scale = reshape(scale, [1, -1, 1, 1])
    if op.attrs["is_training"]:
        made = _by_batch(dy, x, scale, epsilon, axes, first)
    else:
        mean, variance = (reshape(v, [1, -1, 1, 1]) for v in (mean, variance)) if first else (mean, variance)
        made = _by_averages(dy, x, scale, mean, variance, epsilon, axes)
    return cast(made[0], kind), made[1], made[2]


def _second(op, *slopes):
    dy, x, scale = op.inputs[:3]
    with GradientTape() as tape:
        tape.watch([dy, x, scale])
        made = _first_slope(op, dy, x, scale)
    return (*tape.gradient(made, [dy, x, scale], list(slopes[:3])), *[None] * (len(op.inputs) - 3))


for _kind in KINDS:
    gradient(_kind, _second)
