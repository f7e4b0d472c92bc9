"""Random waves: derivatives, variance, period, and a lowest point that nothing undercuts."""

import math

import pytest
import torch
from tests.mathematics.derivatives import assert_derivatives_are_those_of_the_values

from hdintuition.mathematics.descent import descend
from hdintuition.mathematics.random_waves import random_waves
from hdintuition.seeds import generator


def waves(count=20, dim=2, fastest=3):
    return random_waves(count, dim=dim, fastest=fastest, generator=generator("waves"))


@pytest.mark.parametrize("dim", [1, 2, 3])
def test_gradients_and_curvatures_are_the_derivatives_of_the_values(dim):
    f = waves(dim=dim, fastest=2)
    points = f.random_points(generator("points"))
    assert_derivatives_are_those_of_the_values(f, points)
    assert f.curvatures(points).abs().max() <= 0.5 / f.rate


@pytest.mark.parametrize(("dim", "fastest", "count"), [(1, 3, 3), (2, 1, 2), (2, 3, 14), (3, 1, 3)])
def test_one_frequency_of_each_pair(dim, fastest, count):
    k = {tuple(int(v) for v in column) for column in waves(dim=dim, fastest=fastest).frequencies.T}
    assert len(k) == count
    assert not k & {tuple(-v for v in one) for one in k}
    assert max(math.hypot(*one) for one in k) <= fastest


def test_heights_have_variance_one():
    f = waves(20_000, fastest=2)
    heights = f.values(f.random_points(generator("points")))
    assert abs(heights.mean()) < 4 / 20_000**0.5
    assert abs(heights.var() - 1) < 0.05


def test_the_period_is_two_pi():
    f = waves()
    points = f.random_points(generator("points"))
    shifted = points + 2 * math.pi * torch.tensor([1.0, -2.0], dtype=torch.float64)
    assert torch.allclose(f.values(points), f.values(shifted), rtol=0, atol=1e-11)


def test_no_descent_ends_below_the_lowest_point():
    f = waves(50)
    lowest = f.lowest()
    found = []
    for i in range(20):
        ended = descend(f, from_=f.random_points(generator("points", i)))
        found.append(f.values(ended.points))
    best = torch.stack(found).amin(0)
    assert bool((best > lowest - 1e-9).all())
    assert bool((best < lowest + 1e-6).double().mean() > 0.9)
    assert torch.allclose(lowest, f.lowest(looks=96), rtol=0, atol=1e-9)


def test_a_pick_of_surfaces_is_those_surfaces():
    f = waves()
    points = f.random_points(generator("points"))
    kept = torch.tensor([0, 3, 7])
    assert torch.equal(f[kept].values(points[kept]), f.values(points)[kept])


@pytest.mark.parametrize("settings", [{"count": 0}, {"dim": 0}, {"fastest": 0}])
def test_what_is_refused(settings):
    with pytest.raises(ValueError, match="must be at least 1"):
        waves(**settings)
    with pytest.raises(ValueError, match="points must have the shape"):
        waves().values(torch.zeros(20, 3, dtype=torch.float64))
