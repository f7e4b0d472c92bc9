"""Gradient descent to the very end: Newton's method takes over where it is safe, and curvature is the certificate.

Plain descent decides which minimum is reached, and then spends most of its steps on the last digits. So every now and
then Newton's method is tried from where a walk stands. Its result is taken only if the Hessian was positive definite
at every iterate, the slope fell below the tolerance, and the point moved no further than ``reach``: then the walk was
in the bowl of that minimum already. Otherwise the walk goes on as if nothing had been tried.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, Self

import torch
from torch import Tensor

from hdintuition.mathematics.descent import Surfaces

NUMBERS = 2**25  # in one block of Hessians; their making takes several times as much
CACHED = (
    2**17
)  # bytes of the points that go together on a CPU, so that the work on them stays in a core's cache


class Bent(Surfaces, Protocol):
    """Surfaces that know their second derivatives."""

    def __getitem__(self, kept: Tensor) -> Self:
        """The surfaces that a mask or an index picks."""

    def hessians(self, points: Tensor) -> Tensor:
        """Second derivatives, shape (count, dim, dim)."""


@dataclass(frozen=True)
class Settled:
    """Where a stack of walks has come to rest."""

    points: Tensor  # (count, dim)
    values: Tensor  # (count,) heights
    slopes: Tensor  # (count,) Euclidean norm of the gradient
    softest: Tensor  # (count,) smallest eigenvalue of the Hessian; NaN where it was not asked for
    steps: Tensor  # (count,) of gradient descent
    tolerance: float

    @property
    def minimum(self) -> Tensor:
        """Certified as a strict local minimum: slope at most the tolerance, all curvatures above zero."""
        return (self.slopes <= self.tolerance) & (self.softest > 0)


def settle(
    surfaces: Bent,
    *,
    from_: Tensor,
    steps: int = 20_000,
    rate: float | None = None,
    tolerance: float = 1e-9,
    enough: float = -torch.inf,
    gentle: float = 0.005,
    reach: float = 0.1,
    check_every: int = 250,
    walk_in: torch.dtype | None = None,
) -> Settled:
    """Gradient descent with a constant rate, each walk until it is in a strict minimum or low enough.

    Args:
        surfaces: What to walk on.
        from_: Starting points, (count, dim), float64 for a tolerance like the default; left as they are.
        steps: The most steps a walk may take.
        rate: Length of a step over the gradient's; by default ``surfaces.rate``.
        tolerance: Of the gradient's norm at a minimum.
        enough: A walk below this height stops where it is; its curvature is not computed.
        gentle: Newton's method is tried where the slope is at most this.
        reach: How far Newton's method may move a point.
        check_every: Steps between two looks at the height; Newton's method is tried at every look at first, then
            each time the walk has become longer by two fifths.
        walk_in: The precision of descent, such as torch.float32; Newton's method and all that is returned have that
            of ``from_``.

    Returns:
        A :class:`Settled`. Walks that used up their steps are in it, with what slope and curvature they have.

    Raises:
        ValueError: If a number is out of range.
    """
    rate = surfaces.rate if rate is None else rate
    if steps < 0 or check_every < 1 or not min(rate, tolerance, reach, gentle) > 0:
        raise ValueError(
            "steps must be at least 0, check_every at least 1, rate, tolerance, reach and gentle positive; "
            f"got {steps}, {check_every}, {rate}, {tolerance}, {reach}, {gentle}"
        )
    points, taken = from_.clone(), torch.zeros(len(from_), dtype=torch.int64, device=from_.device)
    walking = torch.arange(len(from_), device=from_.device)
    walk_in = walk_in or from_.dtype
    on_cpu = points.device.type == "cpu"
    together = max(1, CACHED // (points.shape[1] * walk_in.itemsize)) if on_cpu else len(points)
    done, next_try = 0, 0.0
    while len(walking) and done < steps:
        stride = min(check_every, steps - done)
        for some in walking.split(together):
            ground, moving = surfaces[some], points[some].to(walk_in)
            for _ in range(stride):
                moving = moving - rate * ground.gradients(moving)
            points[some] = moving.to(points.dtype)
        done += stride
        taken[walking] = done
        walking = walking[surfaces[walking].values(points[walking]) >= enough]
        if done >= next_try or done >= steps:
            next_try = 1.4 * done
            tried = walking[surfaces[walking].gradients(points[walking]).norm(dim=1) <= gentle]
            there, arrived = newton(surfaces[tried], points[tried], tolerance=tolerance, reach=reach)
            points[tried[arrived]] = there[arrived]
            walking = walking[~torch.isin(walking, tried[arrived])]
    return _settled(surfaces, points, taken, tolerance, enough)


def newton(
    surfaces: Bent, from_: Tensor, *, tolerance: float, reach: float, iterations: int = 12
) -> tuple[Tensor, Tensor]:
    """Newton's method from points that may or may not be in the bowl of a minimum.

    Args:
        surfaces: What they stand on.
        from_: The points, (count, dim).
        tolerance: Of the gradient's norm at the end.
        reach: The farthest a point may get from where it began.
        iterations: The most iterations.

    Returns:
        Points (count, dim), and for which of them it arrived: the Hessian was positive definite at each iterate, the
        point stayed within reach, the slope is at most the tolerance. The others stand where they stood.
    """
    points = from_.clone()
    arrived = torch.zeros(len(from_), dtype=torch.bool, device=from_.device)
    block = max(1, NUMBERS // from_.shape[1] ** 2)
    for start in range(0, len(from_), block):
        trying = torch.arange(start, min(start + block, len(from_)), device=from_.device)
        moving = from_[trying]
        for _ in range(iterations):
            ground = surfaces[trying]
            slope = ground.gradients(moving)
            factor, failed = torch.linalg.cholesky_ex(ground.hessians(moving))
            there = (failed == 0) & (slope.norm(dim=1) <= tolerance)
            points[trying[there]], arrived[trying[there]] = moving[there], True
            step = torch.cholesky_solve(slope[:, :, None], factor)[:, :, 0]
            moving = moving - step
            near = (moving - from_[trying]).norm(dim=1) <= reach
            kept = (failed == 0) & near & ~there
            trying, moving = trying[kept], moving[kept]
            if not len(trying):
                break
    return points, arrived


def _settled(surfaces: Bent, points: Tensor, taken: Tensor, tolerance: float, enough: float) -> Settled:
    values, slopes = surfaces.values(points), surfaces.gradients(points).norm(dim=1)
    softest = torch.full_like(values, torch.nan)
    asked = (values >= enough).nonzero()[:, 0]
    block = max(1, NUMBERS // points.shape[1] ** 2)
    for some in asked.split(block):
        softest[some] = surfaces[some].curvatures(points[some])[:, 0]
    return Settled(points, values, slopes, softest, taken, tolerance)
