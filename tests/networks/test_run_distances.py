"""Distances between training runs: against loops over pairs, and in cases known by hand."""

from itertools import combinations

import pytest
import torch

import hdintuition as hdi
from hdintuition.networks.run_distances import run_distances
from hdintuition.seeds import generator


@pytest.fixture(scope="module")
def three():
    g = generator("run distances")
    return [torch.randn(2, 4, 30, generator=g, dtype=torch.float64) for _ in range(3)]


def test_all_are_those_of_loops_over_pairs(three):
    start, end, other = three
    found = run_distances(*three)
    for draw in range(2):

        def far(a, i, b, j, draw=draw):
            return float((a[draw, i] - b[draw, j]).norm())

        pairs = list(combinations(range(4), 2))
        assert found.own[draw].tolist() == pytest.approx([far(start, i, end, i) for i in range(4)])
        assert found.same_start[draw].tolist() == pytest.approx([far(end, i, other, i) for i in range(4)])
        assert found.starts[draw].tolist() == pytest.approx([far(start, i, start, j) for i, j in pairs])
        assert found.ends[draw].tolist() == pytest.approx([far(end, i, end, j) for i, j in pairs])
        for i in range(4):
            wanted = [far(start, i, end, j) for j in range(4) if j != i]
            assert found.stranger[draw, i].tolist() == pytest.approx(wanted)
        both = [far(a, i, b, j) for a in three for b in three for i in range(4) for j in range(4) if i < j]
        assert sorted(found.strangers[draw].tolist()) == pytest.approx(sorted(both))


def test_nearer_compares_a_start_with_each_other_run(three):
    found = run_distances(*three)
    assert torch.equal(found.nearer, found.own[:, :, None] < found.stranger)


def test_relatives_much_nearer_than_they_are_long_keep_their_digits():
    start = 100 + torch.randn(1, 2, 50_000, generator=generator("long"))
    step = torch.full((50_000,), 1e-3)
    found = run_distances(start, start + step, start - step)
    assert found.own[0].tolist() == pytest.approx([1e-3 * 50_000**0.5] * 2, rel=0.02)


def test_alike_counts_around_the_median():
    """Runs at 0 and r, ends where they began: nine equal distances, all at the median."""
    start = torch.tensor([[[0.0], [2.0]]])
    assert run_distances(start, start, start).alike().tolist() == [1.0]
    # Ends at −3 and 5 make distances 2, 5 (twice each), 8 and the like: the median is 5.
    far = torch.tensor([[[-3.0], [5.0]]])
    found = run_distances(start, far, start)
    assert sorted(found.strangers[0].tolist()) == [2, 2, 2, 2, 5, 5, 5, 5, 8]
    assert found.alike(within=0.1).tolist() == pytest.approx([4 / 9])
    assert found.alike(within=0.7).tolist() == [1.0]


def test_reach_is_where_alike_comes_to_the_share(three):
    found = run_distances(*three)
    for share in (0.2, 0.95, 1):
        reach = found.reach(share)
        for draw in range(2):
            just, short = (
                found.alike(within=float(reach[draw]) * (1 + sign * 1e-9))[draw] for sign in (1, -1)
            )
            assert short < share <= just
    # Off the median of 5 by 3/5 five times in nine.
    known = run_distances(*(torch.tensor([[[a], [b]]]) for a, b in ((0.0, 2.0), (-3.0, 5.0), (0.0, 2.0))))
    assert [known.reach(s)[0].item() for s in (4 / 9, 5 / 9, 1)] == pytest.approx([0, 0.6, 0.6])


@pytest.mark.parametrize("shapes", [[(2, 1, 3)] * 3, [(2, 3)] * 3, [(1, 2, 3), (1, 2, 3), (1, 3, 3)]])
def test_shapes_are_checked(shapes):
    with pytest.raises(ValueError, match=r"\(draws, runs, parameters\)"):
        run_distances(*map(torch.zeros, shapes))


def test_within_is_positive(three):
    with pytest.raises(ValueError, match="must be > 0"):
        run_distances(*three).alike(within=0)


@pytest.mark.parametrize("share", [0, 1.1, float("nan")])
def test_the_share_reached_is_a_share(three, share):
    with pytest.raises(ValueError, match=r"share must be in \(0, 1\]"):
        run_distances(*three).reach(share)


def test_names_are_reachable_from_the_top():
    assert hdi.run_distances is run_distances
    assert hdi.RunDistances is type(run_distances(*[torch.zeros(1, 2, 1)] * 3))
