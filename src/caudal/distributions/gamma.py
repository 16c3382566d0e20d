"""Gamma distributions and what is made of them: exponential, beta, Dirichlet."""

import hashlib

import numpy as np

from ..graph.convert import convert_to_tensor
from ..graph.scopes import control_dependencies, name_scope
from ..ground.api import export
from ..ops.asserts import assert_positive, assert_same_float_dtype
from ..ops.basic import identity
from ..ops.elementwise import PLAIN, cast, rsqrt, sqrt, square
from ..ops.fill import ones, ones_like
from ..ops.join import concat
from ..ops.matmul import matmul
from ..ops.matrices import matrix_set_diag
from ..ops.random import random_uniform
from ..ops.random_more import random_gamma
from ..ops.reduce import reduce_all, reduce_sum
from ..ops.shape import shape
from ..ops.slicing import where_v2
from ..ops.special import betainc, igamma, lbeta
from .base import FULLY_REPARAMETERIZED, Distribution
from .normal import Scalar

__all__ = ["Beta", "Dirichlet", "Exponential", "Gamma", "new_seed"]


def new_seed(seed, salt):
    """Another seed, told by the first."""
    return None if seed is None else int(hashlib.md5(f"{seed}{salt}".encode()).hexdigest()[:8], 16) & 0x7FFFFFFF


def _nan(dtype):
    return np.array(np.nan, dtype.as_numpy_dtype)


@export("distributions.Gamma")
class Gamma(Scalar):
    """Gamma distributions.

    Args:
      concentration: the shapes, above 0; rate: the inverse scales, above 0.
      validate_args, allow_nan_stats, name: as for `Distribution`.
    """

    def __init__(self, concentration, rate, validate_args=False, allow_nan_stats=True, name="Gamma"):
        parameters = dict(locals())
        with name_scope(name, values=[concentration, rate]) as name:
            with control_dependencies([assert_positive(concentration), assert_positive(rate)] if validate_args else []):
                self._concentration, self._rate = identity(concentration, name="concentration"), identity(rate, name="rate")
            assert_same_float_dtype([self._concentration, self._rate])
        given = [self._concentration, self._rate]
        super().__init__(self._rate.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters, given, name)

    @property
    def concentration(self):
        """The shapes."""
        return self._concentration

    @property
    def rate(self):
        """The inverse scales."""
        return self._rate

    def _given(self):
        return self._concentration, self._rate

    def _sample_n(self, n, seed):
        return random_gamma(shape=[n], alpha=self.concentration, beta=self.rate, dtype=self.dtype, seed=seed)

    def _log_prob(self, x):
        exponent = PLAIN["Xlogy"](self.concentration - 1.0, x) - self.rate * x
        return exponent - (PLAIN["Lgamma"](self.concentration) - self.concentration * PLAIN["Log"](self.rate))

    def _cdf(self, x):
        return igamma(self.concentration, self.rate * x)

    def _entropy(self):
        a = self.concentration
        return a - PLAIN["Log"](self.rate) + PLAIN["Lgamma"](a) + (1.0 - a) * PLAIN["Digamma"](a)

    def _mean(self):
        return self.concentration / self.rate

    def _variance(self):
        return self.concentration / square(self.rate)

    def _stddev(self):
        return sqrt(self.concentration) / self.rate

    def _mode(self):
        mode = (self.concentration - 1.0) / self.rate
        return where_v2(self.concentration > 1.0, mode, _nan(self.dtype))


@export("distributions.Exponential")
class Exponential(Gamma):
    """Exponential distributions.

    Args:
      rate: the inverse scales, above 0.
      validate_args, allow_nan_stats, name: as for `Distribution`.
    """

    def __init__(self, rate, validate_args=False, allow_nan_stats=True, name="Exponential"):
        parameters = dict(locals())
        with name_scope(name, values=[rate]) as name:
            self._rate = convert_to_tensor(rate, name="rate")
        super().__init__(ones([], dtype=self._rate.dtype), self._rate, validate_args, allow_nan_stats, name)
        self._parameters = {k: v for k, v in parameters.items() if k not in ("self", "__class__")}

    def _sample_n(self, n, seed):
        sizes = concat([[n], shape(self._rate)], 0)
        least = np.finfo(self.dtype.as_numpy_dtype).tiny
        drawn = random_uniform(sizes, minval=least, maxval=1.0, seed=seed, dtype=self.dtype)
        return -PLAIN["Log"](drawn) / self._rate


@export("distributions.Beta")
class Beta(Scalar):
    """Beta distributions over [0, 1].

    Args:
      concentration1: above 0, the weight of 1; concentration0: above 0, the weight of 0.
      validate_args, allow_nan_stats, name: as for `Distribution`.
    """

    def __init__(self, concentration1=None, concentration0=None, validate_args=False, allow_nan_stats=True, name="Beta"):
        parameters = dict(locals())
        with name_scope(name, values=[concentration1, concentration0]) as name:
            self._concentration1 = _positive(concentration1, "concentration1", validate_args)
            self._concentration0 = _positive(concentration0, "concentration0", validate_args)
            assert_same_float_dtype([self._concentration1, self._concentration0])
            self._total = self._concentration1 + self._concentration0
        given = [self._concentration1, self._concentration0, self._total]
        super().__init__(self._total.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters, given, name)

    @property
    def concentration1(self):
        """The weight of 1."""
        return self._concentration1

    @property
    def concentration0(self):
        """The weight of 0."""
        return self._concentration0

    @property
    def total_concentration(self):
        """The sum of both weights."""
        return self._total

    def _given(self):
        return (self._total,)

    def _sample_n(self, n, seed):
        wide = [ones_like(self._total, dtype=self.dtype) * c for c in (self._concentration1, self._concentration0)]
        one = random_gamma(shape=[n], alpha=wide[0], dtype=self.dtype, seed=seed)
        zero = random_gamma(shape=[n], alpha=wide[1], dtype=self.dtype, seed=new_seed(seed, "beta"))
        return one / (one + zero)

    def _log_scale(self):
        lgamma = PLAIN["Lgamma"]
        return lgamma(self._concentration1) + lgamma(self._concentration0) - lgamma(self._total)

    def _log_prob(self, x):
        ones_part = PLAIN["Xlogy"](self._concentration1 - 1.0, x)
        return ones_part + (self._concentration0 - 1.0) * PLAIN["Log1p"](-x) - self._log_scale()

    def _cdf(self, x):
        return betainc(self._concentration1, self._concentration0, x)

    def _entropy(self):
        digamma = PLAIN["Digamma"]
        first = self._log_scale() - (self._concentration1 - 1.0) * digamma(self._concentration1)
        rest = (self._total - 2.0) * digamma(self._total)
        return first - (self._concentration0 - 1.0) * digamma(self._concentration0) + rest

    def _mean(self):
        return self._concentration1 / self._total

    def _variance(self):
        return self._mean() * (1.0 - self._mean()) / (1.0 + self._total)

    def _mode(self):
        mode = (self._concentration1 - 1.0) / (self._total - 2.0)
        inside = PLAIN["LogicalAnd"](self._concentration1 > 1.0, self._concentration0 > 1.0)
        return where_v2(inside, mode, _nan(self.dtype))


def _positive(value, name, validate):
    value = convert_to_tensor(value, name=name)
    if not validate:
        return value
    with control_dependencies([assert_positive(value, message="Concentration parameter must be positive.")]):
        return identity(value)


@export("distributions.Dirichlet")
class Dirichlet(Distribution):
    """Dirichlet distributions over probabilities of classes.

    Args:
      concentration: `[..., classes]`, above 0.
      validate_args, allow_nan_stats, name: as for `Distribution`.
    """

    def __init__(self, concentration, validate_args=False, allow_nan_stats=True, name="Dirichlet"):
        parameters = dict(locals())
        with name_scope(name, values=[concentration]) as name:
            self._concentration = _positive(concentration, "concentration", validate_args)
            self._total = reduce_sum(self._concentration, -1)
        given = [self._concentration, self._total]
        super().__init__(
            self._concentration.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters, given, name
        )

    @property
    def concentration(self):
        """The weights of the classes."""
        return self._concentration

    @property
    def total_concentration(self):
        """The sums of the weights."""
        return self._total

    def _batch_shape(self):
        return self._total.get_shape()

    def _batch_shape_tensor(self):
        return shape(self._total)

    def _event_shape(self):
        return self._concentration.get_shape().with_rank_at_least(1)[-1:]

    def _event_shape_tensor(self):
        return shape(self._concentration)[-1:]

    def _sample_n(self, n, seed):
        drawn = random_gamma(shape=[n], alpha=self._concentration, dtype=self.dtype, seed=seed)
        return drawn / reduce_sum(drawn, -1, keepdims=True)

    def _log_prob(self, x):
        return reduce_sum(PLAIN["Xlogy"](self._concentration - 1.0, x), -1) - lbeta(self._concentration)

    def _entropy(self):
        digamma = PLAIN["Digamma"]
        k = cast(self.event_shape_tensor()[0], self.dtype)
        rest = reduce_sum((self._concentration - 1.0) * digamma(self._concentration), -1)
        return lbeta(self._concentration) + (self._total - k) * digamma(self._total) - rest

    def _mode(self):
        found = (self.concentration - 1.0) / (self.total_concentration - cast(self.event_shape_tensor()[0], self.dtype))[
            ..., None
        ]
        inside = reduce_all(self.concentration > 1.0, axis=-1, keepdims=True)
        return where_v2(inside, found, _nan(self.dtype))

    def _mean(self):
        return self._concentration / self._total[..., None]

    def _variance(self):
        scale = rsqrt(1.0 + self._total[..., None])
        share = scale * self._mean()
        return share * (scale - share)

    def _covariance(self):
        share = rsqrt(1.0 + self._total[..., None]) * self._mean()
        return matrix_set_diag(-matmul(share[..., None], share[..., None, :]), self._variance())
