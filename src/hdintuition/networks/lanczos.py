"""The outermost eigenvalues of a stack of symmetric matrices, at both ends from one run.

Lanczos' iteration with full reorthogonalisation (:mod:`hdintuition.networks.krylov`) finds the largest and the
smallest eigenvalues together, so one run serves both ends, and it is never restarted: at the sizes met here the
basis is cheaper to keep than a product is to repeat. Each member stops at the first look at which all the
eigenvalues asked for are right within the tolerance, relative to the largest in size. A run that starts from one
vector sees each multiple eigenvalue once, until the space is exhausted; from then on copies are looked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from hdintuition.networks.denormals import flushed
from hdintuition.networks.krylov import Krylov, Ritz, ritz
from hdintuition.networks.operators import Operator


@dataclass(frozen=True)
class Extremes:
    """Eigenvalues at both ends of each member's spectrum.

    Attributes:
        top: The largest, in falling order, (members, top). NaN for a member whose products are not finite.
        bottom: The smallest, in rising order, (members, bottom).
        top_residuals: |Av − λv| for each of the top: a true eigenvalue is as near as that.
        bottom_residuals: The same for the bottom.
        top_errors: Estimated errors of the top (rounding of the products apart), smaller where eigenvalues
            stand apart.
        bottom_errors: The same for the bottom.
        scale: The largest eigenvalue in size, (members,); the tolerance is relative to it.
        converged: Whether all errors are within the tolerance, (members,).
        steps: Products used for each member, (members,).
        top_vectors: Unit eigenvectors, (members, top, size), or None if not asked for.
        bottom_vectors: The same for the bottom, (members, bottom, size).
    """

    top: Tensor
    bottom: Tensor
    top_residuals: Tensor
    bottom_residuals: Tensor
    top_errors: Tensor
    bottom_errors: Tensor
    scale: Tensor
    converged: Tensor
    steps: Tensor
    top_vectors: Tensor | None
    bottom_vectors: Tensor | None


def lanczos(
    operator: Operator,
    *,
    top: int = 1,
    bottom: int = 0,
    tolerance: float = 1e-6,
    most: int | None = None,
    vectors: bool = False,
    generator: torch.Generator,
) -> Extremes:
    """The largest and the smallest eigenvalues of every member.

    Args:
        operator: The matrices.
        top: How many of the largest.
        bottom: How many of the smallest.
        tolerance: Largest error of an eigenvalue, relative to the largest eigenvalue in size. In float32 the
            products themselves are right to about 1e-6.
        most: Products at most; by default 40 for each eigenvalue asked for, and never more than the size. The
            bases take members · most · size numbers.
        vectors: Whether to give the eigenvectors, too.
        generator: Where the starting vectors come from, member by member.

    Returns:
        What was found, also where it did not converge; look at ``converged``.

    Raises:
        ValueError: If an option is out of range.

    >>> from hdintuition.networks.operators import matrices
    >>> found = lanczos(matrices(torch.diag(torch.arange(9.0))), top=2, bottom=1, generator=torch.Generator())
    >>> found.top.round(decimals=4), found.bottom.abs().round(decimals=4), found.converged
    (tensor([[8., 7.]]), tensor([[0.]]), tensor([True]))
    """
    size = operator.size
    most = min(size, 40 * (top + bottom) if most is None else most)
    if min(top, bottom) < 0 or not 1 <= max(top, bottom) <= size or most < max(top, bottom):
        raise ValueError(
            f"top and bottom must lie in [0, {size}] (the size), not both 0, and most be no less than either, "
            f"got top={top}, bottom={bottom}, most={most}"
        )
    if not tolerance > 0:
        raise ValueError(f"tolerance must be > 0, got {tolerance}")
    start, spare = starts(operator, operator.members, generator)
    run = Krylov(operator.one, start, most=most, spare=spare)
    found: dict[int, _Look] = {}
    stride = max(2 * (top + bottom), 16)
    while len(found) < operator.members:
        with flushed():
            run.advance(min(stride, most - run.steps))
        behind = _look(run, found, top, bottom, tolerance, final=run.steps == most)
        # Late in a run a product takes away up to 40 % of the error; a look before that helps would be for nothing.
        stride = max(8, round(2 * math.log(behind)))
    return _gather(run, [found[i] for i in range(operator.members)], top, bottom, vectors)


def starts(operator: Operator, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Normal vectors, (count, size), and a spare one; each drawn by itself, whatever the count."""
    drawn = [
        torch.randn(operator.size, generator=generator, dtype=operator.dtype, device=generator.device)
        for _ in range(count + 1)
    ]
    return torch.stack(drawn[1:]).to(operator.device), drawn[0].to(operator.device)


@dataclass(frozen=True)
class _Look:
    """A member's Ritz values at the step where it stopped."""

    steps: int
    ritz: Ritz
    scale: float
    converged: bool


def _look(
    run: Krylov, found: dict[int, _Look], top: int, bottom: int, tolerance: float, *, final: bool
) -> float:
    """Adds the members that stop here; the only place where the host waits for the device.

    Returns how many times too large the largest error of the others is, at least 1.
    """
    m, behind = run.steps, 1.0
    alpha = run.diagonal[:, :m].double().cpu().numpy()
    beta = run.offdiagonal[:, :m].double().cpu().numpy()
    complete = m == run.size
    for member in range(len(alpha)):
        if member in found:
            continue
        whole = ritz(alpha[member], beta[member], complete=complete)
        scale = float(np.abs(whole.values).max())
        slack = tolerance * scale
        enough = m >= min(top + bottom + 1, run.size)
        worst = _outermost(whole.errors, top, bottom).max()
        right = enough and worst <= slack
        if right and not complete:
            right = _no_copies_left(alpha[member], beta[member], whole, top, bottom, slack)
        if right or final or np.isnan(scale):
            found[member] = _Look(m, whole, scale, bool(right))
        elif worst > slack:
            behind = max(behind, worst / slack if slack else 1.0)
    return behind


def _outermost(values: np.ndarray, top: int, bottom: int) -> np.ndarray:
    return np.concatenate([values[len(values) - top :], values[:bottom]])


def _no_copies_left(
    alpha: np.ndarray, beta: np.ndarray, whole: Ritz, top: int, bottom: int, slack: float
) -> bool:
    """Whether the newest block of T has nothing to add; True while there is only one block.

    A block that begins at a fresh direction sees one copy of every eigenvalue not yet exhausted, the outermost
    of them soonest. So nothing is left once its own outermost values lie within those found.
    """
    cuts = np.flatnonzero(beta[:-1] <= slack)
    if len(cuts) == 0:
        return True
    newest = ritz(alpha[cuts[-1] + 1 :], beta[cuts[-1] + 1 :], complete=False)
    above = top == 0 or (
        newest.errors[-1] <= slack and newest.values[-1] <= whole.values[len(alpha) - top] + slack
    )
    below = bottom == 0 or (
        newest.errors[0] <= slack and newest.values[0] >= whole.values[bottom - 1] - slack
    )
    return bool(above and below)


def _gather(run: Krylov, looks: list[_Look], top: int, bottom: int, vectors: bool) -> Extremes:
    like = run.diagonal

    def ends(field: str) -> tuple[Tensor, Tensor]:
        every = [getattr(look.ritz, field) for look in looks]
        high = np.stack([e[len(e) - top :][::-1] for e in every])
        low = np.stack([e[:bottom] for e in every])
        return torch.as_tensor(high.copy()).to(like), torch.as_tensor(low).to(like)

    values, residuals, errors = ends("values"), ends("residuals"), ends("errors")
    found = _vectors(run, looks, top, bottom) if vectors else (None, None)
    return Extremes(
        *values,
        *residuals,
        *errors,
        scale=torch.tensor([look.scale for look in looks]).to(like),
        converged=torch.tensor([look.converged for look in looks], device=like.device),
        steps=torch.tensor([look.steps for look in looks], device=like.device),
        top_vectors=found[0],
        bottom_vectors=found[1],
    )


def _vectors(run: Krylov, looks: list[_Look], top: int, bottom: int) -> tuple[Tensor, Tensor]:
    """The Ritz vectors, each from the basis as it was when its member stopped."""
    rows = np.zeros((len(looks), top + bottom, run.steps))
    for row, look in zip(rows, looks, strict=True):
        columns = look.ritz.vectors.T
        row[:top, : look.steps] = columns[len(columns) - top :][::-1]
        row[top:, : look.steps] = columns[:bottom]
    found = torch.bmm(torch.as_tensor(rows).to(run.diagonal), run.vectors)
    return found[:, :top], found[:, top:]
