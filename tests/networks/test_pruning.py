"""Masks: as many weights as asked for, the largest, and zero for good."""

from itertools import pairwise

import pytest
import torch

from hdintuition.networks.ensemble import mlp
from hdintuition.networks.pruning import (
    all_ones,
    iterative_pruning,
    magnitude_masks,
    mask_density,
    masked,
    random_masks,
)
from hdintuition.networks.training import train

SIZES = [6, 20, 10, 3]
WEIGHTS = 6 * 20 + 20 * 10 + 10 * 3


@pytest.fixture
def nets(generator):
    return mlp(SIZES, members=5, generator=generator, dtype=torch.float64)


def flat(tensors):
    return torch.cat([t.flatten(1) for t in tensors[::2]], dim=1)


@pytest.mark.parametrize("share", [0.0, 0.0321, 0.2, 0.5, 1.0])
def test_the_largest_weights_of_the_whole_network_stay(nets, share):
    masks = magnitude_masks(nets, share)
    count = round(share * WEIGHTS)
    kept, sizes = flat(masks), flat(nets.tensors).abs()
    assert kept.sum(1).tolist() == [count] * 5
    torch.testing.assert_close(mask_density(masks), torch.full((5,), count / WEIGHTS, dtype=torch.float64))
    if 0 < count < WEIGHTS:
        smallest_kept = torch.where(kept > 0, sizes, torch.inf).amin(1)
        largest_gone = torch.where(kept > 0, 0, sizes).amax(1)
        assert (smallest_kept > largest_gone).all()
    assert all((bias == 1).all() for bias in masks[1::2])


@pytest.mark.parametrize("share", [0.3, [0.1, 0.5, 0.9]])
def test_the_largest_weights_of_each_layer_stay(nets, share):
    masks = magnitude_masks(nets, share, scope="layer")
    shares = [share] * 3 if isinstance(share, float) else share
    for mask, w, part in zip(masks[::2], nets.weights, shares, strict=True):
        assert (mask.sum((1, 2)) == round(part * w[0].numel())).all()
        threshold = w.abs().flatten(1).sort(dim=1, descending=True).values[:, round(part * w[0].numel()) - 1]
        assert torch.equal(mask > 0, w.abs() >= threshold[:, None, None])


def test_every_member_has_the_mask_it_would_have_alone(nets):
    for scope in ("global", "layer"):
        together = magnitude_masks(nets, 0.3, scope=scope)
        alone = magnitude_masks(nets[[2]], 0.3, scope=scope)
        assert all(torch.equal(t[[2]], a) for t, a in zip(together, alone, strict=True))


def test_masked_weights_are_exactly_zero_and_the_others_untouched(nets):
    broken = nets.with_tensors([t.clone() for t in nets.tensors])
    masks = magnitude_masks(nets, 0.3)
    broken.weights[0][masks[0] == 0] = torch.nan  # whatever a pruned weight was
    for result in (masked(nets, masks), masked(broken, masks)):
        for t, m, was in zip(result.tensors, masks, nets.tensors, strict=True):
            assert (t[m == 0] == 0).all()
            assert torch.equal(t[m > 0], was[m > 0])


def test_what_is_gone_does_not_come_back_even_beside_zeros(nets):
    masks = magnitude_masks(nets, 0.3)
    zero = nets.with_tensors([0 * t for t in nets.tensors])
    for scope, share in (("global", 0.3), ("global", 0.2), ("layer", 0.01)):
        later = magnitude_masks(zero, share, scope=scope, within=masks)
        assert all((late <= early).all() for late, early in zip(later, masks, strict=True))
    with pytest.raises(ValueError, match="more weights than the masks given"):
        magnitude_masks(nets, 0.4, within=masks)


def test_random_masks_keep_the_counts_of_every_layer_and_nothing_else(nets, generator):
    masks = magnitude_masks(nets, 0.3)
    drawn = random_masks(masks, generator=generator)
    for mask, other in zip(masks, drawn, strict=True):
        assert torch.equal(mask.flatten(1).sum(1), other.flatten(1).sum(1))
        assert other.unique().tolist() in ([0.0, 1.0], [1.0])
    assert not torch.equal(drawn[0], masks[0])
    assert not torch.equal(drawn[0][0], drawn[0][1])


def test_random_masks_are_uniform(generator):
    masks = magnitude_masks(mlp([4, 3], members=4000, generator=generator), 0.25)
    often = random_masks(masks, generator=generator)[0].mean(0)
    assert ((often - 0.25).abs() < 5 * (0.25 * 0.75 / 4000) ** 0.5).all()


def halve(nets, masks):
    """A stand-in for training: everything that is there becomes half as large, and a little different."""
    return masked(nets.with_tensors([t / 2 + 0.01 for t in nets.tensors]), masks)


@pytest.mark.parametrize("scope", ["global", "layer"])
def test_iterative_pruning_trains_prunes_and_rewinds(nets, scope):
    begun = []

    def train(stack, masks):
        begun.append(stack)
        return halve(stack, masks)

    tickets = iterative_pruning(nets, train, rounds=4, remove=0.2, scope=scope)
    assert len(tickets) == len(begun) == 5
    for done, (ticket, start) in enumerate(zip(tickets, begun, strict=True)):
        torch.testing.assert_close(
            ticket.density, torch.full((5,), 0.8**done, dtype=torch.float64), atol=0.01, rtol=0
        )
        assert torch.equal(start.parameters, masked(nets, ticket.masks).parameters)
        assert torch.equal(ticket.networks.parameters, halve(start, ticket.masks).parameters)
    for earlier, later in pairwise(tickets):
        wanted = magnitude_masks(earlier.networks, later.density[0].item(), scope=scope, within=earlier.masks)
        if scope == "global":
            assert all(torch.equal(m, w) for m, w in zip(later.masks, wanted, strict=True))
        assert all((m <= e).all() for m, e in zip(later.masks, earlier.masks, strict=True))


def test_iterative_pruning_goes_back_to_where_it_is_told(nets):
    early = nets.with_parameters(nets.parameters + 1)
    begun = []
    iterative_pruning(nets, lambda stack, m: begun.append(stack) or halve(stack, m), rounds=2, rewind=early)
    assert torch.equal(begun[0].parameters, nets.parameters)
    gone = begun[2].parameters == 0
    assert torch.equal(begun[2].parameters[~gone], early.parameters[~gone])


def test_training_that_ignores_the_masks_is_found_out(nets):
    with pytest.raises(ValueError, match="train moved pruned weights from zero"):
        iterative_pruning(nets, lambda stack, m: halve(stack, all_ones(stack)), rounds=1)


def test_our_own_training_keeps_the_masks(nets, generator):
    x = torch.randn(60, 6, generator=generator, dtype=torch.float64)
    y = (x[:, 0] > 0).long() + (x[:, 1] > 0).long()

    def train_under(stack, masks):
        return train(stack, x, y, steps=50, rate=0.2, mask=masks).networks

    dense, *_, sparse = iterative_pruning(nets, train_under, rounds=3, remove=0.5)
    assert sparse.density.tolist() == [round(WEIGHTS / 8) / WEIGHTS] * 5
    zeros = (sparse.networks.parameters == 0).sum(1)
    assert (zeros == WEIGHTS - round(WEIGHTS / 8)).all()
    assert ((dense.networks(x).argmax(1) == y).double().mean(1) > 0.8).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda nets: magnitude_masks(nets, 1.5), r"density must lie in \[0, 1\]"),
        (lambda nets: magnitude_masks(nets, [0.1, 0.2], scope="layer"), "one for each of 3 layers"),
        (lambda nets: magnitude_masks(nets, [0.1, 0.2, 0.3]), "with scope 'global'"),
        (lambda nets: magnitude_masks(nets, 0.5, scope="unit"), "scope must be global or layer"),
        (lambda nets: iterative_pruning(nets, halve, rounds=1, remove=1.0), r"remove lie in \(0, 1\)"),
    ],
)
def test_bad_settings_are_refused(call, message, nets):
    with pytest.raises(ValueError, match=message):
        call(nets)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_prunes_the_same_weights(nets):
    far = nets.with_tensors([t.cuda() for t in nets.tensors])
    for scope in ("global", "layer"):
        here, there = (magnitude_masks(n, 0.3, scope=scope) for n in (nets, far))
        assert all(torch.equal(h, t.cpu()) for h, t in zip(here, there, strict=True))
    drawn = random_masks(there, generator=torch.Generator("cuda").manual_seed(0))
    assert torch.equal(mask_density(drawn).cpu(), mask_density(here))
