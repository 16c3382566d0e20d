"""Distributions over outcomes that can be counted: categorical, Bernoulli, multinomial."""

from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import known
from ..ops.activations import (
    log_softmax,
    sigmoid_cross_entropy_with_logits,
    softmax,
    softplus,
    sparse_softmax_cross_entropy_with_logits,
)
from ..ops.basic import constant, identity
from ..ops.elementwise import PLAIN, cast, sigmoid
from ..ops.fill import ones, ones_like
from ..ops.join import concat
from ..ops.matmul import matmul
from ..ops.matrices import matrix_set_diag
from ..ops.random import multinomial, random_uniform
from ..ops.reduce import argmax, reduce_sum
from ..ops.shape import expand_dims, rank, reshape, shape, transpose
from .base import NOT_REPARAMETERIZED, Distribution, RegisterKL, logits_and_probs

__all__ = ["Bernoulli", "Categorical", "Multinomial"]


@export("distributions.Categorical")
class Categorical(Distribution):
    """Distributions over classes.

    Args:
      logits: `[..., classes]`, unnormalised log-probabilities; or
      probs: `[..., classes]`.
      dtype: of draws, int32 by default.
      validate_args, allow_nan_stats, name: as for `Distribution`.
    """

    def __init__(
        self, logits=None, probs=None, dtype=dtypes.int32, validate_args=False, allow_nan_stats=True, name="Categorical"
    ):
        parameters = dict(locals())
        with name_scope(name, values=[logits, probs]) as name:
            self._logits, self._probs = logits_and_probs(logits, probs, name, True)
            self._keep_sizes()
        super().__init__(
            dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats, parameters, [self._logits, self._probs], name
        )

    def _keep_sizes(self):
        """The sizes of the batch and of an event as nodes, which draws use."""
        dims = self._logits.get_shape().with_rank_at_least(1)
        if dims.ndims is not None:
            self._batch_rank = convert_to_tensor(dims.ndims - 1, dtype=dtypes.int32, name="batch_rank")
        else:
            with name_scope("batch_rank"):
                self._batch_rank = rank(self._logits) - 1
        whole = shape(self._logits, name="logits_shape")
        if dims.ndims is not None and dims[-1].value is not None:
            self._event_size = convert_to_tensor(dims[-1].value, dtype=dtypes.int32, name="event_size")
        else:
            with name_scope("event_size"):
                self._event_size = whole[self._batch_rank]
        if dims[:-1].is_fully_defined():
            self._batch_sizes = constant(dims[:-1].as_list(), dtype=dtypes.int32, name="batch_shape")
        else:
            with name_scope("batch_shape"):
                self._batch_sizes = whole[:-1]

    @property
    def event_size(self):
        """How many classes there are, an int32 scalar."""
        return self._event_size

    @property
    def logits(self):
        """The log-probabilities, up to a constant."""
        return self._logits

    @property
    def probs(self):
        """The probabilities."""
        return self._probs

    def _batch_shape(self):
        return self._logits.get_shape()[:-1]

    def _batch_shape_tensor(self):
        return identity(self._batch_sizes)

    def _sample_n(self, n, seed):
        logits = self.logits if self.logits.rank == 2 else reshape(self.logits, [-1, self.event_size])
        kind = dtypes.int64 if self.dtype.size > 4 else dtypes.int32
        drawn = multinomial(logits, n, seed=seed, output_dtype=kind)
        drawn = reshape(transpose(drawn), concat([[n], self.batch_shape_tensor()], 0))
        return cast(drawn, self.dtype)

    def _log_prob(self, k):
        k, logits = self._alike(k)
        return -sparse_softmax_cross_entropy_with_logits(labels=k, logits=logits)

    def _alike(self, k):
        """(the classes, the logits) in shapes that go together."""
        whole = k._dtype.is_integer
        need(whole or k._dtype.is_floating, f"`value` should have integer `dtype` or `self.dtype` ({self.dtype})", kind=TypeError)
        k, logits = k if whole else cast(k, dtypes.int32), self.logits
        front = None if logits.dims is None else logits.dims[:-1]
        if not (known(front) and known(k.dims)) or front != k.dims:
            logits *= ones_like(expand_dims(k, -1), dtype=logits.dtype)
            k *= ones(shape(logits)[:-1], dtype=k.dtype)
            if logits.dims is not None:
                k.set_shape(logits.dims[:-1])
        return k, logits

    def _entropy(self):
        return -reduce_sum(log_softmax(self.logits) * self.probs, axis=-1)

    def _mode(self):
        made = cast(argmax(self.logits, axis=self._batch_rank), self.dtype)
        made.set_shape(self.batch_shape)
        return made


@RegisterKL(Categorical, Categorical)
def _kl_categorical(a, b, name=None):
    with name_scope(name, "kl_categorical_categorical", values=[a.logits, b.logits]):
        apart = log_softmax(a.logits) - log_softmax(b.logits)
        return reduce_sum(softmax(a.logits) * apart, axis=-1)


@export("distributions.Bernoulli")
class Bernoulli(Distribution):
    """Distributions over 0 and 1.

    Args:
      logits: log-odds of 1; or
      probs: probabilities of 1.
      dtype: of draws, int32 by default.
      validate_args, allow_nan_stats, name: as for `Distribution`.
    """

    def __init__(self, logits=None, probs=None, dtype=dtypes.int32, validate_args=False, allow_nan_stats=True, name="Bernoulli"):
        parameters = dict(locals())
        with name_scope(name) as name:
            self._logits, self._probs = logits_and_probs(logits, probs, name, False)
        super().__init__(
            dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats, parameters, [self._logits, self._probs], name
        )

    @property
    def logits(self):
        """The log-odds of 1."""
        return self._logits

    @property
    def probs(self):
        """The probabilities of 1."""
        return self._probs

    def _batch_shape(self):
        return self._logits.get_shape()

    def _batch_shape_tensor(self):
        return shape(self._logits)

    def _sample_n(self, n, seed):
        sizes = concat([[n], self.batch_shape_tensor()], 0)
        drawn = random_uniform(sizes, seed=seed, dtype=self.probs.dtype)
        return cast(PLAIN["Less"](drawn, self.probs), self.dtype)

    def _log_prob(self, event):
        event, logits = cast(event, self.logits.dtype), self.logits
        if not (known(event.dims) and event.dims == logits.dims):
            logits, event = ones_like(event) * logits, ones_like(logits) * event
        return -sigmoid_cross_entropy_with_logits(labels=event, logits=logits)

    def _entropy(self):
        return -self.logits * (sigmoid(self.logits) - 1) + softplus(-self.logits)

    def _mean(self):
        return identity(self.probs)

    def _variance(self):
        return self._mean() * (1.0 - self.probs)

    def _mode(self):
        return cast(self.probs > 0.5, self.dtype)


@RegisterKL(Bernoulli, Bernoulli)
def _kl_bernoulli(a, b, name=None):
    with name_scope(name, "kl_bernoulli_bernoulli", values=[a.logits, b.logits]):
        zero = softplus(-b.logits) - softplus(-a.logits)
        one = softplus(b.logits) - softplus(a.logits)
        return sigmoid(a.logits) * zero + sigmoid(-a.logits) * one


@export("distributions.Multinomial")
class Multinomial(Distribution):
    """Distributions over how often each class comes in a number of trials.

    Args:
      total_count: how many trials.
      logits: `[..., classes]`, unnormalised log-probabilities; or
      probs: `[..., classes]`.
      validate_args, allow_nan_stats, name: as for `Distribution`.
    """

    def __init__(self, total_count, logits=None, probs=None, validate_args=False, allow_nan_stats=True, name="Multinomial"):
        parameters = dict(locals())
        with name_scope(name, values=[total_count, logits, probs]) as name:
            self._total_count = convert_to_tensor(total_count, name="total_count")
            self._logits, self._probs = logits_and_probs(logits, probs, name, True)
            self._mean_value = self._total_count[..., None] * self._probs
        given = [self._total_count, self._logits, self._probs, self._mean_value]
        super().__init__(self._probs.dtype, NOT_REPARAMETERIZED, validate_args, allow_nan_stats, parameters, given, name)

    @property
    def total_count(self):
        """How many trials."""
        return self._total_count

    @property
    def logits(self):
        """The log-probabilities, up to a constant."""
        return self._logits

    @property
    def probs(self):
        """The probabilities."""
        return self._probs

    def _batch_shape(self):
        return self._mean_value.get_shape().with_rank_at_least(1)[:-1]

    def _batch_shape_tensor(self):
        return shape(self._mean_value)[:-1]

    def _event_shape(self):
        return self._mean_value.get_shape().with_rank_at_least(1)[-1:]

    def _event_shape_tensor(self):
        return shape(self._mean_value)[-1:]

    def _log_prob(self, counts):
        return reduce_sum(counts * log_softmax(self.logits), -1) - -_log_combinations(self.total_count, counts)

    def _mean(self):
        return identity(self._mean_value)

    def _shares(self):
        return self.probs * ones_like(self.total_count)[..., None]

    def _variance(self):
        return self._mean_value - self._mean_value * self._shares()

    def _covariance(self):
        apart = matmul(self._mean_value[..., None], self._shares()[..., None, :])
        return matrix_set_diag(-apart, self._variance())


def _log_combinations(n, counts):
    """The logarithm of in how many ways `n` trials give these counts."""
    with name_scope("log_combinations", values=[n, counts]):
        n, counts = convert_to_tensor(n, name="n"), convert_to_tensor(counts, name="counts")
        every, each = PLAIN["Lgamma"](n + 1), PLAIN["Lgamma"](counts + 1)
        return every - reduce_sum(each, axis=[-1])
