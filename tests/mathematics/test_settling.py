"""Settling: it ends where plain descent would, and certifies only strict minima."""

import pytest
import torch

from hdintuition.mathematics.descent import descend
from hdintuition.mathematics.landscapes import gaussian_surfaces
from hdintuition.mathematics.settling import newton, settle
from hdintuition.networks.relu_students import relu_students


def test_it_ends_where_plain_descent_ends(generator):
    surfaces = gaussian_surfaces(12, dim=4, generator=generator)
    starts = surfaces.random_points(generator)
    plain = descend(surfaces, from_=starts, tolerance=1e-8)
    settled = settle(surfaces, from_=starts)
    assert plain.converged.all()
    assert settled.minimum.all()
    torch.testing.assert_close(settled.points, plain.points, rtol=0, atol=1e-5)
    torch.testing.assert_close(settled.softest, surfaces.curvatures(settled.points)[:, 0])
    torch.testing.assert_close(settled.values, surfaces.values(settled.points))


def test_students_end_where_plain_descent_ends_in_a_minimum_or_low(generator):
    students = relu_students(24, units=8, teacher=8)
    starts = students.random_points(generator)
    plain = descend(students, from_=starts, tolerance=1e-7)
    for walk_in in (None, torch.float32):
        settled = settle(students, from_=starts, enough=1e-3, walk_in=walk_in)
        low = settled.values < 1e-3
        assert torch.equal(low, students.values(plain.points) < 1e-3)
        assert settled.minimum[~low].all()
        assert settled.softest[low].isnan().all()
        torch.testing.assert_close(settled.points[~low], plain.points[~low], rtol=0, atol=1e-4)


def test_newton_is_not_taken_up_a_hill_nor_far_away(generator):
    surfaces = gaussian_surfaces(40, dim=3, generator=generator)
    points = surfaces.random_points(generator)
    there, arrived = newton(surfaces, points, tolerance=1e-9, reach=0.1)
    assert not arrived[surfaces.curvatures(points)[:, 0] <= 0].any()
    assert torch.equal(there[~arrived], points[~arrived])
    assert ((there - points).norm(dim=1) <= 0.1).all()


def test_steps_that_do_not_suffice_are_told(generator):
    surfaces = gaussian_surfaces(5, dim=3, generator=generator)
    starts = surfaces.random_points(generator)
    settled = settle(surfaces, from_=starts, steps=1)
    assert not settled.minimum.all()
    assert (settled.steps == 1).all()
    nowhere = settle(surfaces, from_=starts, steps=0)
    assert torch.equal(nowhere.points, starts)


def test_low_walks_rest(generator):
    surfaces = gaussian_surfaces(5, dim=3, generator=generator)
    settled = settle(surfaces, from_=surfaces.random_points(generator), enough=torch.inf)
    assert (settled.steps == 250).all()
    assert settled.softest.isnan().all()
    assert not settled.minimum.any()


@pytest.mark.parametrize(
    "bad", [{"steps": -1}, {"tolerance": 0.0}, {"rate": 0.0}, {"reach": 0.0}, {"check_every": 0}]
)
def test_settings_out_of_range_are_refused(bad, generator):
    surfaces = gaussian_surfaces(2, dim=2, generator=generator)
    with pytest.raises(ValueError, match="steps must be at least 0"):
        settle(surfaces, from_=surfaces.random_points(generator), **bad)
