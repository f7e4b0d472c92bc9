"""Hessians at a height: against surfaces made of waves, flat points drawn another way, and closed forms."""

import numpy as np
import pytest
import torch
from scipy.integrate import trapezoid
from scipy.stats import ks_2samp, norm

import hdintuition as hdi
from hdintuition.evidence.estimates import mean
from hdintuition.mathematics.field_hessians import (
    flat_point_density,
    flat_weights,
    hessians_at_height,
)
from hdintuition.mathematics.landscapes import GaussianSurfaces, gaussian_surfaces
from hdintuition.mathematics.psd_odds import minima_share_at, psd_probability
from hdintuition.mathematics.random_matrices import flat_points, goe
from hdintuition.mathematics.spectral_density import uphill_share
from hdintuition.seeds import generator


def test_covariance_one_is_the_goe_shifted_by_the_height():
    draws = hessians_at_height(3, 40_000, height=-1.5, generator=generator("one"), dtype=torch.float64)
    plain = goe(3, 40_000, generator=generator("plain"), dtype=torch.float64)
    assert torch.equal(draws, draws.mT)
    spectra, wanted = torch.linalg.eigvalsh(draws), torch.linalg.eigvalsh(plain) + 1.5
    for i in range(3):
        assert ks_2samp(spectra[:, i].numpy(), wanted[:, i].numpy()).pvalue > 1e-3
    assert ks_2samp(draws[:, 1, 1].numpy(), plain[:, 1, 1].numpy() + 1.5).pvalue > 1e-3


@pytest.mark.parametrize(("n", "slope", "bend"), [(2, 1.0, 1.0), (3, 2.0, 9.0), (4, 1.5, 1.5**2 * 4 / 6)])
def test_second_moments_are_those_of_the_stated_covariance(n, slope, bend):
    height = 0.8
    draws = hessians_at_height(
        n,
        100_000,
        height=height,
        slope=slope,
        bend=bend,
        generator=generator("moments", n),
        dtype=torch.float64,
    )
    centred = draws + slope * height * torch.eye(n)
    products = {  # b(δᵢₖδⱼₗ + δᵢₗδⱼₖ) + (b − s²) δᵢⱼδₖₗ
        3 * bend - slope**2: centred[:, 0, 0] ** 2,
        bend: centred[:, 0, 1] ** 2,
        bend - slope**2: centred[:, 0, 0] * centred[:, 1, 1],
        0.0: centred[:, 0, 0] * centred[:, 0, 1],
    }
    for wanted, product in products.items():
        found = mean(product)
        assert abs(found.estimate - wanted) < 2 * (found.high - found.low)
    assert mean(centred[:, 0, 0]).estimate == pytest.approx(0, abs=0.05 * bend**0.5)


def surfaces_of_two_wave_lengths(count, dim):
    """Waves of N(0, I) and of N(0, 4I) half and half: covariance (e^(−r²/2) + e^(−2r²))/2, s = 5/2, b = 17/2."""
    surfaces = gaussian_surfaces(count, dim=dim, waves=400, generator=generator("two"))
    factor = torch.ones(400, dtype=torch.float64)
    factor[200:] = 2
    return GaussianSurfaces(surfaces.waves * factor, surfaces.amplitudes, surfaces.phases)


@pytest.mark.parametrize("kind", ["one length scale", "two length scales"])
def test_surfaces_made_of_waves_have_these_hessians(kind):
    """Heights differ from surface to surface: each gets a Hessian drawn at its own height."""
    one = kind == "one length scale"
    surfaces = (
        gaussian_surfaces(3000, dim=2, waves=400, generator=generator("waves"))
        if one
        else surfaces_of_two_wave_lengths(3000, 2)
    )
    points = surfaces.random_points(generator("points"))
    heights, found = surfaces.values(points), surfaces.curvatures(points)
    law = {} if one else {"slope": 2.5, "bend": 8.5}
    level = hessians_at_height(2, 3000, height=0.0, generator=generator("level"), dtype=torch.float64, **law)
    drawn = torch.linalg.eigvalsh(level) - law.get("slope", 1.0) * heights[:, None]
    for i in range(2):
        assert ks_2samp(found[:, i].numpy(), drawn[:, i].numpy()).pvalue > 1e-3
    # At low points alone, too.
    low = heights < -1
    assert ks_2samp(found[low, 0].numpy(), drawn[low, 0].numpy()).pvalue > 1e-3


def test_waves_of_one_length_bend_back_in_proportion_to_the_height():
    """Helmholtz: Δf = −|k|² f, so that the trace is fixed by the height."""
    draws = hessians_at_height(
        5, 100, height=-0.7, slope=1.0, bend=5 / 7, generator=generator("helmholtz"), dtype=torch.float64
    )
    trace = draws.diagonal(dim1=1, dim2=2).sum(1)
    assert torch.allclose(trace, torch.full_like(trace, 5 * 0.7), atol=1e-6)


def test_shares_uphill_and_of_walls_are_the_exact_ones():
    draws = hessians_at_height(5, 40_000, height=-2.0, generator=generator("shares"))
    spectra = torch.linalg.eigvalsh(draws)
    uphill = mean((spectra > 0).double().mean(1))
    assert abs(uphill.estimate - uphill_share(-2.0, 5)) < uphill.high - uphill.low
    walls = mean((spectra[:, 0] > 0).double())
    assert abs(walls.estimate - psd_probability(5, height=-2.0)) < walls.high - walls.low


@pytest.mark.parametrize(("n", "height"), [(1, -0.5), (3, -2.0), (5, -2.5)])
def test_weighted_hessians_are_those_of_flat_points(n, height):
    draws = hessians_at_height(
        n, 60_000, height=height, generator=generator("weighted", n), dtype=torch.float64
    )
    weights = flat_weights(draws)
    assert weights.sum() == pytest.approx(1, rel=1e-12)
    spectra = torch.linalg.eigvalsh(draws)
    share = weights @ (spectra[:, 0] > 0).double()
    spread = (weights.square() @ ((spectra[:, 0] > 0).double() - share).square()) ** 0.5
    assert abs(share - minima_share_at(height, n)) < 3.5 * spread

    heights, curvatures = flat_points(n, 300_000, generator=generator("points", n), dtype=torch.float64)
    near = curvatures[(heights - height).abs() < 0.1]
    kept = spectra[torch.multinomial(weights, 3000, replacement=True, generator=generator("pick"))]
    assert len(near) > 1000
    for i in range(n):
        assert ks_2samp(near[:, i].numpy(), kept[:, i].numpy()).pvalue > 1e-4


def test_a_curve_turns_as_often_as_rice_says():
    heights = np.linspace(-14, 14, 561)
    density = flat_point_density(heights, 1)
    assert trapezoid(density, heights) == pytest.approx(3**0.5 / np.pi, rel=1e-10)


def test_flat_points_of_a_plane_are_as_many_as_longuet_higgins_says():
    """Maxima: E(Δf)²/(8√3π E|∇f|²), which is 8/(8√3π·2); as many minima, and saddles like both together."""
    heights = np.linspace(-14, 14, 561)
    assert trapezoid(flat_point_density(heights, 2), heights) == pytest.approx(
        2 / (3**0.5 * np.pi), rel=1e-10
    )


@pytest.mark.parametrize(("n", "height"), [(1, 0.3), (3, -2.0), (6, 1.0)])
def test_flat_point_density_is_a_mean_determinant(n, height):
    draws = hessians_at_height(n, 100_000, height=height, generator=generator("det", n), dtype=torch.float64)
    found = mean(torch.linalg.det(draws).abs())
    wanted = flat_point_density(height, n) * (2 * np.pi) ** (n / 2) / norm.pdf(height)
    assert abs(found.estimate - wanted) < found.high - found.low


@pytest.mark.parametrize(("slope", "bend"), [(0.0, 1.0), (-1.0, 1.0), (1.0, 0.49)])
def test_hessians_at_height_refuse_a_covariance_that_no_surface_has(slope, bend):
    with pytest.raises(ValueError, match=f"slope = {slope}, bend = {bend}, n = 2"):
        hessians_at_height(2, 3, height=0.0, slope=slope, bend=bend, generator=generator("a"))


def test_refusals():
    with pytest.raises(ValueError, match="n = 0 and draws = 3"):
        hessians_at_height(0, 3, height=0.0, generator=generator("a"))
    with pytest.raises(ValueError, match="from 1 to 50, got 51"):
        flat_point_density(0.0, 51)


def test_names_are_reachable_from_the_top():
    assert hdi.hessians_at_height is hessians_at_height


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_hessians_on_the_gpu_have_the_exact_share_of_walls():
    draws = hessians_at_height(4, 100_000, height=-2.0, generator=generator("gpu", device="cuda"))
    walls = mean((torch.linalg.eigvalsh(draws)[:, 0] > 0).double().cpu())
    assert abs(walls.estimate - psd_probability(4, height=-2.0)) < walls.high - walls.low
    assert flat_weights(draws).is_cuda
