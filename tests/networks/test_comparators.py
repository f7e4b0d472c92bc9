"""Comparators sort by proof (all zeros and ones), and their network does what they do."""

import pytest
import torch

from hdintuition.networks.comparators import batcher, comparator_network, sorts_everything


@pytest.mark.parametrize("n", range(1, 17))
def test_batcher_sorts_everything(n):
    assert sorts_everything(batcher(n), n)


@pytest.mark.parametrize("t", range(1, 6))
def test_batcher_has_the_promised_depth_and_number_of_comparators(t):
    layers = batcher(2**t)
    assert len(layers) == t * (t + 1) // 2
    assert sum(map(len, layers)) == (t**2 - t + 4) * 2**t // 4 - 1


@pytest.mark.parametrize("n", [4, 7, 8])
def test_without_any_one_of_its_comparators_batcher_fails(n):
    layers = batcher(n)
    for number, layer in enumerate(layers):
        for pair in layer:
            rest = [[p for p in row if p != pair] if k == number else row for k, row in enumerate(layers)]
            assert not sorts_everything(rest, n)


@pytest.mark.parametrize("n", [2, 3, 5, 8])
def test_the_network_sorts_all_zeros_and_ones_and_whole_numbers(n, generator):
    nets = comparator_network(batcher(n), n)
    assert len(nets.sizes) - 2 == len(batcher(n))
    zeros_and_ones = torch.cartesian_prod(*[torch.arange(2.0)] * n)
    whole = torch.randint(2**20, (1000, n), generator=generator).float()
    for x in (zeros_and_ones, whole):
        assert torch.equal(nets(x)[0], x.sort(1).values.mT)


def test_the_network_sorts_fractions_to_rounding(generator):
    x = torch.rand(1000, 6, generator=generator, dtype=torch.float64)
    nets = comparator_network(batcher(6), 6, dtype=torch.float64)
    torch.testing.assert_close(nets(x)[0], x.sort(1).values.mT, rtol=0, atol=1e-14)


def test_a_network_does_what_its_comparators_do_even_where_they_do_not_sort():
    x = torch.cartesian_prod(*[torch.arange(3.0)] * 3)
    got = comparator_network([[(0, 2)], []], 3)(x)[0]
    assert torch.equal(got, torch.stack([x[:, [0, 2]].amin(1), x[:, 1], x[:, [0, 2]].amax(1)]))


@pytest.mark.parametrize("layer", [[(0, 1), (1, 2)], [(0, 3)], [(1, 1)]])
def test_layers_that_use_a_wire_twice_or_a_missing_one_are_refused(layer):
    for build in (comparator_network, sorts_everything):
        with pytest.raises(ValueError, match="wires 0 to 2 may be used once in a layer; layer 0 is"):
            build([layer], 3)


def test_nothing_and_too_much_are_refused():
    with pytest.raises(ValueError, match="at least one layer"):
        comparator_network([], 3)
    with pytest.raises(ValueError, match="n must be >= 1, got 0"):
        batcher(0)
    with pytest.raises(ValueError, match="up to 20, got n = 21"):
        sorts_everything(batcher(21), 21)
    assert sorts_everything([], 1)
    assert not sorts_everything([], 2)
