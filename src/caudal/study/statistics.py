"""What repeats can tell: means with intervals, paired tests, and many of them at once. comparisons.py asks the questions.

An interval of a mean speaks of what differs between repeats: weights, order, the drawn training part. The test examples are the
same in all; what they leave open, one accuracy's own interval (`proportion`) says.
"""

import dataclasses
import functools
import math

import numpy as np
from scipy import stats

__all__ = ["LEVEL", "Comparison", "Estimate", "estimate", "holm", "mcnemar", "paired", "proportion", "two_shares", "welch"]

LEVEL = 0.95  # of every interval; 1 - LEVEL is what a p has to stay below


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A mean, and how sure it is.

    Args:
      n: values that it is the mean of.
      mean: theirs.
      deviation: their standard deviation as a sample's; None for one value.
      low, high: the interval; None where one value alone tells nothing.
      by: what gave the interval: "Student's t", "Wilson", or "".
    """

    n: int
    mean: float
    deviation: float | None
    low: float | None
    high: float | None
    by: str = ""

    def times(self, factor):
        """The same in other units, as percent."""
        scaled = {name: _times(getattr(self, name), factor) for name in ("mean", "deviation", "low", "high")}
        return dataclasses.replace(self, **scaled)


def _times(value, factor):
    return None if value is None else value * factor


@dataclasses.dataclass(frozen=True)
class Comparison:
    """The difference of two, first minus second.

    Args:
      n: pairs, or values in the smaller group.
      difference: of the means.
      low, high: its interval; None where it has none.
      p: how often chance alone gives a difference as large, in [0, 1]; None where nothing can be tested.
      test: the test's name, "" if there was none.
    """

    n: int
    difference: float
    low: float | None
    high: float | None
    p: float | None
    test: str


def estimate(values, level=LEVEL):
    """The mean of a sample with Student's t interval: mean ± t(n-1) s / sqrt(n).

    Args:
      values: float `[n]`, n at least 1.
      level: of the interval, in (0, 1).

    Returns:
      an `Estimate`; without an interval if n is 1.

    Source: Student, The probable error of a mean (Biometrika 1908).
    """
    values = np.asarray(values, np.float64)
    n, mean = len(values), float(values.mean())
    if n == 1:
        return Estimate(1, mean, None, None, None)
    deviation = float(values.std(ddof=1))
    reach = _t(level, n) * deviation / math.sqrt(n)
    return Estimate(n, mean, deviation, mean - reach, mean + reach, "Student's t")


@functools.lru_cache
def _t(level, n):
    """How many standard errors the interval of a mean of n reaches to each side."""
    return float(stats.t.ppf((1 + level) / 2, n - 1))


def proportion(share, n, level=LEVEL):
    """One accuracy on n examples, with Wilson's interval, which stays in [0, 1] and is right near 1 too.

    Args:
      share: in [0, 1].
      n: examples.

    Returns:
      an `Estimate` of one value.

    Source: Wilson, Probable inference (JASA 1927); Brown, Cai, DasGupta, Interval estimation for a binomial proportion (2001).
    """
    z = float(stats.norm.ppf((1 + level) / 2))
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Estimate(1, float(share), None, max(0.0, middle - reach), min(1.0, middle + reach), "Wilson")


def paired(first, second, overlap=0.0, level=LEVEL):
    """The mean difference of pairs, by Student's t over the differences.

    With four repeats Wilcoxon's signed ranks can't go below p = 0.125, so they would never find anything; t can.

    Args:
      first, second: float `[n]`; values at the same place are a pair.
      overlap: test examples over training examples, where every repeat splits the same examples anew: repeats then share most of
        what they train on, and a plain t finds too much. 0 where the test examples stay apart.

    Returns:
      a `Comparison`. If all differences are equal, t doesn't exist: p is then the sign test's, and there is no interval.

    Source: Student (1908); for `overlap`, Nadeau and Bengio, Inference for the generalization error (Machine Learning 2003), eq. 5:
    the variance of the mean is (1/n + overlap) s^2.
    """
    differences = np.asarray(first, np.float64) - np.asarray(second, np.float64)
    n, mean = len(differences), float(differences.mean())
    if n == 1:
        return Comparison(1, mean, None, None, None, "")
    deviation = float(differences.std(ddof=1))
    if deviation <= 1e-12 * max(1.0, abs(mean)):
        return Comparison(n, mean, None, None, _signs(n, mean), "sign test")
    error = math.sqrt(1 / n + overlap) * deviation
    reach = _t(level, n) * error
    p = 2 * float(stats.t.sf(abs(mean) / error, n - 1))
    return Comparison(n, mean, mean - reach, mean + reach, p, "corrected paired t" if overlap else "paired t")


def _signs(n, mean):
    """The sign test's p of n equal differences."""
    return 1.0 if abs(mean) < 1e-12 else min(1.0, 2 * 0.5**n)


def welch(first, second, level=LEVEL):
    """The difference of two groups that aren't paired, each with a variance of its own.

    Returns:
      a `Comparison`; one without a test if a group has a single value, or neither varies.

    Source: Welch, The generalization of Student's problem (Biometrika 1947).
    """
    n, difference = min(len(first), len(second)), float(np.mean(first) - np.mean(second))
    if n == 1 or np.std(first) + np.std(second) <= 1e-12:
        return Comparison(n, difference, None, None, None, "")
    found = stats.ttest_ind(first, second, equal_var=False)
    low, high = found.confidence_interval(level)
    return Comparison(n, difference, float(low), float(high), float(found.pvalue), "Welch's t")


def mcnemar(only_first, only_second, n, level=LEVEL):
    """Two classifiers on the same n examples, by those that one alone gets wrong: an exact test of a fair coin.

    Args:
      only_first: examples that the first alone gets wrong.
      only_second: examples that the second alone gets wrong.

    Returns:
      a `Comparison` of accuracies: (only_second - only_first) / n.

    Source: McNemar (Psychometrika 1947); Dietterich, Approximate statistical tests (Neural Computation 1998), for one trial each.
    The interval is Wald's for paired shares, with Agresti and Min's (2005) half added to each count.
    """
    p = 1.0 if only_first + only_second == 0 else float(stats.binomtest(only_first, only_first + only_second).pvalue)
    b, c, whole = only_first + 0.5, only_second + 0.5, n + 2
    reach = float(stats.norm.ppf((1 + level) / 2)) * math.sqrt(b + c - (c - b) ** 2 / whole) / whole
    middle = (c - b) / whole
    return Comparison(1, (only_second - only_first) / n, middle - reach, middle + reach, p, "McNemar")


def two_shares(first, second, n, m, level=LEVEL):
    """Two accuracies, on n and on m examples.

    It takes the examples as others for each: if they are the same ones, and it isn't known who failed on which, then the
    difference is surer than this says, so it errs towards "not distinguishable".

    Source: Newcombe, Interval estimation for the difference between independent proportions (1998), method 10; p by the pooled z.
    """
    difference, pooled = first - second, (n * first + m * second) / (n + m)
    a, b = proportion(first, n, level), proportion(second, m, level)
    low = difference - math.hypot(first - a.low, b.high - second)
    high = difference + math.hypot(a.high - first, second - b.low)
    error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    p = 1.0 if error == 0 else 2 * float(stats.norm.sf(abs(difference) / error))
    return Comparison(1, float(difference), float(low), float(high), p, "two shares")


def holm(ps):
    """Each p as it counts among all that were asked: the chance that any of the found differences is none stays 1 - LEVEL.

    Args:
      ps: float or None `[n]`; None was not tested, and counts for nothing.

    Returns:
      list of float or None: the k-th smallest times the number that is left, never falling, at most 1.

    Source: Holm, A simple sequentially rejective multiple test procedure (1979).
    """
    asked = sorted((p, i) for i, p in enumerate(ps) if p is not None)
    found, least = [None] * len(ps), 0.0
    for rank, (p, i) in enumerate(asked):
        least = max(least, min(1.0, (len(asked) - rank) * p))
        found[i] = least
    return found
