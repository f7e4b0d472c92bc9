"""How many balls fit in a cube: counts that are sure to fit, and counts that cannot.

Balls of radius r lie inside the unit cube and do not overlap exactly if their centres lie in a cube of side
1 − 2r, at least 2r apart. Scaled to side 1, the centres are at least √D apart with D = (2r/(1 − 2r))².
From below: centres at corners, whose squared distances are whole numbers (codes: Levenshtein, Gilbert).
From above, for all centres and not only corners: Plotkin's sum (1960), Rankin's angles (1955), and volume.
The proofs are on the chapter's page.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from hdintuition.mathematics.code_bounds import gilbert_varshamov, plotkin
from hdintuition.mathematics.codes import has_levenshtein

Radius = float | str | Fraction


def spread(radius: Radius) -> Fraction:
    """D: the least squared distance of two centres, in units of the side of the cube that holds them.

    Args:
        radius: In units of the cube's side, strictly between 0 and 1/2. A float is read as the decimal
            that it prints as: 0.4 is 2/5.

    Raises:
        ValueError: If the radius is out of range.

    >>> spread(0.4), spread("49/100")
    (Fraction(16, 1), Fraction(2401, 1))
    """
    r = _exact(radius)
    return (2 * r / (1 - 2 * r)) ** 2


def two_balls_threshold(radius: Radius) -> int:
    """The least dimension in which two balls fit: the least n with √n(1 − 2r) >= 2r.

    >>> [two_balls_threshold(r) for r in (0.25, 0.4, 0.45, 0.49, 0.499)]
    [1, 16, 81, 2401, 249001]
    """
    return math.ceil(spread(radius))


def most_balls(n: int, radius: Radius) -> int:
    """No more balls fit, wherever their centres are. For n up to 2D, exact arithmetic.

    Args:
        n: Dimension, from 1 to 2D.
        radius: As for :func:`spread`.

    Returns:
        1 for n < D; 2⌊D/(2D − n)⌋, at most n + 1, for D <= n < 2D; 2n for n = 2D.

    Raises:
        ValueError: If n is out of range: beyond 2D only :func:`log10_most_balls` knows a bound.

    >>> [most_balls(n, 0.4) for n in (15, 16, 24, 27, 28, 29, 30, 31, 32)]
    [1, 2, 4, 6, 8, 10, 16, 32, 64]
    """
    least = spread(radius)
    if not 1 <= n <= 2 * least:
        raise ValueError(f"n must lie in 1 to {math.floor(2 * least)} for radius {radius}, got {n}")
    if n == 2 * least:
        return 2 * n
    return max(1, min(2 * (least // (2 * least - n)), n + 1))


def fewest_balls(n: int, radius: Radius) -> int:
    """So many balls are sure to fit; there may be room for more.

    The best of: Levenshtein's codes up to 2D dimensions, the shortened BCH code [64, 24, 16], Gilbert's
    greedy choice among corners, and greedy choice in the whole cube.

    Args:
        n: Dimension, at least 1.
        radius: As for :func:`spread`.

    Raises:
        ValueError: If n or the radius is out of range.

    >>> [fewest_balls(n, 0.4) for n in (15, 16, 24, 27, 28, 29, 30, 31, 32)], fewest_balls(64, 0.4) == 2**24
    ([1, 2, 4, 6, 8, 10, 16, 32, 64], True)
    """
    _check_dimension(n)
    d = max(1, math.ceil(spread(radius)))
    if n < d:
        return 1
    longest = next(k for k in range(min(n, 2 * d), 0, -1) if has_levenshtein(k, d))
    bch = 2 ** max(0, min(n, 64) - 40) if d <= 16 else 1
    greedy = _log_greedy(n, radius)
    anywhere = math.ceil(math.exp(greedy) * (1 - 1e-9)) if greedy < 30 else 1  # beyond, corners win
    return max(plotkin(longest, d), bch, gilbert_varshamov(n, d), anywhere)


def log10_most_balls(n: int, radius: Radius) -> float:
    """The decimal logarithm of a count that cannot be exceeded, for every n.

    Up to 2D dimensions :func:`most_balls`; beyond, the volume of the cube over that of a ball.

    >>> round(log10_most_balls(32, 0.4), 6), round(log10_most_balls(64, 0.4), 2)
    (1.80618, 44.98)
    """
    _check_dimension(n)
    if n <= 2 * spread(radius):
        return math.log10(most_balls(n, radius))
    return -log_ball_volume(n, float(_exact(radius))) / math.log(10)


def log_ball_volume(n: int, radius: float = 1.0) -> float:
    """The natural logarithm of the volume of a ball: ln(π^{n/2} rⁿ / Γ(n/2 + 1)).

    >>> round(math.exp(log_ball_volume(3)), 6)
    4.18879
    """
    _check_dimension(n)
    if not radius > 0:
        raise ValueError(f"radius must be positive, got {radius}")
    return n * (math.log(math.pi) / 2 + math.log(radius)) - math.lgamma(n / 2 + 1)


def log_central_share(n: int) -> float:
    """ln(volume of the central ball / volume of the box) for 2ⁿ unit balls in a box of side 4.

    The unit balls sit at (±1, …, ±1); the ball in the middle that touches them all has radius √n − 1.

    Args:
        n: Dimension, at least 2.

    Raises:
        ValueError: If n is below 2: with n = 1 there is no room in the middle.
    """
    if n < 2:
        raise ValueError(f"n must be at least 2, got {n}")
    return log_ball_volume(n, (math.sqrt(n) - 1) / 4)


def balls_fit(centres: np.ndarray, *, radius: int, side: int) -> bool:
    """Whether balls lie inside a cube and no two overlap: touching is allowed. Exact, in whole numbers.

    Args:
        centres: Integer array of shape (balls, n), coordinates in the units of ``side``.
        radius: A positive whole number.
        side: The cube is [0, side]ⁿ; at most 1000, so that no sum can overflow.

    Raises:
        ValueError: If the centres are not whole numbers, or radius or side is out of range.

    >>> balls_fit(np.array([[2] * 16, [3] * 16]), radius=2, side=5)
    True
    """
    where = np.asarray(centres)
    if where.ndim != 2 or not np.issubdtype(where.dtype, np.integer):
        raise ValueError(f"centres are whole numbers of shape (balls, n), got {where.dtype} {where.shape}")
    if not 0 < radius <= side <= 1000:
        raise ValueError(f"0 < radius <= side <= 1000 is needed, got radius = {radius}, side = {side}")
    where = where.astype(np.int64)
    if ((where < radius) | (where > side - radius)).any():
        return False
    square = (where**2).sum(axis=1)
    apart = square[:, None] + square - 2 * where @ where.T
    return bool((apart[np.triu_indices(len(where), 1)] >= (2 * radius) ** 2).all())


def _log_greedy(n: int, radius: Radius) -> float:
    """Logarithm of the cube of centres over a ball of radius 2r: while less is covered, one more fits."""
    return -log_ball_volume(n, math.sqrt(spread(radius)))


def _exact(radius: Radius) -> Fraction:
    r = Fraction(str(radius))
    if not 0 < r < Fraction(1, 2):
        raise ValueError(f"radius must lie in (0, 1/2), got {radius}")
    return r


def _check_dimension(n: int) -> None:
    if n < 1:
        raise ValueError(f"n must be at least 1, got {n}")
