"""A search for room: points thrown into a cube at random, then pushed apart where they are too close.

The penalty Σ max(0, D′ − |xᵢ − xⱼ|²)² over pairs is lowered by projected gradient descent with momentum,
many restarts at a time. D′ lies a little above the squared distance D that is asked for, since the force
dies out as a pair reaches D′ and would never quite get there. Noise that dies out, as in simulated annealing,
can be added: it shakes a crowd out of the arrangements in which plain descent is caught.
"""

from __future__ import annotations

import math

import torch

MARGIN = 1.01  # D′/D
MOMENTUM = 0.9
CALM = 0.8  # share of the steps with noise
SLACK = 1e-5  # relative; float32 rounding of a squared distance


def repel(
    points: int,
    n: int,
    *,
    least: float,
    restarts: int,
    generator: torch.Generator,
    steps: int = 2000,
    rate: float = 0.1,
    shake: float = 0.0,
) -> torch.Tensor:
    """Points in the cube [0, 1]ⁿ after being pushed apart, restart by restart.

    Args:
        points: How many points in each cube, at least 2.
        n: Dimension, at least 1.
        least: The squared distance D asked for between any two, positive.
        restarts: How many independent starts, uniform in the cube.
        generator: Source of randomness; the points live on its device.
        steps: Steps of descent, at least 1.
        rate: Step size, in units of 1/(D · points), which keeps the descent stable.
        shake: Standard deviation of the noise added to each velocity at first; it falls to zero like
            (1 − t)² over the first four fifths of the steps.

    Returns:
        float32 tensor of shape (restarts, points, n).

    Raises:
        ValueError: If an argument is out of range.
    """
    if points < 2 or min(n, restarts, steps) < 1 or not least > 0 or not rate > 0 or not shake >= 0:
        raise ValueError(
            "repel needs at least 2 points, 1 dimension, 1 restart, 1 step, least and rate above 0 and shake "
            f"not below; got points={points}, n={n}, restarts={restarts}, steps={steps}, least={least}, "
            f"rate={rate}, shake={shake}"
        )
    x = torch.rand(restarts, points, n, generator=generator, device=generator.device)
    velocity = torch.zeros_like(x)
    target = MARGIN * least
    for step in range(steps):
        push = (target - squared_distances(x)).clamp_(min=0)
        force = push.sum(-1, keepdim=True) * x - push @ x  # minus a quarter of the gradient
        velocity = MOMENTUM * velocity + (rate / (least * points)) * force
        left = 1 - step / (CALM * steps)
        if shake and left > 0:
            noise = torch.randn(x.shape, generator=generator, device=x.device)
            velocity = velocity + shake * left**2 * noise
        moved = (x + velocity).clamp_(0, 1)
        velocity, x = moved - x, moved  # a wall takes the speed
    return x


def all_apart(x: torch.Tensor, *, least: float) -> torch.Tensor:
    """Whether every two points are at least √least apart, up to rounding; one answer a restart.

    Args:
        x: Points of shape (restarts, points, n).
        least: The squared distance asked for.

    Returns:
        Booleans, shape (restarts,).
    """
    apart = squared_distances(x) + torch.diag_embed(x.new_full(x.shape[:2], math.inf))
    return apart.amin((1, 2)) >= least * (1 - SLACK)


def squared_distances(x: torch.Tensor) -> torch.Tensor:
    """Squared distances of all pairs: (restarts, points, n) to (restarts, points, points)."""
    square = x.square().sum(-1)
    return torch.baddbmm(square[:, :, None] + square[:, None, :], x, x.mT, alpha=-2)
