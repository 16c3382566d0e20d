"""The normal and the uniform distribution."""

import functools
import math

import numpy as np

from ..graph.scopes import control_dependencies, name_scope
from ..ground.api import export
from ..ground.shapes import broadcast
from ..ops.asserts import assert_less, assert_positive, assert_same_float_dtype
from ..ops.basic import constant, identity
from ..ops.elementwise import PLAIN, square
from ..ops.fill import ones, ones_like, zeros_like
from ..ops.join import concat
from ..ops.random import random_normal, random_uniform
from ..ops.shape import broadcast_dynamic_shape, shape
from ..ops.slicing import where_v2
from .base import FULLY_REPARAMETERIZED, Distribution, RegisterKL
from .normal_tails import log_ndtr, ndtr, ndtri

__all__ = ["Normal", "Scalar", "Uniform"]


class Scalar(Distribution):
    """Distributions of numbers, with parameters that broadcast."""

    def _given(self):
        raise NotImplementedError

    def _batch_shape(self):
        return functools.reduce(broadcast, (p.dims for p in self._given()))

    def _batch_shape_tensor(self):
        return functools.reduce(broadcast_dynamic_shape, (shape(p) for p in self._given()))

    def _sizes(self, n):
        return concat([[n], self.batch_shape_tensor()], 0)


@export("distributions.Normal")
class Normal(Scalar):
    """Normal distributions.

    Args:
      loc: the means; scale: the standard deviations, above 0.
      validate_args, allow_nan_stats, name: as for `Distribution`.
    """

    def __init__(self, loc, scale, validate_args=False, allow_nan_stats=True, name="Normal"):
        parameters = dict(locals())
        with name_scope(name, values=[loc, scale]) as name:
            with control_dependencies([assert_positive(scale)] if validate_args else []):
                self._loc, self._scale = identity(loc, name="loc"), identity(scale, name="scale")
            assert_same_float_dtype([self._loc, self._scale])
        super().__init__(
            self._scale.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters, [self._loc, self._scale], name
        )

    @property
    def loc(self):
        """The means."""
        return self._loc

    @property
    def scale(self):
        """The standard deviations."""
        return self._scale

    def _given(self):
        return self._loc, self._scale

    def _sample_n(self, n, seed):
        drawn = random_normal(shape=self._sizes(n), mean=0.0, stddev=1.0, dtype=self.loc.dtype, seed=seed)
        return drawn * self.scale + self.loc

    def _z(self, x):
        with name_scope("standardize", values=[x]):
            return (x - self.loc) / self.scale

    def _log_prob(self, x):
        exponent = -0.5 * square(self._z(x))
        return exponent - (0.5 * math.log(2.0 * math.pi) + PLAIN["Log"](self.scale))

    def _cdf(self, x):
        return ndtr(self._z(x))

    def _log_cdf(self, x):
        return log_ndtr(self._z(x))

    def _survival_function(self, x):
        return ndtr(-self._z(x))

    def _log_survival_function(self, x):
        return log_ndtr(-self._z(x))

    def _quantile(self, p):
        with name_scope("reconstruct", values=[p]):
            return ndtri(p) * self.scale + self.loc

    def _entropy(self):
        scale = self.scale * ones_like(self.loc)
        return 0.5 * math.log(2.0 * math.pi * math.e) + PLAIN["Log"](scale)

    def _mean(self):
        return self.loc * ones_like(self.scale)

    def _stddev(self):
        return self.scale * ones_like(self.loc)

    _mode = _mean


@RegisterKL(Normal, Normal)
def _kl_normal(a, b, name=None):
    with name_scope(name, "kl_normal_normal", [a.loc, b.loc]):
        one, two, half = (constant(v, dtype=a.dtype) for v in (1, 2, 0.5))
        a_squared, b_squared = square(a.scale), square(b.scale)
        ratio = a_squared / b_squared
        apart = PLAIN["SquaredDifference"](a.loc, b.loc) / (two * b_squared)
        return apart + half * (ratio - one - PLAIN["Log"](ratio))


@export("distributions.Uniform")
class Uniform(Scalar):
    """Uniform distributions.

    Args:
      low: where they begin; high: where they end, itself left out.
      validate_args, allow_nan_stats, name: as for `Distribution`.
    """

    def __init__(self, low=0.0, high=1.0, validate_args=False, allow_nan_stats=True, name="Uniform"):
        parameters = dict(locals())
        with name_scope(name, values=[low, high]) as name:
            words = "uniform not defined when low >= high."
            with control_dependencies([assert_less(low, high, message=words)] if validate_args else []):
                self._low, self._high = identity(low, name="low"), identity(high, name="high")
            assert_same_float_dtype([self._low, self._high])
        super().__init__(
            self._low.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters, [self._low, self._high], name
        )

    @property
    def low(self):
        """Where they begin."""
        return self._low

    @property
    def high(self):
        """Where they end."""
        return self._high

    def range(self, name="range"):
        """How long they are."""
        with self._scope(name):
            return self.high - self.low

    def _given(self):
        return self._low, self._high

    def _sample_n(self, n, seed):
        drawn = random_uniform(shape=self._sizes(n), dtype=self.dtype, seed=seed)
        return self.low + self.range() * drawn

    def _prob(self, x):
        wide = x * ones(self.batch_shape_tensor(), dtype=x.dtype)
        nan = PLAIN["IsNan"](wide)
        outside = PLAIN["LogicalOr"](wide < self.low, wide >= self.high)
        return where_v2(nan, wide, where_v2(outside, zeros_like(wide), ones_like(wide) / self.range()))

    def _cdf(self, x):
        wide = x * ones(self.batch_shape_tensor(), dtype=x.dtype)
        inside = where_v2(wide < self.low, zeros_like(wide), (wide - self.low) / self.range())
        return where_v2(wide >= self.high, ones_like(wide), inside)

    def _quantile(self, p):
        return (1.0 - p) * self.low + p * self.high

    def _entropy(self):
        return PLAIN["Log"](self.range())

    def _mean(self):
        return (self.low + self.high) / 2.0

    def _variance(self):
        return square(self.range()) / 12.0

    def _stddev(self):
        return self.range() / math.sqrt(12.0)


@RegisterKL(Uniform, Uniform)
def _kl_uniform(a, b, name=None):
    with name_scope(name, "kl_uniform_uniform", [a.low, a.high, b.low, b.high]):
        within = PLAIN["LogicalAnd"](b.low <= a.low, a.high <= b.high)
        finite = PLAIN["Log"](b.high - b.low) - PLAIN["Log"](a.high - a.low)
        return where_v2(within, finite, np.array(np.inf, a.dtype.as_numpy_dtype))
