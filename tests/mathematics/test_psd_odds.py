"""The exact odds: closed forms, independent integrals, counting, asymptotics."""

import mpmath
import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

import hdintuition as hdi
from hdintuition.evidence.estimates import wilson
from hdintuition.mathematics.field_hessians import flat_point_density
from hdintuition.mathematics.psd_odds import minima_share, minima_share_at, psd_probability
from hdintuition.mathematics.random_matrices import flat_points, goe, is_positive_definite
from hdintuition.seeds import generator

PI, ROOT2 = np.pi, 2**0.5
CLOSED_FORMS = {
    1: 1 / 2,
    2: (2 - ROOT2) / 4,
    3: 1 / 4 - ROOT2 / (2 * PI),
    4: (4 - ROOT2 - 8 / PI) / 16,
    5: 1 / 8 - (8 + ROOT2) / (24 * PI),
    6: (48 - 21 * ROOT2 - 148 / PI + 64 * ROOT2 / PI) / 384,
}
PRINTED = {
    3: 0.02492092,
    4: 0.00245671,
    5: 1.4011469e-4,
    6: 4.6201875e-6,
    7: 8.8046128e-8,
    8: 9.6945467e-10,
    10: 2.2656532e-14,
    20: 7.7978756e-52,
    30: 3.7814877e-113,
}


@pytest.mark.parametrize("n", CLOSED_FORMS)
def test_psd_probability_equals_its_closed_form(n):
    # 5 and 6 lose up to five digits when their closed forms are summed in float64.
    tolerance = 1e-10 if n < 5 else 1e-9
    assert psd_probability(n) == pytest.approx(CLOSED_FORMS[n], rel=tolerance)


@pytest.mark.parametrize("n", [5, 6])
def test_psd_probability_equals_its_closed_form_in_forty_digits(n):
    with mpmath.workdps(40):
        pi, root2 = mpmath.pi, mpmath.sqrt(2)
        exact = {
            5: mpmath.mpf(1) / 8 - (8 + root2) / (24 * pi),
            6: (48 - 21 * root2 - 148 / pi + 64 * root2 / pi) / 384,
        }[n]
        assert psd_probability(n) == pytest.approx(float(exact), rel=1e-10)


@pytest.mark.parametrize("n", PRINTED)
def test_psd_probability_equals_the_printed_decimals(n):
    digits = 1e-7 if n > 4 else 1e-6 * 5  # as many as are printed
    assert psd_probability(n) == pytest.approx(PRINTED[n], rel=digits)


@pytest.mark.parametrize(("n", "nodes"), [(2, 80), (3, 60), (4, 48)])
def test_psd_probability_is_the_integral_of_the_eigenvalue_density(n, nodes):
    """Gauss-Legendre on the lowest eigenvalue and the gaps above it: no Pfaffian, no parts."""

    def mass(low):
        points, weights = np.polynomial.legendre.leggauss(nodes)
        ends = [(low, 12)] + [(0, 24 if low < 0 else 12)] * (n - 1)
        gaps = np.meshgrid(*[(b - a) / 2 * points + (a + b) / 2 for a, b in ends], indexing="ij")
        eigenvalues = np.cumsum(gaps, axis=0)
        density = np.exp(-np.square(eigenvalues).sum(0) / 4)
        for i in range(n):
            for j in range(i):
                density *= eigenvalues[i] - eigenvalues[j]
        for a, b in ends:  # one axis of nodes after the other
            density = np.tensordot(weights * (b - a) / 2, density, axes=1)
        return density

    assert psd_probability(n) == pytest.approx(mass(0) / mass(-12), rel=1e-10)


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_psd_probability_is_the_share_counted(n):
    draws = 200_000
    hits = is_positive_definite(goe(n, draws, generator=generator("count", n))).sum()
    counted = wilson(hits, draws)
    assert counted.low <= psd_probability(n) <= counted.high


def test_logarithms_fall_like_dean_and_majumdar():
    log_p = psd_probability(range(1, 61), log=True)
    second = -np.diff(log_p, 2) / 2  # second[n - 2] is centred at n
    assert second[30 - 2] == pytest.approx(np.log(3) / 4, abs=1e-4)
    assert abs(second[50 - 2] - np.log(3) / 4) < abs(second[30 - 2] - np.log(3) / 4)
    assert (np.diff(log_p) < np.log(0.5)).all()  # every further direction is worse than a coin


def test_logarithm_agrees_with_the_probability_and_reaches_further():
    sizes = np.arange(1, 51)
    assert np.exp(psd_probability(sizes, log=True)) == pytest.approx(psd_probability(sizes), rel=1e-10)
    assert psd_probability(60, log=True) < -1000


def test_one_size_gives_a_float_and_several_an_array():
    assert isinstance(psd_probability(4), float)
    assert isinstance(psd_probability(np.int64(4)), float)
    assert psd_probability([4]).shape == (1,)
    assert psd_probability([]).shape == (0,)


@pytest.mark.parametrize(
    ("n", "log", "message"),
    [
        (0, False, "from 1 to 100, got 0"),
        ([3, -1], False, "from 1 to 100, got -1"),
        (51, False, "n = 51.*ask for log=True"),
        (101, True, "from 1 to 100, got 101"),
        (2.5, False, "integer"),
        ("four", False, "integer"),
    ],
)
def test_psd_probability_refuses(n, log, message):
    with pytest.raises(ValueError, match=message):
        psd_probability(n, log=log)


@pytest.mark.parametrize("height", [-6.0, -1.3, 0.0, 0.7, 4.0])
def test_one_and_two_directions_at_a_height_have_closed_forms(height):
    assert psd_probability(1, height=height) == pytest.approx(norm.sf(height / ROOT2), rel=1e-10)
    # Half the trace is N(0, 1), half the gap Rayleigh: one integral.
    two = quad(lambda r: r * np.exp(-r * r / 2) * norm.sf(height + r), 0, 30, epsabs=0, epsrel=1e-12)[0]
    assert psd_probability(2, height=height) == pytest.approx(two, rel=1e-10)


@pytest.mark.parametrize(("n", "height"), [(3, -2.0), (6, -4.0), (10, -5.0)])
def test_psd_probability_at_a_height_is_the_share_counted(n, height):
    draws = goe(n, 50_000, generator=generator("high", n)) - height * torch.eye(n)
    counted = wilson(is_positive_definite(draws).sum(), 50_000)
    exact = psd_probability(n, height=height)
    assert abs(counted.estimate - exact) < counted.high - counted.low


def test_averaged_over_normal_heights_two_directions_are_a_wider_cone():
    """G + N(0, 1)·I at n = 2: the cone's axis has variance 2, its angle a cosine of 1/√3."""
    height, weight = np.polynomial.hermite_e.hermegauss(60)
    averaged = sum(w * psd_probability(2, height=h) for h, w in zip(height, weight, strict=True))
    assert averaged / (2 * PI) ** 0.5 == pytest.approx((1 - 3**-0.5) / 2, rel=1e-10)


def test_lower_points_are_walled_in_more_often_up_to_certainty():
    odds = [psd_probability(20, height=height) for height in (4, 0, -4, -8, -12, -20, -50)]
    assert np.all(np.diff(odds) >= 0)
    assert odds[-1] == 1


def test_minima_share_is_what_topology_and_isotropic_fields_ask_for():
    wanted = [1 / 2, 1 / 4, (29 - 6 * 6**0.5) / 116]
    assert minima_share([1, 2, 3]) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("n", [4, 8])
def test_minima_share_is_the_share_counted(n):
    _, curvatures = flat_points(n, 100_000, generator=generator("minima", n))
    counted = wilson((curvatures > 0).all(1).sum(), len(curvatures))
    assert abs(counted.estimate - minima_share([n])[0]) < counted.high - counted.low


def test_minima_share_falls_exponentially_not_like_a_gaussian():
    slopes = np.diff(np.log(minima_share(range(1, 10))))
    assert np.all(np.diff(slopes) < 0)
    assert slopes[-1] > -0.9


def test_minima_share_refuses():
    with pytest.raises(ValueError, match="from 1 to 20, got 21"):
        minima_share([3, 21])


@pytest.mark.parametrize("height", [-5.0, -1.0, 0.0, 2.0, 6.0, 20.0])
def test_minima_share_at_has_a_closed_form_on_a_line(height):
    up = ROOT2 * norm.pdf(height / ROOT2) - height * norm.sf(height / ROOT2)  # mean of (a − height)⁺
    assert minima_share_at(height, 1) == pytest.approx(up / (up + up + height), rel=1e-9)


@pytest.mark.parametrize("n", [2, 8])
def test_minima_share_at_averages_to_the_share_at_any_height(n):
    heights, step = np.linspace(-2 * n**0.5 - 3, 8, 60, retstep=True)
    minima = flat_point_density(heights, n) * minima_share_at(heights, n)
    wide, fine = np.linspace(-20, 20, 801, retstep=True)
    share = minima.sum() * step / (flat_point_density(wide, n).sum() * fine)
    assert share == pytest.approx(
        minima_share([n])[0], rel=2e-3
    )  # what lies below the lowest height is left out


def test_minima_share_at_falls_from_one_to_nothing():
    shares = minima_share_at(np.linspace(-2 * 20**0.5 - 3, 4, 12), 20)
    assert (np.diff(shares) < 0).all()
    assert 0 < 1 - shares[0] < 1e-6
    assert shares[-1] < 1e-90
    assert minima_share_at(np.zeros((2, 3)), 4).shape == (2, 3)


@pytest.mark.parametrize(
    ("height", "n", "message"),
    [
        (0.0, 51, "from 1 to 50, got 51"),
        (-5.1, 1, "heights must lie from .* = -5"),
        (21.0, 1, "to 20, got 21.0"),
    ],
)
def test_minima_share_at_refuses(height, n, message):
    with pytest.raises(ValueError, match=message):
        minima_share_at(height, n)


def test_the_chapter_may_say_how_rare_it_is_in_175_billion_directions():
    exponent = np.log(3) / 4 * 175e9**2 / np.log(10)
    assert exponent == pytest.approx(3.7e21, rel=0.02)


@pytest.mark.parametrize("height", [51.0, -51.0, float("nan")])
def test_psd_probability_refuses_a_height(height):
    with pytest.raises(ValueError, match="height must lie from -50 to 50"):
        psd_probability(3, height=height)


def test_names_are_reachable_from_the_top():
    assert hdi.psd_probability(4) == psd_probability(4)
