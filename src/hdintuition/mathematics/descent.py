"""Plain gradient descent on a stack of surfaces, with a certificate of arrival.

One walk a surface: a hundred walks on one surface are one sample of surfaces, not a hundred. Walks that
have arrived rest, so that a few slow ones do not keep the whole stack busy.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import torch


class Surfaces(Protocol):
    """A stack of surfaces; one point for each, all in one tensor of shape (count, dim)."""

    @property
    def rate(self) -> float:
        """A rate at which gradient descent on these surfaces is stable."""

    def __len__(self) -> int: ...

    def __getitem__(self, kept: torch.Tensor) -> Self:
        """The surfaces that a mask or an index picks."""

    def random_points(self, generator: torch.Generator) -> torch.Tensor:
        """One random point a surface, shape (count, dim)."""

    def values(self, points: torch.Tensor) -> torch.Tensor:
        """Heights, shape (count,)."""

    def gradients(self, points: torch.Tensor) -> torch.Tensor:
        """Gradients, shape (count, dim)."""

    def curvatures(self, points: torch.Tensor) -> torch.Tensor:
        """Eigenvalues of the Hessian in ascending order, shape (count, dim)."""


@dataclass(frozen=True)
class Descent:
    """Where a stack of walks stands, with its certificate."""

    points: torch.Tensor  # (count, dim)
    slopes: torch.Tensor  # (count,) Euclidean norm of the gradient there
    steps: int  # that the longest walk took
    tolerance: float

    @property
    def converged(self) -> torch.Tensor:
        """Whether the ground is flat: slope at most the tolerance; booleans, shape (count,)."""
        return self.slopes <= self.tolerance


def descend(
    surfaces: Surfaces,
    *,
    from_: torch.Tensor,
    steps: int = 20_000,
    rate: float | None = None,
    tolerance: float = 1e-6,
    check_every: int = 50,
) -> Descent:
    """Gradient descent with a constant rate, until the ground is flat or the steps are used up.

    Args:
        surfaces: What to walk on.
        from_: Starting points, shape (count, dim); left as they are.
        steps: The most steps a walk may take.
        rate: Length of a step over the gradient's; by default ``surfaces.rate``.
        tolerance: A walk has arrived when the norm of its gradient is at most this.
        check_every: Steps between two looks at who has arrived.

    Returns:
        A :class:`Descent`. Walks that did not arrive are in it with ``converged`` false; where one
        left the finite numbers (the rate is too large), its slope is inf or nan.

    Raises:
        ValueError: If the points do not fit the surfaces, or a number is out of range.
    """
    rate = surfaces.rate if rate is None else rate
    if steps < 0 or check_every < 1 or not rate > 0 or not tolerance > 0:
        raise ValueError(
            "steps must be at least 0, check_every at least 1, rate and tolerance positive; "
            f"got steps = {steps}, check_every = {check_every}, rate = {rate}, tolerance = {tolerance}"
        )
    points, slopes, taken = from_.clone(), surfaces.gradients(from_).norm(dim=1), 0
    walking = (slopes > tolerance).nonzero()[:, 0]
    while len(walking) and taken < steps:
        ground, moving = surfaces[walking], points[walking]
        stride = min(check_every, steps - taken)
        for _ in range(stride):
            moving = moving - rate * ground.gradients(moving)
        points[walking], slopes[walking] = moving, ground.gradients(moving).norm(dim=1)
        taken += stride
        here = slopes[walking]
        walking = walking[(here > tolerance) & here.isfinite()]
    return Descent(points, slopes, taken, tolerance)
