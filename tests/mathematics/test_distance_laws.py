"""Exact laws of distances: against closed forms, another library in many digits, and points drawn at random."""

from math import pi, sqrt

import mpmath
import pytest
import torch
from scipy.stats import chi2

import hdintuition as hdi
from hdintuition.mathematics.distance_laws import (
    cauchy_distance_share,
    distance_share,
    distance_spread,
)
from hdintuition.seeds import generator


@pytest.mark.parametrize(
    ("n", "spread"),
    [(1, sqrt(pi / 2 - 1)), (2, sqrt(4 / pi - 1)), (3, sqrt(3 * pi / 8 - 1))],
)
def test_one_two_and_three_dimensions_are_half_normal_rayleigh_and_maxwell(n, spread):
    assert distance_spread(n) == pytest.approx(spread, rel=1e-12)


@pytest.mark.parametrize("n", [0.5, 13.2, 99.9, 100, 784, 53_002, 175e9])
def test_spread_is_that_of_the_chi_law(n):
    with mpmath.workdps(50):
        mean = mpmath.sqrt(2) * mpmath.gammaprod([mpmath.mpf(n + 1) / 2], [mpmath.mpf(n) / 2])
        wanted = mpmath.sqrt(n / mean**2 - 1)
    assert distance_spread(n) == pytest.approx(float(wanted), rel=1e-10)


def test_spread_falls_as_one_over_the_root_of_twice_the_dimension():
    assert distance_spread(1e6) * sqrt(2e6) == pytest.approx(1, rel=1e-6)


def test_share_in_two_dimensions_is_that_of_an_exponential_law():
    """|x − y|² is exponential: the median is ln 2 times the mean, and P(> t median) = 2⁻ᵗ."""
    assert distance_share(2, within=0.1) == pytest.approx(2 ** -(0.9**2) - 2 ** -(1.1**2), rel=1e-10)


@pytest.mark.parametrize(("n", "within"), [(1, 0.1), (7, 0.3), (100, 0.05)])
def test_share_is_between_the_quantiles_it_names(n, within):
    middle = sqrt(chi2.ppf(0.5, n))
    low, high = (chi2.cdf((edge * middle) ** 2, n) for edge in (1 - within, 1 + within))
    assert distance_share(n, within=within) == pytest.approx(high - low, rel=1e-10)


def test_share_grows_to_one():
    shares = [distance_share(n) for n in (1, 4, 16, 49, 196, 784, 10_000)]
    assert shares == sorted(shares)
    assert 1 - shares[-1] < 1e-12


def test_points_drawn_at_random_agree():
    counted = share_of(torch.randn(40_000, 49, generator=generator("normal laws")))
    assert counted.low - 0.01 < distance_share(49) < counted.high + 0.01


def test_cauchy_points_drawn_at_random_agree_with_the_limit():
    points = torch.empty(40_000, 300, dtype=torch.float64).cauchy_(generator=generator("cauchy laws"))
    counted = share_of(points)
    assert counted.low - 0.01 < cauchy_distance_share() < counted.high + 0.01
    distance = (points[::2] - points[1::2]).norm(dim=1)
    assert float(distance.median()) / 300 == pytest.approx(sqrt(8 / pi) / 0.67449, rel=0.03)


def test_a_limit_as_wide_as_it_is_has_every_share():
    shares = [cauchy_distance_share(within=w) for w in (0.01, 0.1, 0.5, 0.999)]
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-1] < 1


@pytest.mark.parametrize("wrong", [0, -1, float("nan")])
def test_dimensions_are_positive(wrong):
    for law in (distance_spread, distance_share):
        with pytest.raises(ValueError, match="must be > 0"):
            law(wrong)


@pytest.mark.parametrize("wrong", [0, 1, -0.1])
def test_shares_lie_between_zero_and_one(wrong):
    with pytest.raises(ValueError, match=r"must lie in \(0, 1\)"):
        distance_share(3, within=wrong)
    with pytest.raises(ValueError, match=r"must lie in \(0, 1\)"):
        cauchy_distance_share(within=wrong)


def test_names_are_reachable_from_the_top():
    assert hdi.distance_spread is distance_spread
    assert hdi.distance_share is distance_share
    assert hdi.cauchy_distance_share is cauchy_distance_share


def share_of(points):
    """Of disjoint pairs, so that Wilson's interval holds."""
    distance = (points[::2] - points[1::2]).norm(dim=1)
    near = (distance / distance.median() - 1).abs() <= 0.1
    return hdi.wilson(near.sum(), len(near))
