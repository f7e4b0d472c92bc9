"""The whole spectrum of a stack of symmetric matrices, by stochastic Lanczos quadrature.

For a random vector g with independent entries of mean 0 and variance 1, E[gᵀf(A)g] = tr f(A). Lanczos started at g
gives a discrete measure, Ritz values weighted by the squared first entries of T's eigenvectors, that reproduces
the moments of g's own spectral measure up to degree 2m − 1 for m products: S. Ubaru, J. Chen and Y. Saad, Fast
Estimation of tr(f(A)) via Stochastic Lanczos Quadrature, SIAM Journal on Matrix Analysis and Applications 38, 2017.
The measures of several probes are averaged.

In the Hessian of a network a few eigenvalues far out carry most of the trace, and the share of a probe that falls
on each of them is what makes the estimate noisy. So a first run of d products is spent on them: its Krylov space K
is taken out, its d Ritz values are given the weight 1/size each, and the probes explore only the rest. The part of
A that couples K with the rest, which this ignores, has rank 2 and two eigenvalues ±β_d; so it moves the spectrum,
in Wasserstein-1 distance, by 2β_d/size at the most. (That a Krylov space can be split off like this is in T. Chen
and E. Hallman, Krylov-Aware Stochastic Trace Estimation, SIAM Journal on Matrix Analysis and Applications 44, 2023.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from hdintuition.networks.denormals import flushed
from hdintuition.networks.krylov import Krylov, ritz
from hdintuition.networks.lanczos import starts
from hdintuition.networks.operators import Operator


@dataclass(frozen=True)
class Spectrum:
    """A discrete measure for each member that stands for its eigenvalues, each with weight 1/size.

    Attributes:
        nodes: Where the mass is, (members, nodes), ascending, float64. NaN for a member whose products were.
        weights: How much, (members, nodes), float64, ≥ 0; sums to 1.
        moved: No more than so much of a Wasserstein-1 distance is due to the Krylov space taken out, (members,).
        products: How many products each member took.
        probes: Number of random probes.
    """

    nodes: Tensor
    weights: Tensor
    moved: Tensor
    products: int
    probes: int

    def moment(self, k: int) -> Tensor:
        """The mean of λᵏ over the eigenvalues, (members,); size times it estimates tr Aᵏ."""
        return (self.weights * self.nodes**k).sum(1)

    def below(self, at: Tensor) -> Tensor:
        """The share of the eigenvalues that are ≤ each of the heights (n,), (members, n)."""
        total = torch.cat([torch.zeros_like(self.weights[:, :1]), self.weights.cumsum(1)], 1)
        heights = at.to(self.nodes).expand(len(self.nodes), -1).contiguous()
        return total.gather(1, torch.searchsorted(self.nodes, heights, right=True))

    def density(self, at: Tensor, *, width: float) -> Tensor:
        """The measure smoothed with a Gaussian, (members, n) at heights (n,); integrates to 1.

        Args:
            at: Heights, (n,).
            width: Standard deviation of the Gaussian, > 0, in units of the eigenvalues.

        Raises:
            ValueError: If the width is not positive.
        """
        if not width > 0:
            raise ValueError(f"width must be > 0, got {width}")
        z = (at.to(self.nodes)[None, :, None] - self.nodes[:, None]) / width
        bumps = torch.exp(-z.square() / 2) / (width * (2 * np.pi) ** 0.5)
        return torch.bmm(bumps, self.weights[:, :, None])[:, :, 0]


def slq(
    operator: Operator,
    *,
    probes: int = 2,
    steps: int = 80,
    deflate: int | None = None,
    law: Literal["rademacher", "gaussian"] = "rademacher",
    generator: torch.Generator,
) -> Spectrum:
    """The spectra of a stack, estimated.

    Nearness to the true spectrum is limited by the number of steps (a smooth stretch of spectrum is stood for by
    so many atoms) sooner than by the number of probes. With steps ≥ size it is exact.

    Args:
        operator: The matrices.
        probes: Random probes a member.
        steps: Products for each probe; no more than the size are taken.
        deflate: Products for the run that takes out the outermost eigenvalues; as many as steps by default,
            0 for plain quadrature. Each member takes deflate + probes · steps products.
        law: The entries of the probes: ±1 or normal numbers.
        generator: Where the probes come from, member by member.

    Raises:
        ValueError: If an option is out of range.

    >>> from hdintuition.networks.operators import matrices
    >>> found = slq(matrices(torch.diag(torch.arange(4.0))), generator=torch.Generator())
    >>> found.nodes.abs().round(decimals=4).tolist(), found.weights.tolist()
    ([[0.0, 1.0, 2.0, 3.0]], [[0.25, 0.25, 0.25, 0.25]])
    """
    size, members = operator.size, operator.members
    out = min(steps if deflate is None else deflate, size)
    if min(probes, steps) < 1 or out < 0 or law not in ("rademacher", "gaussian"):
        raise ValueError(
            "probes and steps must be >= 1, deflate >= 0 and law 'rademacher' or 'gaussian', "
            f"got probes={probes}, steps={steps}, deflate={deflate}, law={law!r}"
        )
    start, spare = starts(operator, members * (1 + probes), generator)
    start = start.view(members, 1 + probes, size)
    parts, moved, locked = [], torch.zeros(members, dtype=torch.float64), None
    if out:
        first = Krylov(operator.one, start[:, 0], most=out, spare=spare)
        with flushed():
            first.advance(out)
        parts.append(_measures(first, 1, out / size, even=True))
        moved = 2 * first.offdiagonal[:, out - 1].double().cpu() / size if out < size else moved
        locked = first.vectors
    length = min(steps, size - out)
    if length:
        signs = torch.where(start[:, 1:] < 0, -1.0, 1.0).to(start) if law == "rademacher" else start[:, 1:]
        run = _probe(operator, signs, length, spare, locked)
        parts.append(_measures(run, probes, 1 - out / size))
    nodes = torch.cat([part[0] for part in parts], 1)
    weights = torch.cat([part[1] for part in parts], 1)
    order = nodes.argsort(1)
    return Spectrum(
        nodes=nodes.gather(1, order).to(operator.device),
        weights=weights.gather(1, order).to(operator.device),
        moved=moved.to(operator.device),
        products=out + probes * length,
        probes=probes,
    )


def _probe(operator: Operator, vectors: Tensor, steps: int, spare: Tensor, locked: Tensor | None) -> Krylov:
    """All probes of all members side by side, (members · probes) rows."""
    members, probes, size = vectors.shape

    def multiply(v: Tensor) -> Tensor:
        return operator(v.view(members, probes, size)).reshape(-1, size)

    if locked is not None:
        locked = locked.repeat_interleave(probes, 0)
    run = Krylov(multiply, vectors.reshape(-1, size), most=steps, spare=spare, locked=locked)
    with flushed():
        run.advance(steps)
    return run


def _measures(run: Krylov, probes: int, mass: float, *, even: bool = False) -> tuple[Tensor, Tensor]:
    """Nodes and weights, (rows / probes, probes · steps); each row has an equal share of the mass."""
    m = run.steps
    alpha = run.diagonal[:, :m].double().cpu().numpy()
    beta = run.offdiagonal[:, :m].double().cpu().numpy()
    found = [ritz(a, b, complete=m == run.size) for a, b in zip(alpha, beta, strict=True)]
    nodes = np.stack([r.values for r in found])
    weights = np.stack([np.full(m, 1 / m) if even else r.vectors[0] ** 2 for r in found])
    weights *= mass / probes / weights.sum(1, keepdims=True)
    shape = (len(nodes) // probes, probes * m)
    return torch.as_tensor(nodes).view(shape), torch.as_tensor(weights).view(shape)
