"""How the eigenvalues of a sample covariance are spread when there is nothing to find: Marchenko and Pastur.

X holds n samples of p independent features with mean 0 and variance 1; the matrix is XᵀX/n, p × p, and
ratio = p/n stays fixed as both grow. Then its eigenvalues fill [(1 − √ratio)², (1 + √ratio)²] with density

    √((high − x)(x − low)) / (2π · ratio · x);

with more features than samples a share 1 − 1/ratio of them is exactly 0 and the density has mass 1/ratio.
(Marchenko and Pastur, Distribution of eigenvalues for some sets of random matrices, Mathematics of the
USSR-Sbornik 1, 1967.) The integral is elementary; it is written with arctangents of two arguments, which
keep their digits at the edges, where arcsines lose half of them.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

HALVINGS = 60


def marchenko_pastur_edges(ratio: float) -> tuple[float, float]:
    """The lowest and the highest eigenvalue of the bulk: (1 ± √ratio)².

    Args:
        ratio: Features per sample, positive.

    Raises:
        ValueError: If ratio is not positive and finite.

    >>> marchenko_pastur_edges(0.25)
    (0.25, 2.25)
    """
    if not 0 < ratio < np.inf:
        raise ValueError(f"ratio (features per sample) must be positive and finite, got {ratio}")
    return (1 - ratio**0.5) ** 2, (1 + ratio**0.5) ** 2


def marchenko_pastur(x: ArrayLike, ratio: float) -> np.ndarray:
    """The limiting density at x of an eigenvalue of XᵀX/n, without the eigenvalues that are exactly 0.

    Args:
        x: Points, any shape.
        ratio: Features per sample, positive.

    Returns:
        float64 array of the shape of x; integrates to 1, or to 1/ratio if ratio > 1.

    Raises:
        ValueError: If ratio is not positive and finite.

    >>> round(float(marchenko_pastur(1.0, 1.0)), 9)   # √3/(2π)
    0.275664448
    """
    low, high = marchenko_pastur_edges(ratio)
    x = np.asarray(x, dtype=float)
    inside = (x > low) & (x < high)
    safe = np.where(inside, x, 1.0)
    root = np.sqrt(np.clip((high - safe) * (safe - low), 0, None))
    return np.where(inside, root / (2 * np.pi * ratio * safe), 0.0)


def marchenko_pastur_below(x: ArrayLike, ratio: float) -> np.ndarray:
    """The limiting share of eigenvalues of XᵀX/n that are at most x, those that are exactly 0 included.

    Args:
        x: Points, any shape.
        ratio: Features per sample, positive.

    Returns:
        float64 array of the shape of x; absolute accuracy 1e-12.

    Raises:
        ValueError: If ratio is not positive and finite.

    >>> marchenko_pastur_below([-0.1, 0.0, 10.0], 4.0).tolist()  # three of four eigenvalues are 0
    [0.0, 0.75, 1.0]
    """
    low, high = marchenko_pastur_edges(ratio)
    x = np.asarray(x, dtype=float)
    inside = np.clip(x, low, high)
    root = np.sqrt((high - inside) * (inside - low))
    gap = 1 - ratio
    angles = (1 + ratio) * np.arctan2(inside - 1 - ratio, root)
    # At ratio 1 and x = 0 both arguments vanish, and so does the factor in front.
    angles -= abs(gap) * np.arctan2((1 + ratio) * inside - gap**2, abs(gap) * root)
    bulk = (root + angles) / (2 * np.pi * ratio) + min(1, ratio) / (2 * ratio)
    return np.where(x < 0, 0.0, np.clip(max(0.0, 1 - 1 / ratio) + bulk, 0, 1))


def marchenko_pastur_quantile(share: ArrayLike, ratio: float) -> np.ndarray:
    """The eigenvalue of XᵀX/n that the given share of eigenvalues does not exceed, in the limit.

    Args:
        share: Shares, each from 0 to 1, any shape.
        ratio: Features per sample, positive.

    Returns:
        float64 array of the shape of ``share``; 0 as long as the share of exact zeros is not used up.

    Raises:
        ValueError: If a share or the ratio is out of range.

    >>> marchenko_pastur_quantile([0.5, 1.0], 4.0).round(6).tolist()
    [0.0, 9.0]
    """
    share = np.asarray(share, dtype=float)
    if not np.all((share >= 0) & (share <= 1)):
        raise ValueError(f"share must lie from 0 to 1, got {share}")
    marchenko_pastur_edges(ratio)
    # Along x = 1 + ratio − 2√ratio cos θ the share rises smoothly, at the edges too.
    left, right = np.zeros(share.shape), np.full(share.shape, np.pi)
    for _ in range(HALVINGS):
        middle = (left + right) / 2
        enough = marchenko_pastur_below(_along(middle, ratio), ratio) >= share
        left, right = np.where(enough, left, middle), np.where(enough, middle, right)
    return np.where(share <= max(0.0, 1 - 1 / ratio), 0.0, _along(right, ratio))


def _along(angle: np.ndarray, ratio: float) -> np.ndarray:
    return (1 - ratio**0.5) ** 2 + 4 * ratio**0.5 * np.sin(angle / 2) ** 2
