"""Random symmetric matrices, and the curvatures that random surfaces have.

The Gaussian orthogonal ensemble (GOE) is fixed here as: symmetric n × n, independent entries on and
above the diagonal, variance 1 off it and 2 on it. Its spectrum fills [−2√n, 2√n]. With this scale the
Hessian of a smooth Gaussian surface (covariance exp(−r²/2)) at a point of height E is G − E·I.

Method of ``flat_points``. Critical points of a Gaussian surface are counted with weight |det H|
(Kac-Rice). With H = G − E·I that weight is what one more eigenvalue at E adds to the GOE's density, so
that heights and curvatures of flat points are read off the spectrum of a GOE matrix one size larger
(after Fyodorov 2004 and Auffinger, Ben Arous and Černý 2013; the derivation is on the chapter's page).
"""

from __future__ import annotations

import torch

# cuSOLVER counts its workspace in 32 bits and refuses about two million matrices at once (cupy issue 7261).
SOLVER_BATCH = 2**18

ELIMINATE = 20  # up to this size whole runs beat a Cholesky decomposition of one matrix after the other
CACHED = 2**20  # entries of a batch of matrices that a CPU's cache holds


def goe(
    n: int, draws: int, *, generator: torch.Generator, dtype: torch.dtype = torch.float32
) -> torch.Tensor:
    """Matrices of the Gaussian orthogonal ensemble: variance 1 off the diagonal, 2 on it.

    Args:
        n: Number of rows, at least 1.
        draws: Number of matrices, at least 1.
        generator: Source of randomness; the matrices live on its device.
        dtype: A real floating type.

    Returns:
        Tensor of shape (draws, n, n). In memory the draws lie side by side, so that ``H[:, i, j]``
        is one contiguous run and :func:`is_positive_definite` works on whole runs.

    Raises:
        ValueError: If n or draws is below 1.

    >>> goe(3, 5, generator=torch.Generator().manual_seed(0)).shape
    torch.Size([5, 3, 3])
    """
    _check_sizes(n, draws)
    rows, columns = torch.triu_indices(n, n, device=generator.device)
    entries = torch.randn(len(rows), draws, generator=generator, device=generator.device, dtype=dtype)
    entries[rows == columns] *= 2**0.5
    place = torch.empty(n, n, dtype=torch.long, device=generator.device)
    place[rows, columns] = place[columns, rows] = torch.arange(len(rows), device=generator.device)
    return entries.index_select(0, place.flatten()).view(n, n, draws).movedim(-1, 0)


def is_positive_definite(matrices: torch.Tensor) -> torch.Tensor:
    """Whether every eigenvalue is positive, matrix by matrix: "every direction goes uphill".

    Elimination without pivoting: a symmetric matrix is positive definite exactly if its first entry
    is positive and what is left after eliminating that row and column is positive definite too. For
    random matrices 'definite' and 'semidefinite' differ with probability zero. Small matrices are
    eliminated side by side, large ones decomposed by LAPACK's or cuSOLVER's Cholesky.

    Args:
        matrices: Symmetric, shape (draws, n, n), floating.

    Returns:
        Booleans, shape (draws,).

    Raises:
        ValueError: If the shape is not (draws, n, n).

    >>> is_positive_definite(torch.tensor([[[2.0, 1.0], [1.0, 2.0]], [[1.0, 2.0], [2.0, 1.0]]]))
    tensor([ True, False])
    """
    if matrices.ndim != 3 or matrices.shape[1] != matrices.shape[2]:
        raise ValueError(f"matrices must have the shape (draws, n, n), got {tuple(matrices.shape)}")
    draws, n = matrices.shape[:2]
    if n > ELIMINATE:
        return torch.linalg.cholesky_ex(matrices).info == 0
    batch = max(1, CACHED // max(1, n) ** 2) if matrices.device.type == "cpu" else max(1, draws)
    return torch.cat([_has_positive_pivots(part) for part in matrices.split(batch)])


def _has_positive_pivots(matrices: torch.Tensor) -> torch.Tensor:
    rest = matrices.movedim(0, -1)
    positive = torch.ones(len(matrices), dtype=torch.bool, device=matrices.device)
    while len(rest):
        pivot = rest[0, 0]
        # Once a pivot is not positive the rest of that matrix may be inf or nan: already decided.
        positive = positive & (pivot > 0)
        rest = rest[1:, 1:] - rest[1:, :1] * (rest[:1, 1:] / pivot)
    return positive


def flat_points(
    n: int, draws: int, *, generator: torch.Generator, dtype: torch.dtype = torch.float32
) -> tuple[torch.Tensor, torch.Tensor]:
    """Flat points of smooth Gaussian surfaces with n directions: their heights and curvatures.

    An exact draw for covariance exp(−r²/2), with no surface built: choose one eigenvalue λ of an
    (n + 1) × (n + 1) GOE matrix, keep it with probability exp(−λ²/4); then λ is the height of a
    critical point, and what lies between λ and the other eigenvalues are its curvatures.

    Args:
        n: Number of directions, at least 1.
        draws: Number of proposals, at least 1; about half of them are kept at n = 2, a third at n = 8.
        generator: Source of randomness; the results live on its device.
        dtype: A real floating type.

    Returns:
        Heights, shape (kept,), in standard deviations of the surface; curvatures in ascending order,
        shape (kept, n).

    Raises:
        ValueError: If n or draws is below 1.
    """
    _check_sizes(n, draws)
    matrices = goe(n + 1, draws, generator=generator, dtype=dtype)
    spectrum = torch.cat([torch.linalg.eigvalsh(part) for part in matrices.split(SOLVER_BATCH)])
    chosen = torch.randint(n + 1, (draws, 1), generator=generator, device=generator.device)
    height = spectrum.gather(1, chosen)
    luck = torch.rand(draws, generator=generator, device=generator.device, dtype=dtype)
    kept = luck < torch.exp(-height[:, 0].square() / 4)
    other = torch.arange(n + 1, device=generator.device) != chosen
    curvatures = (spectrum - height)[other].view(draws, n)
    return height[kept, 0], curvatures[kept]


def _check_sizes(n: int, draws: int) -> None:
    if n < 1 or draws < 1:
        raise ValueError(f"n and draws must be at least 1, got n = {n} and draws = {draws}")
