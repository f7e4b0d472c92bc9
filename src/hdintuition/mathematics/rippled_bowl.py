"""A bowl with ripples, f(x) = x² + a sin² x: convex, then not convex, and only later with traps.

Its curvature is 2 + 2a cos 2x, so it is convex up to a = 1; its slope 2x + a sin 2x has no other zero than x = 0 up
to a = min over (π, 2π) of −u/sin u = 4.6033. In between it satisfies the inequality of Polyak and Łojasiewicz,

    ½ f′(x)² >= μ (f(x) − min f),

under which gradient descent with rate 1/L leaves at most the share (1 − μ/L) of the height above the minimum at
each step, convex or not: H. Karimi, J. Nutini and M. Schmidt, Linear Convergence of Gradient and Proximal-Gradient
Methods Under the Polyak-Łojasiewicz Condition, ECML PKDD 2016, whose example is a = 3. ``pl_constant`` gives the
largest μ: it is a minimum of ½ f′²/f, where either f′ = 0 or f′² = 2 f f″.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from scipy.optimize import minimize_scalar

CONVEX_UP_TO = 1.0  # the largest ripple with which the bowl is convex
TRAP = 2.2467  # where the first trap opens: tan 2x = 2x
BOX = 10.0  # starts are uniform in [−10, 10]


@dataclass(frozen=True)
class RippledBowl:
    """f(x) = x² + ripple · sin² x in one direction, the same surface ``count`` times."""

    count: int
    ripple: float

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, kept: torch.Tensor) -> RippledBowl:
        """The surfaces that a mask or an index picks."""
        picked = int(kept.sum()) if kept.dtype == torch.bool else len(kept)
        return RippledBowl(picked, self.ripple)

    @property
    def rate(self) -> float:
        """1/L with L = 2 + 2 · ripple, the largest curvature: no step goes uphill."""
        return 1 / (2 + 2 * self.ripple)

    def random_points(self, generator: torch.Generator) -> torch.Tensor:
        """One point a surface, uniform in [−10, 10]; float64, shape (count, 1)."""
        drawn = torch.rand(self.count, 1, generator=generator, device=generator.device, dtype=torch.float64)
        return BOX * (2 * drawn - 1)

    def values(self, points: torch.Tensor) -> torch.Tensor:
        """Heights above the minimum, which is 0 at x = 0; shape (count,)."""
        return (points.square() + self.ripple * points.sin().square()).sum(1)

    def gradients(self, points: torch.Tensor) -> torch.Tensor:
        """Slopes 2x + ripple · sin 2x, shape (count, 1)."""
        return 2 * points + self.ripple * (2 * points).sin()

    def curvatures(self, points: torch.Tensor) -> torch.Tensor:
        """Second derivatives 2 + 2 · ripple · cos 2x, shape (count, 1)."""
        return 2 + 2 * self.ripple * (2 * points).cos()


def rippled_bowl(count: int, *, ripple: float) -> RippledBowl:
    """The bowl x² + ripple · sin² x, so many times; one walk goes down each.

    Args:
        count: Number of copies, at least 1.
        ripple: a, at least 0. Convex up to 1, without traps up to :func:`first_trap`.

    Raises:
        ValueError: If count is below 1 or the ripple is negative.

    >>> bowl = rippled_bowl(2, ripple=3)
    >>> bowl.curvatures(torch.tensor([[0.0], [math.pi / 2]]))
    tensor([[ 8.],
            [-4.]])
    """
    if count < 1 or not ripple >= 0:
        raise ValueError(f"count must be at least 1 and ripple at least 0, got {count} and {ripple}")
    return RippledBowl(count, float(ripple))


def first_trap() -> float:
    """The ripple from which x² + ripple · sin² x has a second flat point, 4.6033.

    A flat point other than 0 needs ripple = −2x/sin 2x; the smallest such value is on (π, 2π), where tan u = u.

    >>> round(first_trap(), 4)
    4.6033
    """
    found = minimize_scalar(
        lambda u: -u / math.sin(u), bounds=(math.pi + 0.1, 2 * math.pi - 0.1), method="bounded",
        options={"xatol": 1e-12},
    )  # fmt: skip
    return float(found.fun)


def pl_constant(ripple: float) -> tuple[float, float]:
    """The best constant of Polyak and Łojasiewicz of x² + ripple · sin² x, and the x >= 0 where it is met.

    Args:
        ripple: From 0 up to :func:`first_trap`; beyond it the constant is 0.

    Returns:
        μ, the minimum over x of ½ f′(x)²/f(x), and its place; (0, the trap) where there is a second flat point.

    Raises:
        ValueError: If the ripple is negative.

    >>> mu, x = pl_constant(3)
    >>> round(mu, 4), round(x, 2)
    (0.1755, 2.2)
    """
    if not ripple >= 0:
        raise ValueError(f"ripple must be at least 0, got {ripple}")

    def ratio(x: float) -> float:
        slope = 2 * x + ripple * math.sin(2 * x)
        return slope**2 / (2 * (x * x + ripple * math.sin(x) ** 2))

    # Beyond this box the ratio is at least (2x − a)²/(2x² + 2a), above its value near x = 2.2.
    grid = np.linspace(1e-3, 4 + 4 * ripple, 4096 * (1 + int(ripple)))
    if ripple >= first_trap():
        downhill = 2 * grid + ripple * np.sin(2 * grid) <= 0
        return 0.0, float(grid[downhill.argmax()]) if downhill.any() else TRAP
    lowest = int(np.argmin([ratio(float(x)) for x in grid]))
    near = (float(grid[max(lowest - 1, 0)]), float(grid[min(lowest + 1, len(grid) - 1)]))
    found = minimize_scalar(ratio, bounds=near, method="bounded", options={"xatol": 1e-12})
    return float(found.fun), float(found.x)
