"""Pieces: against scipy's, by symmetry, and where the answer is known; survival and flips against their equations."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hdintuition.mathematics.percolation import branching_survival, flips_to_good, largest_piece, pieces


def scipys(good):
    """The pieces by scipy: places numbered row by row, wrapped around along every axis."""
    numbers = np.arange(good.size).reshape(good.shape)
    rows, columns = [], []
    for axis in range(good.ndim):
        both = good & np.roll(good, -1, axis)
        rows.append(numbers[both])
        columns.append(np.roll(numbers, -1, axis)[both])
    pairs = np.concatenate(rows), np.concatenate(columns)
    _, found = connected_components(
        coo_array((np.ones(len(pairs[0])), pairs), shape=(good.size, good.size)), directed=False
    )
    return found.reshape(good.shape)


def same_pieces(labels, found, good):
    """Both name the same sets: the pairs of names are one to one."""
    pairs = set(zip(labels[good].tolist(), found[good].tolist(), strict=True))
    return len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


@pytest.mark.parametrize("shape", [(50,), (12, 17), (7, 1, 8), (2,) * 10, (4,) * 5, (3, 2, 5, 2)])
@pytest.mark.parametrize("share", [0.05, 0.2, 0.4, 0.7, 1.0])
def test_the_pieces_are_scipys(shape, share, generator):
    good = torch.rand(shape, generator=generator) < share
    labels = pieces(good)
    assert same_pieces(labels, scipys(good.numpy()), good)
    assert torch.equal(labels >= 0, good)


def test_a_piece_is_named_after_its_first_place(generator):
    good = torch.rand((2,) * 11, generator=generator) < 0.15
    labels = pieces(good).flatten()
    for name in labels[labels >= 0].unique().tolist():
        assert int((labels == name).nonzero()[0]) == name


def test_a_long_chain_is_one_piece(generator):
    # The worst case for a method that only looks at neighbours: a path in random order.
    good = torch.ones(100_000, dtype=torch.bool)
    good[500] = False
    assert largest_piece(good) == 1.0
    good[60_000] = False
    assert largest_piece(good) == pytest.approx(59_499 / 99_998)


def test_flipping_and_swapping_digits_changes_no_sizes(generator):
    good = torch.rand((2,) * 12, generator=generator) < 0.12
    sizes = pieces(good)[good].unique(return_counts=True)[1].sort().values
    for other in (good.flip(0, 3), good.permute(*reversed(range(12)))):
        assert torch.equal(pieces(other)[other].unique(return_counts=True)[1].sort().values, sizes)


def test_four_in_a_row_are_two_digits(generator):
    # A ring of four places is a square: the grid (4,) * 6 is the cube with 12 directions, its places renamed.
    rings = torch.rand((4,) * 6, generator=generator) < 0.15
    gray = torch.tensor([0, 1, 3, 2])  # the digits of place 0, 1, 2, 3 of a ring
    cube = torch.zeros(4096, dtype=torch.bool)
    places = rings.nonzero()
    cube[(gray[places] * 4 ** torch.arange(6)).sum(1)] = True
    assert largest_piece(cube.reshape((2,) * 12)) == largest_piece(rings)


@pytest.mark.parametrize("shape", [(1,), (2, 2), (3, 3)])
def test_nothing_good_is_no_piece(shape):
    assert largest_piece(torch.zeros(shape, dtype=torch.bool)) == 0.0
    assert pieces(torch.zeros(shape, dtype=torch.bool)).tolist() == torch.full(shape, -1).tolist()


@pytest.mark.parametrize("good", [torch.zeros(3), torch.tensor(True), torch.zeros(2, 0, dtype=torch.bool)])
def test_other_tensors_are_refused(good):
    with pytest.raises(ValueError, match="good must be a boolean tensor"):
        pieces(good)


@pytest.mark.parametrize("children", [1.001, 1.1, 1.5, 2, 3, 10, 100])
def test_survival_solves_its_equation(children):
    x = branching_survival(children)
    assert 0 < x <= 1
    assert x == pytest.approx(-math.expm1(-children * x), abs=1e-10)


def test_below_one_child_every_line_dies_out():
    assert [branching_survival(c) for c in (0, 0.5, 1)] == [0, 0, 0]
    with pytest.raises(ValueError, match="children must be at least 0, got -1"):
        branching_survival(-1)


@pytest.mark.parametrize("children", [0.5, 1.5, 3])
def test_branching_processes_survive_as_often(children, generator):
    living = torch.ones(20_000)
    for _ in range(60):
        living = torch.poisson(children * living.clamp(max=500), generator=generator)
    share, exact = float((living > 0).double().mean()), branching_survival(children)
    assert abs(share - exact) < 4 * (exact * (1 - exact) / 20_000) ** 0.5 + 1e-9


def test_the_largest_piece_of_a_large_cube_is_what_survives(generator):
    good = torch.rand((2,) * 18, generator=generator) < 2 / 18
    assert largest_piece(good) == pytest.approx(branching_survival(2), abs=0.03)


def by_counting(n, share):
    """The mean over all sets of good corners, by their sizes: (number of corners not good) for every radius."""
    volumes = list(itertools.accumulate(math.comb(n, r) for r in range(n + 1)))
    return sum((1 - share) ** volume for volume in volumes)


@pytest.mark.parametrize(("n", "share"), [(1, 0.5), (5, 0.01), (12, 0.3), (20, 1e-5)])
def test_flips_are_the_sum_over_radii(n, share):
    assert flips_to_good(n, share) == pytest.approx(by_counting(n, share), rel=1e-10)


def test_flips_agree_with_a_search(generator):
    n, share, draws = 9, 0.02, 4000
    good = torch.rand(draws, 2**n, generator=generator) < share
    weight = torch.tensor([v.bit_count() for v in range(2**n)])
    nearest = torch.where(good, weight, n + 1).amin(1).double()
    assert abs(float(nearest.mean()) - flips_to_good(n, share)) < 4 * float(nearest.std()) / draws**0.5


def test_flips_reach_large_cubes():
    assert flips_to_good(1000, 1.0) == 0
    # Half of the bits rare: the radius solves the equation of the entropy, H(r/n) = 1/2, up to terms in ln n.
    assert flips_to_good(1000, 2.0**-500) / 1000 == pytest.approx(0.110, abs=0.005)
    assert flips_to_good(5000, 2.0**-900) > 0
    for n, share in ((0, 0.5), (3, 0.0), (3, 1.5)):
        with pytest.raises(ValueError, match=f"got {n} and {share}"):
            flips_to_good(n, share)


@pytest.mark.cuda
def test_on_a_cuda_device_the_pieces_are_the_same(generator):
    good = torch.rand((2,) * 12, generator=generator) < 0.2
    assert torch.equal(pieces(good), pieces(good.cuda()).cpu())
