"""The networks that fit their training set exactly: how many dimensions they have, and how to get among them.

Near a network of p parameters that meets n targets, and whose outputs depend on the parameters in n independent
ways, the networks that meet them all form a smooth surface of p − n dimensions (Y. Cooper, The loss landscape of
overparameterized neural networks, 2021). Its tangent space is the null space of the Jacobian J of the outputs at
the training points, and the shortest way back to it is, to first order, the Gauss-Newton step −Jᵀ(J Jᵀ)⁻¹r, r
being the residual. J is never written out: :mod:`hdintuition.networks.output_jacobian`.

Zero is a loss of at most ``TOLERANCE``: residuals of 1e-10, which takes float64.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hdintuition.networks.ensemble import Networks
from hdintuition.networks.losses import squared
from hdintuition.networks.output_jacobian import OutputJacobian, output_jacobian

TOLERANCE = 1e-20
BOLDER, SHYER = 0.2, 4.0  # what the damping is multiplied by after a step that helped, and one that did not


@torch.no_grad()
def to_zero_loss(nets: Networks, x: Tensor, y: Tensor, *, steps: int = 200) -> Networks:
    """The stack after so many Levenberg-Marquardt steps on the squared loss: usually at zero, to rounding.

    A step is −Jᵀ(J Jᵀ + μI)⁻¹r; μ is a member's own, falls after a step that lowers its loss and rises after one
    that does not, which is not taken (K. Levenberg, Quarterly of Applied Mathematics 2, 1944; D. W. Marquardt,
    Journal of the Society for Industrial and Applied Mathematics 11, 1963). Whether a member has arrived is seen
    from :func:`residual_loss`; one may stay behind in a valley that does not reach zero.

    Args:
        nets: Where to start; more parameters than targets, best in float64.
        x: Training points, (points, inputs), or each member's own.
        y: Targets as the squared loss takes them.
        steps: How many steps.

    Raises:
        ValueError: If there are as many targets as parameters, or more.
    """
    targets = targets_of(nets, x, y)
    at = output_jacobian(nets, x)
    damping = at.gram().diagonal(dim1=1, dim2=2).mean(1)
    for _ in range(steps):
        there = output_jacobian(corrected(at, targets, damping), x)
        better = misfit(there, targets) < misfit(at, targets)
        damping = damping * torch.where(better, BOLDER, SHYER)
        at = output_jacobian(choose(better, there.nets, at.nets), x)
    return at.nets


@torch.no_grad()
def residual_loss(nets: Networks, x: Tensor, y: Tensor) -> Tensor:
    """The squared loss of every member, (members,): the mean over the points of ½ Σ (f − y)² over the outputs."""
    f = nets(x)
    f = f[:, None] if f.ndim == 2 else f
    return squared(f, squared.targets(y, nets.outputs, x)).mean(1)


@torch.no_grad()
def tangent(nets: Networks, x: Tensor, v: Tensor) -> Tensor:
    """The part of v that no output at the points x feels to first order, (members, parameters).

    Args:
        nets: The stack.
        x: Points, (points, inputs), or each member's own.
        v: Directions in parameter space, (members, parameters).
    """
    return project(output_jacobian(nets, x), v)


@torch.no_grad()
def zero_loss_dimension(nets: Networks, x: Tensor) -> Tensor:
    """Parameters less the rank of the Jacobian at the points x, (members,), int64.

    From the singular values of the Jacobian written out, (members, outputs · points, parameters).
    """
    jacobian = output_jacobian(nets, x).dense()
    return jacobian.shape[2] - torch.linalg.matrix_rank(jacobian)


def project(at: OutputJacobian, v: Tensor) -> Tensor:
    """v − Jᵀ(J Jᵀ)⁻¹J v; NaN for members whose rows of J are dependent."""
    factor = _factor(at.gram())
    for _ in range(2):  # J Jᵀ has the square of J's condition number: one pass leaves a trace
        v = v - at.transposed_times(_solve(factor, at.times(v)))
    return v


def corrected(at: OutputJacobian, targets: Tensor, damping: Tensor | None = None) -> Networks:
    """One Gauss-Newton step towards the targets, damped by μ, (members,), if that is given."""
    gram = at.gram()
    if damping is not None:
        gram.diagonal(dim1=1, dim2=2).add_(damping[:, None])
    step = at.transposed_times(_solve(_factor(gram), (at.outputs - targets).flatten(1)))
    return at.nets.with_parameters(at.nets.parameters - step)


def misfit(at: OutputJacobian, targets: Tensor) -> Tensor:
    """The squared loss, (members,)."""
    return squared(at.outputs, targets).mean(1)


def choose(which: Tensor, one: Networks, other: Networks) -> Networks:
    """The members of one stack where ``which`` is true, (members,), and of the other where not."""
    return one.with_parameters(torch.where(which[:, None], one.parameters, other.parameters))


def targets_of(nets: Networks, x: Tensor, y: Tensor) -> Tensor:
    """The targets as the squared loss computes with them.

    Raises:
        ValueError: If there are as many targets as parameters, or more.
    """
    targets = squared.targets(y, nets.outputs, x)
    meant, free = targets.shape[-1] * nets.outputs, nets.parameters.shape[1]
    if meant >= free:
        raise ValueError(
            f"the networks of zero loss form a surface only if there are more parameters than targets, "
            f"got {free} parameters and {meant} targets"
        )
    return targets


def _factor(gram: Tensor) -> Tensor:
    """Cholesky factors, NaN where there is none: a failed member is marked, and nobody waits for it."""
    factor, failed = torch.linalg.cholesky_ex(gram)
    return torch.where((failed == 0)[:, None, None], factor, torch.nan)


def _solve(factor: Tensor, u: Tensor) -> Tensor:
    return torch.cholesky_solve(u[..., None], factor)[..., 0]
