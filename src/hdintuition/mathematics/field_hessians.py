"""Hessians of smooth Gaussian surfaces at points of a given height, flat or not.

Let f be a stationary, isotropic Gaussian field in n dimensions with mean 0, variance 1 and covariance
B(r²/2), and put s = −B′(0), b = B″(0). Differentiating the covariance under the expectation gives the joint
law of height, gradient and Hessian at a point:

* the gradient is N(0, s·I) and independent of the rest;
* E[H_ij f] = −s δ_ij and E[H_ij H_kl] = b (δ_ij δ_kl + δ_ik δ_jl + δ_il δ_jk).

So given the height E, by the rule for conditioning a Gaussian, H has mean −sE·I and covariance
b (δ_ik δ_jl + δ_il δ_jk) + (b − s²) δ_ij δ_kl: a GOE matrix times √b, with a shift along I. For exp(−r²/2),
where s = b = 1, that is G − E·I. Points that are *flat* are met by their number, not by their share of the
volume, so that a Hessian there carries the further weight |det H| (Kac and Rice; Bray and Dean 2007,
Fyodorov 2004).
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike
from scipy.special import gammaln

from hdintuition.mathematics.random_matrices import goe
from hdintuition.mathematics.spectral_density import goe_density

LARGEST = 50


def hessians_at_height(
    n: int,
    draws: int,
    *,
    height: float,
    generator: torch.Generator,
    slope: float = 1.0,
    bend: float = 1.0,
    dtype: torch.dtype = torch.float32,
) -> torch.Tensor:
    """Hessians of a smooth Gaussian surface at points of the given height.

    At a point met by its share of the volume. For flat points use the same draws with the weights of
    :func:`flat_weights`.

    Args:
        n: Number of directions, at least 1.
        draws: Number of Hessians, at least 1.
        height: Height of the point, in standard deviations of the surface.
        generator: Source of randomness; the Hessians live on its device.
        slope: −B′(0) of the covariance B(r²/2): the variance of a slope in one direction. For
            exp(−r²/(2ℓ²)) it is 1/ℓ².
        bend: B″(0), a third of the variance of a curvature; at least slope² · n/(n + 2), which waves of a
            single length reach. For exp(−r²/(2ℓ²)) it is 1/ℓ⁴.
        dtype: A real floating type.

    Returns:
        Symmetric, shape (draws, n, n).

    Raises:
        ValueError: If n or draws is below 1, or no surface has such a slope and bend.

    >>> hessians_at_height(3, 2, height=-1.0, generator=torch.Generator().manual_seed(0)).shape
    torch.Size([2, 3, 3])
    """
    # The variance of the mean curvature: that of √b · tr G/n, and that of the shift along I.
    spread = bend * (1 + 2 / n) - slope**2 if n >= 1 else 0.0
    if not slope > 0 or spread < -1e-9 * slope**2:
        raise ValueError(
            f"slope must be > 0 and bend at least slope² · n/(n + 2), got slope = {slope}, bend = {bend}, n = {n}"
        )
    matrices = goe(n, draws, generator=generator, dtype=dtype) * bend**0.5
    luck = torch.randn(draws, generator=generator, device=generator.device, dtype=dtype)
    diagonal = matrices.diagonal(dim1=1, dim2=2)
    wanted = max(spread, 0.0) ** 0.5 * luck - slope * height
    diagonal += (wanted - diagonal.mean(1))[:, None]
    return matrices


def flat_weights(hessians: torch.Tensor) -> torch.Tensor:
    """The weights that turn points of a height into flat points of that height: |det H|, with sum 1.

    Averages over flat points are Σ weight · quantity, to the accuracy of about draws/n independent draws.

    Args:
        hessians: From :func:`hessians_at_height`, shape (draws, n, n).

    Returns:
        float64 tensor of shape (draws,).
    """
    return torch.linalg.slogdet(hessians.double()).logabsdet.softmax(0)


def flat_point_density(height: ArrayLike, n: int) -> np.ndarray:
    """The exact expected number of flat points per unit of volume and unit of height.

    For covariance exp(−r²/2). Kac and Rice: the density of gradient 0, times that of the height, times the
    mean of |det(G − height·I)|, which is what one more eigenvalue adds to the GOE's density.

    Args:
        height: Heights in standard deviations of the surface, any shape.
        n: Number of directions, from 1 to 50.

    Returns:
        float64 array of the shape of ``height``.

    Raises:
        ValueError: If n is out of range.

    >>> grid = np.linspace(-12, 12, 241)              # Rice: a curve turns √3/π times per unit of length
    >>> round(float(flat_point_density(grid, 1).sum() * 0.1 * np.pi / 3**0.5), 9)
    1.0
    """
    if not 1 <= n <= LARGEST:
        raise ValueError(f"n must lie from 1 to {LARGEST}, got {n}")
    e = np.asarray(height, dtype=float)
    one_more = (n + 1) / 2 * np.log(2) + np.log(2 * np.pi) / 2 + gammaln((n + 3) / 2) - gammaln(1.5)
    return np.exp(one_more - (n + 1) / 2 * np.log(2 * np.pi) - e**2 / 4) * goe_density(e, n + 1)
