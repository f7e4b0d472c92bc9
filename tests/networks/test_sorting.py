"""Sorting networks are right on every input, not on a sample, and as large as their formulas say."""

import pytest
import torch

from hdintuition.networks.circuits import circuit_size
from hdintuition.networks.sorting import (
    counting_network,
    counting_size,
    rank_network,
    sorting_network,
    sorting_size,
)

BUILDERS = [sorting_network, counting_network]
EXHAUSTIVE = [(3, 6), (4, 5), (5, 4), (2, 9), (6, 2)]  # numbers, and how many values each may take


def every(n, values, dtype):
    return torch.cartesian_prod(*[torch.arange(values, dtype=dtype)] * n)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("n", "values"), EXHAUSTIVE)
@pytest.mark.parametrize("build", BUILDERS)
def test_every_input_is_sorted_exactly(build, n, values, dtype):
    x = every(n, values, dtype)
    assert len(x) == values**n
    nets = build(n, largest=values - 1, dtype=dtype)
    assert torch.equal(nets(x)[0], x.sort(1).values.mT)
    # Numbers may as well start at 1: 1 … M instead of 0 … M − 1.
    assert torch.equal(build(n, largest=values, dtype=dtype)(x + 1)[0], x.sort(1).values.mT + 1)


@pytest.mark.parametrize("build", BUILDERS)
def test_ten_numbers_of_six_bits(build, generator):
    x = torch.randint(64, (20_000, 10), generator=generator).float()
    assert torch.equal(build(10, largest=63)(x)[0], x.sort(1).values.mT)


@pytest.mark.parametrize("build", BUILDERS)
def test_beyond_the_largest_number_the_answer_is_wrong(build):
    x = every(3, 7, torch.float64)
    wrong = (build(3, largest=4, dtype=torch.float64)(x)[0] != x.sort(1).values.mT).any(0)
    assert torch.equal(wrong.any(), torch.tensor(True))
    assert not wrong[(x <= 4).all(1)].any()


@pytest.mark.parametrize("build", BUILDERS)
def test_one_number_is_sorted_as_it_is(build):
    x = torch.arange(6.0)[:, None]
    assert torch.equal(build(1, largest=5)(x), x.mT)


def test_ranks_are_those_of_a_stable_sort():
    x = every(4, 5, torch.float64)
    expected = x.argsort(dim=1, stable=True).argsort(dim=1)
    assert torch.equal(rank_network(4, dtype=torch.float64)(x - 2)[0], expected.mT.double())


@pytest.mark.parametrize("n", [1, 2, 3, 7, 10])
def test_sizes_are_the_closed_forms(n):
    for largest in (1, 2, 63):
        assert circuit_size(sorting_network(n, largest=largest)) == sorting_size(n)
        assert circuit_size(counting_network(n, largest=largest)) == counting_size(n, largest)
    assert sorting_size(n).units == (n**2, 2 * n**2)


def test_comparing_beats_counting_once_the_numbers_are_large():
    assert sorting_size(10).wires == 4270
    assert counting_size(10, 63).wires > sorting_size(10).wires > counting_size(10, 15).wires


@pytest.mark.parametrize(
    ("build", "n", "dtype", "last", "top"),
    [
        (sorting_network, 2, torch.float32, 2**24, 2895),
        (sorting_network, 3, torch.float32, 2**24, 2047),
        (sorting_network, 2, torch.bfloat16, 2**8, 10),
        (sorting_network, 3, torch.bfloat16, 2**8, 6),
        (counting_network, 2, torch.bfloat16, 2**8, 64),
        (counting_network, 3, torch.bfloat16, 2**8, 42),
    ],
)
def test_what_is_let_through_is_still_exact_and_one_more_is_refused(build, n, dtype, last, top):
    values = torch.tensor([0, 1, top // 2, top - 1, top]).to(dtype)
    x = torch.cartesian_prod(*[values] * n)
    assert torch.equal(build(n, largest=top, dtype=dtype)(x)[0], x.sort(1).values.mT)
    with pytest.raises(ValueError, match=rf"{dtype} holds whole numbers only up to {last}: use"):
        build(n, largest=top + 1, dtype=dtype)


@pytest.mark.parametrize("build", BUILDERS)
def test_sizes_that_make_no_sense_are_refused(build):
    for n, largest in ((0, 5), (3, 0)):
        with pytest.raises(
            ValueError, match=rf"n and largest must be >= 1, got n = {n}, largest = {largest}"
        ):
            build(n, largest=largest)
    with pytest.raises(ValueError, match="n >= 2 numbers, got 1"):
        rank_network(1)


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("build", BUILDERS)
def test_on_cuda_every_input_is_sorted_exactly(build):
    x = every(4, 5, torch.float32).cuda()
    assert torch.equal(build(4, largest=4, device="cuda")(x)[0], x.sort(1).values.mT)
