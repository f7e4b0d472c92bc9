"""Where training would come to rest: a point at which the gradient is zero to rounding, and what curves there.

Gradient descent takes forever along directions that hardly curve. Newton's method does not, but stops at saddles
as readily as at minima. So the step is −|H + μ|⁻¹g: every curvature enters by its size, the downhill ones turned
round (Y. Dauphin et al., Identifying and attacking the saddle point problem in high-dimensional non-convex
optimization, NeurIPS 2014), and no step is taken that raises the loss by more than rounding. At saddles the step
along a downhill direction is long, and away; only a start exactly on the ridge would stay there.

Hessians are written out and decomposed, so this is for networks of up to a thousand parameters, in float64.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hdintuition.networks.curvature import curvature, loss_of
from hdintuition.networks.dense_hessian import dense
from hdintuition.networks.ensemble import Networks
from hdintuition.networks.losses import Loss

BOLDER, SHYER = 0.3, 4.0  # what the damping is multiplied by after a step that helped, and one that did not
ROUNDING = 1e-14  # a loss that rose by less, relatively, may not have risen at all


@dataclass(frozen=True)
class Rest:
    """A stack after the last step, and the derivatives there.

    Attributes:
        networks: The stack.
        losses: Without the penalty on the weights, (members,).
        slopes: Lengths of the gradients of loss and penalty, (members,).
        curvatures: Eigenvalues of the Hessians of loss and penalty, rising, (members, parameters).
    """

    networks: Networks
    losses: Tensor
    slopes: Tensor
    curvatures: Tensor


def to_rest(
    nets: Networks,
    x: Tensor,
    y: Tensor,
    *,
    loss: str | Loss | None = None,
    weight_decay: float = 0.0,
    steps: int = 50,
    damping: float = 0.01,
) -> Rest:
    """The stack after so many saddle-free Newton steps on the loss plus ½ · weight_decay · |θ|².

    Whether a member has come to rest is seen from ``slopes``. Without weight decay it may have nowhere to rest:
    the logistic loss has no minimum where all examples can be classified rightly. Where a rectified unit has a
    kink the loss has no Hessian, and members may stop there with a slope left.

    Args:
        nets: Where to start, best in float64.
        x: Points, (points, inputs), or each member's own, (members, points, inputs).
        y: Targets in the form the loss asks for.
        loss: As for :func:`hdintuition.networks.curvature.curvature`.
        weight_decay: λ of the penalty λ/2 · |θ|², >= 0.
        steps: How many, >= 0.
        damping: μ at the first step, > 0; a member's own from then on.

    Raises:
        ValueError: If a setting is out of range or the targets do not suit the loss.
    """
    if weight_decay < 0 or steps < 0 or not damping > 0:
        raise ValueError(
            f"weight_decay and steps must be >= 0 and damping > 0, got {weight_decay}, {steps}, {damping}"
        )
    value = loss_of(nets, x, y, loss=loss)

    def penalised(at: Tensor) -> Tensor:
        return value(at) + weight_decay / 2 * at.square().sum(1)

    def derivatives(at: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Hessian, gradient and height."""
        here = at.detach().requires_grad_()
        with torch.enable_grad():
            height = penalised(here)
            (gradient,) = torch.autograd.grad(height.sum(), here)
        h = dense(curvature(nets.with_parameters(at), x, y, loss=loss))
        h.diagonal(dim1=1, dim2=2).add_(weight_decay)
        return h, gradient, height.detach()

    at = nets.parameters.detach()
    mu = torch.full_like(at[:, :1], damping)
    for _ in range(steps):
        h, gradient, height = derivatives(at)
        curvatures, vectors = torch.linalg.eigh(h)
        parts = (vectors.mT @ gradient[:, :, None])[:, :, 0] / (curvatures.abs() + mu)
        ahead = at - (vectors @ parts[:, :, None])[:, :, 0]
        with torch.no_grad():
            better = (penalised(ahead) <= height * (1 + ROUNDING))[:, None]
        at = torch.where(better, ahead, at)
        mu = mu * torch.where(better, BOLDER, SHYER)
    h, gradient, _ = derivatives(at)
    return Rest(
        networks=nets.with_parameters(at),
        losses=value(at).detach(),
        slopes=gradient.norm(dim=1),
        curvatures=torch.linalg.eigvalsh(h),
    )
