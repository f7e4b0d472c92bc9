"""Counts of walls: against the exact odds, dense matrices and each other."""

import numpy as np
import pytest
import torch

import hdintuition as hdi
from hdintuition.evidence.estimates import wilson
from hdintuition.mathematics.psd_odds import psd_probability
from hdintuition.mathematics.psd_sampling import BATCH, psd_counts
from hdintuition.mathematics.random_matrices import goe, is_positive_definite
from hdintuition.seeds import generator


@pytest.mark.parametrize("height", [-3.0, 0.0, 1.0])
def test_counts_are_the_exact_odds(height):
    draws = 400_000
    counts = psd_counts(6, draws, height=height, generator=generator("exact", int(height + 3)))
    exact = psd_probability(range(1, 7), height=height)
    often = exact * draws > 20
    deviations = (counts.numpy() / draws - exact) / np.sqrt(exact * (1 - exact) / draws)
    assert often.sum() >= 3
    assert np.abs(deviations[often]).max() < 3.5


@pytest.mark.parametrize(("n", "height"), [(3, 0.0), (12, -5.0), (40, -11.0)])
def test_counts_agree_with_dense_matrices(n, height):
    draws = 10_000
    dense = goe(n, draws, generator=generator("dense", n)) - height * torch.eye(n)
    one = wilson(is_positive_definite(dense).sum(), draws)
    two = wilson(psd_counts(n, draws, height=height, generator=generator("sparse", n))[-1], draws)
    assert one.low < two.high
    assert two.low < one.high


def test_counts_never_rise_and_add_up_over_batches():
    draws = 2 * BATCH["cpu"] + 7
    counts = psd_counts(5, draws, generator=generator("batches"))
    assert counts.shape == (5,)
    assert counts.dtype == torch.int64
    assert (counts.diff() <= 0).all()
    low = psd_counts(5, draws, height=-1e3, generator=generator("batches"))
    assert low.tolist() == [draws] * 5  # far below, every direction goes uphill


def test_counts_repeat_with_their_seed():
    one, two = (psd_counts(4, 1000, generator=generator("again")) for _ in range(2))
    assert torch.equal(one, two)


@pytest.mark.parametrize(("n", "draws", "height"), [(0, 5, 0.0), (3, 0, 0.0), (3, 5, float("nan"))])
def test_psd_counts_refuses(n, draws, height):
    with pytest.raises(ValueError, match=f"n = {n}, draws = {draws}, height = {height}"):
        psd_counts(n, draws, height=height, generator=generator("a"))


def test_names_are_reachable_from_the_top():
    assert hdi.psd_counts is psd_counts


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_counts_on_the_gpu_are_the_exact_odds():
    draws = 10_000_000
    counts = psd_counts(7, draws, generator=generator("gpu", device="cuda")).numpy() / draws
    exact = psd_probability(range(1, 8))
    assert (np.abs(counts - exact) < 4 * np.sqrt(exact / draws)).all()
