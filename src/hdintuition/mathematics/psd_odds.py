"""Exact odds of no way down: for a random symmetric matrix, and for a flat point of a random surface.

G is the GOE of :func:`hdintuition.mathematics.random_matrices.goe`; wanted is the chance that every
eigenvalue of G exceeds a height. The eigenvalues have density proportional to Π_{i<j} |λᵢ − λⱼ|
exp(−Σ λᵢ²/4) (Mehta's integral norms it). Put x = λ/√2 and let every x run over (a, ∞) only: by de
Bruijn (1955) the integral of |Vandermonde| · Π w(xᵢ) is n! times the Pfaffian of the skew moments

    A[j, k] = ∫∫ sgn(y − x) xʲ yᵏ w(x) w(y) dx dy,     w(x) = exp(−x²/2),

bordered by m[k] = ∫ xᵏ w(x) dx when n is odd. Integrating by parts gives A[j, k] from A[j − 2, k],
and one skew-symmetric elimination gives the Pfaffians of all sizes at once. One decimal digit or more
cancels per row, so it runs on mpmath numbers, which torch brings along through sympy. For large n and
height 0, ln pₙ ~ −(ln 3)/4 · n² (Dean and Majumdar 2006).

For the flat points of a smooth Gaussian surface see :func:`hdintuition.mathematics.random_matrices.flat_points`:
their heights are the eigenvalues λ of a GOE matrix one size larger, each counted with weight exp(−λ²/4),
and the minima among them are the lowest eigenvalues. So the share of minima at a height is the density of the
lowest eigenvalue there over n + 1 times that of any.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from operator import index
from typing import overload

import mpmath
import numpy as np
from numpy.typing import ArrayLike

from hdintuition.mathematics.spectral_density import goe_density

LARGEST = 100  # some seconds of elimination
HIGHEST = 50.0
STEP = 2.0**-17  # of a difference quotient: its error is the square, and logarithms have 20 digits


@overload
def psd_probability(n: int, *, height: float = ..., log: bool = ...) -> float: ...
@overload
def psd_probability(n: Iterable[int], *, height: float = ..., log: bool = ...) -> np.ndarray: ...
def psd_probability(n: int | Iterable[int], *, height: float = 0.0, log: bool = False) -> float | np.ndarray:
    """The exact probability that no eigenvalue of G − height·I is negative, G from the GOE.

    At height 0 it is pₙ, the chance that a random symmetric Hessian leaves no way down.

    Args:
        n: A size, or several; each from 1 to 100.
        height: Height of the point, in standard deviations of the surface; from −50 to 50.
        log: Return the natural logarithm instead.

    Returns:
        A float for one size, a float64 array for several; right to the last digit or two.

    Raises:
        ValueError: If a size is not an integer or out of range, the height is out of range, or the
            probability is too small for a float64 (at height 0 from n = 51 on) and log is False.

    >>> round(psd_probability(2), 9)                  # (2 − √2) / 4
    0.146446609
    >>> [round(1 / p) for p in psd_probability(range(1, 5))]
    [2, 7, 40, 407]
    """
    sizes = _sizes(n)
    if not -HIGHEST <= height <= HIGHEST:
        raise ValueError(f"height must lie from -{HIGHEST:g} to {HIGHEST:g}, got {height}")
    table = _log_probabilities(-(-max(sizes, default=1) // 10) * 10, float(height))
    small = [size for size in sizes if not log and table[size] < np.log(np.finfo(float).tiny)]
    if small:
        raise ValueError(
            f"the probability at n = {small[0]}, height = {height} is below the smallest normal float64; "
            "ask for log=True"
        )
    values = [float(table[size] if log else mpmath.exp(table[size])) for size in sizes]
    return np.array(values) if isinstance(n, Iterable) else values[0]


def minima_share(n: Iterable[int]) -> np.ndarray:
    """The exact share of the flat points of a smooth Gaussian surface that are minima.

    The surface has n directions, covariance exp(−r²/2) and, at its flat points, any height.

    Args:
        n: Sizes, each from 1 to 20.

    Returns:
        float64 array, one share a size; relative accuracy 1e-10.

    Raises:
        ValueError: If a size is not an integer from 1 to 20.

    >>> minima_share([1, 2]).round(9).tolist()        # minima and maxima alternate; Morse: 1 : 2 : 1
    [0.5, 0.25]
    """
    sizes = _sizes(n, largest=20)
    height, step = np.linspace(-25, 15, 101, retstep=True)  # trapezia are spectrally accurate here
    weight = np.exp(-(height**2) / 4) * step
    lowest = {size: height / -2 * weight @ _survival(size + 1, tuple(height)) for size in sizes}  # by parts
    fine, step = np.linspace(-25, 25, 1001, retstep=True)
    weight = np.exp(-(fine**2) / 4) * step
    return np.array([lowest[k] / ((k + 1) * weight @ goe_density(fine, k + 1)) for k in sizes])


def minima_share_at(height: ArrayLike, n: int) -> np.ndarray:
    """The exact share of minima among the flat points of a given height.

    The surface has n directions and covariance exp(−r²/2).

    Args:
        height: Heights in standard deviations of the surface, each from −2√n − 3 to 20; any shape.
        n: Number of directions, from 1 to 50.

    Returns:
        float64 array of the shape of ``height``; relative accuracy 1e-7.

    Raises:
        ValueError: If n or a height is out of range.

    >>> minima_share_at([0.0, 3.0], 1).round(4).tolist()  # above, hardly a flat point is a minimum
    [0.5, 0.0029]
    """
    (size,) = _sizes(n, largest=50)
    heights = np.asarray(height, dtype=float)
    lowest = -2 * size**0.5 - 3
    if not np.all((heights >= lowest) & (heights <= 20)):
        raise ValueError(f"heights must lie from -2√n - 3 = {lowest:.4g} to 20, got {height!r}")
    density = np.array([_lowest_density(size + 1, float(one)) for one in heights.flat])
    return density.reshape(heights.shape) / ((size + 1) * goe_density(heights, size + 1))


def _lowest_density(size: int, height: float) -> float:
    """The density of the lowest eigenvalue, −dP(λ_min > height)/dheight."""
    table = -(-size // 10) * 10
    up, down = (_log_probabilities(table, height + step)[size] for step in (STEP, -STEP))
    return float((down - up) / (2 * STEP) * mpmath.exp((down + up) / 2))


def _survival(size: int, heights: tuple[float, ...]) -> np.ndarray:
    """P(λ_min > height), for each of the heights."""
    table = -(-size // 10) * 10
    return np.array([float(mpmath.exp(_log_probabilities(table, height)[size])) for height in heights])


def _sizes(n: int | Iterable[int], *, largest: int = LARGEST) -> list[int]:
    try:
        sizes = [index(size) for size in n] if isinstance(n, Iterable) else [index(n)]
    except TypeError:
        raise ValueError(f"n must be an integer or several integers, got {n!r}") from None
    if wrong := [size for size in sizes if not 1 <= size <= largest]:
        raise ValueError(f"n must lie from 1 to {largest}, got {wrong[0]}")
    return sizes


@lru_cache(maxsize=1024)
def _log_probabilities(largest: int, height: float) -> list[mpmath.mpf]:
    """Table of ln P for n = 0 … largest (an even number), right to 20 digits."""
    digits, before = 30 + 2 * largest, None
    while True:  # how much cancels depends on the height: double the digits until nothing changes
        with mpmath.workdps(digits):
            pfaffians = _leading_pfaffians(_skew_moments(largest, mpmath.mpf(height) / mpmath.sqrt(2)))
            # Rounding may leave a pivot that should be tiny and positive at or below zero.
            logs = [mpmath.log(pf) for pf in pfaffians] if min(pfaffians) > 0 else None
            if logs and before and all(abs(x - y) < 1e-20 for x, y in zip(logs, before, strict=True)):
                return [x - y for x, y in zip(logs, _log_mehta(largest), strict=True)]
        digits, before = 2 * digits, logs


def _log_mehta(largest: int) -> list[mpmath.mpf]:
    """Logarithms of Mehta's integral over n!, that is of ∏ √(2π) Γ(1 + j/2) / (Γ(3/2) j)."""
    logs = [mpmath.mpf(0)]
    for n in range(1, largest + 1):
        gammas = mpmath.gamma(1 + mpmath.mpf(n) / 2) / mpmath.gamma(mpmath.mpf(3) / 2)
        logs.append(logs[-1] + mpmath.log(mpmath.sqrt(2 * mpmath.pi) * gammas / n))
    return logs


def _skew_moments(size: int, a: mpmath.mpf) -> list[list[mpmath.mpf]]:
    """A[j][k] for j < k over (a, ∞), with the border m as the last column."""
    edge = mpmath.exp(-a * a / 2)
    m = [mpmath.sqrt(mpmath.pi / 2) * mpmath.erfc(a / mpmath.sqrt(2)), edge]  # ∫ xᵏ exp(−x²/2)
    i = [mpmath.sqrt(mpmath.pi) / 2 * mpmath.erfc(a), edge**2 / 2]  # ∫ xᵏ exp(−x²)
    for k in range(2, 2 * size):
        m.append((k - 1) * m[k - 2] + a ** (k - 1) * edge)
        i.append(((k - 1) * i[k - 2] + a ** (k - 1) * edge**2) / 2)

    skew = [[mpmath.mpf(0)] * size + [m[j]] for j in range(size)]
    for j in range(1, size):  # the lower triangle's first column is minus the upper one's first row
        skew[0][j] = (j - 1) * skew[0][j - 2] * (j > 1) - a ** (j - 1) * edge * m[0] + 2 * i[j - 1]
    for j in range(1, size):
        for k in range(j + 1, size):
            lower = (j - 1) * skew[j - 2][k] if j > 1 else 0
            skew[j][k] = lower + a ** (j - 1) * edge * m[k] - 2 * i[j + k - 1]
    return skew


def _leading_pfaffians(a: list[list[mpmath.mpf]]) -> list[mpmath.mpf]:
    """Pfaffians of the leading blocks 0 … n, odd ones bordered; eliminates ``a`` in place."""
    size = len(a)
    pfaffians = [mpmath.mpf(1)]
    for k in range(0, size, 2):
        first, second = a[k], a[k + 1]
        # Every Pfaffian is the integral of a positive function: no pivot is zero.
        pfaffians += [pfaffians[k] * first[size], pfaffians[k] * first[k + 1]]
        for i in range(k + 2, size):
            up, down = first[i] / first[k + 1], second[i] / first[k + 1]
            for j in range(i + 1, size + 1):
                a[i][j] += down * first[j] - up * second[j]
    return pfaffians
