"""Surfaces to walk down, a stack of independent ones at a time.

Two kinds, with the same methods (:class:`hdintuition.mathematics.descent.Surfaces`):

* ``gaussian_surfaces``: smooth, stationary, isotropic Gaussian fields with unit variance and
  covariance exp(−r²/2), as sums of plane waves with frequencies drawn from N(0, I) (the spectral
  density of that covariance) and Gaussian cosine and sine amplitudes. Given its waves a surface is
  exactly Gaussian with variance 1 everywhere; its covariance differs from exp(−r²/2) by noise of
  order 1/√waves and is right on average over surfaces.
* ``separable_wells``: the sum of one tilted double well per direction, whose critical points can be
  counted: 3ⁿ, of which 2ⁿ are minima and one is the best.

The statistics of critical points of such fields: Bray and Dean (2007), Fyodorov (2004).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import asin, sin

import torch

WELL_EDGE = 2.0  # separable wells are meant to be walked inside [−2, 2]ⁿ
LARGEST_TILT = 2 / (3 * 3**0.5)  # beyond it a double well has a single minimum


@dataclass(frozen=True)
class GaussianSurfaces:
    """Sums of plane waves: f(x) = Σ amplitude · cos(x · wave + phase), one sum a surface."""

    waves: torch.Tensor  # (count, dim, number of waves)
    amplitudes: torch.Tensor  # (count, number of waves)
    phases: torch.Tensor  # (count, number of waves), radians

    def __len__(self) -> int:
        return len(self.waves)

    def __getitem__(self, kept: torch.Tensor) -> GaussianSurfaces:
        """The surfaces that a mask or an index picks."""
        return GaussianSurfaces(self.waves[kept], self.amplitudes[kept], self.phases[kept])

    @property
    def dim(self) -> int:
        """The number of directions."""
        return self.waves.shape[1]

    @property
    def rate(self) -> float:
        """1/(4√dim): at height E the curvatures fill −E ± 2√dim, and descents end near −1.6√dim.

        Plain gradient descent is stable up to twice the inverse of the largest curvature.
        """
        return 0.25 / self.dim**0.5

    def random_points(self, generator: torch.Generator) -> torch.Tensor:
        """One point a surface, uniform in a cube of side 10; shape (count, dim).

        The surfaces are stationary, so that a point chosen without looking is typical wherever it is.
        """
        return 10 * _uniform(self.waves.shape[:2], generator, self.waves)

    def values(self, points: torch.Tensor) -> torch.Tensor:
        """Heights, shape (count,)."""
        return (self.amplitudes * torch.cos(self._angles(points))).sum(1)

    def gradients(self, points: torch.Tensor) -> torch.Tensor:
        """Gradients, shape (count, dim)."""
        slopes = self.amplitudes * torch.sin(self._angles(points))
        return -torch.matmul(self.waves, slopes[:, :, None])[:, :, 0]

    def hessians(self, points: torch.Tensor) -> torch.Tensor:
        """Second derivatives, shape (count, dim, dim)."""
        bends = self.amplitudes * torch.cos(self._angles(points))
        return -torch.matmul(self.waves * bends[:, None], self.waves.mT)

    def curvatures(self, points: torch.Tensor) -> torch.Tensor:
        """Eigenvalues of the Hessian in ascending order, shape (count, dim)."""
        return torch.linalg.eigvalsh(self.hessians(points))

    def _angles(self, points: torch.Tensor) -> torch.Tensor:
        _check_points(points, self.waves.shape[:2])
        return torch.matmul(points[:, None], self.waves)[:, 0] + self.phases


@dataclass(frozen=True)
class SeparableWells:
    """f(x) = Σᵢ (xᵢ² − 1)²/4 + tilt · xᵢ, the same surface ``count`` times."""

    count: int
    dim: int
    tilt: float

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, kept: torch.Tensor) -> SeparableWells:
        """The surfaces that a mask or an index picks."""
        picked = int(kept.sum()) if kept.dtype == torch.bool else len(kept)
        return SeparableWells(picked, self.dim, self.tilt)

    @property
    def rate(self) -> float:
        """1/11, the inverse of the largest curvature in the box: no step can cross a ridge."""
        return 1 / (3 * WELL_EDGE**2 - 1)

    @property
    def ridge(self) -> float:
        """Where a well's two basins meet: the middle root of x³ − x + tilt."""
        # With x = (2/√3) sin θ the cubic reads sin 3θ = tilt / LARGEST_TILT.
        return 2 / 3**0.5 * sin(asin(self.tilt / LARGEST_TILT) / 3)

    def random_points(self, generator: torch.Generator) -> torch.Tensor:
        """One point a surface, uniform in [−2, 2]ⁿ; float64, shape (count, dim)."""
        like = torch.empty((), dtype=torch.float64, device=generator.device)
        return WELL_EDGE * (2 * _uniform((self.count, self.dim), generator, like) - 1)

    def values(self, points: torch.Tensor) -> torch.Tensor:
        """Heights, shape (count,)."""
        _check_points(points, (self.count, self.dim))
        return ((points**2 - 1) ** 2 / 4 + self.tilt * points).sum(1)

    def gradients(self, points: torch.Tensor) -> torch.Tensor:
        """Gradients, shape (count, dim)."""
        _check_points(points, (self.count, self.dim))
        return points**3 - points + self.tilt

    def curvatures(self, points: torch.Tensor) -> torch.Tensor:
        """Eigenvalues of the (diagonal) Hessian in ascending order, shape (count, dim)."""
        _check_points(points, (self.count, self.dim))
        return (3 * points**2 - 1).sort(dim=1).values


def gaussian_surfaces(
    count: int,
    *,
    dim: int,
    generator: torch.Generator,
    waves: int = 512,
    dtype: torch.dtype = torch.float64,
) -> GaussianSurfaces:
    """Independent smooth Gaussian surfaces with mean 0, variance 1 and covariance exp(−r²/2).

    At a point of height E the Hessian is distributed as G − E·I with G from :func:`goe`, and is
    independent of the gradient there (in the limit of many waves).

    Args:
        count: Number of surfaces, at least 1.
        dim: Number of directions, at least 1.
        generator: Source of randomness; the surfaces live on its device.
        waves: Plane waves a surface, at least 1. Covariances are off by about 1/√(2 · waves).
        dtype: A real floating type.

    Raises:
        ValueError: If count, dim or waves is below 1.
    """
    if min(count, dim, waves) < 1:
        raise ValueError(f"count, dim and waves must be at least 1, got {count}, {dim}, {waves}")

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator, device=generator.device, dtype=dtype)

    directions, cosine, sine = normal(count, dim, waves), normal(count, waves), normal(count, waves)
    return GaussianSurfaces(
        waves=directions,
        amplitudes=torch.hypot(cosine, sine) / waves**0.5,
        phases=torch.atan2(sine, cosine),
    )


def separable_wells(count: int, *, dim: int, tilt: float) -> SeparableWells:
    """A double well in each of ``dim`` directions, tilted so that the left one is deeper.

    Of its 3ⁿ critical points 2ⁿ are minima, a share (2/3)ⁿ; one minimum is the best. The chance
    that descent from a point uniform in [−2, 2]ⁿ finds that one is ((2 + ridge)/4)ⁿ.

    Args:
        count: Number of copies, at least 1.
        dim: Number of directions, at least 1.
        tilt: Slope added to every well, from 0 up to (not including) 2/(3√3) = 0.3849.

    Raises:
        ValueError: If count or dim is below 1, or tilt is out of range.
    """
    if min(count, dim) < 1:
        raise ValueError(f"count and dim must be at least 1, got {count} and {dim}")
    if not 0 <= tilt < LARGEST_TILT:
        raise ValueError(f"tilt must lie in [0, {LARGEST_TILT:.4f}), got {tilt}")
    return SeparableWells(count, dim, tilt)


def _uniform(shape: tuple[int, ...], generator: torch.Generator, like: torch.Tensor) -> torch.Tensor:
    return torch.rand(shape, generator=generator, device=like.device, dtype=like.dtype)


def _check_points(points: torch.Tensor, shape: tuple[int, ...]) -> None:
    if tuple(points.shape) != tuple(shape):
        raise ValueError(
            f"points must have the shape (count, dim) = {tuple(shape)}, got {tuple(points.shape)}"
        )
