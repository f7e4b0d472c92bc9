"""Hidden units shuffled, and found again."""

from itertools import permutations

import pytest
import torch
from scipy.optimize import linear_sum_assignment

from hdintuition.networks.ensemble import mlp
from hdintuition.networks.paths import linear_path, loss_along
from hdintuition.networks.weight_matching import match_weights, permute_units

SIZES = [[6, 20, 3], [6, 24, 16, 1], [6, 20, 20, 20, 20, 2]]


def shuffles(nets, generator):
    return [
        torch.stack([torch.randperm(width, generator=generator) for _ in range(len(nets))])
        for width in nets.sizes[1:-1]
    ]


def inverses(permutations):
    return [p.argsort(dim=1) for p in permutations]


def noisy(nets, scale, generator):
    flat = nets.parameters
    return nets.with_parameters(flat + scale * torch.randn(flat.shape, generator=generator, dtype=flat.dtype))


@pytest.mark.parametrize("sizes", SIZES)
def test_permuted_units_compute_exactly_the_same_function(sizes, generator):
    nets = mlp(sizes, members=3, generator=generator, dtype=torch.float64)
    # Whole numbers add up to the same in any order.
    whole = nets.with_parameters((4 * nets.parameters).round())
    x = torch.randint(-3, 4, (11, 6), generator=generator).double()
    orders = shuffles(nets, generator)
    assert torch.equal(permute_units(whole, orders)(x), whole(x))
    torch.testing.assert_close(permute_units(nets, orders)(x), nets(x), rtol=1e-12, atol=1e-12)
    hidden = permute_units(whole, orders).layers(x)[0]
    assert torch.equal(hidden, whole.layers(x)[0].take_along_dim(orders[0][:, :, None], 1))
    assert torch.equal(
        permute_units(permute_units(nets, orders), inverses(orders)).parameters, nets.parameters
    )


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize("parametrisation", ["standard", "ntk", "mu"])
def test_a_planted_permutation_is_found_and_leaves_no_barrier(sizes, activation, parametrisation, generator):
    a = mlp(
        sizes,
        members=4,
        activation=activation,
        parametrisation=parametrisation,
        generator=generator,
        dtype=torch.float64,
    )
    planted = shuffles(a, generator)
    b = permute_units(a, planted)
    found = match_weights(a, b)
    for order, wanted in zip(found.permutations, inverses(planted), strict=True):
        assert torch.equal(order, wanted)
    assert torch.equal(found.networks.parameters, a.parameters)
    assert (found.distance == 0).all()
    assert found.rounds <= 3
    x = torch.randn(50, 6, generator=generator, dtype=torch.float64)
    y = a(x).mT.contiguous() if sizes[-1] > 1 else a(x)
    before = loss_along(linear_path(a, b), x, y, loss="squared").barrier
    after = loss_along(linear_path(a, found.networks), x, y, loss="squared").barrier
    assert (before > 1e-3).all()
    assert (after < 1e-20).all()


@pytest.mark.parametrize("sizes", SIZES)
def test_a_planted_permutation_is_found_under_noise(sizes, generator):
    a = mlp(sizes, members=4, generator=generator, dtype=torch.float64)
    planted = shuffles(a, generator)
    b = noisy(permute_units(a, planted), 0.02, generator)
    found = match_weights(a, b)
    for order, wanted in zip(found.permutations, inverses(planted), strict=True):
        assert torch.equal(order, wanted)
    x = torch.randn(50, 6, generator=generator, dtype=torch.float64)
    y = a(x).mT.contiguous() if sizes[-1] > 1 else a(x)
    before = loss_along(linear_path(a, b), x, y, loss="squared").barrier
    after = loss_along(linear_path(a, found.networks), x, y, loss="squared").barrier
    assert (after < 0.02 * before).all()


def test_each_member_is_matched_as_it_would_be_alone(generator):
    a, b = (mlp([6, 12, 12, 2], members=4, generator=generator, dtype=torch.float64) for _ in range(2))
    together = match_weights(a, b)
    for member in range(4):
        alone = match_weights(a[[member]], b[[member]])
        for order, wanted in zip(together.permutations, alone.permutations, strict=True):
            assert torch.equal(order[[member]], wanted)


def test_strangers_come_nearer_and_the_result_is_what_it_says(generator):
    a, b = (mlp([6, 12, 12, 2], members=4, generator=generator, dtype=torch.float64) for _ in range(2))
    found = match_weights(a, b)
    assert torch.equal(permute_units(b, found.permutations).parameters, found.networks.parameters)
    torch.testing.assert_close(found.distance, (a.parameters - found.networks.parameters).norm(dim=1))
    assert (found.distance < (a.parameters - b.parameters).norm(dim=1)).all()
    again = match_weights(a, found.networks)
    assert (again.distance <= found.distance + 1e-12).all()


def test_with_one_hidden_layer_the_match_is_the_best_there_is(generator):
    """Five units have 120 orders: all of them are tried."""
    a, b = (mlp([3, 5, 2], members=2, generator=generator, dtype=torch.float64) for _ in range(2))
    orders = torch.tensor(list(permutations(range(5))))
    distances = torch.stack([(a.parameters - permute_units(b, [o]).parameters).norm(dim=1) for o in orders])
    torch.testing.assert_close(match_weights(a, b).distance, distances.amin(0), rtol=1e-12, atol=0)


def plain_descent(a, b, generator):
    """The layers in random order, each with both of its neighbours as they are, until nothing changes."""
    layers, changed = len(a.sizes) - 2, True
    while changed:
        changed = False
        for layer in torch.randperm(layers, generator=generator).tolist():
            profit = a.weights[layer][0] @ b.weights[layer][0].T
            profit += a.biases[layer][0][:, None] * b.biases[layer][0]
            profit += a.weights[layer + 1][0].T @ b.weights[layer + 1][0]
            order = torch.from_numpy(linear_sum_assignment(profit.numpy(), maximize=True)[1])
            changed |= not torch.equal(order, torch.arange(len(order)))
            same = [torch.arange(width) for width in a.sizes[1:-1]]
            b = permute_units(b, [*same[:layer], order, *same[layer + 1 :]])
    return (a.parameters - b.parameters).norm()


def test_going_upwards_first_ends_nearer_than_random_order(generator):
    a, b = (mlp([20, 30, 30, 5], members=8, generator=generator, dtype=torch.float64) for _ in range(2))
    plain = torch.stack([plain_descent(a[[i]], b[[i]], generator) for i in range(8)])
    assert match_weights(a, b).distance.mean() < plain.mean()


def test_dead_units_that_are_all_alike_do_not_keep_it_going(generator):
    a = mlp([6, 20, 20, 2], members=2, gain=0.0, generator=generator)
    assert match_weights(a, a).rounds <= 2


def test_what_is_no_permutation_is_refused(generator):
    a = mlp([6, 4, 2], members=2, generator=generator)
    with pytest.raises(ValueError, match=r"must hold 0 to 3 once each"):
        permute_units(a, [torch.tensor([0, 1, 1, 2])])
    with pytest.raises(ValueError, match="one permutation a hidden layer"):
        permute_units(a, [])
    with pytest.raises(ValueError, match=r"got 2 of \(6, 4, 2\) and 2 of \(6, 5, 2\)"):
        match_weights(a, mlp([6, 5, 2], members=2, generator=generator))


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_finds_the_same_permutations(generator):
    a = mlp([6, 20, 20, 2], members=3, generator=generator, dtype=torch.float64)
    b = permute_units(a, shuffles(a, generator))
    far = [nets.with_tensors([t.cuda() for t in nets.tensors]) for nets in (a, b)]
    here, there = match_weights(a, b), match_weights(*far)
    for order, wanted in zip(there.permutations, here.permutations, strict=True):
        assert order.is_cuda
        assert torch.equal(order.cpu(), wanted)
