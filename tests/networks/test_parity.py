"""Parities: their values, a network that computes them, and how little of a gradient belongs to one."""

import itertools
import math

import pytest
import torch

from hdintuition.networks.ensemble import mlp
from hdintuition.networks.parity import (
    parity,
    parity_bits,
    parity_network,
    parity_signal,
)
from hdintuition.seeds import generator


def every_input(bits):
    return torch.tensor(list(itertools.product([1.0, -1.0], repeat=bits)), dtype=torch.float64)


def nets(bits=6, members=3, **settings):
    return mlp([bits, 8, 1], members=members, generator=generator("nets"), dtype=torch.float64, **settings)


def test_bits_are_signs_and_fair():
    x = parity_bits(20_000, 5, generator=generator("bits"))
    assert x.dtype == torch.float32
    assert x.abs().unique().tolist() == [1.0]
    assert x.mean(0).abs().max() < 5 / 20_000**0.5


def test_parities_are_orthonormal():
    x = every_input(4)
    sets = [s for k in range(1, 5) for s in itertools.combinations(range(4), k)]
    table = torch.stack([parity(x, s) for s in sets])
    assert torch.equal(table @ table.T / 16, torch.eye(15, dtype=torch.float64))


@pytest.mark.parametrize("of", [[0], [3, 1], [0, 1, 2], [1, 2, 4, 5], range(6)])
def test_the_network_written_by_hand_is_exact(of):
    net = parity_network(6, list(of))
    x = every_input(6).float()
    assert net.sizes == (6, len(of), 1)
    assert torch.equal(net(x)[0], parity(x, list(of)))


@pytest.mark.parametrize("settings", [{}, {"activation": "tanh"}, {"parametrisation": "ntk"}])
def test_the_signal_is_the_mean_over_all_sets_written_out(settings):
    stack = nets(4, members=2, **settings)
    x = every_input(4)
    found = parity_signal(stack, 4)
    for member in range(2):
        one = stack[member : member + 1]
        at = one.parameters.requires_grad_()

        def gradient(weights, one=one, at=at):
            f = one.with_parameters(at)(x)[0]
            return torch.autograd.grad((weights * f).mean(), at)[0]

        ones = torch.ones(16, dtype=torch.float64)
        total = sum(gradient(16 * row).square().sum() for row in torch.eye(16, dtype=torch.float64)) / 16
        for k in range(5):
            sets = list(itertools.combinations(range(4), k))
            each = [gradient(parity(x, s) if s else ones).square().sum() for s in sets]
            assert float(sum(each) / len(sets) / total) == pytest.approx(float(found[member, k]), rel=1e-9)


def test_the_signals_share_out_the_whole_gradient():
    found = parity_signal(nets(), 6)
    sets = torch.tensor([math.comb(6, k) for k in range(7)], dtype=torch.float64)
    assert torch.allclose((found * sets).sum(1), torch.ones(3, dtype=torch.float64), rtol=0, atol=1e-12)
    assert bool((found <= 1 / sets + 1e-12).all())


def test_a_members_signal_does_not_depend_on_its_company():
    assert torch.equal(parity_signal(nets(), 6)[1:2], parity_signal(nets()[1:2], 6))


def test_what_is_refused():
    g = generator("refused")
    with pytest.raises(ValueError, match="at least 1"):
        parity_bits(0, 3, generator=g)
    with pytest.raises(ValueError, match="at least one bit"):
        parity(torch.ones(2, 3), [])
    with pytest.raises(ValueError, match="different bits"):
        parity_network(3, [1, 1])
    with pytest.raises(ValueError, match="6 inputs"):
        parity_signal(nets(5), 6)
    with pytest.raises(ValueError, match="at most 16"):
        parity_signal(nets(17), 17)
