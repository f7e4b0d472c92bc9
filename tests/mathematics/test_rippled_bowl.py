"""The rippled bowl: derivatives, where it is convex, its constants, and the promise they make."""

import math

import numpy as np
import pytest
import torch

from hdintuition.mathematics.descent import descend
from hdintuition.mathematics.rippled_bowl import CONVEX_UP_TO, TRAP, first_trap, pl_constant, rippled_bowl
from hdintuition.seeds import generator


def ratio(x, ripple):
    """½ f′²/f."""
    slope = 2 * x + ripple * np.sin(2 * x)
    return slope**2 / (2 * (x**2 + ripple * np.sin(x) ** 2))


@pytest.mark.parametrize("ripple", [0, 0.5, 3, 7])
def test_slopes_and_curvatures_are_the_derivatives_of_the_heights(ripple):
    bowl = rippled_bowl(50, ripple=ripple)
    x = bowl.random_points(generator("bowl")).requires_grad_()
    (slopes,) = torch.autograd.grad(bowl.values(x).sum(), x, create_graph=True)
    assert torch.allclose(bowl.gradients(x), slopes, rtol=0, atol=1e-10)
    (curvatures,) = torch.autograd.grad(slopes.sum(), x)
    assert torch.allclose(bowl.curvatures(x), curvatures, rtol=0, atol=1e-10)
    assert bool((curvatures <= 1 / bowl.rate + 1e-10).all())


def test_convexity_ends_at_one():
    x = torch.linspace(-10, 10, 2001, dtype=torch.float64)[:, None]
    assert rippled_bowl(len(x), ripple=CONVEX_UP_TO).curvatures(x).min() >= 0
    assert rippled_bowl(len(x), ripple=1.01).curvatures(x).min() < 0


def test_the_first_trap_is_where_the_slope_first_touches_zero():
    x = np.linspace(0.01, 20, 200_001)
    a = first_trap()
    assert (2 * x + (a - 1e-3) * np.sin(2 * x)).min() > 0
    assert (2 * x + (a + 1e-3) * np.sin(2 * x)).min() < 0
    assert math.tan(2 * TRAP) == pytest.approx(2 * TRAP, rel=1e-3)


def test_the_constant_of_the_books_example():
    mu, x = pl_constant(3)
    assert mu == pytest.approx(0.1755, abs=5e-5)
    assert x == pytest.approx(2.20, abs=5e-3)
    assert mu > 1 / 32
    slope, curvature = 2 * x + 3 * math.sin(2 * x), 2 + 6 * math.cos(2 * x)
    height = x * x + 3 * math.sin(x) ** 2
    assert slope**2 == pytest.approx(2 * height * curvature, rel=1e-5)  # the ratio is stationary there


@pytest.mark.parametrize("ripple", [0.1, 1, 2, 3, 4, 4.6])
def test_the_constant_is_the_lowest_ratio(ripple):
    x = np.linspace(0.001, 60, 600_001)
    lowest = ratio(x, ripple).min()
    assert pl_constant(ripple)[0] == pytest.approx(lowest, rel=1e-4, abs=1e-8)
    assert pl_constant(ripple)[0] <= lowest + 1e-12


def test_without_ripples_it_is_a_parabola():
    assert pl_constant(0)[0] == pytest.approx(2, abs=1e-12)


@pytest.mark.parametrize("ripple", [first_trap(), 5, 10])
def test_with_a_trap_there_is_no_constant(ripple):
    mu, x = pl_constant(ripple)
    assert mu == 0
    assert 1.5 < x < 2.3


def test_every_descent_keeps_the_promise():
    mu, _ = pl_constant(3)
    bowl = rippled_bowl(500, ripple=3)
    x = bowl.random_points(generator("bowl"))
    allowed = bowl.values(x)
    for _ in range(40):
        x = x - bowl.rate * bowl.gradients(x)
        allowed = allowed * (1 - mu * bowl.rate)
        assert bool((bowl.values(x) <= allowed).all())


@pytest.mark.parametrize(("ripple", "everywhere"), [(4.5, True), (5, False)])
def test_descents_are_trapped_only_beyond_the_first_trap(ripple, everywhere):
    bowl = rippled_bowl(200, ripple=ripple)
    ended = descend(bowl, from_=bowl.random_points(generator("bowl")))
    assert bool(ended.converged.all())
    assert bool((bowl.values(ended.points) < 1e-9).all()) == everywhere


def test_a_pick_is_as_many_bowls():
    bowl = rippled_bowl(4, ripple=2)
    assert len(bowl[torch.tensor([True, False, True, True])]) == 3
    assert len(bowl[torch.tensor([0, 2])]) == 2


def test_what_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        rippled_bowl(0, ripple=1)
    with pytest.raises(ValueError, match="at least 0"):
        rippled_bowl(1, ripple=-1)
    with pytest.raises(ValueError, match="at least 0"):
        pl_constant(-1)
