"""Distributions with longer tails than the normal one: Laplace, Student's t."""

import math

import numpy as np

from ..graph.scopes import control_dependencies, name_scope
from ..ground.api import export
from ..ops.asserts import assert_positive, assert_same_float_dtype
from ..ops.basic import identity
from ..ops.elementwise import PLAIN, abs, rsqrt, sign, square
from ..ops.fill import ones, ones_like, zeros_like
from ..ops.join import stack
from ..ops.random import random_normal, random_uniform
from ..ops.random_more import random_gamma
from ..ops.slicing import where_v2
from ..ops.special import betainc, lbeta
from .base import FULLY_REPARAMETERIZED
from .gamma import new_seed
from .normal import Scalar

__all__ = ["Laplace", "StudentT"]


@export("distributions.Laplace")
class Laplace(Scalar):
    """Laplace distributions.

    Args:
      loc: the means; scale: the scales, above 0.
      validate_args, allow_nan_stats, name: as for `Distribution`.
    """

    def __init__(self, loc, scale, validate_args=False, allow_nan_stats=True, name="Laplace"):
        parameters = dict(locals())
        with name_scope(name, values=[loc, scale]) as name:
            with control_dependencies([assert_positive(scale)] if validate_args else []):
                self._loc, self._scale = identity(loc, name="loc"), identity(scale, name="scale")
            assert_same_float_dtype([self._loc, self._scale])
        given = [self._loc, self._scale]
        super().__init__(self._loc.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters, given, name)

    @property
    def loc(self):
        """The means."""
        return self._loc

    @property
    def scale(self):
        """The scales."""
        return self._scale

    def _given(self):
        return self._loc, self._scale

    def _sample_n(self, n, seed):
        kind = self.dtype.as_numpy_dtype
        least = np.nextafter(kind(-1.0), kind(0.0))
        drawn = random_uniform(self._sizes(n), minval=least, maxval=1.0, dtype=self.dtype, seed=seed)
        return self.loc - self.scale * sign(drawn) * PLAIN["Log1p"](-abs(drawn))

    def _z(self, x):
        return (x - self.loc) / self.scale

    def _log_prob(self, x):
        return -abs(self._z(x)) - (math.log(2.0) + PLAIN["Log"](self.scale))

    def _cdf(self, x):
        z = self._z(x)
        return 0.5 + 0.5 * sign(z) * (1.0 - PLAIN["Exp"](-abs(z)))

    def _entropy(self):
        scale = self.scale + zeros_like(self.loc)
        return math.log(2.0) + 1.0 + PLAIN["Log"](scale)

    def _mean(self):
        return self.loc + zeros_like(self.scale)

    def _stddev(self):
        return math.sqrt(2.0) * self.scale + zeros_like(self.loc)

    _mode = _mean


@export("distributions.StudentT")
class StudentT(Scalar):
    """Student's t-distributions.

    Args:
      df: degrees of freedom, above 0.
      loc: the centres; scale: the scales, above 0.
      validate_args, allow_nan_stats, name: as for `Distribution`.
    """

    def __init__(self, df, loc, scale, validate_args=False, allow_nan_stats=True, name="StudentT"):
        parameters = dict(locals())
        with name_scope(name, values=[df, loc, scale]) as name:
            with control_dependencies([assert_positive(df)] if validate_args else []):
                self._df = identity(df, name="df")
                self._loc, self._scale = identity(loc, name="loc"), identity(scale, name="scale")
            assert_same_float_dtype((self._df, self._loc, self._scale))
        given = [self._df, self._loc, self._scale]
        super().__init__(self._scale.dtype, FULLY_REPARAMETERIZED, validate_args, allow_nan_stats, parameters, given, name)

    @property
    def df(self):
        """The degrees of freedom."""
        return self._df

    @property
    def loc(self):
        """The centres."""
        return self._loc

    @property
    def scale(self):
        """The scales."""
        return self._scale

    def _given(self):
        return self._df, self._loc, self._scale

    def _sample_n(self, n, seed):
        drawn = random_normal(self._sizes(n), dtype=self.dtype, seed=seed)
        df = self.df * ones(self.batch_shape_tensor(), dtype=self.dtype)
        chi = random_gamma([n], 0.5 * df, beta=0.5, dtype=self.dtype, seed=new_seed(seed, salt="student_t"))
        return drawn * rsqrt(chi / df) * self.scale + self.loc

    def _log_prob(self, x):
        y = (x - self.loc) / self.scale
        exponent = -0.5 * (self.df + 1.0) * PLAIN["Log1p"](y**2.0 / self.df)
        log, lgamma = PLAIN["Log"], PLAIN["Lgamma"]
        scale = log(abs(self.scale)) + 0.5 * log(self.df) + 0.5 * np.log(np.pi)
        return exponent - (scale + lgamma(0.5 * self.df) - lgamma(0.5 * (self.df + 1.0)))

    def _cdf(self, x):
        y = (x - self.loc) / abs(self.scale)
        half = 0.5 * betainc(0.5 * self.df, 0.5, self.df / (y**2.0 + self.df))
        return where_v2(y < 0.0, half, 1.0 - half)

    def _entropy(self):
        one = ones(self.batch_shape_tensor(), dtype=self.dtype)
        pair = stack([one * self.df, one], axis=-1) / 2.0
        log, digamma = PLAIN["Log"], PLAIN["Digamma"]
        slope = digamma(0.5 * (self.df + 1.0)) - digamma(0.5 * self.df)
        return log(abs(self.scale)) + 0.5 * log(self.df) + lbeta(pair) + 0.5 * (self.df + 1.0) * slope

    def _variance(self):
        one = ones(self.batch_shape_tensor(), dtype=self.dtype)
        kind = self.dtype.as_numpy_dtype
        above = where_v2(self.df > 2.0, self.df - 2.0, ones_like(self.df))  # never 0, so that no slope is NaN
        found = one * square(self.scale) * self.df / above
        found = where_v2(self.df > 2.0 * one, found, np.array(np.inf, kind))
        return where_v2(self.df > one, found, np.array(np.nan, kind))

    def _mean(self):
        one = ones(self.batch_shape_tensor(), dtype=self.dtype)
        return where_v2(self.df > one, self.loc * one, np.array(np.nan, self.dtype.as_numpy_dtype))

    def _mode(self):
        return identity(self.loc)
