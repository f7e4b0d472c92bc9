"""How the eigenvalues of a GOE matrix are spread: exactly for every size, and Wigner's limit.

The exact density of one eigenvalue, chosen at random, follows Mehta (Random Matrices, the chapter on the
orthogonal ensemble). In x = λ/√2 and with the Hermite functions φ_j it is, times n,

    Σ_{j<n} φ_j(x)² + √(n/2) φ_{n−1}(x) ε φ_n(x) + [n odd] φ_{n−1}(x) / ∫ φ_{n−1},

where ε f(x) is half the integral of sgn(x − t) f(t). All three come from one recurrence, since
φ_j′ = √(j/2) φ_{j−1} − √((j + 1)/2) φ_{j+1}.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import erf

NODES = 400  # Gauss-Legendre, for integrands that wave n times over an interval of about 4√n + 20


def goe_density(x: ArrayLike, n: int) -> np.ndarray:
    """The exact density at x of one eigenvalue, chosen at random, of an n × n GOE matrix.

    Args:
        x: Points on the scale of :func:`hdintuition.mathematics.random_matrices.goe`, any shape.
        n: Size, from 1 to 200.

    Returns:
        float64 array of the shape of x; integrates to 1.

    Raises:
        ValueError: If n is out of range.

    >>> round(float(goe_density(0.0, 1)), 9)          # one entry: normal with variance 2
    0.282094792
    """
    if not 1 <= n <= 200:
        raise ValueError(f"n must lie from 1 to 200, got {n}")
    t = np.asarray(x, dtype=float) / 2**0.5
    phi = [np.pi**-0.25 * np.exp(-(t**2) / 2)]
    phi.append(2**0.5 * t * phi[0])
    eps = [np.pi**0.25 / 2**0.5 * erf(t / 2**0.5), -(2**0.5) * phi[0]]
    mass = [2**0.5 * np.pi**0.25, 0.0]
    for j in range(1, n):
        up, down = (2 / (j + 1)) ** 0.5, (j / (j + 1)) ** 0.5
        phi.append(up * t * phi[j] - down * phi[j - 1])
        eps.append(down * eps[j - 1] - up * phi[j])
        mass.append(down * mass[j - 1])
    density = sum(f**2 for f in phi[:n]) + (n / 2) ** 0.5 * phi[n - 1] * eps[n]
    if n % 2:
        density = density + phi[n - 1] / mass[n - 1]
    return density / (n * 2**0.5)


def uphill_share(height: ArrayLike, n: int) -> np.ndarray:
    """The exact share of directions that curve uphill at a random point of the given height.

    The point lies on a smooth Gaussian surface with n directions (variance 1, covariance exp(−r²/2));
    its Hessian is G − height·I, and what is asked is the share of G's eigenvalues above the height.

    Args:
        height: Heights in standard deviations of the surface, any shape.
        n: Number of directions, from 1 to 200.

    Returns:
        float64 array of the shape of ``height``, absolute accuracy 1e-12.

    Raises:
        ValueError: If n is out of range.

    >>> [round(float(share), 6) for share in uphill_share([0.0, -60.0], 10)]
    [0.5, 1.0]
    """
    top = 2 * n**0.5 + 10
    low = np.clip(np.asarray(height, dtype=float), -top, top)
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    half = (top - low) / 2
    points = low[..., None] + half[..., None] * (nodes + 1)
    return half * (goe_density(points, n) @ weights)


def semicircle(x: ArrayLike) -> np.ndarray:
    """Wigner's limiting density of eigenvalue/√n: √(4 − x²)/(2π) between −2 and 2, else 0.

    Args:
        x: Points in units of √n, any shape.

    Returns:
        float64 array of the shape of x.

    >>> round(float(semicircle(0.0)), 6)
    0.31831
    """
    return np.sqrt(np.clip(4 - np.square(np.asarray(x, dtype=float)), 0, None)) / (2 * np.pi)


def semicircle_above(x: ArrayLike) -> np.ndarray:
    """The share of Wigner's semicircle above x: 1 up to −2, one half at 0, 0 from 2 on.

    It is the limit of ``uphill_share(x√n, n)`` for many directions.

    Args:
        x: Points in units of √n, any shape.

    Returns:
        float64 array of the shape of x.

    >>> float(semicircle_above(0.0))
    0.5
    """
    t = np.clip(np.asarray(x, dtype=float) / 2, -1, 1)
    return 0.5 - (t * np.sqrt(1 - t**2) + np.arcsin(t)) / np.pi
