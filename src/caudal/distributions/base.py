"""What all distributions share: names of nodes, shapes of draws, and what follows from what a distribution tells."""

import contextlib

import numpy as np

from ..graph import static
from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes
from ..ground.api import constant as public
from ..ground.api import export
from ..ground.errors import need
from ..ground.shapes import TensorShape
from ..ops.activations import softmax
from ..ops.elementwise import NODES, PLAIN, sigmoid, sqrt, square
from ..ops.join import concat
from ..ops.reduce import reduce_prod
from ..ops.shape import rank, reshape, shape
from ..ops.slicing import where

__all__ = ["Distribution", "logits_and_probs"]


@export("distributions.ReparameterizationType")
class ReparameterizationType:
    """Whether draws have a slope by the distribution's parameters."""

    def __init__(self, rep_type):
        self._rep_type = rep_type

    def __repr__(self):
        return f"<Reparameteriation Type: {self._rep_type}>"  # 1.15 spells it so


FULLY_REPARAMETERIZED = public(ReparameterizationType("FULLY_REPARAMETERIZED"), "distributions.FULLY_REPARAMETERIZED")
NOT_REPARAMETERIZED = public(ReparameterizationType("NOT_REPARAMETERIZED"), "distributions.NOT_REPARAMETERIZED")


@export("distributions.Distribution")
class Distribution:
    """A batch of distributions.

    Args:
      dtype: the `DType` of draws.
      reparameterization_type: `FULLY_REPARAMETERIZED` or `NOT_REPARAMETERIZED`.
      validate_args: whether arguments are checked when it runs.
      allow_nan_stats: whether a statistic that is not defined is NaN, or an error.
      parameters: the arguments of the constructor, by name.
      graph_parents: tensors that it depends on.
      name: the scope of its nodes.

    Raises:
      ValueError: one of `graph_parents` is no tensor.
    """

    def __init__(
        self, dtype, reparameterization_type, validate_args, allow_nan_stats, parameters=None, graph_parents=None, name=None
    ):
        self._dtype, self._reparameterization_type = dtype, reparameterization_type
        self._validate_args, self._allow_nan_stats = validate_args, allow_nan_stats
        self._parameters = {k: v for k, v in (parameters or {}).items() if k not in ("self", "__class__")}
        self._graph_parents = graph_parents or []
        for k, parent in enumerate(self._graph_parents):
            need(parent is not None, f"Graph parent item {k} is not a Tensor; {parent}.")
        name = name or type(self).__name__
        if not name.endswith("/"):
            with name_scope(name) as scope:
                name = scope
        self._name = name

    @property
    def name(self):
        """The scope of its nodes, with "/" at the end."""
        return self._name

    @property
    def dtype(self):
        """The `DType` of draws."""
        return self._dtype

    @property
    def parameters(self):
        """The arguments of the constructor, by name."""
        return dict(self._parameters)

    @property
    def reparameterization_type(self):
        """Whether draws have a slope by the parameters."""
        return self._reparameterization_type

    @property
    def allow_nan_stats(self):
        """Whether a statistic that is not defined is NaN."""
        return self._allow_nan_stats

    @property
    def validate_args(self):
        """Whether arguments are checked when it runs."""
        return self._validate_args

    def copy(self, **override_parameters_kwargs):
        """The same distribution made anew, with some arguments changed."""
        return type(self)(**(self.parameters | override_parameters_kwargs))

    @contextlib.contextmanager
    def _scope(self, name, values=()):
        with name_scope(self.name), name_scope(name, values=[*values, *self._graph_parents]) as scope:
            yield scope

    # --- shapes ---------------------------------------------------------------------------------------

    @property
    def batch_shape(self):
        """The static shape of one draw of a scalar distribution: one for each set of parameters."""
        return TensorShape(self._batch_shape())

    def batch_shape_tensor(self, name="batch_shape_tensor"):
        """`batch_shape` as an int32 vector."""
        with self._scope(name):
            if self.batch_shape.is_fully_defined():
                return convert_to_tensor(self.batch_shape.as_list(), dtype=dtypes.int32, name="batch_shape")
            return self._batch_shape_tensor()

    @property
    def event_shape(self):
        """The static shape of a draw of one distribution."""
        return TensorShape(self._event_shape())

    def event_shape_tensor(self, name="event_shape_tensor"):
        """`event_shape` as an int32 vector."""
        with self._scope(name):
            if self.event_shape.is_fully_defined():
                return convert_to_tensor(self.event_shape.as_list(), dtype=dtypes.int32, name="event_shape")
            return self._event_shape_tensor()

    def is_scalar_event(self, name="is_scalar_event"):
        """Whether draws of one distribution are scalars, a bool tensor."""
        with self._scope(name):
            return convert_to_tensor(self._is_scalar(self.event_shape, self.event_shape_tensor), name="is_scalar_event")

    def is_scalar_batch(self, name="is_scalar_batch"):
        """Whether there is one distribution only, a bool tensor."""
        with self._scope(name):
            return convert_to_tensor(self._is_scalar(self.batch_shape, self.batch_shape_tensor), name="is_scalar_batch")

    def _is_scalar(self, known, tensor):
        return known.ndims == 0 if known.ndims is not None else NODES["Equal"](shape(tensor())[0], 0)

    def _event_shape(self):
        return []

    # --- draws ----------------------------------------------------------------------------------------

    def sample(self, sample_shape=(), seed=None, name="sample"):
        """Draws.

        Args:
          sample_shape: int scalar or vector, how many.
          seed: the op's seed.
          name: the scope's name.

        Returns:
          `sample_shape + batch_shape + event_shape`.
        """
        with self._scope(name, [sample_shape]):
            sizes = convert_to_tensor(sample_shape, dtype=dtypes.int32, name="sample_shape")
            sizes, n = self._as_vector(sizes)
            drawn = self._sample_n(n, seed)
            made = reshape(drawn, concat([sizes, shape(drawn)[1:]], 0))
            known = static.python_value(sizes)
            if known is not None and made.dims is not None:
                made.set_shape(TensorShape([int(d) for d in known]).concatenate(self.batch_shape).concatenate(self.event_shape))
            return made

    def _as_vector(self, sizes):
        """(the sizes as a vector, their product)."""
        known = static.python_value(sizes)
        n = reduce_prod(sizes) if known is None else np.prod(known, dtype=np.int32)
        if sizes.rank is None:
            vector = where(NODES["Equal"](rank(sizes), 0), np.array([1], np.int32), shape(sizes))
            return reshape(sizes, vector), n
        if sizes.rank == 0:
            one = reshape(sizes, [1]) if known is None else convert_to_tensor(np.array([known]), name="sample_shape")
            return one, n
        need(sizes.rank == 1, "Input is neither scalar nor vector.")
        return sizes, n

    # --- probabilities --------------------------------------------------------------------------------

    def _of_value(self, value, name, *ways):
        """The first of `ways` that the distribution has: (its method, what is made of the result)."""
        with self._scope(name, [value]):
            value = convert_to_tensor(value, name="value", preferred_dtype=self.dtype)
            return self._first(ways, value)

    def _first(self, ways, *arguments):
        for method, then in ways:
            found = getattr(self, method, None)
            if found is not None:
                return then(found(*arguments))
        raise NotImplementedError(f"{ways[0][0][1:]} is not implemented: {type(self).__name__}")

    def log_prob(self, value, name="log_prob"):
        """The logarithm of the density, or of the probability, at `value`, in nats."""
        return self._of_value(value, name, ("_log_prob", _as_it_is), ("_prob", PLAIN["Log"]))

    def prob(self, value, name="prob"):
        """The density, or the probability, at `value`."""
        return self._of_value(value, name, ("_prob", _as_it_is), ("_log_prob", PLAIN["Exp"]))

    def log_cdf(self, value, name="log_cdf"):
        """The logarithm of the probability of a draw of at most `value`."""
        return self._of_value(value, name, ("_log_cdf", _as_it_is), ("_cdf", PLAIN["Log"]))

    def cdf(self, value, name="cdf"):
        """The probability of a draw of at most `value`."""
        return self._of_value(value, name, ("_cdf", _as_it_is), ("_log_cdf", PLAIN["Exp"]))

    def log_survival_function(self, value, name="log_survival_function"):
        """The logarithm of the probability of a draw above `value`."""
        return self._of_value(value, name, ("_cdf", lambda p: PLAIN["Log1p"](-p)))

    def survival_function(self, value, name="survival_function"):
        """The probability of a draw above `value`."""
        return self._of_value(value, name, ("_cdf", lambda p: 1.0 - p))

    def quantile(self, value, name="quantile"):
        """The number that a draw is at most with probability `value`."""
        return self._of_value(value, name, ("_quantile", _as_it_is))

    # --- statistics -----------------------------------------------------------------------------------

    def _statistic(self, name, *ways):
        with self._scope(name):
            return self._first(ways)

    def entropy(self, name="entropy"):
        """The entropy, in nats."""
        return self._statistic(name, ("_entropy", _as_it_is))

    def mean(self, name="mean"):
        """The mean."""
        return self._statistic(name, ("_mean", _as_it_is))

    def variance(self, name="variance"):
        """The variance."""
        return self._statistic(name, ("_variance", _as_it_is), ("_stddev", square))

    def stddev(self, name="stddev"):
        """The standard deviation."""
        return self._statistic(name, ("_stddev", _as_it_is), ("_variance", sqrt))

    def covariance(self, name="covariance"):
        """The covariance of a draw's elements."""
        return self._statistic(name, ("_covariance", _as_it_is))

    def mode(self, name="mode"):
        """The likeliest value."""
        return self._statistic(name, ("_mode", _as_it_is))

    def cross_entropy(self, other, name="cross_entropy"):
        """The cross entropy with another distribution, in nats."""
        with self._scope(name):
            return kl_divergence(self, other, self.allow_nan_stats) + self.entropy()

    def kl_divergence(self, other, name="kl_divergence"):
        """The Kullback-Leibler divergence from this distribution to another, in nats."""
        with self._scope(name):
            return kl_divergence(self, other, self.allow_nan_stats)

    def __str__(self):
        batch, event = self.batch_shape, self.event_shape
        shown = f"batch_shape={batch}, event_shape={event}, dtype={self.dtype.name}"
        return f'tfp.distributions.{type(self).__name__}("{self.name}", {shown})'


def _as_it_is(x):
    return x


def logits_and_probs(logits, probs, name, classes):
    """(logits, probabilities), of which one was given; over the last dimension (`classes`) or each of two outcomes."""
    with name_scope(name, values=[probs, logits]):
        need((probs is None) != (logits is None), "Must pass probs or logits, but not both.")
        if probs is None:
            logits = convert_to_tensor(logits, name="logits")
            need(logits._dtype.is_floating, "logits must having floating type.", kind=TypeError)
            return logits, softmax(logits, name="probs") if classes else sigmoid(logits, name="probs")
        probs = convert_to_tensor(probs, name="probs")
        need(probs._dtype.is_floating, "probs must having floating type.", kind=TypeError)
        with name_scope("logits"):
            log = PLAIN["Log"](probs)
            return log if classes else log - PLAIN["Log1p"](-1.0 * probs), probs


# --- divergences --------------------------------------------------------------------------------------

_DIVERGENCES = {}


@export("distributions.RegisterKL")
class RegisterKL:
    """Decorator: `f(a, b, name=None)` gives the divergence from distributions of one class to those of another."""

    def __init__(self, dist_cls_a, dist_cls_b):
        self._key = (dist_cls_a, dist_cls_b)

    def __call__(self, kl_fn):
        need(callable(kl_fn), f"kl_fn must be callable, received: {kl_fn}", kind=TypeError)
        known = _DIVERGENCES.get(self._key)
        words = f"KL({self._key[0].__name__} || {self._key[1].__name__}) has already been registered to: {known}"
        need(known is None, words)
        _DIVERGENCES[self._key] = kl_fn
        return kl_fn


@export("distributions.kl_divergence")
def kl_divergence(distribution_a, distribution_b, allow_nan_stats=True, name=None):
    """The Kullback-Leibler divergence from one distribution to another, in nats.

    Raises:
      NotImplementedError: none is registered for their classes.
    """
    kinds = type(distribution_a), type(distribution_b)
    found = next((_DIVERGENCES[a, b] for a in kinds[0].__mro__ for b in kinds[1].__mro__ if (a, b) in _DIVERGENCES), None)
    if found is None:
        raise NotImplementedError(
            f"No KL(distribution_a || distribution_b) registered for distribution_a type {kinds[0].__name__} and "
            f"distribution_b type {kinds[1].__name__}"
        )
    with name_scope("KullbackLeibler"):
        return found(distribution_a, distribution_b, name=name)
