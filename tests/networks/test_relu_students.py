"""The closed forms against the general loss and its derivatives, and the splitting of units against both."""

import pytest
import torch

from hdintuition.networks.relu_students import relu_students
from hdintuition.networks.teacher import relu_population_loss


@pytest.fixture
def students():
    return relu_students(3, units=4, teacher=3)


def general(points, units=4, teacher=3):
    eye = torch.eye(teacher, dtype=points.dtype)
    return relu_population_loss(points.unflatten(-1, (units, teacher)), eye)


def test_values_slopes_and_curvatures_are_those_of_the_general_loss(students, generator):
    points = students.random_points(generator).requires_grad_()
    loss = general(points)
    (slope,) = torch.autograd.grad(loss.sum(), points)
    points = points.detach()
    torch.testing.assert_close(students.values(points), loss.detach(), rtol=0, atol=1e-12)
    torch.testing.assert_close(students.gradients(points), slope, rtol=0, atol=1e-12)
    for i, found in enumerate(students.hessians(points)):
        exact = torch.autograd.functional.hessian(lambda x: general(x[None])[0], points[i])
        torch.testing.assert_close(found, exact, rtol=0, atol=1e-12)


def test_a_single_unit_and_a_single_input():
    lone = relu_students(2, units=1, teacher=1)
    points = torch.tensor([[0.5], [-1.0]], dtype=torch.float64)
    torch.testing.assert_close(lone.values(points), torch.tensor([1 / 16, 0.5], dtype=torch.float64))
    torch.testing.assert_close(lone.gradients(points), torch.tensor([[-0.25], [-0.5]], dtype=torch.float64))


def test_the_teacher_is_a_minimum_and_so_is_every_renaming_of_its_units():
    students = relu_students(2, units=4, teacher=4)
    eye = torch.eye(4, dtype=torch.float64)
    points = torch.stack([eye, eye[[2, 0, 3, 1]]]).flatten(1)
    assert students.values(points).abs().max() < 1e-15
    assert students.gradients(points).abs().max() < 1e-15
    assert (students.curvatures(points) > 0.05).all()


def test_nearly_parallel_units_lose_no_digits(generator):
    students = relu_students(1, units=4, teacher=3)
    w = students.random_points(generator).unflatten(1, (4, 3))
    w[:, 1] = w[:, 0] * (1 + 1e-3) + 1e-9
    points = w.flatten(1).requires_grad_()
    (slope,) = torch.autograd.grad(general(points).sum(), points)
    torch.testing.assert_close(students.gradients(points.detach()), slope, rtol=0, atol=1e-14)


def test_random_points_have_the_spread_of_the_usual_start(generator):
    students = relu_students(4000, units=5, teacher=8)
    points = students.random_points(generator)
    assert points.dtype == torch.float64
    assert abs(points.var() * 8 - 1) < 5 * (2 / points.numel()) ** 0.5


def test_a_split_unit_changes_nothing_until_its_halves_are_pushed_apart(students, generator):
    points = students.random_points(generator)
    more = relu_students(3, units=5, teacher=3)
    torch.testing.assert_close(more.values(students.split(points, 0.0)), students.values(points))


def test_only_a_unit_that_may_be_split_is_split(students, generator):
    points = students.random_points(generator)
    widest = students.openings(points).argmin(1)
    row, other = torch.arange(3), (widest + 1) % 4
    only = torch.nn.functional.one_hot(other, 4).bool()
    halves = students.split(points, 0.0, among=only).unflatten(1, (5, 3))
    whole = students.weights(points)[row, other]
    torch.testing.assert_close(halves[row, other], whole / 2)
    torch.testing.assert_close(halves[:, -1], whole / 2)


def test_a_unit_is_turned_when_its_largest_weight_is_negative():
    students = relu_students(1, units=3, teacher=3)
    points = torch.tensor([[0.9, -0.1, -0.1, 0.2, -0.7, 0.2, 0.0, 0.0, 0.3]], dtype=torch.float64)
    assert students.turned(points).tolist() == [[False, True, False]]


def test_the_opening_is_the_curvature_along_the_push(generator):
    # Along (v, −v) of length one: the second difference of the loss, the slope being the same on both sides.
    students, more = relu_students(20, units=4, teacher=3), relu_students(20, units=5, teacher=3)
    points = students.random_points(generator)
    opening, h = students.openings(points).amin(1), 1e-4
    there, back, here = (more.values(students.split(points, push)) for push in (h, -h, 0.0))
    bend = (there - 2 * here + back) / (2 * h * h)  # the two halves together move by h √2
    assert (bend - opening).abs().max() < 1e-3 * (1 + opening.abs().max())


def test_the_opening_is_an_eigenvalue_of_the_split_students_hessian(generator):
    # The halves' antisymmetric moves decouple from all others where the unit is split in the middle.
    students, more = relu_students(1, units=2, teacher=3), relu_students(1, units=3, teacher=3)
    points = students.random_points(generator)
    curvatures = more.curvatures(students.split(points, 0.0))[0]
    assert (curvatures - students.openings(points).min()).abs().min() < 1e-7


@pytest.mark.parametrize("bad", [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_nothing_to_walk_on_is_refused(bad):
    with pytest.raises(ValueError, match=f"got {bad[0]}, {bad[1]}, {bad[2]}"):
        relu_students(bad[0], units=bad[1], teacher=bad[2])


def test_points_of_another_shape_are_refused(students):
    with pytest.raises(ValueError, match=r"\(3, 12\), got \(3, 11\)"):
        students.values(torch.zeros(3, 11))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cpu_and_cuda_agree():
    students = relu_students(3, units=4, teacher=3)
    points = students.random_points(torch.Generator("cuda").manual_seed(0))
    torch.testing.assert_close(students.hessians(points).cpu(), students.hessians(points.cpu()))
