"""Balls in a cube: bounds against each other, closed forms, exhaustive search in tiny cubes, mpmath."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import mpmath
import numpy as np
import pytest

from hdintuition.mathematics import codes, packing

STAIRCASE = {15: 1, 16: 2, 23: 2, 24: 4, 26: 4, 27: 6, 28: 8, 29: 10, 30: 16, 31: 32, 32: 64}


@pytest.mark.parametrize(
    ("radius", "threshold"), [(0.25, 1), (0.4, 16), ("9/20", 81), (0.49, 2401), (0.499, 249_001), (0.1, 1)]
)
def test_two_balls_fit_from_the_threshold_on(radius: float | str, threshold: int) -> None:
    assert packing.two_balls_threshold(radius) == threshold
    r = Fraction(str(radius))
    fits = [n for n in (threshold - 1, threshold) if n >= 1 and n * (1 - 2 * r) ** 2 >= (2 * r) ** 2]
    assert fits == [threshold]


def test_staircase_is_exact_up_to_32_dimensions() -> None:
    for n in range(1, 33):
        assert packing.fewest_balls(n, 0.4) == packing.most_balls(n, 0.4)
    assert {n: packing.most_balls(n, 0.4) for n in STAIRCASE} == STAIRCASE


@pytest.mark.parametrize("n", range(16, 33))
def test_every_step_is_built_in_whole_numbers(n: int) -> None:
    centres = 2 + codes.levenshtein(n, 16).astype(int)
    assert len(centres) == packing.most_balls(n, 0.4)
    assert packing.balls_fit(centres, radius=2, side=5)


@pytest.mark.parametrize("radius", ["1/4", "3/10", "1/3", "2/5", "9/20", "0.37"])
def test_bounds_are_ordered_and_the_upper_one_satisfies_the_pair_sum(radius: str) -> None:
    spread = packing.spread(radius)
    for n in range(1, 200):
        low, high = packing.fewest_balls(n, radius), packing.log10_most_balls(n, radius)
        assert math.log10(low) <= high + 1e-12
        assert n == 1 or low >= packing.fewest_balls(n - 1, radius)
        if n < 2 * spread:
            most = packing.most_balls(n, radius)
            assert spread * most * (most - 1) / 2 <= n * (most**2 // 4)
            allowed = [m for m in (most + 1, most + 2) if spread * m * (m - 1) / 2 <= n * (m**2 // 4)]
            assert not allowed or most == n + 1


@pytest.mark.parametrize(
    ("n", "radius"), [(1, "1/4"), (2, "1/3"), (3, "1/3"), (4, "1/3"), (3, "3/10"), (2, "1/4")]
)
def test_no_grid_of_centres_beats_the_bound(n: int, radius: str) -> None:
    """Exhaustive: the largest set of points of a grid of the cube, 0, 1/2, 1 in each direction."""
    spread = packing.spread(radius)
    points = list(product((0, Fraction(1, 2), 1), repeat=n))

    def largest(size: int, rest: list) -> int:
        best = size
        for i, p in enumerate(rest):
            if size + len(rest) - i <= best:
                break
            apart = [
                q for q in rest[i + 1 :] if sum((a - b) ** 2 for a, b in zip(p, q, strict=True)) >= spread
            ]
            best = max(best, largest(size + 1, apart))
        return best

    if n <= 2 * spread:
        assert largest(0, points) <= packing.most_balls(n, radius)


def test_log_volume_against_mpmath() -> None:
    for n, radius in [(1, 1.0), (2, 0.4), (32, 0.4), (1206, 7.5), (10_000, 0.01)]:
        exact = mpmath.log(
            mpmath.pi ** (mpmath.mpf(n) / 2) * mpmath.mpf(radius) ** n / mpmath.gamma(n / 2 + 1)
        )
        assert packing.log_ball_volume(n, radius) == pytest.approx(float(exact), rel=1e-10, abs=1e-10)


def test_growth_law_is_approached_from_both_sides() -> None:
    def over_law(n: int, log10: float) -> float:
        return log10 * math.log(10) / (0.5 * n * math.log(n))

    for radius in (0.3, 0.4):
        low = [-packing.log_ball_volume(n, math.sqrt(packing.spread(radius))) for n in (10**8, 10**16)]
        low = [over_law(n, x / math.log(10)) for n, x in zip((10**8, 10**16), low, strict=True)]
        high = [over_law(n, packing.log10_most_balls(n, radius)) for n in (10**8, 10**16)]
        assert low[0] < low[1] < 1.1
        assert abs(low[1] - 1) < 0.2
        assert abs(high[1] - 1) < 0.1


def test_central_ball_milestones() -> None:
    shares = {n: packing.log_central_share(n) for n in range(2, 1500)}
    assert math.sqrt(9) - 1 == 2
    assert min(shares, key=shares.__getitem__) == 264
    assert min(shares.values()) == pytest.approx(-11.5124975537, rel=1e-10)
    assert next(n for n, share in shares.items() if share > 0) == 1206
    assert shares[4] == pytest.approx(math.log(math.pi**2 / 2 / 4**4), rel=1e-10)


def test_balls_fit_sees_walls_and_overlaps() -> None:
    two = np.array([[2] * 16, [3] * 16])
    assert packing.balls_fit(two, radius=2, side=5)
    assert packing.balls_fit(two[:1], radius=2, side=5)
    assert not packing.balls_fit(two[:, :15], radius=2, side=5)
    assert not packing.balls_fit(two + 1, radius=2, side=5)
    assert not packing.balls_fit(np.concatenate([two, two[:1]]), radius=2, side=5)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: packing.spread(0.5), "radius must lie in"),
        (lambda: packing.two_balls_threshold(0), "radius must lie in"),
        (lambda: packing.most_balls(33, 0.4), "n must lie in 1 to 32"),
        (lambda: packing.most_balls(0, 0.4), "n must lie in 1 to 32"),
        (lambda: packing.fewest_balls(0, 0.4), "n must be at least 1"),
        (lambda: packing.log_ball_volume(3, -1.0), "radius must be positive"),
        (lambda: packing.log_central_share(1), "at least 2"),
        (lambda: packing.balls_fit(np.ones((2, 3)), radius=1, side=2), "whole numbers"),
        (lambda: packing.balls_fit(np.ones((2, 3), int), radius=3, side=2), "radius <= side"),
    ],
)
def test_bad_input_is_refused(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
