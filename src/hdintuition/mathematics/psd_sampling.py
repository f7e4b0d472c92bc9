"""Counting walls: how many of so many random symmetric matrices have no negative eigenvalue.

No matrix is ever built. A rotation that leaves the GOE as it is makes the matrix tridiagonal, with
independent entries (Trotter, Eigenvalue distributions of large Hermitian matrices, Advances in Mathematics
54, 1984; Dumitriu and Edelman, Matrix models for beta ensembles, Journal of Mathematical Physics 43, 2002):
N(0, 2) on the diagonal, and beside it the square roots of χ² with 1, 2, …, n − 1 degrees of freedom.
Eliminating its rows one by one (the LDLᵀ decomposition) leaves the pivots

    d₁ = a₁ − height,   d_{k+1} = a_{k+1} − height − χ²_k / d_k,

each the Schur complement of what was eliminated; the matrix is positive definite exactly if all are positive.
The first k rows are a GOE matrix of size k, so that one pass counts every size at once; and as a matrix is
dropped at its first negative pivot, the cost of a draw hardly depends on n.
"""

from __future__ import annotations

import torch

BATCH = {"cpu": 2**16, "cuda": 2**22}  # on a CPU the pivots should stay in the cache


def psd_counts(n: int, draws: int, *, generator: torch.Generator, height: float = 0.0) -> torch.Tensor:
    """How many of ``draws`` random G − height·I have no negative eigenvalue, for all sizes 1 … n at once.

    G is from the GOE of :func:`hdintuition.mathematics.random_matrices.goe`. Each count is binomial; counts
    of different sizes come from the same draws, so they are not independent.

    Args:
        n: The largest size, at least 1.
        draws: Number of matrices, at least 1.
        generator: Source of randomness; the work is done on its device, in float32.
        height: Height of the point, in standard deviations of the surface.

    Returns:
        Counts, shape (n,), int64, never increasing.

    Raises:
        ValueError: If n or draws is below 1, or the height is not finite.

    >>> counts = psd_counts(4, 10_000, generator=torch.Generator().manual_seed(0)) / 10_000
    >>> torch.allclose(counts, torch.tensor([0.5, 0.1464, 0.0249, 0.0025]), atol=0.02)
    True
    """
    if n < 1 or draws < 1 or not abs(height) < float("inf"):
        raise ValueError(
            f"n and draws must be at least 1 and the height finite, got n = {n}, draws = {draws}, "
            f"height = {height}"
        )
    batch = BATCH.get(generator.device.type, BATCH["cpu"])
    counts = torch.zeros(n, dtype=torch.int64)
    for done in range(0, draws, batch):
        counts += torch.tensor(_survivors(n, min(batch, draws - done), height, generator))
    return counts


def _survivors(n: int, draws: int, height: float, generator: torch.Generator) -> list[int]:
    """How many of a batch still have only positive pivots after row 1, 2, …, n."""

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator, device=generator.device)

    alive = []
    pivots = 2**0.5 * normal(draws) - height
    for k in range(1, n + 1):
        pivots = pivots[pivots > 0]
        alive.append(len(pivots))
        if k < n:
            chi_square = normal(k, len(pivots)).square_().sum(0)
            pivots = 2**0.5 * normal(len(pivots)) - height - chi_square / pivots
    return alive
