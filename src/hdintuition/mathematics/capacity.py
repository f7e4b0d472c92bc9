"""How many labellings of n points a linear classifier can make, and whether a given one is among them.

T. M. Cover, Geometrical and statistical properties of systems of linear inequalities with applications in pattern
recognition, IEEE Transactions on Electronic Computers EC-14, 1965: of the 2ⁿ labellings of n points in general
position in d dimensions, a plane through the origin realises C(n, d) = 2 Σ_{k<d} binom(n − 1, k). That is all of
them up to n = d, exactly half at n = 2d, and for large d hardly any beyond. A threshold that may be chosen is the
weight of one more input that is always 1: d + 1 instead of d.
"""

from __future__ import annotations

from fractions import Fraction
from math import log, log1p

import numpy as np
import torch
from scipy.optimize import linprog
from torch import Tensor


def dichotomies(n: int, d: int) -> int:
    """Cover's C(n, d), exactly: the labellings of n points in general position that are linearly separable.

    Args:
        n: Points, >= 1.
        d: Dimensions, >= 1; the separating plane goes through the origin.

    Raises:
        ValueError: If n or d is below 1.

    >>> dichotomies(3, 2), dichotomies(4, 3)         # four points in the plane with a threshold: all but XOR's two
    (6, 14)
    """
    if n < 1 or d < 1:
        raise ValueError(f"n and d must be >= 1, got n = {n}, d = {d}")
    # Each coefficient from the one before: a sum of binomials one by one would take d times as long.
    term = total = 1
    for k in range(1, min(d, n)):
        term = term * (n - k) // k
        total += term
    return 2 * total


def separable_share(n: int, d: int, *, log_scale: bool = False) -> float:
    """The chance that random labels of n points in general position are linearly separable, C(n, d) / 2ⁿ.

    Args:
        n: Points, >= 1.
        d: Dimensions, >= 1; the separating plane goes through the origin.
        log_scale: Return the natural logarithm instead.

    Returns:
        The exact value, rounded once; as a logarithm right to the last digit or two.

    Raises:
        ValueError: If n or d is below 1, or the chance is too small for a float64 and log_scale is False.

    >>> [round(separable_share(20, d), 4) for d in (8, 10, 12)]
    [0.1796, 0.5, 0.8204]
    """
    count = dichotomies(n, d)
    if log_scale and 2 * count > 2**n:
        return log1p(-float(Fraction(2**n - count, 2**n)))  # near 1 its own logarithm would lose digits
    if log_scale:
        bits = count.bit_length()
        return log(Fraction(count, 2**bits)) + (bits - n) * log(2)
    share = float(Fraction(count, 2**n))
    if share < np.finfo(float).tiny:
        raise ValueError(
            f"the chance at n = {n}, d = {d} is below the smallest normal float64: use log_scale=True"
        )
    return share


def separating(X: Tensor, y: Tensor) -> Tensor | None:
    """Weights w with y_i x_i·w > 0 for all points, or None if there are none: a linear programme.

    Args:
        X: Points, (n, d); a column of ones for a threshold is the caller's to add.
        y: Labels -1 or +1, (n,).

    Returns:
        Weights, (d,), float64, on the device of X; checked against every point.

    Raises:
        ValueError: If the shapes do not match or a label is neither -1 nor +1.
        RuntimeError: If the solver gives no clear answer, as with margins near its tolerance of 1e-7.

    >>> separating(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([1.0, -1.0]))
    tensor([ 1., -1.], dtype=torch.float64)
    >>> separating(torch.tensor([[1.0], [2.0]]), torch.tensor([1.0, -1.0])) is None
    True
    """
    if X.ndim != 2 or y.shape != X.shape[:1] or min(X.shape) < 1 or not bool((y.abs() == 1).all()):
        raise ValueError(
            f"X must have shape (n, d) and y (n,) with labels -1 or +1, got {tuple(X.shape)} and {tuple(y.shape)}"
        )
    signed = (X.double() * y.double()[:, None]).cpu().numpy()
    lengths = np.linalg.norm(signed, axis=1, keepdims=True)
    if (lengths == 0).any():
        return None  # a point at the origin is on every plane
    # On the unit sphere, so that the solver's tolerance means the same for all; separable if all can be >= 1.
    found = linprog(
        np.zeros(X.shape[1]),
        A_ub=-signed / lengths,
        b_ub=-np.ones(len(signed)),
        bounds=(None, None),
        method="highs",
    )
    infeasible = 2
    if found.status == infeasible:
        return None
    if found.status != 0 or not (signed @ found.x > 0).all():
        raise RuntimeError(f"the linear programme found no clear answer: {found.message}")
    return torch.from_numpy(found.x).to(X.device)
