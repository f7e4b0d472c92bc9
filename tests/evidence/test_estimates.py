"""Shares, means, exact values and stacks: against closed forms, and by how often they cover."""

import math

import numpy as np
import pytest
import scipy.stats
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hdintuition.evidence.estimates import exact, mean, stack, wilson
from hdintuition.evidence.interval import Interval

Z = scipy.stats.norm.ppf(0.975)


def wilson_by_hand(k, n):
    """Wilson (1927): the p for which (k/n - p)^2 = z^2 p (1 - p) / n."""
    centre = (k + Z**2 / 2) / (n + Z**2)
    half = Z / (n + Z**2) * np.sqrt(k * (n - k) / n + Z**2 / 4)
    return centre - half, centre + half


@given(st.integers(1, 10**9).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
@settings(deadline=None)
def test_wilson_is_wilson(counts):
    k, n = counts
    x = wilson(k, n)
    low, high = wilson_by_hand(k, n)
    assert x.estimate == k / n
    assert x.low == pytest.approx(low, rel=1e-9, abs=1e-15)
    assert x.high == pytest.approx(high, rel=1e-9, abs=1e-15)
    assert 0 <= x.low <= x.estimate <= x.high <= 1


def test_wilson_at_both_ends():
    assert wilson(0, 10_000).low == 0
    assert wilson(10_000, 10_000).high == 1
    assert wilson(0, 1).high < 1


@pytest.mark.parametrize(("n", "p"), [(10, 0.3), (50, 0.1), (200, 0.5), (1000, 0.01)])
def test_wilson_covers_as_often_as_it_should(n, p):
    """The share of 3000 draws covered agrees with the exact coverage, which is near 95 %."""
    bounds = np.array([(x.low, x.high) for x in (wilson(k, n) for k in range(n + 1))])
    covers = (bounds[:, 0] <= p) & (p <= bounds[:, 1])
    coverage = scipy.stats.binom.pmf(np.arange(n + 1), n, p)[covers].sum()
    assert 0.92 < coverage < 0.98
    draws = np.random.default_rng(n).binomial(n, p, size=3000)
    measured = wilson(covers[draws].sum(), 3000)
    assert measured.low <= coverage <= measured.high


def test_wilson_of_tensors_and_stacks():
    assert wilson(torch.tensor(36), 10_000) == wilson(36, 10_000)
    assert wilson(np.int64(36), torch.tensor(100)) == wilson(36, 100)
    several = wilson(torch.tensor([1, 0]), torch.tensor([2, 4]))
    assert several == stack([wilson(1, 2), wilson(0, 4)])
    assert wilson([1, 2], 4).note == ("1 of 4", "2 of 4")
    assert wilson(12_345, 1_000_000).note == "12\u2009345 of 1\u2009000\u2009000"


@pytest.mark.parametrize(
    ("successes", "trials"),
    [(-1, 3), (4, 3), (0, 0), (1.5, 3), (1, 2.5), (math.nan, 3), (1, math.inf), ([1, 5], 4)],
)
def test_wilson_refuses_what_is_no_count(successes, trials):
    with pytest.raises(ValueError, match=r"successes|trials"):
        wilson(successes, trials)


def test_mean_is_students():
    values = [1.0, 2.5, 4.0, 3.25]
    expected = scipy.stats.ttest_1samp(values, 0).confidence_interval(0.95)
    x = mean(values)
    assert x.estimate == 2.6875
    assert x.low == pytest.approx(expected.low, rel=1e-12)
    assert x.high == pytest.approx(expected.high, rel=1e-12)
    assert x.note == "4 draws"


def test_mean_covers_as_often_as_it_should():
    rng = np.random.default_rng(7)
    truth = 3.0
    covered = [x.low <= truth <= x.high for x in mean(rng.normal(truth, 2.0, size=(8, 3000)))]
    share = wilson(sum(covered), len(covered))
    assert share.low <= 0.95 <= share.high


def test_mean_takes_what_experiments_return():
    expected = mean([1.0, 2.0, 4.0])
    assert mean(torch.tensor([1.0, 2.0, 4.0])) == expected
    assert mean(torch.tensor(v, dtype=torch.float64) for v in (1, 2, 4)) == expected
    assert mean(np.array([1, 2, 4])) == expected
    assert mean({"a": 1, "b": 2, "c": 4}.values()) == expected
    assert mean([True, False, True]).estimate == pytest.approx(2 / 3)


def test_mean_of_draws_that_are_rows_is_a_stack():
    rows = torch.tensor([[1.0, 10.0], [2.0, 30.0], [4.0, 20.0]])
    assert mean(rows) == mean(list(rows))
    assert mean(rows)[1].estimate == mean([10.0, 30.0, 20.0]).estimate
    assert mean(rows)[1].low == mean([10.0, 30.0, 20.0]).low


def test_equal_draws_have_an_interval_of_width_zero():
    assert mean([0.0] * 64) == Interval(0.0, 0.0, 0.0, "64 draws")


def test_an_infinite_draw_is_reported():
    x = mean([1.0, math.inf, 2.0])
    assert (x.estimate, x.low, x.high) == (math.inf, -math.inf, math.inf)
    columns = mean([[1.0, 1.0], [math.inf, 2.0]])
    assert columns[0].estimate == math.inf
    assert np.isfinite(columns[1].high)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], "at least 2 draws, got 0"),
        ([1.0], "at least 2 draws, got 1"),
        ([1.0, math.nan], "draw 2 of 2 is NaN"),
        (torch.tensor([math.nan, 1.0, 2.0]), "draw 1 of 3 is NaN"),
        ([1.0, [1.0, 2.0]], "all of one length"),
        (torch.ones(2, 2, 2), "all of one length"),
        ([math.inf, -math.inf], "NaN"),
    ],
)
def test_mean_refuses_what_has_no_mean(values, message):
    with pytest.raises(ValueError, match=message):
        mean(values)


def test_exact_has_width_zero():
    assert exact(64) == Interval(64.0, 64.0, 64.0, "exact")
    assert exact(torch.tensor([1.0, 2.0]))[1].estimate == 2.0
    with pytest.raises(ValueError, match="NaN"):
        exact(math.nan)


def test_stack():
    both = stack(x for x in (wilson(1, 3), mean([1.0, 2.0])))
    assert len(both) == 2
    assert both.note == ("1 of 3", "2 draws")
    assert both[1] == mean([1.0, 2.0])
    with pytest.raises(ValueError, match="at least one"):
        stack([])
    with pytest.raises(TypeError, match="item 1 is a float"):
        stack([exact(1), 2.0])
    with pytest.raises(ValueError, match="item 0 is a stack of 2"):
        stack([both])
