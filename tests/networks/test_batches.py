"""The order of the examples: every epoch a shuffle, every member its own, whoever else is there."""

from itertools import islice

import pytest
import torch

from hdintuition.networks.batches import STRETCH, seeds_of, shuffled
from hdintuition.networks.examples import Examples

CPU = torch.device("cpu")


@pytest.mark.parametrize(("examples", "batch"), [(12, 4), (13, 4), (5, 5), (200, 3)])
def test_an_epoch_holds_every_example_at_most_once(examples, batch):
    stretch = next(shuffled(examples, batch, seeds=[7, 8], device=CPU))
    a_epoch = examples // batch
    assert len(stretch) >= STRETCH
    assert len(stretch) % a_epoch == 0
    assert stretch.shape[1:] == (2, batch)
    for epoch in stretch.split(a_epoch):
        for member in range(2):
            seen = epoch[:, member].flatten()
            assert len(seen.unique()) == a_epoch * batch
            assert 0 <= seen.min() <= seen.max() < examples
    assert not torch.equal(stretch[:, 0], stretch[:, 1])


def test_a_members_order_does_not_depend_on_the_others():
    alone = islice(shuffled(12, 5, seeds=[3], device=CPU), 3)
    company = islice(shuffled(12, 5, seeds=[1, 2, 3], device=CPU), 3)
    for a, b in zip(alone, company, strict=True):
        assert torch.equal(a[:, 0], b[:, 2])


def test_seeds_from_one_generator_do_not_depend_on_how_many_are_asked_for():
    few, many = (seeds_of(torch.Generator().manual_seed(5), n) for n in (2, 9))
    assert few == many[:2]
    assert len(set(many)) == 9
    one = seeds_of(torch.Generator().manual_seed(6), 2)
    assert one != few


@pytest.mark.parametrize("own_x", [False, True])
@pytest.mark.parametrize("own_y", [False, True])
@pytest.mark.parametrize("inner", [(), (2,)])
def test_picked_rows_are_those_asked_for(own_x, own_y, inner, generator):
    x = torch.randn(*[3] * own_x, 11, 4, generator=generator)
    y = torch.randn(*[3] * own_y, *inner, 11, generator=generator)
    index = torch.randint(11, (3, 5), generator=generator)
    picked_x, picked_y = Examples(x, y, own=own_y).pick(index)
    assert picked_x.shape == (3, 5, 4)
    assert picked_y.shape == (3, *inner, 5)
    for member in range(3):
        assert torch.equal(picked_x[member], (x[member] if own_x else x)[index[member]])
        assert torch.equal(picked_y[member], (y[member] if own_y else y)[..., index[member]])
