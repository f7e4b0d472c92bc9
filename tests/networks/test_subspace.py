"""Training in a random slice: the whole space is ordinary training, and the way gone is the length of z."""

import pytest
import torch

from hdintuition.networks.ensemble import mlp
from hdintuition.networks.losses import cross_entropy
from hdintuition.networks.optimisers import adam
from hdintuition.networks.subspace import random_slices
from hdintuition.networks.training import train

G = torch.Generator
X = torch.randn(12, 5, generator=G().manual_seed(1), dtype=torch.float64)
Y = torch.arange(12) % 3


def nets(members=3, **how):
    return mlp([5, 4, 3], members=members, dtype=torch.float64, generator=G().manual_seed(0), **how)


def slices(dimensions, **how):
    return random_slices(nets(**how), dimensions, generator=G().manual_seed(2))


def test_columns_are_orthonormal_and_members_have_their_own():
    found = slices(7)
    eye = torch.eye(7, dtype=torch.float64).expand(3, 7, 7)
    torch.testing.assert_close(found.basis.mT @ found.basis, eye, atol=1e-12, rtol=0)
    assert not torch.allclose(found.basis[0], found.basis[1])


def test_directions_are_uniform():
    # Every number of a uniformly random unit vector in p dimensions has mean square 1/p, whatever the column.
    found = random_slices(nets(members=400), 5, generator=G().manual_seed(3))
    share = found.basis.square().mean((0, 2)) * found.basis.shape[1]
    assert (share - 1).abs().max() < 0.25


def test_slices_begin_at_their_networks():
    found = slices(7)
    assert torch.equal(found(X), nets()(X))
    assert torch.equal(found.networks.parameters, nets().parameters)


@pytest.mark.parametrize("parametrisation", ["standard", "mu"])
def test_gradient_by_z_is_autograds(parametrisation):
    found = slices(7, parametrisation=parametrisation)
    z = torch.randn(3, 7, generator=G().manual_seed(4), dtype=torch.float64).requires_grad_()
    there = found.with_tensors([z])
    (expected,) = torch.autograd.grad(cross_entropy(there(X), Y).mean(1).sum(), z)
    into = there.with_tensors([torch.zeros_like(z)])
    with torch.no_grad():
        pull = there.with_tensors([z.detach()]).backpropagation(into)
        for rows in (slice(0, 5), slice(5, 12)):
            pull(
                X[rows], lambda f, r=rows: cross_entropy.slopes(f, Y[r]), first=rows.start == 0, scale=1 / 12
            )
    torch.testing.assert_close(into.z, expected, atol=1e-12, rtol=1e-10)


def test_the_whole_space_is_ordinary_training():
    whole = slices(5 * 4 + 4 + 4 * 3 + 3)
    inside = train(whole, X, Y, rate=0.1, steps=30, trace=[30])
    free = train(nets(), X, Y, rate=0.1, steps=30, trace=[30])
    torch.testing.assert_close(inside.networks.networks.parameters, free.networks.parameters)
    torch.testing.assert_close(inside.trace.distance, free.trace.distance)


def test_the_way_gone_is_the_length_of_z():
    ended = train(slices(6), X, Y, optimiser=adam(0.1), steps=20, trace=[0, 20])
    way = ended.networks.networks.parameters - nets().parameters
    torch.testing.assert_close(way.norm(dim=1), ended.networks.z.norm(dim=1))
    torch.testing.assert_close(ended.trace.distance[-1], way.norm(dim=1))
    assert (ended.trace.loss[-1] < ended.trace.loss[0]).all()


def test_members_keep_their_slices_when_chosen():
    found, alone = slices(6), slices(6)[1]
    together = train(found, X, Y, rate=0.1, steps=10).networks.z[1]
    torch.testing.assert_close(train(alone, X, Y, rate=0.1, steps=10).networks.z[0], together)


@pytest.mark.parametrize("dimensions", [0, 40])
def test_impossible_dimensions_are_refused(dimensions):
    with pytest.raises(ValueError, match="dimensions must lie from 1 to 39"):
        slices(dimensions)
