"""Training a stack: the hand-written gradient against autograd, the walk against torch.optim.SGD."""

import pytest
import torch
from torch.nn.functional import softplus

from hdintuition.networks.ensemble import Networks, mlp
from hdintuition.networks.training import Diverged, train

SIZES = [[49, 32, 1], [5, 1], [6, 7, 8, 1], [4, 5, 5, 5, 1]]


def data(inputs, generator, dtype=torch.float64, n=8):
    x = torch.randn(n, inputs, generator=generator, dtype=dtype)
    return x, torch.tensor([-1.0, 1.0] * (n // 2), dtype=dtype)


def tensors(nets):
    return (*nets.weights, *nets.biases)


@pytest.mark.parametrize("sizes", SIZES)
def test_one_step_is_the_gradient_of_autograd(sizes, generator):
    nets = mlp(sizes, members=3, generator=generator, dtype=torch.float64)
    x, y = data(sizes[0], generator)
    leaves = [t.clone().requires_grad_() for t in tensors(nets)]
    copy = Networks(tuple(leaves[: len(sizes) - 1]), tuple(leaves[len(sizes) - 1 :]))
    loss = softplus(-y * copy.layers(x)[-1][:, 0]).mean(1).sum()  # summed over members: they do not mix
    gradients = torch.autograd.grad(loss, leaves)
    stepped = train(nets, x, y, rate=0.5, steps=1)
    for before, after, gradient in zip(tensors(nets), tensors(stepped), gradients, strict=True):
        torch.testing.assert_close((before - after) / 0.5, gradient, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("sizes", SIZES)
def test_fifty_steps_are_those_of_torch_optim(sizes, generator):
    nets = mlp(sizes, members=3, generator=generator, dtype=torch.float64)
    x, y = data(sizes[0], generator)
    trained = train(nets, x, y, rate=0.2, steps=50)
    for member in range(3):
        alone = nets[[member]]
        leaves = [t.clone().requires_grad_() for t in tensors(alone)]
        copy = Networks(tuple(leaves[: len(sizes) - 1]), tuple(leaves[len(sizes) - 1 :]))
        optimiser = torch.optim.SGD(leaves, lr=0.2)
        for _ in range(50):
            optimiser.zero_grad()
            softplus(-y * copy.layers(x)[-1][:, 0]).mean().backward()
            optimiser.step()
        for mine, theirs in zip(tensors(trained[[member]]), leaves, strict=True):
            torch.testing.assert_close(mine, theirs.detach(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("members", [1, 4, 32])
def test_a_member_walks_the_same_path_in_any_company(members, generator):
    nets = mlp([49, 32, 1], members=32, generator=generator)
    x, y = data(49, generator, torch.float32)
    company = train(nets[:members], x, y, rate=0.3, steps=200)
    alone = train(nets[:1], x, y, rate=0.3, steps=200)
    for a, b in zip(tensors(company[:1]), tensors(alone), strict=True):
        assert torch.equal(a, b)


def test_descent_has_no_memory_and_leaves_its_start_alone(generator):
    nets = mlp([6, 7, 1], members=2, generator=generator)
    before = [t.clone() for t in tensors(nets)]
    x, y = data(6, generator, torch.float32)
    at_once = train(nets, x, y, rate=0.3, steps=30)
    in_two = train(train(nets, x, y, rate=0.3, steps=10), x, y, rate=0.3, steps=20)
    for a, b in zip(tensors(at_once), tensors(in_two), strict=True):
        assert torch.equal(a, b)
    for a, b in zip(tensors(nets), before, strict=True):
        assert torch.equal(a, b)
    for a, b in zip(tensors(train(nets, x, y, rate=0.3, steps=0)), before, strict=True):
        assert torch.equal(a, b)


def test_every_member_may_have_its_own_rate(generator):
    nets = mlp([6, 7, 1], members=3, generator=generator)
    x, y = data(6, generator, torch.float32)
    rates = torch.tensor([0.1, 0.5, 0.02])
    together = train(nets, x, y, rate=rates, steps=20)
    for member, rate in enumerate(rates):
        alone = train(nets[[member]], x, y, rate=rate, steps=20)
        assert torch.equal(together[[member]](x), alone(x))


def test_separable_data_are_fitted(generator):
    x, y = data(49, generator, torch.float32)
    nets = train(mlp([49, 32, 1], members=8, generator=generator), x, y, rate=0.1, steps=500)
    assert (nets(x) * y > 0).all()


def with_one_lost(generator):
    nets = mlp([6, 7, 1], members=4, generator=generator)
    nets.weights[0][2] = float("inf")
    return nets


def test_divergence_is_raised_with_what_to_do(generator):
    x, y = data(6, generator, torch.float32)
    with pytest.raises(
        Diverged, match=r"1 of 4 members \(the first is member 2\).*its rate, 0\.1, .*lower it"
    ):
        train(with_one_lost(generator), x, y, rate=0.1, steps=5)


def test_a_rate_that_is_too_large_diverges_and_is_noticed(generator):
    x, y = data(6, generator, torch.float32)
    with pytest.raises(Diverged, match=r"within 100 steps: its rate, 1e\+15, is too large"):
        train(mlp([6, 7, 7, 1], members=4, generator=generator), x, y, rate=1e15, steps=1000)


def test_a_member_that_is_lost_harms_no_other(generator):
    nets = with_one_lost(generator)
    x, y = data(6, generator, torch.float32)
    kept = train(nets, x, y, rate=0.1, steps=50, diverged="keep")
    others = [0, 1, 3]
    alone = train(nets[others], x, y, rate=0.1, steps=50)
    assert torch.equal(kept[others](x), alone(x))
    assert not kept(x)[2].isfinite().any()


@pytest.mark.parametrize("before", [False, True])
def test_the_callers_treatment_of_denormals_comes_back(before, generator):
    x, y = data(6, generator, torch.float32)
    torch.set_flush_denormal(before)
    try:
        train(mlp([6, 7, 1], members=1, generator=generator), x, y, rate=0.1, steps=1)
        assert (torch.tensor(1e-39) * 1 == 0).item() is before
    finally:
        torch.set_flush_denormal(False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": torch.tensor([0.0, 1.0])}, r"labels must be -1 or \+1, got values \[0\.0, 1\.0\]"),
        ({"y": torch.ones(3)}, r"x must have shape \(points, 6\) and y \(points,\)"),
        ({"x": torch.ones(2, 5)}, r"got \(2, 5\) and \(2,\)"),
        ({"rate": 0.0}, r"rate must be > 0, one number or 2 \(one a member\), got 0\.0"),
        ({"rate": torch.ones(3)}, r"one number or 2 \(one a member\), got tensor"),
        ({"rate": torch.tensor([0.1, -0.1])}, "rate must be > 0"),
        ({"steps": -1}, "steps must be >= 0, got -1"),
    ],
)
def test_bad_input_is_refused(change, message, generator):
    given = {"x": torch.ones(2, 6), "y": torch.tensor([-1.0, 1.0]), "rate": 0.1, "steps": 1} | change
    with pytest.raises(ValueError, match=message):
        train(mlp([6, 7, 1], members=2, generator=generator), **given)


def test_networks_with_several_outputs_are_refused(generator):
    with pytest.raises(ValueError, match=r"one output, got sizes \(6, 7, 2\)"):
        train(mlp([6, 7, 2], members=2, generator=generator), *data(6, generator, torch.float32),
              rate=0.1, steps=1)  # fmt: skip
