"""The Jacobian of a stack's outputs by its parameters, kept as factors and never written out unless asked for.

With z_l = m_l W_l h_{l−1} + n_l b_l, the derivative of output k at point i by W_l is the outer product
m_l δ_l h_{l−1}ᵀ of what comes back to the layer, δ_l = ∂f_k(x_i)/∂z_l, and what goes into it. Hence, for rows
r = (k, i) and s = (k', j),

    (J Jᵀ)_{rs} = Σ_l (δ_l(r)·δ_l(s)) · (m_l² h_{l−1}(x_i)·h_{l−1}(x_j) + n_l²),

the neural tangent kernel (A. Jacot, F. Gabriel and C. Hongler, Neural Tangent Kernel, NeurIPS 2018), costs as
many operations as a network has units, not as many as it has parameters.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from hdintuition.networks.ensemble import Networks


@dataclass(frozen=True)
class OutputJacobian:
    """J of every member at some points; its rows are pairs of output and point, the output running slower.

    Attributes:
        nets: The stack.
        outputs: f, (members, outputs, points).
        below: What goes into each layer, (members or 1, inputs of the layer, points).
        back: What comes back to it, δ, (members, outputs of the layer, rows).
    """

    nets: Networks
    outputs: Tensor
    below: tuple[Tensor, ...]
    back: tuple[Tensor, ...]

    def gram(self) -> Tensor:
        """J Jᵀ, (members, rows, rows)."""
        members, outputs, points = self.outputs.shape
        total = self.outputs.new_zeros(members, outputs, points, outputs, points)
        for h, delta, (for_w, for_b) in zip(self.below, self.back, self.nets.multipliers, strict=True):
            inputs = (h.mT @ h).mul_(for_w**2).add_(for_b**2)
            total.addcmul_((delta.mT @ delta).view_as(total), inputs[:, None, :, None, :])
        return total.view(members, outputs * points, outputs * points)

    def times(self, v: Tensor) -> Tensor:
        """J v, (members, rows), for v of shape (members, parameters)."""
        outputs, points = self.outputs.shape[1:]
        step = self.nets.with_parameters(v)
        result = torch.zeros_like(self.outputs)
        layers = zip(self.below, self.back, step.weights, step.biases, self.nets.multipliers, strict=True)
        for h, delta, w, b, (for_w, for_b) in layers:
            moved = for_w * (w @ h) + for_b * b[:, :, None]
            result += (delta.unflatten(2, (outputs, points)) * moved[:, :, None]).sum(1)
        return result.flatten(1)

    def transposed_times(self, u: Tensor) -> Tensor:
        """Jᵀ u, (members, parameters), for u of shape (members, rows)."""
        tensors = []
        for h, delta, (for_w, for_b) in zip(self.below, self.back, self.nets.multipliers, strict=True):
            error = (delta * u[:, None]).unflatten(2, self.outputs.shape[1:]).sum(2)
            tensors += [for_w * (error @ h.mT), for_b * error.sum(2)]
        return torch.cat([t.flatten(1) for t in tensors], dim=1)

    def dense(self) -> Tensor:
        """J itself, (members, rows, parameters)."""
        members, outputs, points = self.outputs.shape
        parts = []
        for h, delta, (for_w, for_b) in zip(self.below, self.back, self.nets.multipliers, strict=True):
            delta = delta.unflatten(2, (outputs, points)).movedim(1, 3)  # (members, outputs, points, units)
            weights = for_w * delta[..., None] * h.mT[:, None, :, None, :]
            parts += [weights.flatten(3), for_b * delta]
        return torch.cat(parts, dim=3).view(members, outputs * points, -1)


@torch.no_grad()
def output_jacobian(nets: Networks, x: Tensor) -> OutputJacobian:
    """The Jacobian of all outputs of every member at the points x, by its parameters.

    Args:
        nets: The stack.
        x: Points, (points, inputs), or each member's own, (members, points, inputs).
    """
    passed = nets.layers(x)
    own = x if x.ndim == 3 else x[None]
    members, outputs, points = passed[-1].shape
    eye = torch.eye(outputs, dtype=x.dtype, device=x.device)
    back = [eye[:, :, None].expand(members, -1, -1, points).flatten(2)]
    for layer in range(len(passed) - 1, 0, -1):
        error = nets.multipliers[layer][0] * (nets.weights[layer].mT @ back[0])
        slope = _slope(nets, passed[layer - 1])[:, :, None]
        back.insert(0, (error.unflatten(2, (outputs, points)) * slope).flatten(2))
    return OutputJacobian(nets, passed[-1], (own.mT, *passed[:-1]), tuple(back))


def _slope(nets: Networks, h: Tensor) -> Tensor:
    """The derivative of the activation that put out h."""
    if nets.activation == "relu":
        return (h > 0).to(h.dtype)
    return 1 - h.square() if nets.activation == "tanh" else torch.ones_like(h)
