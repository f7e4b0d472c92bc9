"""Surfaces against autograd and their own covariance; descents against what they must arrive at."""

import numpy as np
import pytest
import torch
from scipy.stats import kstest

from hdintuition.evidence.estimates import mean, wilson
from hdintuition.mathematics.descent import descend
from hdintuition.mathematics.landscapes import LARGEST_TILT, gaussian_surfaces, separable_wells
from hdintuition.seeds import generator


def gaussian(count=6, dim=4, **settings):
    return gaussian_surfaces(count, dim=dim, generator=generator("surfaces"), **settings)


def wells(count=6, dim=4, tilt=0.1):
    return separable_wells(count, dim=dim, tilt=tilt)


def covers(interval, value):
    """Whether every interval of a stack, widened to about 1 in 10 000, holds the value."""
    half = (interval.high - interval.low) / 2
    return bool(np.all(np.abs(interval.estimate - value) <= 2 * half))


@pytest.mark.parametrize("make", [gaussian, wells])
def test_gradients_and_curvatures_are_the_derivatives_of_the_values(make):
    surfaces = make()
    points = surfaces.random_points(generator("points")).requires_grad_()
    (gradients,) = torch.autograd.grad(surfaces.values(points).sum(), points)
    assert torch.allclose(surfaces.gradients(points), gradients, rtol=0, atol=1e-12)

    rows = [torch.autograd.grad(surfaces.gradients(points)[:, i].sum(), points)[0] for i in range(4)]
    hessians = torch.stack(rows, dim=1)
    curvatures = torch.linalg.eigvalsh(hessians)
    assert torch.allclose(surfaces.curvatures(points), curvatures, rtol=0, atol=1e-11)
    if make is gaussian:
        assert torch.allclose(surfaces.hessians(points), hessians, rtol=0, atol=1e-12)


@pytest.mark.parametrize("make", [gaussian, wells])
def test_a_pick_of_surfaces_is_those_surfaces(make):
    surfaces = make()
    points = surfaces.random_points(generator("points"))
    for kept in (torch.tensor([True, False, True, True, False, False]), torch.tensor([0, 2, 3])):
        picked = surfaces[kept]
        assert len(picked) == 3
        assert torch.equal(picked.values(points[kept]), surfaces.values(points)[kept])


def test_heights_at_a_point_are_standard_normal_whatever_the_waves():
    surfaces = gaussian(4_000, 2, waves=1)
    heights = surfaces.values(surfaces.random_points(generator("points")))
    assert kstest(heights.numpy(), "norm").pvalue > 1e-3


@pytest.mark.parametrize("distance", [0.3, 1.0, 2.0])
def test_heights_at_two_points_have_the_stated_covariance(distance):
    surfaces = gaussian(20_000, 3, waves=8)
    points = surfaces.random_points(generator("points"))
    steps = torch.randn(points.shape, generator=generator("steps"), dtype=points.dtype)
    steps *= distance / steps.norm(dim=1, keepdim=True)
    product = surfaces.values(points) * surfaces.values(points + steps)
    assert covers(mean(product), np.exp(-(distance**2) / 2))


def test_a_hessian_given_the_height_is_goe_shifted_by_the_height():
    """H + f·I has the moments of the GOE (variance 2 on the diagonal, 1 off it) and ignores f."""
    surfaces = gaussian(20_000, 3, waves=64)
    points = surfaces.random_points(generator("points"))
    heights = surfaces.values(points)[:, None]
    rest = surfaces.hessians(points) + heights[:, :, None] * torch.eye(3, dtype=points.dtype)
    flat = rest.flatten(1)[:, [0, 4, 8, 1, 2, 5]]
    assert covers(mean(flat), 0)
    assert covers(mean(flat * heights), 0)
    # With 64 waves the frequencies' own noise adds about 1/64 of a variance.
    squares = mean(flat**2)
    assert np.abs(squares.estimate - np.array([2, 2, 2, 1, 1, 1])).max() < 0.2
    slopes = surfaces.gradients(points)
    assert covers(mean(slopes**2), 1)
    assert covers(mean(slopes * flat[:, :3]), 0)


def test_every_descent_on_a_gaussian_surface_ends_where_all_directions_go_up():
    surfaces = gaussian(64, 6)
    starts = surfaces.random_points(generator("starts"))
    before = starts.clone()
    ends = descend(surfaces, from_=starts)
    assert torch.equal(starts, before)
    assert ends.converged.all()
    assert (surfaces.gradients(ends.points).norm(dim=1) <= 1e-6).all()
    assert (surfaces.values(ends.points) < surfaces.values(starts)).all()
    assert wilson((surfaces.curvatures(ends.points) > 0).all(1).sum(), 64).low > 0.9


def test_descending_in_two_parts_is_descending_once():
    surfaces = gaussian(5, 3)
    starts = surfaces.random_points(generator("starts"))
    once = descend(surfaces, from_=starts, steps=30)
    half = descend(surfaces, from_=starts, steps=12)
    twice = descend(surfaces, from_=half.points, steps=18)
    assert (once.steps, half.steps, twice.steps) == (30, 12, 18)
    assert torch.equal(once.points, twice.points)


def test_no_steps_leaves_the_points_and_says_that_they_have_not_arrived():
    surfaces = gaussian()
    starts = surfaces.random_points(generator("starts"))
    ends = descend(surfaces, from_=starts, steps=0)
    assert torch.equal(ends.points, starts)
    assert not ends.converged.any()


def test_a_rate_that_is_too_large_is_reported_not_swallowed():
    surfaces = wells()
    ends = descend(surfaces, from_=surfaces.random_points(generator("starts")), rate=5.0)
    assert not ends.converged.any()
    assert not ends.slopes.isfinite().all()


@pytest.mark.parametrize("tilt", [0.0, 0.1, 0.38])
def test_wells_have_their_ridge_where_the_slope_is_zero(tilt):
    ridge = wells(tilt=tilt).ridge
    assert ridge**3 - ridge + tilt == pytest.approx(0, abs=1e-14)
    assert 3 * ridge**2 - 1 < 0


def test_descents_in_wells_end_in_a_minimum_and_seldom_in_the_best():
    surfaces = wells(20_000, 3, tilt=0.1)
    starts = surfaces.random_points(generator("starts"))
    ends = descend(surfaces, from_=starts)
    assert ends.converged.all()
    assert (surfaces.curvatures(ends.points) > 0).all()
    assert torch.equal(ends.points < 0, starts < surfaces.ridge)
    best = wilson((ends.points < 0).all(1).sum(), 20_000)
    assert covers(best, ((2 + surfaces.ridge) / 4) ** 3)


@pytest.mark.parametrize("make", [gaussian, wells])
def test_points_of_the_wrong_shape_are_refused(make):
    surfaces = make()
    for call in (surfaces.values, surfaces.gradients, surfaces.curvatures):
        with pytest.raises(ValueError, match=r"\(6, 4\), got \(6, 3\)"):
            call(torch.zeros(6, 3, dtype=torch.float64))


@pytest.mark.parametrize("sizes", [(0, 3, 5), (2, 0, 5), (2, 3, 0)])
def test_gaussian_surfaces_refuse_empty_sizes(sizes):
    count, dim, waves = sizes
    with pytest.raises(ValueError, match=f"got {count}, {dim}, {waves}"):
        gaussian_surfaces(count, dim=dim, waves=waves, generator=generator("a"))


@pytest.mark.parametrize("tilt", [-0.1, LARGEST_TILT, 1.0])
def test_separable_wells_refuse_a_tilt_that_leaves_one_well(tilt):
    with pytest.raises(ValueError, match="tilt must lie in"):
        separable_wells(1, dim=1, tilt=tilt)


def test_separable_wells_refuse_empty_sizes():
    with pytest.raises(ValueError, match="got 0 and 2"):
        separable_wells(0, dim=2, tilt=0.1)


@pytest.mark.parametrize("wrong", [{"steps": -1}, {"rate": 0.0}, {"tolerance": 0.0}, {"check_every": 0}])
def test_descend_refuses(wrong):
    surfaces = wells()
    with pytest.raises(ValueError, match="got steps"):
        descend(surfaces, from_=surfaces.random_points(generator("starts")), **wrong)
