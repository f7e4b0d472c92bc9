"""Teachers: what they answer, and the loss over all inputs against samples, symmetry and derivatives."""

import pytest
import torch

from hdintuition.networks.ensemble import mlp
from hdintuition.networks.teacher import orthogonal_teacher, relu_population_loss, teacher_student


def test_inputs_are_standard_normal_and_outputs_the_teachers(generator):
    teacher = mlp([5, 8, 3], members=1, generator=generator)
    data = teacher_student(teacher, 20_000, generator=generator)
    assert data.classes is None
    assert data.y.shape == (20_000, 3)
    torch.testing.assert_close(data.y, teacher(data.x)[0].T)
    assert data.x.mean(0).abs().max() < 5 / 20_000**0.5
    assert (data.x.T.cov() - torch.eye(5)).abs().max() < 5 * (2 / 20_000) ** 0.5


def test_noise_has_the_size_asked_for(generator):
    teacher = mlp([4, 6, 1], members=1, generator=generator)
    data = teacher_student(teacher, 20_000, noise=0.3, generator=generator)
    off = data.y - teacher(data.x)[0]
    assert abs(off.std() - 0.3) < 5 * 0.3 / (2 * 20_000) ** 0.5
    assert abs(off.mean()) < 5 * 0.3 / 20_000**0.5


def test_labels_are_decisions(generator):
    several, single = (
        mlp([4, 6, 3], members=1, generator=generator),
        mlp([4, 6, 1], members=1, generator=generator),
    )
    data = teacher_student(several, 100, labels=True, generator=generator)
    assert torch.equal(data.y, several(data.x)[0].argmax(0))
    assert data.classes == 3
    data = teacher_student(single, 100, labels=True, generator=generator)
    assert torch.equal(data.y, single(data.x)[0].sign().long())
    assert (data.classes, data.y.dtype) == (2, torch.int64)


def test_noise_comes_before_the_decision(generator):
    teacher = mlp([4, 6, 3], members=1, generator=generator)
    data = teacher_student(teacher, 9000, noise=1e6, labels=True, generator=generator)
    assert abs((data.y == teacher(data.x)[0].argmax(0)).double().mean() - 1 / 3) < 5 * (2 / 9 / 9000) ** 0.5


def test_the_orthogonal_teacher_adds_up_its_positive_inputs(generator):
    x = torch.randn(7, 6, generator=generator, dtype=torch.float64)
    teacher = orthogonal_teacher(4, inputs=6, dtype=torch.float64)
    torch.testing.assert_close(teacher(x)[0], x[:, :4].relu().sum(1), rtol=0, atol=1e-15)
    assert teacher_student(teacher, 3, generator=generator).x.dtype == torch.float64


def drawn(generator, members=3, units=5, inputs=4):
    return torch.randn(members, units, inputs, generator=generator, dtype=torch.float64)


def test_the_population_loss_is_the_mean_of_the_sampled_one(generator):
    w, teacher = drawn(generator), orthogonal_teacher(4, dtype=torch.float64)
    data = teacher_student(teacher, 400_000, generator=generator)
    f = (w @ data.x.T).relu().sum(1)
    values = (f - data.y).square() / 2
    error = values.std(1) / len(data) ** 0.5
    assert ((values.mean(1) - relu_population_loss(w, teacher.weights[0][0])).abs() < 4 * error).all()


def test_one_unit_against_its_opposite_and_a_right_angle():
    # E[relu(x)²] = 1/2; for opposite units the product is 0, at a right angle it is 1/2π.
    e1, e2 = torch.eye(2, dtype=torch.float64)
    v = e1[None]
    w = torch.stack([e1, -e1, e2])[:, None]
    expected = torch.tensor([0, 0.5, 0.5 - 1 / (2 * torch.pi)], dtype=torch.float64)
    torch.testing.assert_close(relu_population_loss(w, v), expected, rtol=0, atol=1e-15)


def test_turning_everything_and_renaming_units_change_nothing(generator):
    w, v = drawn(generator), drawn(generator, members=1)[0]
    turn = torch.linalg.qr(torch.randn(4, 4, generator=generator, dtype=torch.float64)).Q
    loss = relu_population_loss(w, v)
    torch.testing.assert_close(relu_population_loss(w @ turn, v @ turn), loss, rtol=0, atol=1e-12)
    torch.testing.assert_close(relu_population_loss(w[:, [4, 2, 0, 1, 3]], v), loss, rtol=0, atol=1e-12)


def test_first_and_second_derivatives_are_those_of_differences(generator):
    w, v = drawn(generator, members=1), torch.eye(4, dtype=torch.float64)
    w = w.requires_grad_()
    assert torch.autograd.gradcheck(lambda w: relu_population_loss(w, v), w)
    assert torch.autograd.gradgradcheck(lambda w: relu_population_loss(w, v), w)


def test_at_the_teacher_the_second_derivative_is_that_of_one_unit_and_of_right_angles():
    # There the Hessian is E[1(x_i > 0) 1(x_j > 0) x xᵀ]: 1/2 times the unit matrix for i = j, and else a quarter of it
    # but for the entries (i, j) and (j, i), which are 1/2π.
    v = torch.eye(3, dtype=torch.float64)
    found = torch.autograd.functional.hessian(lambda w: relu_population_loss(w[None], v)[0], v)
    expected = torch.zeros(3, 3, 3, 3, dtype=torch.float64)
    for i in range(3):
        for j in range(3):
            expected[i, :, j] = v / (2 if i == j else 4)
            if i != j:
                expected[i, i, j, j] = expected[i, j, j, i] = 1 / (2 * torch.pi)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)


def test_at_the_teacher_and_at_zero_it_has_a_slope(generator):
    w = torch.stack([torch.eye(3), torch.zeros(3, 3)]).double().requires_grad_()
    loss = relu_population_loss(w, torch.eye(3, dtype=torch.float64))
    (slope,) = torch.autograd.grad(loss.sum(), w)
    assert abs(loss[0]) < 1e-15
    assert slope[0].abs().max() < 1e-15
    assert slope.isfinite().all()


@pytest.mark.parametrize(("members", "n", "noise"), [(2, 5, 0.0), (1, 0, 0.0), (1, 5, -0.1)])
def test_questions_without_sense_are_refused(members, n, noise, generator):
    teacher = mlp([3, 2, 1], members=members, generator=generator)
    with pytest.raises(ValueError, match=f"got {members} teachers .*, n={n} and noise={noise}"):
        teacher_student(teacher, n, noise=noise, generator=generator)


@pytest.mark.parametrize(("units", "inputs"), [(0, 3), (4, 3)])
def test_orthogonal_units_need_as_many_inputs(units, inputs):
    with pytest.raises(ValueError, match=f"got {units} units, {inputs} inputs"):
        orthogonal_teacher(units, inputs=inputs)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cpu_and_cuda_agree():
    g = torch.Generator("cuda").manual_seed(0)
    data = teacher_student(orthogonal_teacher(4, device="cuda"), 50, generator=g)
    torch.testing.assert_close(data.x.cpu().relu().sum(1), data.y.cpu())
    w = torch.randn(2, 4, 4, generator=g, device="cuda", dtype=torch.float64)
    v = torch.eye(4, dtype=torch.float64)
    torch.testing.assert_close(relu_population_loss(w, v.cuda()).cpu(), relu_population_loss(w.cpu(), v))
