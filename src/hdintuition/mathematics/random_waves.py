"""Smooth random functions on a torus, whose lowest point can be found by looking everywhere.

f(x) = Σ_k a_k cos(k·x + φ_k) over whole-number frequencies 0 < |k| <= ``fastest``, one of each pair ±k, with
independent Gaussian cosine and sine amplitudes of equal variance, so that f(x) has variance 1 at every point. f is
periodic with period 2π in each direction: a random function without edges, without a bowl and without structure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import torch

from hdintuition.mathematics.descent import descend


@dataclass(frozen=True)
class RandomWaves:
    """f(x) = Σ amplitude · cos(frequency · x + phase), one sum a surface; all have the same frequencies."""

    frequencies: torch.Tensor  # (dim, waves), whole numbers
    amplitudes: torch.Tensor  # (count, waves)
    phases: torch.Tensor  # (count, waves), radians

    def __len__(self) -> int:
        return len(self.amplitudes)

    def __getitem__(self, kept: torch.Tensor) -> RandomWaves:
        """The surfaces that a mask or an index picks."""
        return RandomWaves(self.frequencies, self.amplitudes[kept], self.phases[kept])

    @property
    def rate(self) -> float:
        """Half the inverse of a curvature that no point of any surface exceeds."""
        longest = self.frequencies.square().sum(0)
        return 0.5 / float((self.amplitudes.abs() * longest).sum(1).max())

    def random_points(self, generator: torch.Generator) -> torch.Tensor:
        """One point a surface, uniform on the torus [0, 2π)^dim; shape (count, dim)."""
        shape = (len(self), len(self.frequencies))
        like = self.amplitudes
        return 2 * math.pi * torch.rand(shape, generator=generator, device=like.device, dtype=like.dtype)

    def values(self, points: torch.Tensor) -> torch.Tensor:
        """Heights, shape (count,)."""
        return (self.amplitudes * self._angles(points).cos()).sum(1)

    def gradients(self, points: torch.Tensor) -> torch.Tensor:
        """Gradients, shape (count, dim)."""
        return -(self.amplitudes * self._angles(points).sin()) @ self.frequencies.T

    def curvatures(self, points: torch.Tensor) -> torch.Tensor:
        """Eigenvalues of the Hessian in ascending order, shape (count, dim)."""
        bends = self.amplitudes * self._angles(points).cos()
        hessians = -(self.frequencies * bends[:, None]) @ self.frequencies.T
        return torch.linalg.eigvalsh(hessians)

    def lowest(self, *, looks: int = 64) -> torch.Tensor:
        """The lowest height: the lowest of a grid with so many points a side, and then downhill; shape (count,).

        The grid costs looks^dim · waves for each surface. With 16 looks to the shortest wave the valley of the
        lowest grid point is the lowest valley, but for near ties.
        """
        dim = len(self.frequencies)
        side = 2 * math.pi * torch.arange(looks, device=self.phases.device, dtype=self.phases.dtype) / looks
        grid = torch.stack(torch.meshgrid([side] * dim, indexing="ij")).flatten(1)
        angles = self.frequencies.T @ grid
        heights = (self.amplitudes * self.phases.cos()) @ angles.cos()
        heights -= (self.amplitudes * self.phases.sin()) @ angles.sin()
        return self.values(descend(self, from_=grid.T[heights.argmin(1)]).points)

    def _angles(self, points: torch.Tensor) -> torch.Tensor:
        if tuple(points.shape) != (len(self), len(self.frequencies)):
            raise ValueError(
                f"points must have the shape (count, dim) = {(len(self), len(self.frequencies))}, "
                f"got {tuple(points.shape)}"
            )
        return points @ self.frequencies + self.phases


def random_waves(
    count: int,
    *,
    dim: int,
    fastest: float,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float64,
) -> RandomWaves:
    """Independent smooth random functions of period 2π, with mean 0 and variance 1 at every point.

    Args:
        count: Number of surfaces, at least 1.
        dim: Number of directions, at least 1.
        fastest: Length of the longest frequency, at least 1; there are about fastest^dim of them.
        generator: Source of randomness; the surfaces live on its device.
        dtype: A real floating type.

    Raises:
        ValueError: If a number is below 1.
    """
    if min(count, dim, fastest) < 1:
        raise ValueError(f"count, dim and fastest must be at least 1, got {count}, {dim}, {fastest}")
    reach = range(-int(fastest), int(fastest) + 1)
    # One of each pair ±k: the one whose first entry that is not 0 is positive.
    kept = [k for k in product(reach, repeat=dim) if sum(i * i for i in k) <= fastest**2 and k > (0,) * dim]
    frequencies = torch.tensor(kept, dtype=dtype, device=generator.device).T
    cosine, sine = torch.randn(2, count, len(kept), generator=generator, device=generator.device, dtype=dtype)
    return RandomWaves(
        frequencies=frequencies,
        amplitudes=torch.hypot(cosine, sine) / len(kept) ** 0.5,
        phases=torch.atan2(-sine, cosine),
    )
