"""Distances to the boundary: exact for linear networks, found by attack, and witnessed by a point."""

import math

import pytest
import torch

from hdintuition.networks.ensemble import mlp
from hdintuition.networks.flip_distance import flip_distance, linear_flip_distance

NORMS = [2, math.inf]


def stack(sizes, generator, members=3):
    return mlp(sizes, members=members, generator=generator, dtype=torch.float64)


@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("outputs", [1, 2])
def test_the_attack_finds_the_closed_form_of_linear_classifiers(outputs, norm, generator):
    nets = stack([20, outputs], generator)
    x = torch.randn(30, 20, generator=generator, dtype=torch.float64)
    f = nets(x)
    y = f.sign() if outputs == 1 else f.argmax(1)
    exact = linear_flip_distance(nets, x, norm=norm)
    found = flip_distance(nets, x, y, largest=20.0, norm=norm, halvings=25, steps=2)
    # Bisection leaves 20 / 2²⁵ of what it was told to search.
    torch.testing.assert_close(found.distance, exact, rtol=0, atol=1.2e-6)
    assert (found.distance >= exact * (1 - 1e-10)).all()


@pytest.mark.parametrize("norm", NORMS)
def test_a_little_less_never_flips_and_a_little_more_does(norm, generator):
    nets = stack([20, 1], generator)
    x = torch.randn(30, 20, generator=generator, dtype=torch.float64)
    w, f = nets.weights[0][:, 0], nets(x)
    for factor, flips in ((1 - 1e-9, False), (1 + 1e-9, True)):
        step = factor * linear_flip_distance(nets, x, norm=norm)
        unit = w.sign() if norm == math.inf else w / w.norm(dim=-1, keepdim=True)
        moved = x - (f.sign() * step)[..., None] * unit[:, None]
        assert ((nets(moved) * f < 0) == flips).all()


def test_several_classes_flip_at_the_nearest_boundary(generator):
    nets = stack([8, 5], generator)
    x = torch.randn(40, 8, generator=generator, dtype=torch.float64)
    found = flip_distance(nets, x, nets(x).argmax(1), largest=20.0, norm=2, halvings=25)
    exact = linear_flip_distance(nets, x, norm=2)
    assert (found.distance >= exact * (1 - 1e-9)).all()
    # An attack heads for the class that is second, which need not be the nearest.
    assert (found.distance < exact * 1.001).double().mean() > 0.75


@pytest.mark.parametrize("norm", NORMS)
def test_every_distance_is_that_of_a_point_that_fools(norm, generator):
    nets = stack([6, 12, 4], generator)
    x = torch.rand(25, 6, generator=generator, dtype=torch.float64)
    y = torch.randint(4, (25,), generator=generator)
    found = flip_distance(nets, x, y, largest=0.3, norm=norm, box=(0, 1), halvings=6)
    hit, wrong = found.distance.isfinite(), nets(x).argmax(1) != y
    assert 0 < wrong.sum() < hit.sum() < hit.numel()
    assert torch.equal(found.distance == 0, wrong)
    assert (nets(found.x).argmax(1) != y)[hit].all()
    length = torch.linalg.vector_norm(found.x - x, ord=norm, dim=-1)
    torch.testing.assert_close(length[hit], found.distance[hit], rtol=1e-12, atol=0)
    assert (found.x == x)[~hit].all()


def test_a_network_that_is_sure_of_itself_is_no_farther_from_its_boundary(generator):
    nets = mlp([20, 1], members=2, generator=generator)
    sure = nets.with_tensors([1e4 * t for t in nets.tensors])
    x = torch.randn(30, 20, generator=generator)
    one, other = (flip_distance(n, x, nets(x).sign(), largest=20.0, norm=2) for n in (nets, sure))
    torch.testing.assert_close(one.distance, other.distance, rtol=1e-3, atol=1e-4)


def test_what_makes_no_sense_is_refused(generator):
    nets, x = stack([6, 12, 4], generator), torch.zeros(3, 6, dtype=torch.float64)
    with pytest.raises(ValueError, match=r"only networks of one layer are linear, got sizes \(6, 12, 4\)"):
        linear_flip_distance(nets, x)
    for change in ({"largest": 0.0}, {"largest": 1.0, "halvings": 0}):
        with pytest.raises(ValueError, match="largest must be > 0 and halvings >= 1"):
            flip_distance(nets, x, torch.zeros(3, dtype=torch.int64), **change)
