"""Deep linear networks: descent against autograd's, and what is known exactly about their critical points."""

from itertools import pairwise

import pytest
import torch

from hdintuition.networks.linear_networks import chain, linear_descent


def drawn(generator, *sizes, members=5):
    return [
        torch.randn(members, b, a, generator=generator, dtype=torch.float64) / a**0.5
        for a, b in pairwise(sizes)
    ]


@pytest.mark.parametrize("sizes", [(3, 4), (3, 5, 4), (3, 2, 6, 4)])
def test_it_is_gradient_descent(sizes, generator):
    layers = drawn(generator, *sizes)
    (target,) = drawn(generator, sizes[0], sizes[-1])
    start = [layer.clone() for layer in layers]
    found = linear_descent(layers, target, rate=0.05, moments=[0, 1, 5])
    w, losses = [layer.clone().requires_grad_() for layer in layers], []
    for _ in range(6):
        loss = (chain(w) - target).square().sum((1, 2)) / 2
        losses.append(loss.detach())
        slopes = torch.autograd.grad(loss.sum(), w)
        w = [(a - 0.05 * g).detach().requires_grad_() for a, g in zip(w, slopes, strict=True)]
    torch.testing.assert_close(found, torch.stack([losses[i] for i in (0, 1, 5)]), rtol=1e-12, atol=0)
    assert all(torch.equal(a, b) for a, b in zip(layers, start, strict=True))


def test_a_waist_leaves_what_no_matrix_of_its_rank_can_make(generator):
    values = torch.linspace(1, 0.5, 4, dtype=torch.float64)
    left, right = torch.linalg.qr(torch.randn(2, 6, 4, 4, generator=generator, dtype=torch.float64)).Q
    layers = drawn(generator, 4, 2, 4, members=6)
    end = linear_descent(layers, left * values @ right.mT, rate=0.1, moments=[4000])[0]
    torch.testing.assert_close(end, (values[2:].square().sum() / 2).expand(6), rtol=1e-6, atol=0)


def test_zero_stays_zero():
    layers = [torch.zeros(1, 3, 3), torch.zeros(1, 3, 3)]
    losses = linear_descent(layers, torch.eye(3)[None], rate=0.1, moments=[0, 50])
    assert torch.equal(losses, torch.full((2, 1), 1.5))


@pytest.mark.parametrize("moments", [[], [3, 2], [1, 1], [-1, 2]])
def test_moments_that_do_not_rise_are_refused(moments, generator):
    with pytest.raises(ValueError, match="rising moments"):
        linear_descent(drawn(generator, 2, 2), torch.zeros(5, 2, 2), rate=0.1, moments=moments)


def test_no_layer_is_refused():
    with pytest.raises(ValueError, match="at least one layer"):
        linear_descent([], torch.zeros(1, 2, 2), rate=0.1, moments=[1])
