"""Exact laws of the distance between two random points with independent coordinates.

Normal coordinates, of any scale: the distance over √2 times that scale has the χ law with n degrees of freedom, so
that its mean is √2 Γ((n + 1)/2)/Γ(n/2) and its mean square n. All the coordinates do is to count.

Cauchy coordinates: the difference of two of them is 2C with C Cauchy again, and E exp(−4sC²) = exp(4s) erfc(2√s).
So the squared distance over n² has a Laplace transform that tends to exp(−4√(s/π)), that of (8/π)/Z² with Z
normal: a law without a mean, and as wide for a million coordinates as for a hundred.
"""

from __future__ import annotations

from math import expm1, fsum, lgamma, log, log1p, sqrt

from scipy.stats import chi2, norm

MANY = 100  # dimensions from which the series of the mean is exact to 1e-12
# Of (Γ(x + 1/2)/Γ(x))²/x in powers of 1/x, from the first on.
SERIES = (-1 / 4, 1 / 32, 1 / 128, -5 / 2048, -23 / 8192, 53 / 65536, 593 / 262144)


def distance_spread(n: float) -> float:
    """The relative spread, standard deviation over mean, of the distance between two normal points.

    About 1/√(2n); exactly √(n/m² − 1), where m = √2 Γ((n + 1)/2)/Γ(n/2).

    Args:
        n: Independent coordinates, all of one variance; any number > 0, an effective dimension included.

    Raises:
        ValueError: If n is not positive.

    >>> round(distance_spread(2), 4), round(200 * distance_spread(20_000), 4)  # √(4/π − 1); 1/√(2n) in per cent
    (0.5227, 1.0)
    """
    _positive(n)
    if n < MANY:
        log_ratio = 2 * (lgamma((n + 1) / 2) - lgamma(n / 2)) - log(n / 2)
    else:
        log_ratio = log1p(fsum(c * (2 / n) ** k for k, c in enumerate(SERIES, 1)))
    return sqrt(expm1(-log_ratio))


def distance_share(n: float, *, within: float = 0.1) -> float:
    """The chance that the distance between two normal points is the median distance to within a share of it.

    Args:
        n: Independent coordinates, as for :func:`distance_spread`.
        within: The share, in (0, 1).

    Raises:
        ValueError: If n is not positive or the share out of range.

    >>> [round(100 * distance_share(n)) for n in (1, 10, 100, 1000)]
    [9, 34, 84, 100]
    """
    _positive(n)
    low, high = _ends(within)
    middle = chi2.median(n)
    return float(chi2.cdf(high**2 * middle, n) - chi2.cdf(low**2 * middle, n))


def cauchy_distance_share(*, within: float = 0.1) -> float:
    """The same chance for points with Cauchy coordinates, in the limit of many.

    Raises:
        ValueError: If the share is not in (0, 1).

    >>> round(100 * cauchy_distance_share(), 1)
    8.6
    """
    low, high = _ends(within)
    middle = norm.ppf(0.75)  # the median of |Z|; a distance far above its median is a |Z| far below
    return float(2 * (norm.cdf(middle / low) - norm.cdf(middle / high)))


def _positive(n: float) -> None:
    if not n > 0:
        raise ValueError(f"the number of coordinates must be > 0, got {n}")


def _ends(within: float) -> tuple[float, float]:
    if not 0 < within < 1:
        raise ValueError(f"within is a share and must lie in (0, 1), got {within}")
    return 1 - within, 1 + within
