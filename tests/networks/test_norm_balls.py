"""Projections against a solver and their defining inequality; directions against the dual norm; draws by moments."""

import math

import pytest
import torch
from scipy.optimize import brentq

from hdintuition.networks.norm_balls import in_ball, on_sphere, project, steepest

NORMS = [2, math.inf]


def normal(*shape, generator):
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def walls(shape, generator):
    low = -torch.rand(shape, generator=generator, dtype=torch.float64)
    high = torch.rand(shape, generator=generator, dtype=torch.float64)
    low[..., 0], high[..., 1] = 0, 0  # points may lie on a wall
    return low, high


@pytest.mark.parametrize("norm", NORMS)
def test_no_direction_rises_faster_than_the_dual_norm(norm, generator):
    g = normal(30, 7, generator=generator)
    slope = (g * steepest(g, norm=norm)).sum(-1)
    dual = torch.linalg.vector_norm(g, ord=1 if norm == math.inf else 2, dim=-1)
    torch.testing.assert_close(slope, dual, rtol=1e-12, atol=0)
    others = on_sphere((1000, 30, 7), norm=norm, generator=generator, dtype=torch.float64)
    assert ((others * g).sum(-1) <= dual * (1 + 1e-12)).all()


@pytest.mark.parametrize("norm", NORMS)
def test_tiny_gradients_have_a_direction_and_zero_has_none(norm):
    g = torch.tensor([[3e-30, -4e-30], [0.0, 0.0]])
    length = torch.linalg.vector_norm(steepest(g, norm=norm), ord=norm, dim=-1)
    torch.testing.assert_close(length, torch.tensor([1.0, 0.0]))


@pytest.mark.parametrize("norm", NORMS)
def test_a_projection_is_allowed_and_leaves_alone_what_was(norm, generator):
    shift, eps = (
        2 * normal(500, 6, generator=generator),
        torch.linspace(0, 6, 500, dtype=torch.float64)[:, None],
    )
    low, high = walls(shift.shape, generator)
    for box in ({}, {"low": low, "high": high}):
        nearest = project(shift, eps, norm=norm, **box)
        length = torch.linalg.vector_norm(nearest, ord=norm, dim=-1, keepdim=True)
        assert (length <= eps * (1 + 1e-14)).all()
        if box:
            assert ((nearest >= low) & (nearest <= high)).all()
        again = project(nearest, eps, norm=norm, **box)
        torch.testing.assert_close(again, nearest, rtol=1e-14, atol=1e-300)
        inside = project(nearest / 2, eps, norm=norm, **box)
        assert torch.equal(inside, nearest / 2)


@pytest.mark.parametrize("norm", NORMS)
def test_a_projection_is_nearest_every_allowed_change_lies_beyond_it(norm, generator):
    # The nearest point p of a convex set to z is the one with (z − p)·(q − p) <= 0 for all q of the set.
    z, eps = 2 * normal(200, 5, generator=generator), torch.full((200, 1), 0.8, dtype=torch.float64)
    low, high = walls(z.shape, generator)
    p = project(z, eps, norm=norm, low=low, high=high)
    q = project(2 * normal(500, 200, 5, generator=generator), eps, norm=norm, low=low, high=high)
    assert (((z - p) * (q - p)).sum(-1) <= 1e-12).all()


def test_ball_and_box_together_agree_with_a_root_finder(generator):
    z = 2 * normal(50, 6, generator=generator)
    low, high = walls(z.shape, generator)
    eps = 0.4
    nearest = project(z, torch.tensor([[eps]], dtype=torch.float64), norm=2, low=low, high=high)
    for row, lo, hi, got in zip(z, low, high, nearest, strict=True):

        def excess(t, row=row, lo=lo, hi=hi):
            return (t * row).clamp(lo, hi).norm().item() - eps

        t = 1.0 if excess(1.0) <= 0 else brentq(excess, 0, 1, xtol=1e-15)
        torch.testing.assert_close(got, (t * row).clamp(lo, hi), rtol=0, atol=1e-12)


@pytest.mark.parametrize("norm", NORMS)
def test_draws_have_the_promised_length(norm, generator):
    n, d = 50_000, 3
    sphere = on_sphere((n, d), norm=norm, generator=generator, dtype=torch.float64)
    length = torch.linalg.vector_norm(sphere, ord=norm, dim=-1)
    torch.testing.assert_close(length, torch.ones_like(length), rtol=1e-12, atol=0)
    ball = in_ball((n, d), norm=norm, generator=generator, dtype=torch.float64)
    length = torch.linalg.vector_norm(ball, ord=norm, dim=-1)
    # Uniform in a ball: the share of the volume within r is r^d, whatever the norm.
    for r in (0.3, 0.6, 0.9):
        assert (length <= r).double().mean().item() == pytest.approx(r**d, abs=5 * 0.5 / n**0.5)
    for draws in (sphere, ball):
        assert draws.mean(0).abs().max().item() < 5 / n**0.5


def test_other_norms_are_refused(generator):
    g = torch.ones(2, 3)
    for call in (
        lambda: steepest(g, norm=1),
        lambda: project(g, g[:, :1], norm="inf"),
        lambda: on_sphere((2, 3), norm=0, generator=generator, dtype=g.dtype),
        lambda: in_ball((2, 3), norm=3, generator=generator, dtype=g.dtype),
    ):
        with pytest.raises(ValueError, match=r"norm must be 2 or math\.inf, got"):
            call()
