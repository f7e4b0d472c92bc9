"""Writing a matrix as a product, f(U, V) = ½‖UVᵀ − M‖²: not convex, and without traps.

(U, V) and (−U, −V) give the same product; halfway between them lies (0, 0), which is worse than both. Still every
flat point that is not a global minimum has a direction that bends down: P. Baldi and K. Hornik, Neural networks and
principal component analysis, Neural Networks 2:53-58, 1989, for linear networks, of which this is one. The minimum
is known: with r columns, half the sum of the squared singular values of M beyond the r-th (C. Eckart and G. Young,
The approximation of one matrix by another of lower rank, Psychometrika 1:211-218, 1936).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch


@dataclass(frozen=True)
class Factorisations:
    """f(U, V) = ½‖UVᵀ − M‖², one matrix M a surface; a point is U and V, row by row, one after the other."""

    targets: torch.Tensor  # M, (count, n, n), each of spectral norm 1
    singular_values: torch.Tensor  # of M, the largest first, (count, rank)
    columns: int  # of U and of V

    def __len__(self) -> int:
        return len(self.targets)

    def __getitem__(self, kept: torch.Tensor) -> Factorisations:
        """The surfaces that a mask or an index picks."""
        return Factorisations(self.targets[kept], self.singular_values[kept], self.columns)

    @property
    def rate(self) -> float:
        """1/4: at a balanced minimum the largest curvature is twice the largest singular value, which is 1."""
        return 0.25

    def random_points(self, generator: torch.Generator, *, size: float = 1.0) -> torch.Tensor:
        """U and V with independent entries from N(0, size²/n), shape (count, 2 · n · columns)."""
        count, n = self.targets.shape[:2]
        drawn = torch.randn(
            count, 2 * n * self.columns, generator=generator, device=generator.device,
            dtype=self.targets.dtype,
        )  # fmt: skip
        return size * drawn / n**0.5

    def values(self, points: torch.Tensor) -> torch.Tensor:
        """½‖UVᵀ − M‖², shape (count,)."""
        u, v = self._parts(points)
        return (u @ v.mT - self.targets).square().sum((1, 2)) / 2

    def gradients(self, points: torch.Tensor) -> torch.Tensor:
        """(RV, RᵀU) with R = UVᵀ − M, shape (count, 2 · n · columns)."""
        u, v = self._parts(points)
        rest = torch.baddbmm(self.targets, u, v.mT, beta=-1)
        return torch.cat([(rest @ v).flatten(1), (rest.mT @ u).flatten(1)], dim=1)

    def curvatures(self, points: torch.Tensor) -> torch.Tensor:
        """Eigenvalues of the Hessian in ascending order, (count, 2 · n · columns); a dense matrix a surface."""

        def slope(target: torch.Tensor, values: torch.Tensor, point: torch.Tensor) -> torch.Tensor:
            return Factorisations(target[None], values[None], self.columns).gradients(point[None])[0]

        jacobian = torch.func.vmap(torch.func.jacrev(slope, argnums=2))
        hessians = jacobian(self.targets, self.singular_values, points)
        return torch.linalg.eigvalsh((hessians + hessians.mT) / 2)

    def lowest(self) -> torch.Tensor:
        """The global minimum, known from the singular values; shape (count,)."""
        return self.singular_values[:, self.columns :].square().sum(1) / 2

    def _parts(self, points: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        count, n = self.targets.shape[:2]
        if tuple(points.shape) != (count, 2 * n * self.columns):
            raise ValueError(
                f"points must have the shape (count, 2 · n · columns) = {(count, 2 * n * self.columns)}, "
                f"got {tuple(points.shape)}"
            )
        u, v = points.view(count, 2, n, self.columns).unbind(1)
        return u, v


def factorisations(
    count: int,
    *,
    n: int,
    rank: int,
    columns: int | None = None,
    generator: torch.Generator,
    dtype: torch.dtype = torch.float64,
) -> Factorisations:
    """As many n × n matrices M = ABᵀ/‖ABᵀ‖ to be factored, A and B with ``rank`` columns of normal numbers.

    Args:
        count: Number of matrices, at least 1.
        n: Rows and columns of M, at least 1.
        rank: Of M, from 1 to n.
        columns: Of U and V, from 1 to n; the rank unless given. Fewer cannot fit, more are not needed.
        generator: Source of randomness; the matrices live on its device.
        dtype: A real floating type.

    Raises:
        ValueError: If a number is out of range.

    >>> surfaces = factorisations(2, n=6, rank=2, generator=torch.Generator().manual_seed(0))
    >>> surfaces.lowest()
    tensor([0., 0.], dtype=torch.float64)
    """
    columns = rank if columns is None else columns
    if count < 1 or not 1 <= rank <= n or not 1 <= columns <= n:
        raise ValueError(
            "count and n must be at least 1, rank and columns lie from 1 to n, "
            f"got count = {count}, n = {n}, rank = {rank}, columns = {columns}"
        )
    a, b = torch.randn(2, count, n, rank, generator=generator, device=generator.device, dtype=dtype)
    # With AᵀA = LLᵀ the squares of the singular values are the eigenvalues of Lᵀ(BᵀB)L, a small matrix.
    lower = torch.linalg.cholesky(a.mT @ a)
    squares = torch.linalg.eigvalsh(lower.mT @ (b.mT @ b) @ lower)
    values = squares.flip(1).clamp(min=0).sqrt()
    largest = values[:, :1]
    return Factorisations((a @ b.mT) / largest[:, :, None], values / largest, columns)
