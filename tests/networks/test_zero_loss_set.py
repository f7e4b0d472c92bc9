"""Zero loss: its tangent space, its dimension, and the way there."""

import pytest
import torch

from hdintuition.networks.ensemble import mlp
from hdintuition.networks.output_jacobian import output_jacobian
from hdintuition.networks.zero_loss_set import residual_loss, tangent, to_zero_loss, zero_loss_dimension


def task(sizes, points, generator, *, members=4, activation="tanh"):
    nets = mlp(sizes, members=members, activation=activation, generator=generator, dtype=torch.float64)
    x = torch.randn(points, sizes[0], generator=generator, dtype=torch.float64)
    y = torch.randn(points, sizes[-1], generator=generator, dtype=torch.float64)
    return nets, x, y


@pytest.mark.parametrize("sizes", [[12, 16, 1], [12, 10, 10, 1], [12, 16, 3]])
@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_every_member_gets_there(sizes, activation, generator):
    nets, x, y = task(sizes, 10, generator, activation=activation)
    before = nets.parameters.clone()
    there = to_zero_loss(nets, x, y)
    f = there(x)
    f = f[:, None] if f.ndim == 2 else f
    by_hand = (f - y.T).square().sum(1).mean(1) / 2
    assert (by_hand <= 1e-25).all()
    torch.testing.assert_close(residual_loss(there, x, y), by_hand, rtol=1e-12, atol=0)
    assert torch.equal(nets.parameters, before)


def test_a_member_goes_as_it_would_alone(generator):
    nets, x, y = task([8, 10, 1], 6, generator)
    for together, alone in ((to_zero_loss(nets, x, y), to_zero_loss(nets[[2]], x, y)),):
        torch.testing.assert_close(together[[2]].parameters, alone.parameters, rtol=1e-9, atol=1e-9)


def test_one_that_cannot_get_there_stays_where_it_is_best(generator):
    nets, x, y = task([4, 8, 1], 6, generator)
    x[1] = x[0]  # one point, two different targets: the best is their mean
    there = to_zero_loss(nets, x, y)
    best = (y[0] - y[1]).square().sum() / 4 / 6
    torch.testing.assert_close(residual_loss(there, x, y), best.expand(4), rtol=1e-6, atol=0)


def test_as_many_targets_as_parameters_are_refused(generator):
    nets, x, y = task([3, 1], 4, generator)
    with pytest.raises(ValueError, match="got 4 parameters and 4 targets"):
        to_zero_loss(nets, x, y)


@pytest.mark.parametrize("sizes", [[12, 16, 1], [12, 10, 10, 3]])
def test_the_tangent_space_is_the_null_space_of_the_jacobian(sizes, generator):
    nets, x, _ = task(sizes, 10, generator)
    jacobian = output_jacobian(nets, x).dense()
    v = torch.randn(4, jacobian.shape[2], generator=generator, dtype=torch.float64)
    along = tangent(nets, x, v)
    assert (jacobian @ along[..., None]).abs().max() <= 1e-12 * jacobian.abs().max() * v.norm()
    rows = torch.linalg.svd(jacobian, full_matrices=False)[2]
    exact = v - (rows.mT @ (rows @ v[..., None]))[..., 0]
    torch.testing.assert_close(along, exact, rtol=1e-10, atol=1e-10)


def test_a_linear_model_has_the_exact_null_space(generator):
    nets, x, _ = task([9, 1], 5, generator)
    X = torch.cat([x, torch.ones(5, 1, dtype=x.dtype)], dim=1)  # the bias is the weight of one more input
    v = torch.randn(4, 10, generator=generator, dtype=torch.float64)
    exact = v - v @ torch.linalg.pinv(X) @ X
    torch.testing.assert_close(tangent(nets, x, v), exact, rtol=1e-10, atol=1e-10)
    assert zero_loss_dimension(nets, x).tolist() == [5] * 4


@pytest.mark.parametrize(("sizes", "points"), [([12, 16, 1], 10), ([12, 16, 3], 10), ([12, 10, 10, 1], 25)])
def test_parameters_less_targets_is_the_dimension(sizes, points, generator):
    nets, x, y = task(sizes, points, generator)
    there = to_zero_loss(nets, x, y)
    wanted = nets.parameters.shape[1] - points * sizes[-1]
    assert zero_loss_dimension(there, x).tolist() == [wanted] * 4


def test_a_point_seen_twice_takes_away_one_dimension_only(generator):
    nets, x, _ = task([12, 16, 1], 10, generator)
    twice = torch.cat([x, x[:1]])
    assert zero_loss_dimension(nets, twice).equal(zero_loss_dimension(nets, x))
