"""Distances in blocks: against brute force in float64, also where the formula loses its digits."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import cdist, pdist
from scipy.special import gammaln

import hdintuition as hdi
from hdintuition.mathematics import distances
from hdintuition.mathematics.distances import effective_dimension, pairwise_distances
from hdintuition.seeds import generator

FIELDS = ("mean", "sd", "low", "high")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setitem(distances.BLOCK, "cpu", 64)


def normal(n, d, *, dtype=torch.float32, key="points"):
    return torch.randn(n, d, generator=generator(key, n, d), dtype=torch.float64).to(dtype)


def check_against_brute_force(x, y=None, *, rtol=1e-5):
    found = pairwise_distances(x, y)
    table = cdist(x.double().numpy(), (x if y is None else y).double().numpy())
    wanted = pdist(x.double().numpy()) if y is None else table.ravel()
    assert found.pairs == len(wanted)
    assert found.mean == pytest.approx(wanted.mean(), rel=1e-6)
    assert found.sd == pytest.approx(wanted.std(), rel=rtol)
    farthest = table.max(1)
    if y is None:
        np.fill_diagonal(table, np.inf)
    assert found.nearest.dtype == found.farthest.dtype == x.dtype
    assert found.nearest.numpy() == pytest.approx(table.min(1), rel=1e-4, abs=1e-7 * wanted.mean())
    assert found.farthest.numpy() == pytest.approx(farthest, rel=1e-5)
    return found


@pytest.mark.parametrize(("n", "d"), [(2, 1), (3, 7), (64, 2), (65, 3), (200, 100), (150, 1000)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_distances_of_a_set_are_those_of_brute_force(n, d, dtype):
    check_against_brute_force(normal(n, d, dtype=dtype), rtol=1e-4)


@pytest.mark.parametrize(("n", "m", "d"), [(1, 1, 1), (1, 130, 5), (100, 70, 3), (70, 200, 300)])
def test_distances_of_two_sets_are_those_of_brute_force(n, m, d):
    check_against_brute_force(normal(n, d), normal(m, d, key="others") + 1, rtol=1e-4)


def test_points_far_from_the_origin_keep_their_digits():
    for dtype in (torch.float32, torch.float64):
        x = (100 + 0.01 * normal(300, 50, dtype=torch.float64)).to(dtype)
        check_against_brute_force(x)
        check_against_brute_force(x, x[:90] + 0.003)


def test_two_sets_far_apart():
    check_against_brute_force(normal(100, 20), 1000 + normal(90, 20, key="others"), rtol=2e-3)


def test_duplicates_and_tight_clusters():
    centres = 10 * normal(5, 40)
    clusters = centres.repeat(40, 1) + 1e-3 * normal(200, 40, key="within")
    check_against_brute_force(clusters)
    doubled = torch.cat([clusters, clusters[:30]])
    found = check_against_brute_force(doubled)
    assert found.low == 0
    assert (found.nearest == 0).sum() == 60
    assert found.contrast.isinf().sum() == 60


def test_one_point_far_from_a_crowd():
    crowd = normal(150, 10) * 1e-3
    crowd[70] += 1e3
    check_against_brute_force(crowd, rtol=1e-4)


def test_points_that_are_all_the_same_have_no_spread():
    found = pairwise_distances(torch.full((100, 3), 7.0))
    assert [getattr(found, field) for field in FIELDS] == [0, 0, 0, 0]


def test_blocks_do_not_change_the_result(monkeypatch):
    x, y = normal(300, 30), normal(77, 30, key="others")
    small = pairwise_distances(x), pairwise_distances(x, y)
    monkeypatch.setitem(distances.BLOCK, "cpu", 1024)
    for one, other in zip(small, (pairwise_distances(x), pairwise_distances(x, y)), strict=True):
        assert one.pairs == other.pairs
        assert [getattr(one, f) for f in FIELDS] == pytest.approx(
            [getattr(other, f) for f in FIELDS], rel=1e-5
        )
        assert torch.allclose(one.nearest, other.nearest, rtol=1e-4)


def test_without_onednn_the_result_is_the_same(monkeypatch):
    x = normal(200, 300)
    one = pairwise_distances(x)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    other = pairwise_distances(x)
    assert [getattr(one, f) for f in FIELDS] == pytest.approx([getattr(other, f) for f in FIELDS], rel=1e-5)


def test_rotation_and_shift_leave_distances_alone_and_scale_scales_them():
    x = normal(150, 12, dtype=torch.float64)
    turn, _ = torch.linalg.qr(normal(12, 12, dtype=torch.float64, key="turn"))
    one, other = pairwise_distances(x), pairwise_distances(3 * x @ turn + 5)
    assert [3 * getattr(one, f) for f in FIELDS] == pytest.approx(
        [getattr(other, f) for f in FIELDS], rel=1e-5
    )
    assert one.relative_spread == pytest.approx(other.relative_spread, rel=1e-5)
    assert torch.allclose(one.contrast, other.contrast, rtol=1e-4)


@pytest.mark.parametrize("d", [2, 50, 800])
def test_normal_points_lie_apart_as_chi_says(d):
    """|x − y|/√2 has the χ law with d degrees of freedom; points in common make the mean a U-statistic."""
    found = pairwise_distances(normal(500, d, key="chi"))
    chi = 2**0.5 * np.exp(gammaln((d + 1) / 2) - gammaln(d / 2))
    assert found.mean == pytest.approx(2**0.5 * chi, rel=4 * (1 / (2 * d) / 500) ** 0.5)
    assert found.sd == pytest.approx((2 * (d - chi**2)) ** 0.5, rel=0.1)


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (torch.zeros(1, 3), None),
        (torch.zeros(3), None),
        (torch.zeros(2, 3, dtype=torch.long), None),
        (torch.zeros(2, 3), torch.zeros(2, 4)),
        (torch.zeros(2, 3), torch.zeros(0, 3)),
    ],
)
def test_pairwise_distances_refuse(x, y):
    with pytest.raises(ValueError, match="points must be floating and of shape"):
        pairwise_distances(x, y)


@pytest.mark.parametrize(("n", "d"), [(400, 20), (20, 400)])
def test_effective_dimension_is_the_participation_ratio_of_the_spectrum(n, d):
    x = 50 + normal(n, d, dtype=torch.float64) * torch.linspace(0.1, 3, d, dtype=torch.float64)
    spectrum = np.linalg.eigvalsh(np.cov(x.numpy(), rowvar=False))
    wanted = spectrum.sum() ** 2 / (spectrum**2).sum()
    assert effective_dimension(x) == pytest.approx(wanted, rel=1e-10)
    assert effective_dimension(x.float()) == pytest.approx(wanted, rel=1e-4)
    assert 1 <= wanted <= min(n - 1, d)


def test_effective_dimension_of_a_line_a_ball_and_nothing():
    line = torch.linspace(-1, 1, 50, dtype=torch.float64)[:, None] * torch.ones(8, dtype=torch.float64)
    assert effective_dimension(line) == pytest.approx(1, rel=1e-10)
    assert effective_dimension(normal(20_000, 10)) == pytest.approx(10 / (1 + 10 / 20_000), rel=0.01)
    assert np.isnan(effective_dimension(torch.ones(4, 3)))


def test_effective_dimension_sets_the_spread_of_squared_distances():
    """For normal points: Var|x − y|² = 8 tr C², mean 2 tr C."""
    scales = torch.linspace(0.2, 2, 60, dtype=torch.float64)
    x, y = (normal(20_000, 60, dtype=torch.float64, key=key) * scales for key in ("left", "right"))
    squares = (x - y).square().sum(1)
    assert 2 / (squares.var() / squares.mean() ** 2) == pytest.approx(effective_dimension(x), rel=0.05)


def test_effective_dimension_refuses_a_single_point():
    with pytest.raises(ValueError, match="two points at least"):
        effective_dimension(torch.zeros(1, 3))


def test_names_are_reachable_from_the_top():
    assert hdi.pairwise_distances is pairwise_distances
    assert hdi.effective_dimension is effective_dimension


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cpu_and_cuda_agree():
    x, y = normal(300, 50), normal(200, 50, key="others")
    for second in (None, y):
        one = pairwise_distances(x, second)
        other = pairwise_distances(x.cuda(), None if second is None else second.cuda())
        assert [getattr(one, f) for f in FIELDS] == pytest.approx(
            [getattr(other, f) for f in FIELDS], rel=1e-5
        )
        assert torch.allclose(one.nearest, other.nearest.cpu(), rtol=1e-4)
    assert effective_dimension(x.cuda()) == pytest.approx(effective_dimension(x), rel=1e-10)
