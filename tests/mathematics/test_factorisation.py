"""Factorisations: derivatives, the known minimum, saddles with a way down, and descents that arrive."""

import pytest
import torch
from tests.mathematics.derivatives import assert_derivatives_are_those_of_the_values

from hdintuition.mathematics.descent import descend
from hdintuition.mathematics.factorisation import factorisations
from hdintuition.seeds import generator


def surfaces(count=3, n=6, rank=3, columns=None):
    return factorisations(count, n=n, rank=rank, columns=columns, generator=generator("matrices"))


def test_gradients_and_curvatures_are_the_derivatives_of_the_values():
    f = surfaces(n=4, rank=2)
    points = f.random_points(generator("points"))
    assert_derivatives_are_those_of_the_values(f, points)


def test_singular_values_are_those_of_the_matrices():
    f = surfaces(n=8, rank=3)
    found = torch.linalg.svdvals(f.targets)
    assert torch.allclose(found[:, :3], f.singular_values, rtol=0, atol=1e-10)
    assert found[:, 3:].max() < 1e-10
    assert torch.allclose(f.singular_values[:, 0], torch.ones(3, dtype=torch.float64))


@pytest.mark.parametrize("columns", [1, 2, 3, 5])
def test_the_minimum_is_that_of_eckart_and_young(columns):
    f = surfaces(columns=columns)
    u, s, v = torch.linalg.svd(f.targets)
    root = s[:, None, :columns].sqrt()
    best = torch.cat([(u[:, :, :columns] * root).flatten(1), (v.mT[:, :, :columns] * root).flatten(1)], 1)
    assert torch.allclose(f.values(best), f.lowest(), rtol=0, atol=1e-12)
    assert f.gradients(best).abs().max() < 1e-10
    assert f.curvatures(best).min() > -1e-10


def test_keeping_the_wrong_singular_values_is_a_saddle():
    f = surfaces(columns=2)
    u, s, v = torch.linalg.svd(f.targets)
    kept = [0, 2]  # the second is dropped, the third kept
    root = s[:, None, kept].sqrt()
    flat = torch.cat([(u[:, :, kept] * root).flatten(1), (v.mT[:, :, kept] * root).flatten(1)], 1)
    assert f.gradients(flat).abs().max() < 1e-10
    assert bool((f.curvatures(flat)[:, 0] < -1e-6).all())


def test_zero_is_a_saddle_whose_steepest_way_down_is_the_largest_singular_value():
    f = surfaces()
    zero = torch.zeros(3, 2 * 6 * 3, dtype=torch.float64)
    assert f.gradients(zero).abs().max() == 0
    assert torch.allclose(f.curvatures(zero)[:, 0], -torch.ones(3, dtype=torch.float64))


def test_it_is_not_convex():
    f = surfaces()
    x = f.random_points(generator("points"))
    ends = descend(f, from_=x).points
    assert torch.allclose(f.values(ends), f.values(-ends))
    assert bool((f.values(0 * ends) > f.values(ends) + 0.1).all())


@pytest.mark.parametrize("columns", [2, 3, 4])
def test_descents_reach_the_minimum(columns):
    f = surfaces(20, n=10, rank=3, columns=columns)
    ended = descend(f, from_=f.random_points(generator("points")), steps=20_000)
    assert (f.values(ended.points) - f.lowest()).max() < 1e-7


def test_a_pick_of_surfaces_is_those_surfaces():
    f = surfaces()
    points = f.random_points(generator("points"))
    kept = torch.tensor([True, False, True])
    assert torch.equal(f[kept].values(points[kept]), f.values(points)[kept])
    assert torch.equal(f[kept].lowest(), f.lowest()[kept])


@pytest.mark.parametrize("settings", [{"count": 0}, {"rank": 7}, {"rank": 0}, {"columns": 0}, {"columns": 7}])
def test_what_is_refused(settings):
    with pytest.raises(ValueError, match="lie from 1 to n"):
        surfaces(**settings)
    with pytest.raises(ValueError, match="points must have the shape"):
        surfaces().values(torch.zeros(3, 5, dtype=torch.float64))
