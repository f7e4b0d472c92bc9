"""Walks that never leave zero loss."""

import pytest
import torch

from hdintuition.networks.ensemble import mlp
from hdintuition.networks.output_jacobian import output_jacobian
from hdintuition.networks.zero_loss_set import residual_loss, to_zero_loss
from hdintuition.networks.zero_loss_walk import zero_loss_walk


@pytest.fixture(scope="module", params=["tanh", "relu"])
def fitted(request):
    """Networks at zero loss, their training set and points to probe."""
    generator = torch.Generator().manual_seed(7)
    nets = mlp([12, 16, 1], members=4, activation=request.param, generator=generator, dtype=torch.float64)
    x, probe = (torch.randn(10, 12, generator=generator, dtype=torch.float64) for _ in range(2))
    y = torch.randn(10, generator=generator, dtype=torch.float64)
    return to_zero_loss(nets, x, y), x, y, probe


def test_the_loss_stays_zero_over_a_way_as_long_as_the_parameters(fitted, generator):
    nets, x, y, probe = fitted
    norm = nets.parameters.norm(dim=1)
    walk = zero_loss_walk(
        nets, x, y, steps=150, length=norm / 100, generator=generator, looks=31, probe=probe
    )
    assert walk.steps.tolist() == list(range(0, 151, 5))
    assert (walk.loss <= 1e-20).all()
    assert (residual_loss(walk.networks, x, y) <= 1e-20).all()
    assert (walk.distance[-1] >= norm).all()
    assert (walk.refused <= 15).all()
    # What the recorded quantities say of each other.
    assert (walk.distance.diff(dim=0) >= (walk.trail.diff(dim=0).norm(dim=2) - 1e-12)).all()
    assert (walk.displacement <= walk.distance + 1e-12).all()
    torch.testing.assert_close(walk.trail[-1], walk.networks.parameters, rtol=0, atol=0)
    torch.testing.assert_close(walk.norm[0], norm)
    change = (walk.networks(probe) - nets(probe)).square().mean(1).sqrt()
    torch.testing.assert_close(walk.change[-1], change)
    assert (change > 1e-3).all()  # elsewhere the function does change


def test_a_step_is_orthogonal_to_the_row_space(fitted, generator):
    nets, x, y, _ = fitted
    tiny = 1e-6
    walk = zero_loss_walk(nets, x, y, steps=1, length=tiny, generator=generator, looks=2)
    moved = (walk.trail[1] - walk.trail[0]) / tiny
    rows = torch.linalg.svd(output_jacobian(nets, x).dense(), full_matrices=False)[2]
    # Up to the bend of the surface, which a step of ε leaves by ε², and the rounding of a difference.
    assert ((rows @ moved[..., None]).norm(dim=(1, 2)) < 1e-3).all()
    torch.testing.assert_close(moved.norm(dim=1), torch.ones(4, dtype=torch.float64), rtol=1e-4, atol=0)


def test_a_linear_model_walks_in_its_exact_null_space(generator):
    nets = mlp([9, 1], members=3, generator=generator, dtype=torch.float64)
    x, y = (torch.randn(5, k, generator=generator, dtype=torch.float64) for k in (9, 1))
    start = to_zero_loss(nets, x, y)
    walk = zero_loss_walk(start, x, y, steps=200, length=0.1, generator=generator, looks=[100, 200])
    X = torch.cat([x, torch.ones(5, 1, dtype=x.dtype)], dim=1)
    moved = walk.trail - walk.trail[0]
    assert (moved @ X.T).abs().max() < 1e-10
    torch.testing.assert_close(walk.distance[-1], torch.full((3,), 20.0, dtype=torch.float64))
    # The part outside the null space of the data is the shortest solution, wherever one walks.
    shortest = (torch.linalg.pinv(X) @ y)[:, 0]
    row_part = walk.networks.parameters @ torch.linalg.pinv(X) @ X
    torch.testing.assert_close(row_part, shortest.expand(3, -1), rtol=1e-10, atol=1e-10)


def test_persistence_goes_further_than_a_random_walk(fitted, generator):
    nets, x, y, _ = fitted
    length = nets.parameters.norm(dim=1) / 200
    straight, random = (
        zero_loss_walk(nets, x, y, steps=40, length=length, generator=generator, persistence=p)
        for p in (1, 0)
    )
    assert (straight.displacement[-1] > 0.8 * straight.distance[-1]).all()
    assert (random.displacement[-1] < 0.5 * random.distance[-1]).all()


def test_walkers_that_share_their_noise_and_their_start_stay_together(fitted, generator):
    nets, x, y, _ = fitted
    same = nets[[0, 0]]
    together = zero_loss_walk(same, x, y, steps=5, length=0.01, generator=generator, shared=True)
    apart = zero_loss_walk(same, x, y, steps=5, length=0.01, generator=generator)
    assert torch.equal(together.trail[:, 0], together.trail[:, 1])
    assert (apart.trail[-1, 0] - apart.trail[-1, 1]).norm() > 0.01


def test_steps_too_long_are_refused_and_shortened_and_the_loss_stays_zero(fitted, generator):
    nets, x, y, _ = fitted
    lengths = torch.tensor([1e3, 1e-3, 1e-3, 1e-3], dtype=torch.float64)
    walk = zero_loss_walk(nets, x, y, steps=30, length=lengths, generator=generator)
    assert walk.refused[0] > 0
    assert walk.refused[1:].sum() == 0
    assert (walk.loss <= 1e-20).all()
    assert walk.distance[-1, 0] > 0


def test_bad_settings_are_refused(fitted, generator):
    nets, x, y, _ = fitted
    settings = {"steps": 1, "length": 0.1, "generator": generator}
    with pytest.raises(ValueError, match="call to_zero_loss first"):
        zero_loss_walk(nets, x, y + 1, **settings)
    for wrong in ({"length": 0.0}, {"persistence": 1.5}, {"steps": -1}):
        with pytest.raises(ValueError, match=r"length > 0 and persistence in \[0, 1\]"):
            zero_loss_walk(nets, x, y, **(settings | wrong))
    with pytest.raises(ValueError, match="pass probe=points"):
        _ = zero_loss_walk(nets, x, y, **settings).change


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_walks_on_the_same_set(fitted):
    nets, x, y, _ = fitted
    moved = nets.with_tensors([t.cuda() for t in nets.tensors])
    generator = torch.Generator("cuda").manual_seed(0)
    walk = zero_loss_walk(moved, x.cuda(), y.cuda(), steps=20, length=0.02, generator=generator)
    assert (walk.loss <= 1e-20).all()
    back = walk.networks.with_tensors([t.cpu() for t in walk.networks.tensors])
    assert (residual_loss(back, x, y) <= 1e-20).all()
    assert (walk.distance[-1] > 0.2).all()
