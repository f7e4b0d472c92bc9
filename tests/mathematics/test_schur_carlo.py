"""Rare walls: coverage of the interval, bias with a poor twist, and the draws themselves."""

import numpy as np
import pytest
import torch
from scipy.stats import binom, ks_2samp

import hdintuition as hdi
from hdintuition.mathematics import schur_carlo
from hdintuition.mathematics.psd_odds import psd_probability
from hdintuition.mathematics.random_matrices import goe
from hdintuition.mathematics.schur_carlo import PsdEstimate, psd_estimate, walled_in_curvatures
from hdintuition.seeds import generator


def covered(n, seeds, **options):
    exact = psd_probability(n, height=options.get("height", 0.0))
    found = [psd_estimate(n, generator=generator("cover", n, seed), **options) for seed in range(seeds)]
    return sum(one.low <= exact <= one.high for one in found)


@pytest.mark.parametrize("n", [6, 10, 13, 16])
def test_the_interval_covers_the_exact_odds_as_often_as_it_says(n):
    assert covered(n, 20, draws=500) >= 17


def test_the_interval_covers_the_number_of_the_dossier():
    found = [psd_estimate(16, generator=generator("sixteen", seed)) for seed in range(20)]
    assert sum(one.low <= 5.4836e-34 <= one.high for one in found) >= 17
    assert all(one.relative_error < 0.003 for one in found)


@pytest.mark.slow
@pytest.mark.parametrize(("n", "height"), [(13, 0.0), (16, 0.0), (10, -6.0)])
def test_coverage_over_four_hundred_seeds(n, height):
    """Neither too narrow nor too wide: within the central 99.8 % of the binomial law."""
    assert (
        binom.ppf(0.001, 400, 0.95)
        <= covered(n, 400, draws=300, height=height)
        <= binom.ppf(0.999, 400, 0.95)
    )


@pytest.mark.parametrize("cells", [8, 16, 40])
def test_a_poor_twist_makes_the_estimate_wider_not_wrong(cells):
    found = psd_estimate(6, draws=200_000, cells=cells, generator=generator("coarse", cells))
    error = abs(found.estimate / psd_probability(6) - 1)
    assert error < 3.5 * found.relative_error < 0.1
    fine = psd_estimate(6, draws=1000, generator=generator("fine"))
    assert fine.effective / fine.draws > found.effective / found.draws


@pytest.mark.parametrize("wrong", [0.3, 1.0])
def test_a_twist_that_is_wrong_on_purpose_does_not_move_the_mean(monkeypatch, wrong):
    """The weights know the law of every step; the twist is only where to look."""
    right = schur_carlo._twists

    def bent(chain, z, log_stretch, couplings):
        return [
            twist * (1 + wrong * torch.sin(7 * z)).clamp(min=0.05)
            for twist in right(chain, z, log_stretch, couplings)
        ]

    monkeypatch.setattr(schur_carlo, "_twists", bent)
    found = psd_estimate(5, draws=100_000, generator=generator("bent"))
    assert found.effective < 0.9 * found.draws
    assert abs(found.estimate / psd_probability(5) - 1) < 3.5 * found.relative_error


@pytest.mark.parametrize(
    ("n", "height"), [(1, 0.0), (2, 3.0), (3, -2.0), (10, -20.0), (10, 20.0), (60, 0.0), (100, -20.0)]
)
def test_estimates_reach_from_one_to_a_hundred_directions(n, height):
    found = psd_estimate(n, draws=2000, height=height, generator=generator("reach", n))
    off = np.expm1(found.log_estimate - psd_probability(n, height=height, log=True))
    assert abs(off) < 3.5 * found.relative_error < 0.15
    assert found.effective > 300


def test_the_effective_sample_size_is_that_of_the_weights():
    found = psd_estimate(13, draws=4096, generator=generator("effective"))
    assert found.draws == 4096
    # (Σw)²/Σw² = draws/(1 + variance), and the relative error is √(variance/draws).
    assert found.effective == pytest.approx(4096 / (1 + 4096 * found.relative_error**2), rel=1e-3)
    assert found.effective > 0.95 * 4096


def test_an_interval_stays_above_zero_and_far_odds_keep_their_logarithm():
    wide = PsdEstimate(log_estimate=-1.0, relative_error=0.8, draws=10, effective=2.0)
    assert wide.low == 0 < wide.estimate < wide.high
    far = psd_estimate(70, draws=100, generator=generator("far"))
    assert far.estimate == far.low == far.high == 0
    assert far.log_estimate < -1300


@pytest.mark.parametrize(("n", "height"), [(1, 0.0), (3, 0.0), (4, -1.0)])
def test_walled_in_curvatures_are_those_of_matrices_that_passed_the_test(n, height):
    spectra = (
        torch.linalg.eigvalsh(goe(n, 400_000, generator=generator("dense", n), dtype=torch.float64)) - height
    )
    passed = spectra[spectra[:, 0] > 0]
    drawn, weights = walled_in_curvatures(n, 4000, height=height, generator=generator("drawn", n))
    assert weights.sum() == pytest.approx(1, rel=1e-12)
    assert weights.max() < 3 / 4000
    kept = drawn[torch.multinomial(weights, 2000, replacement=False, generator=generator("pick"))]
    for i in range(n):
        assert ks_2samp(passed[:, i].numpy(), kept[:, i].numpy()).pvalue > 1e-3


def test_walled_in_curvatures_obey_an_exact_mean():
    """d ln P/d height = −½ · mean trace: differentiate under the integral of exp(−Σ(λ + height)²/4)."""
    n, step = 16, 1e-3
    drawn, weights = walled_in_curvatures(n, 20_000, generator=generator("trace"))
    assert (drawn > 0).all()
    up, down = (psd_probability(n, height=h, log=True) for h in (step, -step))
    assert -(drawn.sum(1) @ weights) / 2 == pytest.approx((up - down) / (2 * step), rel=2e-3)


@pytest.mark.parametrize(
    "wrong", [{"n": 0}, {"n": 101}, {"height": 21.0}, {"height": float("nan")}, {"cells": 7}, {"draws": 1}]
)
def test_psd_estimate_refuses(wrong):
    with pytest.raises(ValueError, match=f"{next(iter(wrong))}.* {next(iter(wrong.values()))}"):
        psd_estimate(**{"n": 3, "generator": generator("a"), **wrong})


def test_estimates_repeat_with_their_seed_and_names_are_reachable():
    one, two = (hdi.psd_estimate(5, draws=100, generator=generator("again")) for _ in range(2))
    assert one == two
    assert hdi.walled_in_curvatures is walled_in_curvatures


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_the_gpu_covers_the_exact_odds_too():
    found = psd_estimate(16, draws=100_000, generator=generator("gpu", device="cuda"))
    assert abs(found.estimate / psd_probability(16) - 1) < 4 * found.relative_error
    drawn, _ = walled_in_curvatures(8, 1000, generator=generator("gpu", device="cuda"))
    assert drawn.is_cuda
