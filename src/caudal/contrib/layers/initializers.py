"""Initializers of contrib.layers, which name their ops as they always did."""

import math

from ...ground import dtypes
from ...ground.errors import need
from ...ops.random import random_uniform, truncated_normal
from .regularizers import both

__all__ = ["variance_scaling_initializer", "xavier_initializer"]


@both("variance_scaling_initializer")
def variance_scaling_initializer(factor=2.0, mode="FAN_IN", uniform=False, seed=None, dtype=dtypes.float32):
    """Numbers of variance `factor` over the number of inputs, outputs or their mean.

    Args:
      factor: a number.
      mode: "FAN_IN", "FAN_OUT" or "FAN_AVG".
      uniform: uniform instead of truncated normal.
      seed: the op's seed; dtype: a float type.

    Raises:
      TypeError: no float dtype, or an unknown mode.
    Source: He et al. (2015); Glorot and Bengio (2010).
    """
    kind = dtypes.as_dtype(dtype)
    need(kind.is_floating, "Cannot create initializer for non-floating point type.", kind=TypeError)
    if mode not in ("FAN_IN", "FAN_OUT", "FAN_AVG"):
        raise TypeError("Unknown mode %s [FAN_IN, FAN_OUT, FAN_AVG]", mode)

    def _initializer(shape, dtype=dtype, partition_info=None):
        need(dtypes.as_dtype(dtype).is_floating, "Cannot create initializer for non-floating point type.", kind=TypeError)
        inputs = outputs = 1.0
        if shape:
            inputs, outputs = float(shape[-2]) if len(shape) > 1 else float(shape[-1]), float(shape[-1])
        for d in shape[:-2]:
            inputs *= float(d)
            outputs *= float(d)
        n = {"FAN_IN": inputs, "FAN_OUT": outputs, "FAN_AVG": (inputs + outputs) / 2.0}[mode]
        if uniform:
            limit = math.sqrt(3.0 * factor / n)
            return random_uniform(shape, -limit, limit, dtype, seed=seed)
        return truncated_normal(shape, 0.0, math.sqrt(1.3 * factor / n), dtype, seed=seed)

    return _initializer


@both("xavier_initializer")
def xavier_initializer(uniform=True, seed=None, dtype=dtypes.float32):
    """Numbers that keep the scale of slopes the same in all layers.

    Source: Glorot and Bengio (2010).
    """
    return variance_scaling_initializer(factor=1.0, mode="FAN_AVG", uniform=uniform, seed=seed, dtype=dtype)


both("xavier_initializer_conv2d")(xavier_initializer)
