"""Directions along which the loss of a network curves downhill, and what lies along them.

A Hessian H with a negative eigenvalue has, at a flat point, a way down: its eigenvector. Away from flat points the
gradient g is a way down whatever H says, and curvature is a second opinion. Two lines of negative curvature are
looked at here: the eigenvector of the lowest eigenvalue, and −Pg, the part of the downhill gradient within the span
of all eigenvectors of negative eigenvalues. The latter is the direction of steepest descent among those in which
the loss both falls and bends further down, as (−Pg)·g = −|Pg|² and (Pg)ᵀH(Pg) ≤ 0. What directions of negative
curvature are worth was asked by G. Alain, N. Le Roux and P.-A. Manzagol, Negative eigenvalues of the Hessian in deep
neural networks, 2019.

Hessians are written out and decomposed, so this is for networks of up to a few thousand parameters, in float64.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hdintuition.networks.curvature import curvature, loss_of
from hdintuition.networks.dense_hessian import dense
from hdintuition.networks.ensemble import Networks
from hdintuition.networks.losses import Loss


@dataclass(frozen=True)
class WaysDown:
    """What the first and second derivatives offer at the members' parameters; directions have length 1.

    Attributes:
        losses: (members,).
        curvatures: All eigenvalues of the Hessian, rising, (members, parameters).
        deepest: The eigenvector of the lowest one, turned so that the loss does not rise to first order,
            (members, parameters).
        bending: −Pg, the downhill gradient within all directions of negative curvature; zero if there are none.
        gradient: −g, the downhill gradient; zero where it vanishes.
    """

    losses: Tensor
    curvatures: Tensor
    deepest: Tensor
    bending: Tensor
    gradient: Tensor


def ways_down(nets: Networks, x: Tensor, y: Tensor, *, loss: str | Loss | None = None) -> WaysDown:
    """The spectrum of every member's Hessian and three directions that lead down from it.

    Args:
        nets: The stack, best in float64.
        x: Points, (points, inputs), or each member's own, (members, points, inputs).
        y: Targets in the form the loss asks for.
        loss: As for :func:`hdintuition.networks.curvature.curvature`.

    Raises:
        ValueError: If the targets do not suit the loss, or the Hessians do not fit into memory.
    """
    curvatures, vectors = torch.linalg.eigh(dense(curvature(nets, x, y, loss=loss)))
    at = nets.parameters.detach().requires_grad_()
    with torch.enable_grad():
        losses = loss_of(nets, x, y, loss=loss)(at)
        (gradient,) = torch.autograd.grad(losses.sum(), at)
    parts = (vectors.mT @ gradient[:, :, None])[:, :, 0]
    down = torch.where(curvatures < 0, parts, 0)
    turned = torch.where(parts[:, :1] > 0, -vectors[:, :, 0], vectors[:, :, 0])
    return WaysDown(
        losses=losses.detach(),
        curvatures=curvatures,
        deepest=turned,
        bending=_unit(-(vectors @ down[:, :, None])[:, :, 0]),
        gradient=_unit(-gradient),
    )


@torch.no_grad()
def line_losses(
    nets: Networks,
    directions: Tensor,
    distances: Tensor,
    x: Tensor,
    y: Tensor,
    *,
    loss: str | Loss | None = None,
) -> Tensor:
    """The losses on the way from every member along its direction, (members, distances).

    Args:
        nets: Where to start.
        directions: (members, parameters).
        distances: How far along the direction, (distances,); negative ones go the other way.
        x: Points, (points, inputs), or each member's own, (members, points, inputs).
        y: Targets in the form the loss asks for.
        loss: As for :func:`hdintuition.networks.curvature.curvature`.

    >>> from hdintuition.networks.ensemble import mlp
    >>> nets = mlp([1, 1], members=1, gain=0, generator=torch.Generator().manual_seed(0))
    >>> steps, bias = torch.tensor([0.0, 1.0, 2.0]), torch.tensor([[0.0, 1.0]])
    >>> line_losses(nets, bias, steps, torch.ones(3, 1), torch.ones(3), loss="squared")
    tensor([[0.5000, 0.0000, 0.5000]])
    """
    value, start = loss_of(nets, x, y, loss=loss), nets.parameters
    return torch.stack([value(start + distance * directions) for distance in distances], dim=1)


def _unit(v: Tensor) -> Tensor:
    length = v.norm(dim=1, keepdim=True)
    return torch.where(length > 0, v / length, 0)
