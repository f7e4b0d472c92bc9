"""The density of eigenvalues against integrals, moments, counting and its limit."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad
from scipy.stats import norm

from hdintuition.evidence.estimates import mean
from hdintuition.mathematics.random_matrices import goe
from hdintuition.mathematics.spectral_density import (
    goe_density,
    semicircle,
    semicircle_above,
    uphill_share,
)
from hdintuition.seeds import generator


@pytest.mark.parametrize("n", [1, 2, 3, 8, 25])
def test_goe_density_has_mass_one_and_the_trace_of_the_square(n):
    grid, step = np.linspace(-40, 40, 8001, retstep=True)
    density = goe_density(grid, n) * step
    assert density.sum() == pytest.approx(1, rel=1e-10)
    assert (grid**2 * density).sum() == pytest.approx(n + 1, rel=1e-10)  # E tr G² / n


def test_goe_density_of_one_and_two_rows_is_known():
    x = np.linspace(-5, 5, 11)
    assert goe_density(x, 1) == pytest.approx(norm.pdf(x, scale=2**0.5), rel=1e-10)

    def two(y):  # the density of the other eigenvalue integrated out
        return quad(lambda z: abs(y - z) * np.exp(-(y * y + z * z) / 4), -30, 30, points=[y], epsrel=1e-12)[0]

    norm_two = quad(two, -30, 30, epsrel=1e-12)[0]
    assert goe_density(x, 2) == pytest.approx([two(y) / norm_two for y in x], rel=1e-8)


@pytest.mark.parametrize("n", [2, 5, 10])
def test_uphill_share_is_the_share_counted(n):
    spectrum = torch.linalg.eigvalsh(goe(n, 40_000, generator=generator("share", n)))
    for height in (-1.5 * n**0.5, 0.0, 1.0):
        counted = mean((spectrum > height).double().mean(1))
        assert abs(counted.estimate - uphill_share(height, n)) < counted.high - counted.low


def test_uphill_share_is_the_integral_of_the_density_and_clips_far_out():
    for height in (-3.0, 0.4, 2.0):
        integral = quad(goe_density, height, 30, args=(7,), epsabs=1e-13)[0]
        assert float(uphill_share(height, 7)) == pytest.approx(integral, abs=1e-10)
    assert uphill_share([-1e6, 1e6], 7) == pytest.approx([1, 0], abs=1e-12)
    assert uphill_share(np.zeros((2, 3)), 7).shape == (2, 3)


def test_uphill_share_tends_to_the_semicircle():
    x = np.array([-1.9, -1.0, 0.0, 1.3])
    far, near = (abs(uphill_share(x * n**0.5, n) - semicircle_above(x)).max() for n in (10, 160))
    assert near < 0.005 < far < 0.03


def test_semicircle_has_mass_one_and_its_tail_is_its_integral():
    assert quad(semicircle, -2, 2)[0] == pytest.approx(1, rel=1e-10)
    for x in (-3.0, -1.3, 0.0, 0.7, 2.0):
        assert float(semicircle_above(x)) == pytest.approx(
            quad(semicircle, min(max(x, -2), 2), 2)[0], abs=1e-9
        )
    assert semicircle([-2.5, 0, 2.5]).tolist() == [0, 1 / np.pi, 0]


def test_goe_fills_the_semicircle():
    n = 400
    spectrum = torch.linalg.eigvalsh(goe(n, 4, generator=generator("wigner"), dtype=torch.float64)) / n**0.5
    for x in (-1.5, -0.5, 0.0, 1.0):
        assert (spectrum > x).double().mean() == pytest.approx(float(semicircle_above(x)), abs=0.01)
    assert spectrum.abs().max() == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize("n", [0, 201])
def test_goe_density_refuses(n):
    with pytest.raises(ValueError, match=f"from 1 to 200, got {n}"):
        goe_density(0.0, n)
