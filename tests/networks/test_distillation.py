"""Distillation losses against their definition written with torch's own functions."""

import pytest
import torch
from torch.nn.functional import cross_entropy, kl_div, log_softmax, softmax

from hdintuition.networks.distillation import Distillation, lesson
from hdintuition.networks.ensemble import mlp
from hdintuition.networks.losses import cross_entropy as hard_loss
from hdintuition.networks.losses import logistic
from hdintuition.networks.training import train

CASES = [(t, hard) for t in (0.5, 1.0, 4.0) for hard in (0.0, 0.3, 1.0)]


def setting(classes, own, generator):
    f = 3 * torch.randn(4, classes, 12, generator=generator, dtype=torch.float64)
    said = 3 * torch.randn(*((4,) if own else ()), 12, classes, generator=generator, dtype=torch.float64)
    labels = torch.randint(classes, said.shape[:-1], generator=generator)
    return f, said, labels


def prepared(loss, f, said, labels):
    y = torch.cat([said, labels[..., None].to(said)], dim=-1) if loss.hard else said
    return loss.targets(y, f.shape[1], f)


@pytest.mark.parametrize(("temperature", "hard"), CASES)
@pytest.mark.parametrize("own", [False, True])
def test_it_is_the_definition(temperature, hard, own, generator):
    f, said, labels = setting(5, own, generator)
    loss = Distillation(temperature, hard)
    found = loss(f, prepared(loss, f, said, labels))
    t = said.mT.expand(4, 5, 12)
    soft = kl_div(
        log_softmax(f / temperature, 1), log_softmax(t / temperature, 1), reduction="none", log_target=True
    ).sum(1)
    label = cross_entropy(f, labels.expand(4, 12), reduction="none")
    wanted = (1 - hard) * temperature**2 * soft + hard * label
    torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("temperature", "hard"), CASES)
@pytest.mark.parametrize("classes", [1, 2, 5])
@pytest.mark.parametrize("own", [False, True])
def test_the_slopes_are_the_derivative(temperature, hard, classes, own, generator):
    f, said, labels = setting(classes, own, generator)
    labels = 2 * torch.randint(2, labels.shape, generator=generator) - 1 if classes == 1 else labels
    loss = Distillation(temperature, hard)
    y = prepared(loss, f, said, labels)
    f.requires_grad_()
    by_autograd = torch.autograd.grad(loss(f, y).sum(), f)[0]
    torch.testing.assert_close(loss.slopes(f.detach(), y), by_autograd, rtol=1e-12, atol=1e-12)
    room = torch.empty_like(f.detach())
    assert loss.slopes(f.detach(), y, out=room) is room
    torch.testing.assert_close(room, by_autograd, rtol=1e-12, atol=1e-12)


def test_one_output_is_two_outputs_of_half_its_size_and_opposite_sign(generator):
    f = 2 * torch.randn(3, 1, 9, generator=generator, dtype=torch.float64)
    said = 2 * torch.randn(9, 1, generator=generator, dtype=torch.float64)
    labels = torch.where(torch.arange(9) % 2 == 0, 1, -1)
    for hard in (0.0, 0.4):
        loss = Distillation(3.0, hard)
        one = loss(f, prepared(loss, f, said, labels))
        pair = torch.cat([f, -f], dim=1) / 2
        two = loss(pair, prepared(loss, pair, torch.cat([said, -said], dim=1) / 2, (1 - labels) // 2))
        torch.testing.assert_close(one, two, rtol=1e-13, atol=1e-13)


def test_labels_alone_give_the_losses_one_knows(generator):
    f, said, labels = setting(5, False, generator)
    loss = Distillation(2.0, hard=1.0)
    torch.testing.assert_close(loss(f, prepared(loss, f, said, labels)), hard_loss(f, labels))
    signs = 2.0 * (labels > 2) - 1
    y = prepared(loss, f[:, :1], said[:, :1], signs)
    torch.testing.assert_close(loss(f[:, :1], y), logistic(f[:, :1], signs[None]))


def test_a_student_that_is_its_teacher_has_loss_zero_and_no_slope(generator):
    f, *_ = setting(5, True, generator)
    loss = Distillation(2.0)
    y = loss.targets(f.mT.contiguous(), 5, f)
    assert loss(f, y).abs().max() < 1e-13
    assert loss.slopes(f, y).abs().max() < 1e-13
    assert loss.right(f, y).all()


def test_a_certain_teacher_is_a_label_and_nothing_overflows(generator):
    f, _, labels = setting(5, False, generator)
    loss = Distillation(1.0)
    y = loss.targets(1e6 * torch.nn.functional.one_hot(labels, 5).double(), 5, f)
    torch.testing.assert_close(loss(f, y), hard_loss(f, labels), rtol=1e-12, atol=1e-12)


def test_very_warm_is_the_squared_distance_of_the_centred_outputs(generator):
    f, said, _ = setting(5, False, generator)
    loss = Distillation(1e4)
    gap = f - said.T
    wanted = (gap - gap.mean(1, keepdim=True)).square().sum(1) / 2 / 5
    torch.testing.assert_close(loss(f, loss.targets(said, 5, f)), wanted, rtol=1e-2, atol=1e-6)


def test_right_asks_the_labels_and_without_them_the_teacher(generator):
    f, said, labels = setting(5, False, generator)
    soft, mixed = Distillation(2.0), Distillation(2.0, hard=0.1)
    by_teacher = soft.right(f, prepared(soft, f, said, labels))
    assert torch.equal(by_teacher, f.argmax(1) == said.argmax(1))
    assert torch.equal(mixed.right(f, prepared(mixed, f, said, labels)), f.argmax(1) == labels)


@pytest.mark.parametrize("outputs", [1, 3])
def test_a_lesson_is_what_the_teachers_say(outputs, generator):
    teachers = mlp([4, 6, outputs], members=3, generator=generator)
    x = torch.randn(7, 4, generator=generator)
    labels = torch.ones(7, dtype=torch.int64)
    f = teachers(x)
    f = f[:, None] if outputs == 1 else f
    assert torch.equal(lesson(teachers, x), f.mT)
    torch.testing.assert_close(lesson(teachers[[1]], x), f[1].T)
    with_labels = lesson(teachers, x, labels)
    assert with_labels.shape == (3, 7, outputs + 1)
    assert (with_labels[..., -1] == 1).all()
    own = lesson(teachers, x, labels.repeat(3, 1))
    assert torch.equal(own, with_labels)
    loss = Distillation(2.0, hard=0.5)
    assert loss(f, loss.targets(with_labels, outputs, f)).shape == (3, 7)


def test_softmax_of_the_teacher_is_taken_once(generator):
    f, said, labels = setting(5, False, generator)
    loss = Distillation(3.0, hard=0.5)
    y = prepared(loss, f, said, labels)
    torch.testing.assert_close(y[:5], softmax(said / 3, 1).T)
    assert y[5:].sum(0).tolist() == [1.0] * 12


@pytest.mark.parametrize("hard", [0.0, 0.5])
@pytest.mark.parametrize("teachers", [1, 4])
def test_students_come_to_answer_as_their_teachers_do(hard, teachers, generator):
    x = torch.randn(80, 4, generator=generator, dtype=torch.float64)
    known = mlp([4, 5, 3], members=teachers, generator=generator, dtype=torch.float64)
    labels = known(x).argmax(1) if hard else None
    said = lesson(known, x, labels[0] if teachers == 1 and hard else labels)
    students = mlp([4, 20, 3], members=4, generator=generator, dtype=torch.float64)
    after = train(students, x, said, steps=300, rate=0.3, loss=Distillation(2.0, hard=hard)).networks
    wanted = known(x).argmax(1)
    assert ((after(x).argmax(1) == wanted).double().mean(1) > 0.9).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Distillation(0.0), "temperature must be > 0"),
        (lambda: Distillation(1.0, hard=1.1), r"hard lie in \[0, 1\]"),
        (
            lambda: Distillation().targets(torch.zeros(4, 3), 2, torch.zeros(1)),
            r"\(\[members,\] examples, 2\)",
        ),
        (
            lambda: Distillation(hard=0.5).targets(torch.zeros(4, 2), 2, torch.zeros(1)),
            r"lesson\(teachers, x, labels",
        ),
        (
            lambda: Distillation(hard=0.5).targets(torch.full((4, 3), 7.0), 2, torch.zeros(1)),
            "classes 0 to 1",
        ),
        (lambda: Distillation(hard=0.5).targets(torch.zeros(4, 2), 1, torch.zeros(1)), r"-1 or \+1"),
    ],
)
def test_bad_settings_and_lessons_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_agrees(generator):
    f, said, labels = setting(5, True, generator)
    loss = Distillation(2.0, hard=0.3)
    here = prepared(loss, f, said, labels)
    there = prepared(loss, f.cuda(), said.cuda(), labels.cuda())
    torch.testing.assert_close(loss(f.cuda(), there).cpu(), loss(f, here))
    torch.testing.assert_close(loss.slopes(f.cuda(), there).cpu(), loss.slopes(f, here))
