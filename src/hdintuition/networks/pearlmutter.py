"""Products of the Hessian of a stack with vectors, written out layer by layer.

With R the derivative along the vector v = (V₁, c₁, V₂, …), z_l = W_l h_{l−1} + b_l, h_l = a(z_l), and δ_l the slope of
the loss by z_l,

    R z_l = V_l h_{l−1} + W_l R h_{l−1} + c_l          R h_l = a′ ⊙ R z_l          R δ_L = H R z_L
    R δ_{l−1} = a′ ⊙ (W_lᵀ R δ_l + V_lᵀ δ_l) + a″ ⊙ R z_{l−1} ⊙ W_lᵀ δ_l
    (Hessian · v)_l = R δ_l h_{l−1}ᵀ + δ_l R h_{l−1}ᵀ

where H is the second derivative of the loss by the outputs (B. A. Pearlmutter, Fast Exact Multiplication by the
Hessian, Neural Computation 6, 1994). Without the terms in δ these are the products of the Gauss-Newton matrix
(N. N. Schraudolph, Neural Computation 14, 2002). What does not hang on v is computed once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from hdintuition.networks.multiply import multiply

if TYPE_CHECKING:
    from hdintuition.networks.ensemble import Networks
    from hdintuition.networks.losses import Loss


class Pearlmutter:
    """Multiplies the curvature of the members' mean losses with a vector for each, (members, P) → (members, P).

    Args:
        nets: The stack, of the dtype to compute in.
        x: Points, (points, inputs) or (members, points, inputs), of the same dtype.
        y: Targets, as the loss prepares them.
        loss: The loss.
        gauss_newton: Leave out the curvature of the outputs.
    """

    @torch.no_grad()
    def __init__(self, nets: Networks, x: Tensor, y: Tensor, loss: Loss, *, gauss_newton: bool) -> None:
        self.nets, self.share = nets, 1 / x.shape[-2]
        *hidden, f = nets.layers(x)
        self.h = [x.mT.expand(len(nets), -1, -1), *hidden]
        self.through = _derivatives(hidden, nets.activation)  # a′ of layer 1, 2, …; none where it is 1
        self.bend = loss.bend(f, y)
        self.delta: list[Tensor] = []  # δ of layer 1, 2, …; none for a Gauss-Newton matrix
        self.bent: list[Tensor] = []  # a″/a′ ⊙ Wᵀδ of layer 1, 2, …; none where nothing bends
        if not gauss_newton:
            self._pull(loss.slopes(f, y) * self.share)
        self.moved = [torch.empty_like(z) for z in [*hidden, f]]  # R h, at last R z
        self.errors = [torch.empty_like(h) for h in hidden]  # R δ

    def _pull(self, delta: Tensor) -> None:
        """The slopes by every layer, from the last to the first, and what their change is multiplied by."""
        self.delta.append(delta)
        for layer in range(len(self.h) - 1, 0, -1):
            h, w, (for_w, _) = self.h[layer], self.nets.weights[layer], self.nets.multipliers[layer]
            back = multiply(w.mT, self.delta[0], torch.empty_like(h), scale=for_w)
            if self.nets.activation == "tanh":
                self.bent.insert(0, (h * back).mul_(-2))
            self.delta.insert(0, back.mul_(self.through[layer - 1]) if self.through else back)

    @torch.no_grad()
    def __call__(self, v: Tensor) -> Tensor:
        """The products, a new tensor."""
        product, along = v.new_empty(v.shape), self.nets.with_parameters(v)
        self._push(along)
        self._pull_along(along, self.nets.with_parameters(product))
        return product

    def _push(self, along: Networks) -> None:
        """R h of every layer, into ``moved``."""
        for layer, z in enumerate(self.moved):
            for_w, for_b = self.nets.multipliers[layer]
            multiply(along.weights[layer], self.h[layer], z, scale=for_w)
            if layer:
                multiply(self.nets.weights[layer], self.moved[layer - 1], z, scale=for_w, keep=True)
            z.add_(along.biases[layer][:, :, None], alpha=for_b)
            if layer < len(self.through):
                z.mul_(self.through[layer])

    def _pull_along(self, along: Networks, into: Networks) -> None:
        """R δ from the last layer to the first, and with it the product."""
        error = self.bend(self.moved[-1]) * self.share
        for layer in range(len(self.h) - 1, -1, -1):
            for_w, for_b = self.nets.multipliers[layer]
            multiply(error, self.h[layer].mT, into.weights[layer], scale=for_w)
            torch.sum(error, 2, out=into.biases[layer]).mul_(for_b)
            if layer == 0:
                return
            below, moved = self.errors[layer - 1], self.moved[layer - 1]
            multiply(self.nets.weights[layer].mT, error, below, scale=for_w)
            if self.delta:
                multiply(self.delta[layer], moved.mT, into.weights[layer], scale=for_w, keep=True)
                multiply(along.weights[layer].mT, self.delta[layer], below, scale=for_w, keep=True)
            if self.through:
                below.mul_(self.through[layer - 1])
            if self.bent:
                below.addcmul_(self.bent[layer - 1], moved)
            error = below


def _derivatives(hidden: list[Tensor], activation: str) -> list[Tensor]:
    """a′ of each layer, from what its activation put out."""
    if activation == "tanh":
        return [1 - h.square() for h in hidden]
    return [(h > 0).to(h.dtype) for h in hidden] if activation == "relu" else []
