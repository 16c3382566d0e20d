"""Statistics, held to SciPy and to published figures."""

import numpy as np
import pytest
from scipy import stats

from caudal.study import statistics

# Student (1908): additional hours of sleep by two drugs, ten patients; t = 4.06, p = 0.0028
FIRST = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]
SECOND = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]


def test_mean_and_interval():
    found = statistics.estimate(FIRST)
    interval = stats.ttest_1samp(FIRST, 0).confidence_interval(0.95)
    assert (found.n, found.mean, found.deviation) == (10, pytest.approx(np.mean(FIRST)), pytest.approx(np.std(FIRST, ddof=1)))
    assert (found.low, found.high) == (pytest.approx(interval.low), pytest.approx(interval.high))
    assert statistics.estimate([0.5]) == statistics.Estimate(1, 0.5, None, None, None)


@pytest.mark.parametrize("right, n", [(9882, 10000), (15, 148), (30, 30), (0, 20)])
def test_one_accuracy(right, n):
    found = statistics.proportion(right / n, n)
    interval = stats.binomtest(right, n).proportion_ci(0.95, method="wilson")
    assert (found.low, found.high) == (pytest.approx(interval.low, abs=1e-12), pytest.approx(interval.high))


def test_one_accuracy_published():
    """Newcombe (1998), Two-sided confidence intervals for the single proportion, table I, method 3: 15 of 148."""
    found = statistics.proportion(15 / 148, 148)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0624, 0.1605)


def test_pairs():
    found, known = statistics.paired(FIRST, SECOND), stats.ttest_rel(FIRST, SECOND)
    assert (found.p, found.test) == (pytest.approx(known.pvalue), "paired t")
    assert round(found.p, 4) == 0.0028 and round(found.difference, 2) == 1.58
    interval = known.confidence_interval(0.95)
    assert (found.low, found.high) == (pytest.approx(interval.low), pytest.approx(interval.high))


def test_pairs_of_overlapping_splits():
    """Nadeau and Bengio: t shrinks by sqrt(1 / (1 + n * overlap))."""
    found = statistics.paired(FIRST, SECOND, overlap=1 / 3)
    t = stats.ttest_rel(FIRST, SECOND).statistic / np.sqrt(1 + 10 / 3)
    assert found.p == pytest.approx(2 * stats.t.sf(t, 9)) and found.p > 0.05


def test_equal_differences():
    assert statistics.paired([1, 2, 3, 4], [1, 2, 3, 4]).p == 1
    assert statistics.paired([1, 2, 3, 4], [0, 1, 2, 3]).p == pytest.approx(stats.binomtest(4, 4).pvalue)
    assert statistics.paired([0.97], [0.98]).p is None


def test_groups():
    found, known = statistics.welch(FIRST, SECOND), stats.ttest_ind(FIRST, SECOND, equal_var=False)
    assert found.p == pytest.approx(known.pvalue) and round(found.p, 5) == 0.07939  # R's t.test(extra ~ group, sleep)
    assert statistics.welch([1.0], [2.0, 3.0]).p is None


def test_two_classifiers_on_the_same_examples():
    """Fagerland, Lydersen, Laake (2013), table 1: 1 and 7 pairs disagree of 21; exact p = 0.070."""
    found = statistics.mcnemar(1, 7, 21)
    assert round(found.p, 3) == 0.070 and found.difference == pytest.approx(6 / 21)
    assert found.low < found.difference < found.high
    assert statistics.mcnemar(0, 0, 100).p == 1


def test_two_shares():
    """Newcombe (1998), Interval estimation for the difference, table II, contrast (a), method 10: 56 of 70, 48 of 80."""
    found = statistics.two_shares(56 / 70, 48 / 80, 70, 80)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)
    assert found.p == pytest.approx(stats.chi2_contingency([[56, 14], [48, 32]], correction=False).pvalue)
    assert statistics.two_shares(1.0, 1.0, 50, 50).p == 1


def test_many_at_once():
    """The four p of Holm's procedure as R's p.adjust gives them."""
    assert statistics.holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert statistics.holm([0.9, None, 0.8]) == [1.0, None, 1.0]
    assert statistics.holm([]) == []
