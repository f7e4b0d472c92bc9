"""Marchenko and Pastur's law: mass, moments, inverse, and sampled covariances."""

from math import comb

import numpy as np
import pytest
import torch
from scipy.integrate import quad

import hdintuition as hdi
from hdintuition.evidence.estimates import mean
from hdintuition.mathematics.marchenko_pastur import (
    marchenko_pastur,
    marchenko_pastur_below,
    marchenko_pastur_edges,
    marchenko_pastur_quantile,
)
from hdintuition.seeds import generator

RATIOS = [0.01, 0.25, 1.0, 1.5, 7.0]


def bulk_integral(ratio, *, power=0, until=None):
    """∫ x^power · density; along x = 1 + ratio − 2√ratio cos θ there is no root at the edges."""
    low, high = marchenko_pastur_edges(ratio)
    end = np.pi if until is None else np.arccos(np.clip((1 + ratio - until) / (2 * ratio**0.5), -1, 1))

    def along(angle):
        x = np.clip(low + 4 * ratio**0.5 * np.sin(angle / 2) ** 2, low, high)
        return x**power * float(marchenko_pastur(x, ratio)) * 2 * ratio**0.5 * np.sin(angle)

    return quad(along, 0, end, epsabs=1e-13, epsrel=1e-13, limit=400)[0]


@pytest.mark.parametrize("ratio", RATIOS)
def test_mass_is_one_with_the_zeros(ratio):
    zeros = float(marchenko_pastur_below(0.0, ratio))
    assert zeros == pytest.approx(max(0, 1 - 1 / ratio), abs=1e-10)
    assert bulk_integral(ratio) + zeros == pytest.approx(1, abs=1e-10)


@pytest.mark.parametrize("ratio", RATIOS)
@pytest.mark.parametrize("power", [1, 2, 3, 6])
def test_moments_are_narayana_polynomials(ratio, power):
    narayana = [comb(power, r) * comb(power, r + 1) // power for r in range(power)]  # 1, 3, 1 at power 3
    wanted = sum(number * ratio**r for r, number in enumerate(narayana))
    assert bulk_integral(ratio, power=power) == pytest.approx(wanted, rel=1e-10)


@pytest.mark.parametrize("ratio", RATIOS)
def test_below_is_the_integral_of_the_density(ratio):
    low, high = marchenko_pastur_edges(ratio)
    zeros = max(0, 1 - 1 / ratio)
    for share in (0.001, 0.2, 0.5, 0.9, 0.999):
        x = low + share * (high - low)
        assert float(marchenko_pastur_below(x, ratio)) == pytest.approx(
            zeros + bulk_integral(ratio, until=x), abs=1e-9
        )


@pytest.mark.parametrize("ratio", RATIOS)
def test_below_starts_and_ends_without_a_jump_but_at_zero(ratio):
    low, high = marchenko_pastur_edges(ratio)
    zeros = max(0.0, 1 - 1 / ratio)
    assert marchenko_pastur_below([-1e-300, high, high + 1], ratio) == pytest.approx([0, 1, 1], abs=1e-12)
    assert float(marchenko_pastur_below(low, ratio)) == pytest.approx(zeros, abs=1e-12)
    assert marchenko_pastur([-1, low / 2, high + 1e-9], ratio).tolist() == [0, 0, 0]


@pytest.mark.parametrize("ratio", RATIOS)
def test_quantile_undoes_below(ratio):
    share = np.linspace(0.01, 0.99, 25)
    x = marchenko_pastur_quantile(share, ratio)
    zeros = max(0.0, 1 - 1 / ratio)
    assert np.allclose(marchenko_pastur_below(x, ratio), np.maximum(share, zeros), atol=1e-10)
    assert (x[share < zeros] == 0).all()
    assert (np.diff(x) >= 0).all()


@pytest.mark.parametrize(("features", "samples"), [(100, 400), (300, 200)])
def test_sampled_covariances_fill_it(features, samples):
    x = torch.randn(30, samples, features, generator=generator("wishart", features), dtype=torch.float64)
    spectra = torch.linalg.eigvalsh(x.mT @ x / samples)
    ratio = features / samples
    for share in (0.1, 0.4, 0.6, 0.9):
        edge = float(marchenko_pastur_quantile(share, ratio))
        # Eigenvalues repel, so that their number below an edge hardly varies; a few of them are lost to finite size.
        counted = mean((spectra < edge + 1e-9).double().mean(1))
        assert abs(counted.estimate - max(share, 1 - 1 / ratio)) < counted.high - counted.low + 1 / features


def test_a_single_large_matrix_is_near_in_kolmogorovs_sense():
    n = 800
    x = torch.randn(2 * n, n, generator=generator("large"), dtype=torch.float64)
    spectrum = torch.linalg.eigvalsh(x.mT @ x / (2 * n)).numpy()
    gap = np.abs(marchenko_pastur_below(spectrum, 0.5) - (np.arange(n) + 0.5) / n).max()
    assert gap < 5 / n  # independent points would be about 0.03 off


@pytest.mark.parametrize("ratio", [0.0, -1.0, float("nan"), float("inf")])
def test_marchenko_pastur_refuses_a_ratio(ratio):
    for call in (
        marchenko_pastur_edges,
        lambda r: marchenko_pastur(1.0, r),
        lambda r: marchenko_pastur_below(1.0, r),
    ):
        with pytest.raises(ValueError, match="ratio"):
            call(ratio)


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_quantile_refuses_a_share(share):
    with pytest.raises(ValueError, match="share must lie from 0 to 1"):
        marchenko_pastur_quantile(share, 0.5)


def test_names_are_reachable_from_the_top():
    assert hdi.marchenko_pastur is marchenko_pastur
    assert hdi.marchenko_pastur_below(np.zeros((2, 3)), 4.0).shape == (2, 3)
