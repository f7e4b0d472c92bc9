"""Three ways to let width enter: the same function where they should be, torch's own loop, and what a step changes."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from torch.nn.functional import cross_entropy

from hdintuition.networks.ensemble import concat, mlp
from hdintuition.networks.optimisers import adam, sgd
from hdintuition.networks.parametrisation import Scales, scales
from hdintuition.networks.training import train

SIZES = [20, 96, 48, 10]


def examples(count=64):
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(count, 20, generator=generator)
    teacher = mlp([20, 30, 10], members=1, generator=generator)
    return x, teacher(x)[0].argmax(0)


def stack(sizes, parametrisation, *, members=2, dtype=torch.float64, **settings):
    generator = torch.Generator().manual_seed(5)
    return mlp(
        sizes, members=members, parametrisation=parametrisation, generator=generator, dtype=dtype, **settings
    )


# ---------------------------------------------------------------------------------- where they agree


@pytest.mark.parametrize("activation", ["relu", "tanh", "linear"])
def test_standard_and_ntk_are_the_same_function_of_the_same_draw(activation):
    x = examples()[0].double()
    standard, ntk = (stack(SIZES, p, activation=activation, gain=1.7) for p in ("standard", "ntk"))
    torch.testing.assert_close(ntk(x), standard(x), rtol=1e-12, atol=1e-12)
    assert all(abs(w.std().item() - 1.7) < 0.1 for w in ntk.weights)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_ntk_by_sgd_is_standard_with_its_rates_times_the_squared_multipliers(momentum):
    x, y = examples()
    x = x.double()
    standard, ntk = (stack(SIZES, p) for p in ("standard", "ntk"))
    spread = [(2 / fan_in) ** 0.5 for fan_in in SIZES[:-1]]
    slower = replace(standard, scales=tuple((Scales(m, sgd=m**2), Scales(m, sgd=m**2)) for m in spread))
    ends = [train(n, x, y, steps=30, optimiser=sgd(0.5, momentum=momentum)) for n in (slower, ntk)]
    for m, here, there in zip(spread, ends[0].networks.weights, ends[1].networks.weights, strict=True):
        torch.testing.assert_close(m * there, here, rtol=1e-10, atol=1e-10)
    for m, here, there in zip(spread, ends[0].networks.biases, ends[1].networks.biases, strict=True):
        torch.testing.assert_close(m * there, here, rtol=1e-10, atol=1e-10)
    assert (ends[0](x) - standard(x)).abs().max() > 0.1


@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("optimiser", [sgd(0.1, momentum=0.9), adam(1e-2)])
def test_at_its_base_width_mu_is_standard_in_every_bit(optimiser, activation):
    x, y = examples()
    ends = [
        train(
            stack([20, 32, 32, 10], p, base=32, dtype=torch.float32, activation=activation),
            x,
            y,
            steps=20,
            optimiser=optimiser,
        )
        for p in ("standard", "mu")
    ]
    for here, there in zip(ends[0].networks.tensors, ends[1].networks.tensors, strict=True):
        assert torch.equal(here, there)


# ------------------------------------------------------------------------------- the tables, written out


def test_the_scales_of_mu_are_those_of_the_table():
    # Tensor Programs V, Table 8, with every width in units of the base: 256 / 64 = 4.
    (w1, b1), (w2, b2), (w3, b3) = scales([20, 256, 256, 10], parametrisation="mu", base=64)
    assert w1 == Scales((2 / 20) ** 0.5, 1.0, sgd=4.0, adam=1.0)
    assert w2 == Scales((2 / 256) ** 0.5, 1.0, sgd=1.0, adam=0.25)
    assert w3 == Scales((2 / 64) ** 0.5, 0.25, sgd=4.0, adam=1.0)
    assert b1 == replace(w1, start=b1.start)
    assert b2 == Scales((2 / 64) ** 0.5, 1.0, sgd=4.0, adam=1.0)
    assert b3 == Scales((2 / 64) ** 0.5, 1.0, sgd=1.0, adam=1.0)


def test_without_hidden_layers_mu_is_standard():
    for activation in ("relu", "tanh"):
        assert scales([20, 10], parametrisation="mu", activation=activation) == scales(
            [20, 10], activation=activation
        )


@pytest.mark.parametrize("adaptive", [False, True])
def test_mu_trains_as_torch_with_one_rate_for_each_tensor(adaptive):
    x, y = examples()
    x = x.double()
    sizes, base, rate = [20, 128, 128, 10], 64, 0.01 if adaptive else 0.2
    nets = stack(sizes, "mu", base=base, members=1)
    got = train(nets, x, y, steps=20, optimiser=adam(rate) if adaptive else sgd(rate)).networks
    wide = 128 / base
    # (weights, biases) of input, hidden and output layer.
    share = [(1, 1), (1 / wide, 1), (1, 1)] if adaptive else [(wide, wide), (1, wide), (wide, 1)]
    tensors = [t[0].clone().requires_grad_() for t in nets.tensors]
    rates = [rate * s for layer in share for s in layer]
    groups = [{"params": [t], "lr": r} for t, r in zip(tensors, rates, strict=True)]
    rule = torch.optim.Adam(groups) if adaptive else torch.optim.SGD(groups)
    for _ in range(20):
        h = (x @ tensors[0].T + tensors[1]).relu()
        h = (h @ tensors[2].T + tensors[3]).relu()
        rule.zero_grad()
        cross_entropy(h @ tensors[4].T / wide + tensors[5], y).backward()
        rule.step()
    for mine, theirs in zip(got.tensors, tensors, strict=True):
        torch.testing.assert_close(mine[0], theirs.detach(), rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize(("activation", "c"), [("relu", 2), ("tanh", 1), ("linear", 1)])
def test_standard_and_ntk_spread_as_he_and_jacot_say(activation, c):
    for (w, b), fan_in in zip(scales(SIZES, activation=activation), SIZES[:-1], strict=True):
        assert w == b == Scales((c / fan_in) ** 0.5)
    ntk = scales(SIZES, activation=activation, parametrisation="ntk")
    for (w, b), fan_in in zip(ntk, SIZES[:-1], strict=True):
        assert w == b == Scales(1.0, (c / fan_in) ** 0.5)


# ------------------------------------------------------------------------------- what a step changes

NARROW, WIDE = 64, 1024


def changes(width, parametrisation, optimiser, *, second=None):
    """How far ten steps move each layer's numbers, as a root mean square over units, points and members."""
    x, y = examples()
    nets = stack([20, width, second or width, 10], parametrisation, members=4, dtype=torch.float32)
    moved = train(nets, x, y, steps=10, optimiser=optimiser).networks
    pairs = zip(nets.layers(x), moved.layers(x), strict=True)
    return torch.tensor([(after - before).square().mean().sqrt() for before, after in pairs])


@pytest.mark.parametrize(
    "optimiser", [sgd(0.1), sgd(0.03, momentum=0.9), adam(1e-3)], ids=["sgd", "momentum", "adam"]
)
def test_with_mu_a_step_moves_every_layer_as_far_at_every_width(optimiser):
    narrow, wide = (changes(width, "mu", optimiser) for width in (NARROW, WIDE))
    assert ((wide / narrow > 0.5) & (wide / narrow < 2)).all()
    # What holds for one shape of network holds for another, as long as all its widths grow alike.
    narrow, wide = (changes(width // 4, "mu", optimiser, second=width) for width in (NARROW, WIDE))
    assert ((wide / narrow > 0.5) & (wide / narrow < 2)).all()


@pytest.mark.parametrize("optimiser", [sgd(0.1), adam(1e-3)], ids=["sgd", "adam"])
def test_without_mu_it_does_not(optimiser):
    narrow, wide = (changes(width, "standard", optimiser) for width in (NARROW, WIDE))
    ratio = wide / narrow
    assert (ratio[0] < 0.7 and ratio[2] > 2) if optimiser.adaptive else ratio[0] < 0.25


def test_under_ntk_wider_networks_move_less_inside_and_as_much_outside():
    narrow, wide = (changes(width, "ntk", sgd(1.0)) for width in (NARROW, WIDE))
    ratio = wide / narrow
    root = (NARROW / WIDE) ** 0.5
    assert ((ratio[:2] > root / 1.5) & (ratio[:2] < root * 1.5)).all()
    assert 0.5 < ratio[2] < 2


def best_rate(width, parametrisation, rates, seeds=4):
    """The index of the rate with the least loss after 20 steps of Adam."""
    x, y = examples(128)
    draws = [torch.Generator().manual_seed(seed) for seed in range(seeds) for _ in rates]
    nets = mlp([20, width, width, 10], parametrisation=parametrisation, generator=draws)
    rule = adam(torch.tensor(rates).repeat(seeds))
    trace = train(nets, x, y, steps=20, optimiser=rule, diverged="keep", trace=[20]).trace
    return int(trace.loss[0].view(seeds, -1).nan_to_num(nan=torch.inf).mean(0).argmin())


def test_with_mu_the_best_rate_stays_and_without_it_falls():
    rates = [2.0**k for k in range(-12, -3)]
    best = {p: [best_rate(width, p, rates) for width in (64, 256)] for p in ("standard", "mu")}
    assert best["mu"][0] == best["standard"][0]
    assert abs(best["mu"][1] - best["mu"][0]) <= 1
    assert best["standard"][1] <= best["standard"][0] - 2  # by a factor of four, as the width has grown


# ------------------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"parametrisation": "mup"}, "parametrisation must be one of standard, ntk, mu, got 'mup'"),
        ({"activation": "gelu"}, "activation must be one of relu, tanh, linear, got 'gelu'"),
        (
            {"parametrisation": "mu", "base": 0},
            "base, the width at which mu is standard, must be >= 1, got 0",
        ),
    ],
)
def test_unknown_names_are_refused(settings, message):
    for call in (
        lambda: scales(SIZES, **settings),
        lambda: stack(SIZES, **{"parametrisation": "ntk", **settings}),
    ):
        with pytest.raises(ValueError, match=message):
            call()


def test_stacks_of_two_parametrisations_are_not_put_together():
    stacks = [stack(SIZES, p) for p in ("standard", "ntk")]
    with pytest.raises(ValueError, match="one parametrisation"):
        concat(stacks)
    assert all(len(concat([s, s])) == 4 for s in stacks)


def test_every_layer_has_scales_for_weights_and_biases():
    for parametrisation in ("standard", "ntk", "mu"):
        assert len(scales(SIZES, parametrisation=parametrisation)) == len(list(pairwise(SIZES)))
        nets = stack(SIZES, parametrisation)
        assert len(nets.tensor_scales) == len(nets.tensors)
        assert len(nets.multipliers) == len(nets.weights)
