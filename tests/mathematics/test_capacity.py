"""Cover's count: against his recursion, by counting labellings one by one, and by chance."""

import itertools
import math

import pytest
import torch

from hdintuition.mathematics.capacity import dichotomies, separable_share, separating


def points(n, d, generator):
    return torch.randn(n, d, generator=generator, dtype=torch.float64)


def test_the_count_obeys_covers_recursion():
    for n, d in itertools.product(range(1, 30), range(2, 20)):
        assert dichotomies(n + 1, d) == dichotomies(n, d) + dichotomies(n, d - 1)


def test_the_count_is_the_sum_of_binomials():
    for n, d in ((1, 1), (7, 3), (60, 25), (60, 80)):
        assert dichotomies(n, d) == 2 * sum(math.comb(n - 1, k) for k in range(d))


def test_all_labellings_up_to_d_points_and_half_of_them_at_two_d():
    for d in (1, 5, 50, 400):
        assert dichotomies(d, d) == 2**d
        assert dichotomies(2 * d, d) == 2 ** (2 * d - 1)


@pytest.mark.parametrize(("n", "d"), [(6, 2), (6, 3), (7, 4)])
def test_as_many_labellings_are_separable_as_cover_says(n, d, generator):
    x = points(n, d, generator)
    labellings = itertools.product([-1.0, 1.0], repeat=n)
    found = [separating(x, torch.tensor(y, dtype=torch.float64)) for y in labellings]
    assert sum(w is not None for w in found) == dichotomies(n, d)


def test_what_is_found_separates(generator):
    x = points(40, 30, generator)
    y = torch.randint(2, (40,), generator=generator) * 2 - 1
    w = separating(x, y)
    assert (y * (x @ w) > 0).all()
    assert torch.equal(separating(1e-6 * x, y).sign(), w.sign())


def test_the_chance_is_rounded_once_and_its_logarithm_reaches_on():
    assert separable_share(20, 8) == dichotomies(20, 8) / 2**20
    for n, d in ((20, 8), (999, 300), (1000, 300), (1001, 300)):
        assert separable_share(n, d, log_scale=True) == pytest.approx(
            math.log(separable_share(n, d)), rel=1e-12
        )
    assert separable_share(5000, 100, log_scale=True) == pytest.approx(
        math.log(dichotomies(5000, 100)) - 5000 * math.log(2), rel=1e-12
    )
    # In one dimension too few, two of 2⁴⁰⁰ labellings are missing.
    assert separable_share(400, 399, log_scale=True) == pytest.approx(-(2.0**-399) * 2, rel=1e-12)
    with pytest.raises(ValueError, match="below the smallest normal float64: use log_scale=True"):
        separable_share(5000, 100)


def test_a_point_at_the_origin_lies_on_every_plane():
    assert separating(torch.tensor([[1.0, 1.0], [0.0, 0.0]]), torch.ones(2)) is None


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (torch.ones(3, 2), torch.ones(4)),
        (torch.ones(3), torch.ones(3)),
        (torch.ones(3, 2), torch.tensor([1.0, 0.0, 1.0])),
    ],
)
def test_bad_data_are_refused(x, y):
    with pytest.raises(ValueError, match="labels -1 or \\+1, got"):
        separating(x, y)


def test_sizes_below_one_are_refused():
    for n, d in ((0, 3), (3, 0)):
        with pytest.raises(ValueError, match=rf"got n = {n}, d = {d}"):
            dichotomies(n, d)
