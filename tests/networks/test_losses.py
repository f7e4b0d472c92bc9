"""Losses and their slopes: torch's own, automatic derivatives, and no member's last bit hanging on its company."""

import math

import pytest
import torch
from torch.nn import functional

from hdintuition.networks.losses import LOSSES, any_of, cross_entropy, logistic, loss_named, squared

CASES = [(cross_entropy, 5), (any_of, 5), (squared, 5), (squared, 1), (logistic, 1)]
IDS = ["cross_entropy", "any_of", "squared", "squared-1", "logistic"]


def drawn(loss, outputs, generator, *, own, members=3, points=40, spread=3.0, dtype=torch.float64):
    """Outputs, and targets as the user would give them."""
    f = spread * torch.randn(members, outputs, points, generator=generator, dtype=dtype)
    shape = (members, points) if own else (points,)
    if loss is cross_entropy:
        return f, torch.randint(outputs, shape, generator=generator)
    if loss is any_of:
        right = torch.rand(*shape, outputs, generator=generator) < 0.4
        return f, right | torch.nn.functional.one_hot(right.long().argmax(-1), outputs).bool()
    if loss is logistic:
        return f, 2 * torch.randint(2, shape, generator=generator).to(dtype) - 1
    inner = (outputs,) if outputs > 1 else ()
    return f, torch.randn(*shape, *inner, generator=generator, dtype=dtype)


def theirs(loss, f, y):
    """The same of one example, as torch has it: f (outputs,), y a target."""
    if loss is cross_entropy:
        return functional.cross_entropy(f, y)
    if loss is any_of:
        return -torch.softmax(f, 0)[y].sum().log()
    if loss is logistic:
        return functional.soft_margin_loss(f[0], y)
    return functional.mse_loss(f, y.reshape(f.shape), reduction="sum") / 2


# ---------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize("own", [False, True], ids=["shared", "own"])
@pytest.mark.parametrize(("loss", "outputs"), CASES, ids=IDS)
def test_every_value_is_that_of_torch(loss, outputs, own, generator):
    f, y = drawn(loss, outputs, generator, own=own)
    values = loss(f, loss.targets(y, outputs, f))
    assert values.shape == (3, 40)
    for member in range(3):
        for i in range(40):
            expected = theirs(loss, f[member, :, i], y[member, i] if own else y[i])
            assert values[member, i].item() == pytest.approx(expected.item(), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("own", [False, True], ids=["shared", "own"])
@pytest.mark.parametrize(("loss", "outputs"), CASES, ids=IDS)
def test_slopes_are_the_derivatives_of_the_values(loss, outputs, own, generator):
    f, y = drawn(loss, outputs, generator, own=own)
    f.requires_grad_()
    targets = loss.targets(y, outputs, f)
    (expected,) = torch.autograd.grad(loss(f, targets).sum(), f)
    with torch.no_grad():
        torch.testing.assert_close(loss.slopes(f, targets), expected, rtol=1e-12, atol=1e-12)
        out = torch.full_like(f, math.nan)
        assert loss.slopes(f, targets, out) is out
        assert torch.equal(out, loss.slopes(f, targets))


@pytest.mark.parametrize(("loss", "outputs"), CASES, ids=IDS)
def test_values_can_be_differentiated_twice(loss, outputs, generator):
    f, y = drawn(loss, outputs, generator, own=False, members=2, points=3)
    targets = loss.targets(y, outputs, f)
    assert torch.autograd.gradgradcheck(lambda f: loss(f, targets), f.requires_grad_())


def test_values_of_sure_networks_are_exact_to_the_last_digits():
    # log(1 + e⁻ᶻ) by series; a loss that gives up the tail beyond some z would be off by e⁻ᶻ.
    z = torch.tensor([0.0, 5.0, 19.0, 21.0, 25.0, 30.0, 100.0, 700.0], dtype=torch.float64)
    y = torch.ones(len(z), dtype=torch.float64)
    wrong = logistic(-z[None, None], logistic.targets(y, 1, z))[0]
    right = logistic(z[None, None], logistic.targets(y, 1, z))[0]
    expected = torch.tensor([math.log1p(math.exp(-v)) for v in z.tolist()], dtype=torch.float64)
    torch.testing.assert_close(right, expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(wrong, z + expected, rtol=1e-14, atol=0)
    two = torch.stack([torch.zeros_like(z), z])[None]
    torch.testing.assert_close(cross_entropy(two, torch.zeros(len(z), dtype=torch.int64))[0], wrong)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [1e2, 1e4, 1e30])
def test_huge_outputs_give_finite_slopes(size, dtype):
    y = torch.tensor([1.0, 1.0, -1.0, -1.0], dtype=dtype)
    f = size * torch.tensor([[[1.0, -1.0, 1.0, -1.0]]], dtype=dtype)
    expected = torch.tensor([[[0.0, -1.0, 1.0, 0.0]]], dtype=dtype)
    torch.testing.assert_close(logistic.slopes(f, y), expected, rtol=0, atol=1e-40)
    torch.testing.assert_close(logistic(f, y), size * expected[:, 0].abs(), rtol=0, atol=1e-40)
    several = size * torch.tensor([[[1.0, -1.0], [-1.0, 1.0]]], dtype=dtype)
    zeros = torch.zeros(2, dtype=torch.int64)
    expected = torch.tensor([[[0.0, -1.0], [0.0, 1.0]]], dtype=dtype)
    torch.testing.assert_close(cross_entropy.slopes(several, zeros), expected)


# -------------------------------------------------------------------------------- members do not mix


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("loss", "outputs"), CASES, ids=IDS)
def test_values_and_slopes_are_bit_for_bit_the_same_in_any_company(loss, outputs, dtype, generator):
    for points in (1, 3, 8, 13, 33, 100):
        f, y = drawn(loss, outputs, generator, own=False, members=32, points=points, dtype=dtype)
        targets = loss.targets(y, outputs, f)
        values, slopes = loss(f, targets), loss.slopes(f, targets)
        for members in (1, 4):
            for start in range(0, 29, 4):
                some = f[start : start + members].clone()
                assert torch.equal(loss(some, targets), values[start : start + members])
                assert torch.equal(loss.slopes(some, targets), slopes[start : start + members])


# --------------------------------------------------------------------------------------------- targets


@pytest.mark.parametrize(
    ("loss", "outputs", "y", "shape"),
    [
        (cross_entropy, 3, torch.zeros(7, dtype=torch.int32), (7,)),
        (cross_entropy, 3, torch.zeros(2, 7, dtype=torch.int64), (2, 7)),
        (any_of, 3, torch.ones(7, 3, dtype=torch.bool), (3, 7)),
        (any_of, 3, torch.ones(2, 7, 3, dtype=torch.bool), (2, 3, 7)),
        (squared, 3, torch.zeros(7, 3), (3, 7)),
        (squared, 3, torch.zeros(2, 7, 3), (2, 3, 7)),
        (squared, 3, torch.zeros(7, dtype=torch.int64), (3, 7)),
        (squared, 3, torch.zeros(2, 7, dtype=torch.int64), (2, 3, 7)),
        (squared, 1, torch.zeros(7), (1, 7)),
        (squared, 1, torch.zeros(7, 1), (1, 7)),
        (squared, 1, torch.zeros(2, 7), (2, 1, 7)),
        (squared, 1, torch.zeros(2, 7, 1), (2, 1, 7)),
        (logistic, 1, torch.ones(7), (1, 7)),
        (logistic, 1, torch.ones(2, 7, dtype=torch.int64), (2, 1, 7)),
    ],
)
def test_targets_put_the_examples_last(loss, outputs, y, shape):
    like = torch.zeros(1, dtype=torch.float64)
    targets = loss.targets(y, outputs, like)
    assert tuple(targets.shape) == shape
    kinds = {cross_entropy: torch.int64, any_of: torch.bool}
    assert targets.dtype == kinds.get(loss, torch.float64)


def test_classes_are_one_hot_targets_of_the_squared_loss():
    targets = squared.targets(torch.tensor([2, 0]), 3, torch.zeros(1))
    assert targets.tolist() == [[0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]


def test_one_right_answer_of_any_is_cross_entropy(generator):
    f, y = drawn(cross_entropy, 5, generator, own=False)
    hot = any_of.targets(functional.one_hot(y, 5).bool(), 5, f)
    torch.testing.assert_close(any_of(f, hot), cross_entropy(f, y))
    torch.testing.assert_close(any_of.slopes(f, hot), cross_entropy.slopes(f, y))
    assert torch.equal(any_of.right(f, hot), cross_entropy.right(f, y))


def test_belief_may_move_between_right_answers_for_nothing():
    f = torch.tensor([[[2.0], [0.5], [0.1]]], dtype=torch.float64)
    both = any_of.targets(torch.tensor([[True, True, False]]), 3, f)
    moved = torch.tensor([[[0.5], [2.0], [0.1]]], dtype=torch.float64)
    torch.testing.assert_close(any_of(f, both), any_of(moved, both), rtol=1e-14, atol=0)
    everything = any_of.targets(torch.ones(1, 3, dtype=torch.bool), 3, f)
    assert float(any_of(f, everything)) == 0
    assert not any_of.slopes(f, everything).any()


def test_whole_numbers_are_real_targets_of_one_output():
    targets = squared.targets(torch.tensor([-1, 1, 7]), 1, torch.zeros(1))
    assert targets.tolist() == [[-1.0, 1.0, 7.0]]


@pytest.mark.parametrize(
    ("loss", "outputs", "y", "message"),
    [
        (cross_entropy, 1, torch.zeros(7, dtype=torch.int64), "two or more outputs; use loss=logistic"),
        (cross_entropy, 3, torch.tensor([0, 3]), r"classes 0 to 2 as integers.* from 0 to 3"),
        (cross_entropy, 3, torch.tensor([-1, 2]), r"from -1 to 2"),
        (cross_entropy, 3, torch.zeros(7), r"got torch\.float32 of shape \(7,\)"),
        (cross_entropy, 3, torch.zeros(1, 2, 7, dtype=torch.int64), r"of shape \(1, 2, 7\)"),
        (any_of, 3, torch.ones(7, 3), r"must be booleans.* got torch\.float32 of shape \(7, 3\)"),
        (any_of, 3, torch.ones(7, 2, dtype=torch.bool), r"of shape \(7, 2\)"),
        (any_of, 3, torch.zeros(7, 3, dtype=torch.bool), "True in every row"),
        (squared, 3, torch.zeros(7), r"targets of 3 outputs must be \(examples, 3\).* got \(7,\)"),
        (squared, 3, torch.zeros(7, 2), r"got \(7, 2\)"),
        (squared, 3, torch.tensor([0, 3]), "one-hot targets: y must hold classes 0 to 2"),
        (logistic, 2, torch.ones(7), "networks with one output, got 2"),
        (logistic, 1, torch.tensor([0.0, 1.0]), r"labels must be -1 or \+1.* got values \[0\.0, 1\.0\]"),
        (logistic, 1, torch.ones(1, 2, 7), r"of shape \(1, 2, 7\)"),
        (logistic, 1, torch.tensor([True, False]), r"labels must be -1 or \+1"),
    ],
)
def test_bad_targets_are_refused(loss, outputs, y, message):
    with pytest.raises(ValueError, match=message):
        loss.targets(y, outputs, torch.zeros(1))


# ----------------------------------------------------------------------------------------- what is right


def test_right_is_the_largest_output_or_the_sign():
    f = torch.tensor([[[1.0, -2.0, 3.0], [0.0, 5.0, 4.0]]])
    assert cross_entropy.right(f, torch.tensor([0, 0, 1])).tolist() == [[True, False, True]]
    some = any_of.targets(torch.tensor([[True, False], [True, True], [True, False]]), 2, f)
    assert any_of.right(f, some).tolist() == [[True, True, False]]
    hot = squared.targets(torch.tensor([0, 0, 1]), 2, f)
    assert squared.right(f, hot).tolist() == [[True, False, True]]
    assert squared.right(f[:, :1], torch.zeros(1, 3)) is None
    y = logistic.targets(torch.tensor([1.0, 1.0, -1.0]), 1, f)
    assert logistic.right(f[:, :1], y).tolist() == [[True, False, False]]
    assert not logistic.right(torch.zeros(1, 1, 3), y).any()


def test_losses_are_found_by_name():
    assert all(loss_named(name, 3) is loss for name, loss in LOSSES.items())
    assert loss_named(None, 1) is logistic
    assert loss_named(None, 2) is cross_entropy
    assert loss_named(squared, 1) is squared
    assert repr(squared) == "squared"
    with pytest.raises(
        ValueError,
        match="loss must be one of cross_entropy, any_of, squared, logistic or a Loss, got 'hinge'",
    ):
        loss_named("hinge", 1)
