"""Landscapes on corners and the descents on them: by brute force, in the cases that can be solved, by known laws."""

import math
from itertools import pairwise

import pytest
import torch

from hdintuition.mathematics.corner_descents import corner_descents, noise_descent_steps
from hdintuition.mathematics.nk import nk_heights


def walk(heights, corner, n):
    """Steepest descent, one step after another."""
    steps = 0
    while True:
        best = min((corner ^ 1 << i for i in range(n)), key=lambda v: heights[v])
        if heights[best] >= heights[corner]:
            return corner, steps
        corner, steps = best, steps + 1


@pytest.mark.parametrize(("n", "k"), [(1, 0), (4, 1), (6, 2), (7, 6)])
def test_every_descent_is_the_one_walked_step_by_step(n, k, generator):
    heights = nk_heights(3, n=n, k=k, generator=generator)
    found = corner_descents(heights)
    for row in range(3):
        listed = heights[row].tolist()
        for corner in range(2**n):
            end, steps = walk(listed, corner, n)
            assert (int(found.ends[row, corner]), int(found.steps[row, corner])) == (end, steps)
            path = found.path(row, corner)
            assert (path[0], path[-1], len(path)) == (corner, end, steps + 1)
            assert all((a ^ b).bit_count() == 1 for a, b in pairwise(path))
        lowest = listed.index(min(listed))
        ends = [walk(listed, corner, n)[0] for corner in range(2**n)]
        assert float(found.trapped[row]) == sum(end != lowest for end in ends) / 2**n
        mean = sum(listed) / 2**n
        reached = sum(listed[end] for end in ends) / 2**n
        assert float(found.depth[row]) == pytest.approx((mean - reached) / (mean - min(listed)), rel=1e-5)


def test_dead_ends_are_lower_than_all_neighbours(generator):
    heights = nk_heights(2, n=8, k=3, generator=generator)
    neighbours = torch.stack([heights[:, torch.arange(256) ^ 1 << i] for i in range(8)])
    assert torch.equal(corner_descents(heights).dead_ends, (heights < neighbours).all(0))


def test_without_partners_every_descent_finds_the_lowest_corner(generator):
    found = corner_descents(nk_heights(5, n=10, k=0, generator=generator))
    assert found.trapped.tolist() == [0.0] * 5
    assert found.depth.tolist() == pytest.approx([1.0] * 5)
    assert found.dead_ends.sum(1).tolist() == [1] * 5
    # As many steps as digits that stand wrong: on average half of them.
    assert found.steps.double().mean(1).tolist() == [5.0] * 5


@pytest.mark.parametrize(("n", "k"), [(6, 0), (6, 2), (6, 4), (5, 4)])
def test_heights_are_standard_normal_and_as_alike_as_the_terms_they_share(n, k, generator):
    heights = nk_heights(40_000, n=n, k=k, generator=generator)
    covariance = (heights.mT @ heights / len(heights))[0]
    for corner in range(2**n):
        windows = ([corner >> (i + j) % n & 1 for j in range(k + 1)] for i in range(n))
        shared = sum(not any(window) for window in windows) / n
        assert float(covariance[corner]) == pytest.approx(shared, abs=5 * 2**0.5 / 200)
    assert float(heights.mean()) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("n", [4, 10])
def test_of_pure_noise_one_in_n_plus_one_is_a_dead_end(n, generator):
    found = corner_descents(nk_heights(4000 // n, n=n, k=n - 1, generator=generator))
    each = found.dead_ends.double().mean(1)
    assert abs(float(each.mean()) - 1 / (n + 1)) < 4 * float(each.std()) / len(each) ** 0.5


@pytest.mark.parametrize("n", [4, 8, 12])
def test_steps_on_pure_noise_are_orrs(n, generator):
    found = corner_descents(nk_heights(300, n=n, k=n - 1, generator=generator))
    each = found.steps.double().mean(1)
    assert abs(float(each.mean()) - noise_descent_steps(n)) < 4 * float(each.std()) / len(each) ** 0.5 + 5e-4


def test_with_many_digits_the_steps_are_e_minus_one():
    assert noise_descent_steps(10**6) == pytest.approx(math.e - 1, abs=1e-4)
    # Of two digits: a start, its two neighbours, the corner opposite. Lowest of four in each place in turn.
    assert noise_descent_steps(2) == pytest.approx(2 / 3 + 2 / 3 * 1 / 4)
    with pytest.raises(ValueError, match="n must be at least 2, got 1"):
        noise_descent_steps(1)


@pytest.mark.parametrize("heights", [torch.zeros(4), torch.zeros(2, 6), torch.zeros(2, 1), torch.zeros(0, 4)])
def test_other_shapes_are_refused(heights):
    with pytest.raises(ValueError, match="heights must have shape"):
        corner_descents(heights)


@pytest.mark.parametrize(("count", "n", "k"), [(0, 3, 1), (1, 0, 0), (1, 3, 3), (1, 3, -1)])
def test_sizes_out_of_range_are_refused(count, n, k, generator):
    with pytest.raises(ValueError, match=f"got count = {count}, n = {n}, k = {k}"):
        nk_heights(count, n=n, k=k, generator=generator)


@pytest.mark.cuda
def test_on_a_cuda_device_the_same_heights_give_the_same_descents(generator):
    heights = nk_heights(2, n=7, k=2, generator=generator)
    found, there = corner_descents(heights), corner_descents(heights.cuda())
    assert torch.equal(found.ends, there.ends.cpu())
    assert torch.equal(found.steps, there.steps.cpu())
