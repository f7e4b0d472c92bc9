"""Coming to rest: on a bowl in one stroke, beside a saddle, and under weight decay to slope zero."""

import pytest
import torch

import hdintuition as hdi


def test_linear_squared_loss_with_decay_rests_at_the_ridge_solution():
    g = torch.Generator().manual_seed(0)
    x = torch.randn(12, 3, generator=g, dtype=torch.float64)
    y = torch.randn(12, generator=g, dtype=torch.float64)
    nets = hdi.mlp([3, 1], members=2, generator=g, dtype=torch.float64)
    rest = hdi.to_rest(nets, x, y, loss="squared", weight_decay=0.1)
    features = torch.cat([x, torch.ones(12, 1, dtype=torch.float64)], 1)
    h = features.T @ features / 12 + 0.1 * torch.eye(4, dtype=torch.float64)
    expected = torch.linalg.solve(h, features.T @ y / 12)
    assert torch.allclose(rest.networks.parameters, expected.expand(2, -1), atol=1e-12)
    assert torch.allclose(rest.curvatures, torch.linalg.eigvalsh(h).expand(2, -1), atol=1e-12)
    assert bool((rest.slopes < 1e-12).all())
    misfit = (features @ expected - y).square().mean() / 2
    assert torch.allclose(rest.losses, misfit.expand(2), atol=1e-12)


def test_a_saddle_does_not_hold_it():
    # f = v w for one example (1, 1): a saddle at v = w = 0, zero loss where v w = 1.
    nets = hdi.mlp([1, 1, 1], members=1, activation="linear", bias=0, dtype=torch.float64,
                   generator=torch.Generator().manual_seed(0))  # fmt: skip
    close = nets.with_parameters(torch.tensor([[1e-3, 0.0, 2e-3, 0.0]], dtype=torch.float64))
    one = torch.ones(1, 1, dtype=torch.float64)
    rest = hdi.to_rest(close, one, one[0], loss="squared")
    assert rest.losses[0] < 1e-20
    assert rest.curvatures[0, 0] > -1e-10


@pytest.mark.parametrize("loss", ["logistic", "squared"])
def test_with_decay_the_slope_vanishes_and_the_loss_never_rises(loss):
    g = torch.Generator().manual_seed(1)
    x = torch.randn(3, 10, 4, generator=g, dtype=torch.float64)
    y = torch.randn(3, 10, generator=g, dtype=torch.float64).sign()
    nets = hdi.mlp([4, 3, 1], members=3, activation="tanh", generator=g, dtype=torch.float64)

    def height(steps):
        r = hdi.to_rest(nets, x, y, loss=loss, weight_decay=0.05, steps=steps)
        return r, r.losses + 0.025 * r.networks.parameters.square().sum(1)

    (_, start), (_, early), (rest, end) = height(0), height(3), height(60)
    assert bool((early <= start).all())
    assert bool((end <= early * (1 + 1e-12)).all())
    assert bool((rest.slopes < 1e-12).all())
    assert bool((rest.curvatures[:, 0] > 0).all())
    again = hdi.curvature(rest.networks, x, y, loss=loss)
    assert torch.allclose(torch.linalg.eigvalsh(hdi.dense(again)) + 0.05, rest.curvatures, atol=1e-10)


def test_settings_out_of_range_are_refused():
    nets = hdi.mlp([2, 1], members=1, generator=torch.Generator().manual_seed(0))
    with pytest.raises(ValueError, match="weight_decay and steps"):
        hdi.to_rest(nets, torch.ones(2, 2), torch.ones(2), weight_decay=-1.0)
