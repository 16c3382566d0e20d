"""Learning rates that change with the step: each is a few nodes over `global_step`."""

import functools
import math

from ..build.case import case
from ..build.cond import cond
from ..graph.convert import convert_to_tensor
from ..graph.scopes import name_scope
from ..ground import dtypes, nest
from ..ground.api import export
from ..ground.errors import need
from ..ops.basic import constant
from ..ops.elementwise import PLAIN, add, cast, divide, equal, multiply, negative, sqrt
from ..ops.elementwise import pow as power_of
from ..ops.random import random_normal

__all__ = ["exponential_decay"]

ceil, cos, exp, floor, log, minimum = (PLAIN[kind] for kind in ("Ceil", "Cos", "Exp", "Floor", "Log", "Minimum"))


def _start(learning_rate):
    rate = convert_to_tensor(learning_rate, name="initial_learning_rate")
    return rate, functools.partial(cast, dtype=rate.dtype)


def _exponential(learning_rate, global_step, decay_steps, decay_rate, staircase, name):
    with name_scope(name or "ExponentialDecay") as scope:
        rate, as_rate = _start(learning_rate)
        decay_steps, decay_rate = as_rate(decay_steps), as_rate(decay_rate)
        p = as_rate(global_step) / decay_steps
        if staircase:
            p = floor(p)
        return multiply(rate, power_of(decay_rate, p), name=scope)


@export("train.exponential_decay")
def exponential_decay(learning_rate, global_step, decay_steps, decay_rate, staircase=False, name=None):
    """learning_rate decay_rate^(global_step / decay_steps).

    Args:
      learning_rate: a float, or a float scalar tensor: the rate at step 0.
      global_step: the step, an integer scalar.
      decay_steps: steps, a scalar above 0.
      decay_rate: the factor by which the rate changes in `decay_steps`.
      staircase: whether the quotient is taken in whole numbers.
      name: the name of the scope.

    Returns:
      A scalar tensor of the dtype of `learning_rate`.
    """
    return _exponential(learning_rate, global_step, decay_steps, decay_rate, staircase, name)


@export("train.natural_exp_decay")
def natural_exp_decay(learning_rate, global_step, decay_steps, decay_rate, staircase=False, name=None):
    """learning_rate exp(-decay_rate global_step / decay_steps).

    Args:
      learning_rate: a float, or a float scalar tensor: the rate at step 0.
      global_step: the step, an integer scalar.
      decay_steps: steps, a scalar above 0.
      decay_rate: the exponent that `decay_steps` make.
      staircase: whether the quotient is taken in whole numbers.
      name: the name of the scope.

    Returns:
      A scalar tensor of the dtype of `learning_rate`.
    """
    return _exponential(learning_rate, global_step, decay_steps, exp(negative(decay_rate)), staircase, name)


@export("train.inverse_time_decay")
def inverse_time_decay(learning_rate, global_step, decay_steps, decay_rate, staircase=False, name=None):
    """learning_rate / (1 + decay_rate global_step / decay_steps).

    Args:
      learning_rate: a float, or a float scalar tensor: the rate at step 0.
      global_step: the step, an integer scalar.
      decay_steps: steps, a scalar above 0.
      decay_rate: how much `decay_steps` add to the divisor.
      staircase: whether the quotient is taken in whole numbers.
      name: the name of the scope.

    Returns:
      A scalar tensor of the dtype of `learning_rate`.
    """
    with name_scope(name or "InverseTimeDecay") as scope:
        rate, as_rate = _start(learning_rate)
        decay_steps, decay_rate = as_rate(decay_steps), as_rate(decay_rate)
        p = as_rate(global_step) / decay_steps
        if staircase:
            p = floor(p)
        one = as_rate(constant(1))
        return divide(rate, add(one, multiply(decay_rate, p)), name=scope)


@export("train.polynomial_decay")
def polynomial_decay(learning_rate, global_step, decay_steps, end_learning_rate=0.0001, power=1.0, cycle=False, name=None):
    """(learning_rate - end) (1 - step / decay_steps)^power + end, the step at most `decay_steps`.

    Args:
      learning_rate: a float, or a float scalar tensor: the rate at step 0.
      global_step: the step, an integer scalar.
      decay_steps: steps, a scalar above 0.
      end_learning_rate: the rate at `decay_steps` and after.
      power: 1 for a straight line.
      cycle: whether, instead of staying there, `decay_steps` grow to the next multiple above the step.
      name: the name of the scope.

    Returns:
      A scalar tensor of the dtype of `learning_rate`.
    """
    with name_scope(name or "PolynomialDecay") as scope:
        rate, as_rate = _start(learning_rate)
        end, power, step = as_rate(end_learning_rate), as_rate(power), as_rate(global_step)
        steps = as_rate(decay_steps)
        if cycle:
            rounds = cond(equal(step, 0), lambda: 1.0, lambda: ceil(step / decay_steps))
            steps = multiply(steps, rounds)
        else:
            step = minimum(step, decay_steps)
        p = divide(step, steps)
        return add(multiply(rate - end, power_of(1 - p, power)), end, name=scope)


@export("train.piecewise_constant_decay", "train.piecewise_constant")
def piecewise_constant(x, boundaries, values, name=None):
    """values[0] up to boundaries[0], then values[1] up to boundaries[1], and so on.

    Args:
      x: the step, a scalar.
      boundaries: a list of growing numbers of the dtype of `x`.
      values: a list of numbers of one dtype, one more than boundaries.
      name: the name of the scope.

    Returns:
      A scalar tensor of the dtype of `values`.

    Raises:
      ValueError: dtypes or lengths that do not go together.
    """
    boundaries = [convert_to_tensor(b) for b in nest.flatten(boundaries)]
    values = [convert_to_tensor(v) for v in nest.flatten(values)]
    x = convert_to_tensor(x)
    boundaries = [_as_step(b, x.dtype.base_dtype) for b in boundaries]
    for v in values[1:]:
        need(
            v.dtype.base_dtype is values[0].dtype.base_dtype,
            f"Values must have elements all with the same dtype ({values[0].dtype.base_dtype} vs {v.dtype.base_dtype}).",
        )
    need(
        len(boundaries) == len(values) - 1,
        "The length of boundaries should be 1 less than the length of values",
    )
    with name_scope(name or "PiecewiseConstant"):
        pieces = [(x <= boundaries[0], lambda: values[0]), (x > boundaries[-1], lambda: values[-1])]
        for low, high, v in zip(boundaries[:-1], boundaries[1:], values[1:-1], strict=True):
            pieces.append(((x > low) & (x <= high), lambda v=v: v))
        return case(pieces, lambda: values[0], exclusive=True)


def _as_step(boundary, kind):
    """A boundary in the dtype of the step: int32 may become int64, nothing else is converted."""
    own = boundary.dtype.base_dtype
    if own is kind:
        return boundary
    need(
        own is dtypes.int32 and kind is dtypes.int64,
        f"Boundaries ({own}) must have the same dtype as x ({kind}).",
        fix="give boundaries that are integers where the step is one",
    )
    return cast(boundary, kind)


def _half_cosine(turns, factor=0.5):
    """factor (1 + cos(pi turns))."""
    return factor * (1.0 + cos(constant(math.pi) * turns))


@export("train.cosine_decay")
def cosine_decay(learning_rate, global_step, decay_steps, alpha=0.0, name=None):
    """learning_rate ((1 - alpha) (1 + cos(pi step / decay_steps)) / 2 + alpha), the step at most `decay_steps`.

    Args:
      learning_rate: a float, or a float scalar tensor: the rate at step 0.
      global_step: the step, an integer scalar.
      decay_steps: steps, a scalar above 0.
      alpha: the part of the rate that stays.
      name: the name of the scope.

    Returns:
      A scalar tensor of the dtype of `learning_rate`.

    Source: Loshchilov and Hutter, "SGDR" (2017), eq. 5, without restarts.
    """
    with name_scope(name or "CosineDecay"):
        rate, as_rate = _start(learning_rate)
        steps = as_rate(decay_steps)
        done = minimum(as_rate(global_step), steps) / steps
        return multiply(rate, (1 - alpha) * _half_cosine(done) + alpha)


@export("train.cosine_decay_restarts")
def cosine_decay_restarts(learning_rate, global_step, first_decay_steps, t_mul=2.0, m_mul=1.0, alpha=0.0, name=None):
    """A cosine decay that begins again when it is done, each time `t_mul` times as long.

    Args:
      learning_rate: a float, or a float scalar tensor: the rate at step 0.
      global_step: the step, an integer scalar.
      first_decay_steps: the length of the first period, in steps, a scalar above 0.
      t_mul: how much longer each period is than the one before.
      m_mul: the factor from the rate that a period begins with to the next one's.
      alpha: the part of the rate that stays.
      name: the name of the scope.

    Returns:
      A scalar tensor of the dtype of `learning_rate`.

    Source: Loshchilov and Hutter, "SGDR" (2017), eq. 5.
    """
    with name_scope(name or "SGDRDecay") as scope:
        rate, as_rate = _start(learning_rate)
        first = as_rate(first_decay_steps)
        alpha, t_mul, m_mul = as_rate(alpha), as_rate(t_mul), as_rate(m_mul)
        done = as_rate(global_step) / first
        restarts, done = cond(equal(t_mul, 1.0), lambda: _even_restarts(done), lambda: _growing_restarts(done, t_mul))
        cosine = _half_cosine(done, 0.5 * m_mul**restarts)
        return multiply(rate, (1 - alpha) * cosine + alpha, name=scope)


def _even_restarts(done):
    """(restarts so far, part of the period that is done), periods of length 1."""
    restarts = floor(done)
    return restarts, done - restarts


def _growing_restarts(done, t_mul):
    """The same, each period `t_mul` times as long: n of them take (1 - t_mul^n) / (1 - t_mul)."""
    restarts = floor(log(1.0 - done * (1.0 - t_mul)) / log(t_mul))
    before = (1.0 - t_mul**restarts) / (1.0 - t_mul)
    return restarts, (done - before) / t_mul**restarts


@export("train.linear_cosine_decay")
def linear_cosine_decay(learning_rate, global_step, decay_steps, num_periods=0.5, alpha=0.0, beta=0.001, name=None):
    """learning_rate ((alpha + 1 - p) (1 + cos(2 pi num_periods p)) / 2 + beta), p = step / decay_steps, at most 1.

    Args:
      learning_rate: a float, or a float scalar tensor: the rate at step 0.
      global_step: the step, an integer scalar.
      decay_steps: steps, a scalar above 0.
      num_periods: of the cosine.
      alpha: added to the straight line.
      beta: added in the end.
      name: the name of the scope.

    Returns:
      A scalar tensor of the dtype of `learning_rate`.

    Source: Bello et al., "Neural optimizer search" (2017), sec. 4.2.
    """
    with name_scope(name or "LinearCosineDecay") as scope:
        rate, as_rate = _start(learning_rate)
        steps, periods = as_rate(decay_steps), as_rate(num_periods)
        alpha, beta = as_rate(alpha), as_rate(beta)
        step = minimum(as_rate(global_step), steps)
        line, done = (steps - step) / steps, step / steps
        cosine = _half_cosine(2.0 * periods * done)
        return multiply(rate, (alpha + line) * cosine + beta, name=scope)


@export("train.noisy_linear_cosine_decay")
def noisy_linear_cosine_decay(
    learning_rate, global_step, decay_steps, initial_variance=1.0, variance_decay=0.55, num_periods=0.5,
    alpha=0.0, beta=0.001, name=None,
):  # fmt: skip
    """`linear_cosine_decay` with normal noise on its line, of variance initial_variance / (1 + step)^variance_decay.

    Args:
      learning_rate: a float, or a float scalar tensor: the rate at step 0.
      global_step: the step, an integer scalar.
      decay_steps: steps, a scalar above 0.
      initial_variance: of the noise at step 0.
      variance_decay: the exponent with which it falls.
      num_periods: of the cosine.
      alpha: added to the straight line.
      beta: added in the end.
      name: the name of the scope.

    Returns:
      A scalar tensor of the dtype of `learning_rate`.

    Source: Bello et al., "Neural optimizer search" (2017), sec. 4.2.
    """
    with name_scope(name or "NoisyLinearCosineDecay") as scope:
        rate, as_rate = _start(learning_rate)
        steps = as_rate(decay_steps)
        initial_variance, variance_decay = as_rate(initial_variance), as_rate(variance_decay)
        periods, alpha, beta = as_rate(num_periods), as_rate(alpha), as_rate(beta)
        step = minimum(as_rate(global_step), steps)
        line = (steps - step) / steps
        variance = initial_variance / power_of(1.0 + step, variance_decay)
        line, done = line + random_normal(line.shape, stddev=sqrt(variance)), step / steps
        cosine = _half_cosine(2.0 * periods * done)
        return multiply(rate, (alpha + line) * cosine + beta, name=scope)
