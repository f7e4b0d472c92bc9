"""The GOE, and flat points against what topology and a walk along a line say."""

import numpy as np
import pytest
import torch
from scipy.stats import ks_2samp, kstest

from hdintuition.evidence.estimates import mean, wilson
from hdintuition.mathematics import random_matrices
from hdintuition.mathematics.landscapes import gaussian_surfaces
from hdintuition.mathematics.random_matrices import (
    ELIMINATE,
    flat_points,
    goe,
    is_positive_definite,
)
from hdintuition.seeds import generator


def test_goe_has_the_stated_variances_and_is_symmetric():
    draws = goe(3, 40_000, generator=generator("moments"), dtype=torch.float64)
    assert torch.equal(draws, draws.mT)
    squares = mean(draws.square().flatten(1)[:, [0, 4, 8, 1, 2, 5]])
    wanted = np.array([2, 2, 2, 1, 1, 1])
    assert (np.abs(squares.estimate - wanted) < 2 * (squares.high - squares.low)).all()
    apart = torch.stack([draws[:, 0, 0] * draws[:, 1, 1], draws[:, 0, 1] * draws[:, 0, 2]], dim=1)
    assert (np.abs(mean(apart).estimate) < 0.05).all()


def test_goe_is_invariant_under_rotation():
    draws = goe(4, 20_000, generator=generator("turn"), dtype=torch.float64)
    turn, _ = torch.linalg.qr(torch.randn(4, 4, generator=generator("q"), dtype=torch.float64))
    turned = turn @ draws @ turn.mT
    assert kstest(turned[:, 0, 1].numpy(), "norm").pvalue > 1e-3
    assert kstest(turned[:, 2, 2].numpy() / 2**0.5, "norm").pvalue > 1e-3


def test_goe_repeats_with_its_seed_and_refuses_nothing_to_draw():
    assert torch.equal(goe(2, 3, generator=generator("a")), goe(2, 3, generator=generator("a")))
    for n, draws in ((0, 3), (3, 0)):
        with pytest.raises(ValueError, match=f"n = {n} and draws = {draws}"):
            goe(n, draws, generator=generator("a"))


@pytest.mark.parametrize("n", [1, 2, 5, 9, ELIMINATE, ELIMINATE + 8])
@pytest.mark.parametrize("shift", [0.0, 1.0, 2.0])
def test_is_positive_definite_agrees_with_cholesky_and_eigenvalues(n, shift):
    eye = torch.eye(n, dtype=torch.float64)
    draws = goe(n, 2_000, generator=generator("definite", n), dtype=torch.float64) + shift * n**0.5 * eye
    found = is_positive_definite(draws)
    assert torch.equal(found, torch.linalg.cholesky_ex(draws).info == 0)
    assert torch.equal(found, (torch.linalg.eigvalsh(draws) > 0).all(1))


@pytest.mark.parametrize("cached", [1, 64, 2**20])
def test_is_positive_definite_answers_in_order_whatever_the_batch(monkeypatch, cached):
    monkeypatch.setattr(random_matrices, "CACHED", cached)
    signs = torch.tensor([1.0, -1.0, 1.0, 1.0, -1.0])
    matrices = signs[:, None, None] * torch.eye(4)
    assert torch.equal(is_positive_definite(matrices), signs > 0)
    assert is_positive_definite(matrices[:0]).shape == (0,)


def test_is_positive_definite_survives_a_zero_pivot():
    matrices = torch.tensor([[[0.0, 1.0], [1.0, 0.0]], [[1.0, 1.0], [1.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]])
    assert is_positive_definite(matrices).tolist() == [False, False, True]


@pytest.mark.parametrize("shape", [(3, 3), (2, 3, 4), (2, 2, 2, 2)])
def test_is_positive_definite_refuses(shape):
    with pytest.raises(ValueError, match="shape"):
        is_positive_definite(torch.zeros(shape))


@pytest.mark.parametrize(("n", "share"), [(1, 1 / 2), (2, 1 / 4), (3, (29 - 6 * 6**0.5) / 116)])
def test_flat_points_hold_as_many_minima_as_topology_allows(n, share):
    """1: minima and maxima alternate. 2: as many saddles as extrema (Morse). 3: isotropic fields."""
    _, curvatures = flat_points(n, 200_000, generator=generator("flat", n))
    found = wilson((curvatures > 0).all(1).sum(), len(curvatures))
    assert abs(found.estimate - share) < found.high - found.low


def test_flat_points_are_those_of_a_surface_walked_along_a_line():
    surfaces = gaussian_surfaces(400, dim=1, generator=generator("line"), waves=256)
    ticks = torch.linspace(0, 20, 801, dtype=torch.float64)
    slopes = torch.stack([surfaces.gradients(tick.expand(400, 1))[:, 0] for tick in ticks], dim=1)
    valley = (slopes[:, :-1] < 0) & (slopes[:, 1:] >= 0)
    heights = torch.stack([surfaces.values(tick.expand(400, 1)) for tick in ticks], dim=1)[:, :-1][valley]
    drawn, curvatures = flat_points(1, 20_000, generator=generator("drawn"), dtype=torch.float64)
    assert len(heights) > 1_000
    assert ks_2samp(heights.numpy(), drawn[curvatures[:, 0] > 0].numpy()).pvalue > 1e-3


def test_flat_points_mirror_up_and_down():
    heights, curvatures = flat_points(3, 50_000, generator=generator("mirror"), dtype=torch.float64)
    assert curvatures.shape == (len(heights), 3)
    assert (curvatures.diff(dim=1) >= 0).all()
    minima, maxima = (curvatures > 0).all(1), (curvatures < 0).all(1)
    assert ks_2samp(heights[minima].numpy(), -heights[maxima].numpy()).pvalue > 1e-3
    assert heights[minima].mean() < -1


def test_flat_points_refuse_nothing_to_draw():
    with pytest.raises(ValueError, match="n = 0 and draws = 3"):
        flat_points(0, 3, generator=generator("a"))
