"""Attacks: closed forms on linear networks, a plain loop of torch on others, and members that never mix."""

import math

import pytest
import torch

from hdintuition.networks import aim
from hdintuition.networks.attacks import fgsm, input_gradients, pgd, random_shift
from hdintuition.networks.convnets import convnet
from hdintuition.networks.ensemble import mlp
from hdintuition.networks.losses import LOSSES
from hdintuition.networks.margin import margin

NORMS = [2, math.inf]
TASKS = [
    ([6, 9, 4], "cross_entropy"),
    ([6, 9, 7, 1], "logistic"),
    ([6, 9, 3], "squared"),
    ([6, 1], "squared"),
]


def stack(sizes, members, generator, **settings):
    return mlp(sizes, members=members, generator=generator, dtype=torch.float64, **settings)


def task(sizes, loss, generator, *, points=20, members=None):
    x = torch.rand(points, sizes[0], generator=generator, dtype=torch.float64)
    shape = (points,) if members is None else (members, points)
    if loss == "logistic" or sizes[-1] == 1:
        return x, 2.0 * torch.randint(2, shape, generator=generator).double() - 1
    return x, torch.randint(sizes[-1], shape, generator=generator)


def length(shift, norm):
    return torch.linalg.vector_norm(shift, ord=norm, dim=-1)


# ------------------------------------------------------------------------------------------ gradients


@pytest.mark.parametrize("activation", ["relu", "tanh", "linear"])
@pytest.mark.parametrize(("sizes", "loss"), TASKS)
def test_gradients_are_the_differences_of_the_loss(sizes, loss, activation, generator):
    nets = stack(sizes, 3, generator, activation=activation, parametrisation="ntk")
    x, y = task(sizes, loss, generator)
    got = input_gradients(nets, x, y, loss=loss)
    assert got.shape == (3, 20, 6)
    rule = LOSSES[loss]
    targets = rule.targets(y, sizes[-1], x)

    def value(points):
        f = nets(points)
        return rule(f[:, None] if sizes[-1] == 1 else f, targets)

    for i, nudge in enumerate(1e-6 * torch.eye(6, dtype=torch.float64)):
        difference = (value(x + nudge) - value(x - nudge)) / 2e-6
        torch.testing.assert_close(got[:, :, i], difference, rtol=1e-5, atol=1e-7)


# ------------------------------------------------------------------------------------- linear networks


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("attack", [fgsm, pgd])
def test_on_a_linear_network_the_output_moves_by_eps_times_the_dual_norm(attack, norm, generator):
    nets = stack([30, 1], 5, generator)
    x, y = task([30, 1], "logistic", generator)
    eps = 0.07
    moved = (nets(attack(nets, x, y, eps=eps, norm=norm).x) - nets(x)) * -y
    dual = torch.linalg.vector_norm(nets.weights[0][:, 0], ord=1 if norm == math.inf else 2, dim=-1)
    torch.testing.assert_close(moved, eps * dual[:, None].expand_as(moved), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("norm", NORMS)
def test_a_targeted_attack_goes_the_other_way(norm, generator):
    nets = stack([30, 1], 5, generator)
    x, y = task([30, 1], "logistic", generator)
    for attack in (fgsm, pgd):
        away, towards = (
            attack(nets, x, y, eps=0.3, norm=norm, targeted=t, loss=margin) for t in (False, True)
        )
        torch.testing.assert_close(away.x - x, x - towards.x, rtol=1e-10, atol=1e-10)
        assert torch.equal(towards.fooled, nets(towards.x) * y > 0)
        assert torch.equal(away.fooled, nets(away.x) * y <= 0)


# --------------------------------------------------------------------------------------- other networks


@pytest.mark.parametrize("norm", NORMS)
def test_pgd_walks_as_a_plain_loop_of_torch(norm, generator):
    nets = stack([6, 12, 4], 3, generator)
    x, y = task([6, 12, 4], "cross_entropy", generator, members=3)
    eps, steps = 0.2, 7
    got = pgd(nets, x, y, eps=eps, norm=norm, steps=steps, box=(0, 1) if norm == math.inf else None)
    for member in range(3):
        for point in range(20):
            clean, label = x[point], y[member, point]
            at, best, best_key = clean.clone(), clean, None
            for step in range(steps + 1):
                at = at.detach().requires_grad_()
                f = nets[member](at[None])[0, :, 0]
                value = torch.nn.functional.cross_entropy(f, label)
                key = (bool(f.argmax() != label), value.item())
                if best_key is None or key > best_key:
                    best, best_key = at.detach(), key
                if step == steps:
                    break
                (g,) = torch.autograd.grad(value, at)
                if norm == math.inf:
                    shift = at.detach() + 2.5 / steps * eps * g.sign() - clean
                    at = (clean + shift.clamp(-eps, eps)).clamp(0, 1)
                else:
                    shift = at.detach() + 2.5 / steps * eps * g / g.norm() - clean
                    at = clean + shift * min(1.0, eps / shift.norm().item())
            torch.testing.assert_close(got.x[member, point], best, rtol=0, atol=1e-10)
            assert got.fooled[member, point].item() == best_key[0]
            assert got.loss[member, point].item() == pytest.approx(best_key[1], abs=1e-10)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize(("sizes", "loss"), TASKS)
@pytest.mark.parametrize("targeted", [False, True])
def test_what_is_found_is_allowed_and_no_worse_than_the_clean_points(sizes, loss, norm, targeted, generator):
    nets = stack(sizes, 4, generator, gain=2.0)
    x, y = task(sizes, loss, generator)
    settings = {"norm": norm, "loss": loss, "targeted": targeted, "box": (0, 1)}
    eps = torch.linspace(0, 1, 20, dtype=torch.float64)
    clean = pgd(nets, x, y, eps=0.0, **settings)
    assert torch.equal(clean.x, x.expand(4, -1, -1))
    for found in (
        pgd(nets, x, y, eps=eps, steps=5, starts=2, generator=generator, **settings),
        pgd(nets, x, y, eps=eps, steps=1, rate=9, **settings),
        fgsm(nets, x, y, eps=eps, **settings),
    ):
        assert (length(found.x - x, norm) <= eps * (1 + 1e-12) + 1e-15).all()
        assert ((found.x >= 0) & (found.x <= 1)).all()
    found = pgd(nets, x, y, eps=eps, steps=5, starts=2, generator=generator, **settings)
    if found.fooled is None:
        better = found.loss <= clean.loss if targeted else found.loss >= clean.loss
        assert better.all()
    else:
        assert (found.fooled >= clean.fooled).all()
        assert found.fooled.sum() > clean.fooled.sum()


def test_a_point_that_is_fooled_is_not_given_up_for_a_larger_loss(generator):
    # Clean: class 0 at a probability just below 1/2. Further along the loss grows while class 0 leads again.
    nets = stack([1, 2, 3], 1, generator, activation="linear")
    keep = aim.aim_at(nets, torch.zeros(1, 1).double(), torch.tensor([0]), 1.0, math.inf, None, False, None)
    small = (torch.zeros(1, 1, 1), torch.tensor([[0.8]]), torch.tensor([[True]]))
    large = (torch.ones(1, 1, 1), torch.tensor([[1.0]]), torch.tensor([[False]]))
    for best, new in ((small, large), (large, small)):
        assert keep.better(best, new)[2].item() is True
        assert keep.better(best, new)[1].item() == pytest.approx(0.8)


def test_more_starts_find_no_less(generator):
    nets = stack([10, 30, 30, 4], 6, generator, gain=2.0)
    x, y = task([10, 30, 30, 4], "cross_entropy", generator, points=60)
    counts = [
        pgd(nets, x, y, eps=0.05, steps=5, starts=k, generator=torch.Generator().manual_seed(0)).fooled
        for k in (1, 4)
    ]
    assert (counts[1] >= counts[0]).all()


def test_every_member_and_every_point_may_have_its_own_eps(generator):
    nets = stack([6, 9, 4], 2, generator)
    x, y = task([6, 9, 4], "cross_entropy", generator)
    eps = torch.rand(2, 20, generator=generator, dtype=torch.float64)
    every = pgd(nets, x, y, eps=eps, norm=2)
    for member, point in ((0, 3), (1, 19)):
        alone = pgd(
            nets[member], x[point : point + 1], y[point : point + 1], eps=eps[member, point].item(), norm=2
        )
        torch.testing.assert_close(every.x[member, point], alone.x[0, 0], rtol=0, atol=1e-12)


# ---------------------------------------------------------------------------------- members do not mix


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("outputs", [1, 10])
def test_a_member_is_attacked_bit_for_bit_the_same_in_any_company(
    outputs, activation, norm, generator, monkeypatch
):
    nets = mlp([17, 24, outputs], members=32, generator=generator, activation=activation)
    x = torch.rand(33, 17, generator=generator)
    y = task([17, 24, outputs], "logistic" if outputs == 1 else "cross_entropy", generator, points=33)[1]

    def attacked(some):
        drawn = torch.Generator().manual_seed(7)
        return pgd(some, x, y, eps=0.1, norm=norm, steps=4, starts=2, generator=drawn, box=(0, 1))

    whole = attacked(nets)
    for members in (1, 4):
        for start in (0, 28):
            part = attacked(nets[start : start + members])
            assert torch.equal(part.x, whole.x[start : start + members])
            assert torch.equal(part.loss, whole.loss[start : start + members])
    monkeypatch.setitem(aim.BLOCK, "cpu", 1)
    assert torch.equal(attacked(nets).x, whole.x)


def test_a_member_that_is_not_finite_is_left_at_its_points_and_harms_no_other(generator):
    nets = stack([6, 9, 4], 3, generator)
    x, y = task([6, 9, 4], "cross_entropy", generator)
    broken = nets.with_tensors([t.clone() for t in nets.tensors])
    broken.weights[0][1, 0, 0] = math.nan
    sound, found = (pgd(n, x, y, eps=0.1) for n in (nets, broken))
    assert torch.equal(found.x[1], x)
    assert torch.equal(found.x[[0, 2]], sound.x[[0, 2]])


def test_convolutional_networks_are_attacked_as_well(generator):
    nets = convnet((1, 6, 6), channels=[3], outputs=4, members=3, generator=generator)
    x, y = torch.rand(20, 36, generator=generator), torch.randint(4, (20,), generator=generator)
    clean, found = (pgd(nets, x, y, eps=eps, box=(0, 1)) for eps in (0.0, 0.2))
    assert (found.fooled >= clean.fooled).all()
    assert found.fooled.sum() > clean.fooled.sum()
    assert ((found.x - x).abs() <= 0.2 + 1e-6).all()
    assert torch.equal(pgd(nets[1:2], x, y, eps=0.2, box=(0, 1)).x[0], found.x[1])


# ------------------------------------------------------------------------------------------- the control


@pytest.mark.parametrize("norm", NORMS)
def test_a_random_shift_is_exactly_so_long_and_does_far_less_than_an_attack(norm, generator):
    nets = stack([400, 1], 3, generator)
    x, y = task([400, 1], "logistic", generator, points=200)
    eps = 0.05
    shifted = random_shift(x, eps=eps, norm=norm, generator=generator)
    assert torch.allclose(length(shifted - x, norm), torch.tensor(eps, dtype=torch.float64), rtol=1e-12)
    attacked = (nets(fgsm(nets, x, y, eps=eps, norm=norm).x) - nets(x)).abs().mean()
    # E|w·s| for random signs, or a uniform direction, is about √(2/π) ‖w‖ against ‖w‖_1, or ‖w‖ / √n against ‖w‖.
    assert (nets(shifted) - nets(x)).abs().mean() < 2 * attacked / 400**0.5
    boxed = random_shift(x, eps=eps, norm=norm, generator=generator, box=(0, 1))
    assert ((boxed >= 0) & (boxed <= 1)).all()


# ------------------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"eps": -0.1}, r"eps must be >= 0, one number, one for each of the 20 points, or \(2, 20\)"),
        ({"eps": torch.zeros(3)}, r"got \(3,\)"),
        ({"norm": 1}, r"norm must be 2 or math\.inf, got 1"),
        ({"box": (0, 0.5)}, r"points must lie in the box \(0, 0\.5\), got values from"),
        ({"loss": "hinge"}, "loss must be one of"),
        ({"x": torch.zeros(20, 5)}, "x must be"),
        ({"y": torch.zeros(19, dtype=torch.int64)}, "y must"),
    ],
)
def test_bad_settings_are_refused(change, message, generator):
    nets = stack([6, 9, 4], 2, generator)
    x, y = task([6, 9, 4], "cross_entropy", generator)
    settings = {"x": x, "y": y, "eps": 0.1} | change
    for attack in (fgsm, pgd):
        with pytest.raises(ValueError, match=message):
            attack(nets, **settings)


@pytest.mark.parametrize("change", [{"steps": 0}, {"rate": 0.0}, {"starts": 0}, {"starts": 2}])
def test_settings_of_pgd_that_make_no_sense_are_refused(change, generator):
    nets = stack([6, 9, 4], 2, generator)
    x, y = task([6, 9, 4], "cross_entropy", generator)
    with pytest.raises(ValueError, match="several starts need a generator, got steps="):
        pgd(nets, x, y, eps=0.1, **change)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("norm", NORMS)
def test_on_cuda_the_attack_is_that_of_the_cpu(norm, generator):
    nets = stack([6, 9, 4], 3, generator)
    x, y = task([6, 9, 4], "cross_entropy", generator)
    there = nets.with_tensors([t.cuda() for t in nets.tensors])
    here, gpu = pgd(nets, x, y, eps=0.1, norm=norm), pgd(there, x.cuda(), y.cuda(), eps=0.1, norm=norm)
    torch.testing.assert_close(gpu.x.cpu(), here.x, rtol=0, atol=1e-9)
    started = pgd(
        there,
        x.cuda(),
        y.cuda(),
        eps=0.1,
        norm=norm,
        box=(0, 1),
        generator=torch.Generator("cuda").manual_seed(0),
    )
    assert (length(started.x - x.cuda(), norm) <= 0.1 + 1e-12).all()
