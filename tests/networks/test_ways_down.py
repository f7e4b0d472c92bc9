"""Directions of downhill curvature: against analytic Hessians, and by what must hold along them."""

import pytest
import torch

import hdintuition as hdi

SIZES = [3, 4, 1]


@pytest.fixture(params=["tanh", "relu"])
def setting(request):
    g = torch.Generator().manual_seed(4)
    nets = hdi.mlp(SIZES, members=5, activation=request.param, generator=g, dtype=torch.float64)
    x = torch.randn(5, 20, 3, generator=g, dtype=torch.float64)
    return nets, x, torch.randn(5, 20, generator=g, dtype=torch.float64).sign()


@pytest.mark.parametrize("loss", ["logistic", "squared"])
def test_the_deepest_direction_has_the_lowest_curvature_and_all_three_lead_down(setting, loss):
    nets, x, y = setting
    ways = hdi.ways_down(nets, x, y, loss=loss)
    step = 1e-4
    for direction in (ways.deepest, ways.bending, ways.gradient):
        assert torch.allclose(direction.norm(dim=1), torch.ones(5, dtype=torch.float64))
        behind, here, ahead = hdi.line_losses(
            nets, direction, torch.tensor([-step, 0.0, step]).double(), x, y, loss=loss
        ).unbind(1)
        assert torch.allclose(here, ways.losses, rtol=1e-12)
        assert bool((ahead <= here).all())
        bends = (ahead + behind - 2 * here) / step**2
        assert bool((bends >= ways.curvatures[:, 0] - 1e-5).all())
        if direction is ways.deepest:
            assert torch.allclose(bends, ways.curvatures[:, 0], atol=1e-5)
        if direction is ways.bending:
            assert bool((bends <= 1e-5).all())


def test_the_bending_direction_is_the_gradient_within_the_downhill_eigenspace(setting):
    nets, x, y = setting
    ways = hdi.ways_down(nets, x, y)
    values, vectors = torch.linalg.eigh(hdi.dense(hdi.curvature(nets, x, y)))
    for member in range(5):
        down = vectors[member][:, values[member] < 0]
        part = down @ (down.mT @ ways.gradient[member])
        assert torch.allclose(part / part.norm(), ways.bending[member], atol=1e-10)


def test_a_bowl_offers_no_bending_direction_and_its_bottom_no_gradient():
    nets = hdi.mlp([2, 1], members=1, gain=0, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    x = torch.tensor([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0], [0.0, -1.0]], dtype=torch.float64)
    ways = hdi.ways_down(nets, x, torch.zeros(4, dtype=torch.float64), loss="squared")
    # Inputs of mean square 1/2, and the bias: the Hessian is diagonal.
    assert torch.allclose(ways.curvatures, torch.tensor([[0.5, 0.5, 1.0]], dtype=torch.float64))
    assert bool((ways.bending == 0).all())
    assert bool((ways.gradient == 0).all())


def test_a_member_does_not_depend_on_its_company(setting):
    nets, x, y = setting
    together, alone = hdi.ways_down(nets, x, y), hdi.ways_down(nets[2:4], x[2:4], y[2:4])
    assert torch.allclose(together.curvatures[2:4], alone.curvatures, atol=1e-12)
    assert torch.allclose(together.bending[2:4], alone.bending, atol=1e-8)
