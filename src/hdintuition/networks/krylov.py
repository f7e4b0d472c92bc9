"""Orthonormal bases of growing Krylov spaces, and the tridiagonal matrices that an operator is in them.

Lanczos' iteration for many symmetric matrices at once: with v₁ given, v_{j+1} is Av_j made orthogonal to all
v₁ … v_j and of length one. In that basis A is tridiagonal, T, with diagonal α_j = v_j·Av_j and off-diagonal β_j,
the lengths before scaling. If Ts = θs then y = Σ s_j v_j has |Ay − θy| = β_m |s_m| exactly, so the last entry of s
tells how good an eigenpair (θ, y) is, without another product.

In floating point the three-term recursion loses orthogonality, and eigenvalues then appear twice (C. C. Paige,
PhD thesis, University of London, 1971). Here the recursion, which takes away all that is not rounding, is followed
by classical Gram-Schmidt against all earlier vectors, which takes away that: two matrix products a step, and none of
them waits for a number to reach the host.

When the space is exhausted (β = 0: the operator maps it onto itself) the run goes on from a fresh direction;
T then falls into blocks, each exact.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.linalg import eigh_tridiagonal
from torch import Tensor
from torch.linalg import vector_norm
from torch.nn.functional import pad

from hdintuition.networks.alignment import wide

NOTHING = 8  # what is this many roundings long, relative to the operator, counts as zero


class Krylov:
    """Runs of Lanczos, one a row, that go on together.

    Attributes:
        size: Of the vectors.
        steps: Products so far; the same for all rows.
        diagonal: α, (rows, most); the first ``steps`` are known.
        offdiagonal: β, (rows, most), each with its successor; the last known one is that of the residual.
        vectors: The basis so far, (rows, steps, size).
    """

    def __init__(
        self,
        multiply: Callable[[Tensor], Tensor],
        start: Tensor,
        *,
        most: int,
        spare: Tensor,
        locked: Tensor | None = None,
    ) -> None:
        """Before the first product.

        Args:
            multiply: Products, (rows, size) → (rows, size).
            start: Where from, (rows, size), not zero; need not be of length one.
            most: Room for so many steps; not more than the size, less the locked vectors.
            spare: A random vector, (size,), for fresh directions.
            locked: Orthonormal vectors, (rows, vectors, size), out of whose span the runs are kept.
        """
        rows, self.size = start.shape
        self._multiply, self._spare = multiply, spare / spare.norm()
        self._locked = 0 if locked is None else locked.shape[1]
        self._basis = start.new_empty(rows, self._locked + most, wide(self.size))
        if locked is not None:
            self._basis[:, : self._locked] = self._pad(locked)
        self.steps = 0
        self.diagonal, self.offdiagonal = start.new_zeros(rows, most), start.new_zeros(rows, most)
        self._scale = start.new_zeros(rows)
        start = self._pad(start)
        for _ in range(2):
            start = _away_from(self._basis[:, : self._locked], start)[0]
        self._basis[:, self._locked] = start / start.norm(dim=1, keepdim=True)
        self._product = torch.zeros_like(start)  # behind a row's end it stays zero

    @property
    def vectors(self) -> Tensor:
        """The basis so far, (rows, steps, size); a view."""
        return self._basis[:, self._locked : self._locked + self.steps, : self.size]

    def advance(self, steps: int) -> None:
        """So many more products and basis vectors; no host synchronisation within."""
        for _ in range(steps):
            self._step()

    def _step(self) -> None:
        here = self._locked + self.steps
        known = self._basis[:, : here + 1]
        w = self._product
        w[:, : self.size] = self._multiply(known[:, here, : self.size])
        self._scale = torch.maximum(self._scale, vector_norm(w, dim=1))
        # Locked vectors span no invariant space; without any, a product reaches no farther than two vectors back.
        w, first = _away_from(known if self._locked else known[:, -2:], w)
        exhausted = vector_norm(w, dim=1) <= NOTHING * torch.finfo(w.dtype).eps * self._scale
        # A GPU would have to stop and report whether there are any; there it is cheaper to go on as if.
        fresh = w.device.type != "cpu" or bool(exhausted.any())
        if fresh:
            w = torch.where(exhausted[:, None], self._pad(self._spare.roll(self.steps)), w)
        w, second = _away_from(known, w)
        length = vector_norm(w, dim=1)
        if here + 1 < self._basis.shape[1]:
            torch.div(w, length[:, None], out=self._basis[:, here + 1])
        alpha, more = first[:, -1], second[:, -1]
        if fresh:
            more, length = more.masked_fill(exhausted, 0), length.masked_fill(exhausted, 0)
        torch.add(alpha, more, out=self.diagonal[:, self.steps])
        self.offdiagonal[:, self.steps] = length
        self.steps += 1

    def _pad(self, vectors: Tensor) -> Tensor:
        """With zeros behind, so that every row begins where a cache line does."""
        return pad(vectors, (0, self._basis.shape[2] - self.size))


def _away_from(basis: Tensor, w: Tensor) -> tuple[Tensor, Tensor]:
    """What w (rows, size) has outside the span of the basis (rows, k, size), and its coordinates within."""
    inside = torch.bmm(w[:, None], basis.mT)
    return torch.baddbmm(w[:, None], inside, basis, alpha=-1)[:, 0], inside[:, 0]


@dataclass(frozen=True)
class Ritz:
    """The eigenvalues of a tridiagonal matrix as approximations to those of the operator; numpy, float64.

    Attributes:
        values: Ascending, (m,).
        vectors: Eigenvectors in the basis, (m, m), one a column.
        residuals: |Ay − θy| of each: some eigenvalue of the operator is as near as that.
        errors: Estimated distance of each to its eigenvalue: the residual, or its square over the distance to the
            next, where that is less (B. N. Parlett, The Symmetric Eigenvalue Problem, 1980).
    """

    values: np.ndarray
    vectors: np.ndarray
    residuals: np.ndarray
    errors: np.ndarray


def ritz(diagonal: np.ndarray, offdiagonal: np.ndarray, *, complete: bool) -> Ritz:
    """The Ritz values of one row.

    Args:
        diagonal: α, (m,), float64.
        offdiagonal: β, (m,), float64, the last one being that of the residual.
        complete: Whether the basis spans everything, so that nothing is left over.
    """
    if not (np.isfinite(diagonal).all() and np.isfinite(offdiagonal).all()):
        lost = np.full(len(diagonal), np.nan)
        return Ritz(lost, np.full((len(lost),) * 2, np.nan), lost, lost)
    values, vectors = eigh_tridiagonal(diagonal, offdiagonal[:-1])
    residuals = np.abs(vectors[-1]) * (0 if complete else offdiagonal[-1])
    # The neighbours are themselves known only to within their errors: once to have these, once to use them.
    errors = _errors(values, residuals, residuals * 0)
    errors = _errors(values, residuals, errors)
    return Ritz(values, vectors, residuals, errors)


def _errors(values: np.ndarray, residuals: np.ndarray, slack: np.ndarray) -> np.ndarray:
    gaps = np.diff(values) - np.maximum(slack[1:], slack[:-1])
    nearest = np.minimum(np.append(np.inf, gaps), np.append(gaps, np.inf))
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(nearest > residuals, residuals**2 / nearest, residuals)
