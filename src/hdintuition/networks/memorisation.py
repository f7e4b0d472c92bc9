"""A network that fits any labels, with its weights written down: n points in d dimensions need 2n + d of them.

Theorem 1 of C. Zhang, S. Bengio, M. Hardt, B. Recht and O. Vinyals, Understanding deep learning requires rethinking
generalization, ICLR 2017. All points are projected on one direction a; with b_1 < a·x_1 <= b_2 < a·x_2 … the matrix
relu(a·x_i − b_j) is lower triangular, so that output weights v for any labels are found by substitution:

    f(x) = Σ_j v_j relu(a·x − b_j).

Here every b_j is the projection of the point before, and f is the straight line from label to label: its slopes
are differences of labels over gaps, and v their differences. Kinks half way between the points would do in exact
arithmetic, but then each slope overshoots to make up for the one before, and the v grow from point to point.
The rounding error of f goes with its largest slope, so of several random directions the one is taken in which the
nearest two points are farthest apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hdintuition.networks.ensemble import Networks


@dataclass(frozen=True)
class Memorised:
    """Networks that know their points by heart.

    Attributes:
        networks: One member for each set of labels, float64: d inputs, n hidden units, one output. All units of
            the first layer have the same weights, and the output no bias.
        numbers: How many different numbers a member is written with, 2n + d.
        gap: The least distance of neighbours along the direction, as a share of the whole range.
        error: By how much each member misses its labels at worst, by rounding alone, (members,).
    """

    networks: Networks
    numbers: int
    gap: float
    error: Tensor


def memorise(x: Tensor, y: Tensor, *, generator: torch.Generator, directions: int = 16) -> Memorised:
    """Networks of one hidden layer that fit the labels of n points, exactly but for rounding.

    Args:
        x: Points, (n, d), n >= 2, no two alike. Computed with in float64 whatever they are.
        y: Labels, real numbers, (n,) or, for a stack that fits several sets of them, (members, n).
        generator: Where the random directions are drawn from, on the device of x.
        directions: Of how many the best is taken.

    Raises:
        ValueError: If shapes do not match, labels are not finite, points coincide, or points lie so near that
            float64 cannot tell them apart in any of the directions.

    >>> x = torch.arange(6.0).reshape(3, 2)
    >>> knows = memorise(x, torch.tensor([1.0, -1.0, 5.0]), generator=torch.Generator().manual_seed(0))
    >>> knows.numbers, knows.networks.sizes
    (8, (2, 3, 1))
    >>> knows.networks(x.double()).round(decimals=9)
    tensor([[ 1., -1.,  5.]], dtype=torch.float64)
    """
    x, y = _checked(x, y)
    n, d = x.shape
    a = _direction(x, directions, generator)
    at = x @ a
    at, order = at.sort()
    gaps = at.diff()
    if not gaps.min() > 8 * torch.finfo(at.dtype).eps * at.abs().max():
        raise ValueError(
            f"two of the {n} points are too near each other to be told apart along {directions} directions: "
            "raise directions, or drop one of the two"
        )
    # Before the first point a kink at the typical distance; the line through it starts at 0.
    kinks = torch.cat([at[:1] - gaps.mean(), at[:-1]])
    slopes = torch.cat([y.new_zeros(len(y), 1), y[:, order]], 1).diff() / (at - kinks)
    v = torch.cat([slopes[:, :1], slopes.diff()], 1)
    nets = Networks(
        weights=(a.repeat(len(y), n, 1), v[:, None]),
        biases=(-kinks.repeat(len(y), 1), y.new_zeros(len(y), 1)),
    )
    error = (nets(x) - y).abs().amax(1)
    return Memorised(nets, 2 * n + d, float(gaps.min() / (at[-1] - at[0])), error)


def _direction(x: Tensor, directions: int, generator: torch.Generator) -> Tensor:
    """Of random unit vectors the one along which the nearest points are farthest apart for the whole range."""
    shape = (directions, x.shape[1])
    a = torch.randn(shape, generator=generator, dtype=x.dtype, device=generator.device)
    a /= a.norm(dim=1, keepdim=True)
    at = (a @ x.mT).sort(1).values
    return a[(at.diff(dim=1).amin(1) / (at[:, -1] - at[:, 0])).argmax()]


def _checked(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    if x.ndim != 2 or len(x) < 2 or y.ndim not in (1, 2) or y.shape[-1] != len(x):
        raise ValueError(
            f"x must be (n, d), n >= 2, and y (n,) or (members, n), got {tuple(x.shape)} and {tuple(y.shape)}"
        )
    x, y = x.double(), y.double()
    if not (x.isfinite().all() and y.isfinite().all()):
        raise ValueError("points and labels must be finite; some are not")
    which, counts = torch.unique(x, dim=0, return_inverse=True, return_counts=True)[1:]
    if (counts > 1).any():
        alike = (which == counts.argmax()).nonzero()[:, 0].tolist()
        raise ValueError(
            f"points must be different to have labels of their own; points {alike[:5]} are the same"
        )
    return x, y if y.ndim == 2 else y[None]
