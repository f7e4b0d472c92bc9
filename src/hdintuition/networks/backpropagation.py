"""The gradient of a whole stack, written out layer by layer from the last to the first.

With z_l = m_l W_l h_{l−1} + b_l and h_l = a(z_l), and δ_L the slope of the loss by the outputs,

    ∂/∂W_l = m_l δ_l h_{l−1}ᵀ      δ_{l−1} = a′(z_{l−1}) ⊙ m_l W_lᵀ δ_l

(D. E. Rumelhart, G. E. Hinton and R. J. Williams, Nature 323, 1986). Nothing is recorded, everything is written
into buffers made once: a step then costs little more than its matrix products, and can be captured in a CUDA
graph. Nothing is summed over members.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from hdintuition.networks.multiply import multiply

if TYPE_CHECKING:
    from hdintuition.networks.ensemble import Networks

aten = torch.ops.aten


class Backpropagation:
    """Evaluates a stack and pulls slopes of its outputs back to its parameters, again and again.

    To be called where no derivatives are recorded (``torch.no_grad()``).

    Args:
        nets: The stack; its tensors are read at every call, so they may change in place.
        gradients: Where the gradients go: the same stack with other tensors.
    """

    def __init__(self, nets: Networks, gradients: Networks) -> None:
        self.nets, self.members = nets, len(nets)
        self.activate, self.through = _ACTIVATE[nets.activation], _THROUGH[nets.activation]
        self.layers = list(
            zip(
                nets.weights,
                [w.mT for w in nets.weights],
                [b[:, :, None] for b in nets.biases],
                gradients.weights,
                gradients.biases,
                nets.multipliers,
                strict=True,
            )
        )
        self._buffers: dict[int, list[tuple[Tensor, Tensor, Tensor]]] = {}

    def __call__(
        self, x: Tensor, slopes: Callable[[Tensor], Tensor], *, first: bool = True, scale: float = 1.0
    ) -> Tensor:
        """The outputs, in a buffer that the next call writes over; else as :class:`~.stack.Gradient` says."""
        buffers = self._room(x.shape[-2])
        x = x if x.ndim == 3 else x.expand(self.members, -1, -1)
        f = self._forward(x.mT, buffers)
        error = slopes(f)
        self._backward(x, buffers, error if scale == 1 else error * scale, not first)
        return f

    def _forward(self, below: Tensor, buffers: list[tuple[Tensor, Tensor, Tensor]]) -> Tensor:
        last = len(buffers) - 1
        for layer, (z, _, _) in enumerate(buffers):
            w, _, b, _, _, (for_w, for_b) = self.layers[layer]
            multiply(w, below, z, scale=for_w).add_(b, alpha=for_b)
            below = z if layer == last else self.activate(z)
        return below

    def _backward(
        self,
        x: Tensor,
        buffers: list[tuple[Tensor, Tensor, Tensor]],
        error: Tensor,
        keep: bool,
    ) -> None:
        for layer in range(len(self.layers) - 1, -1, -1):
            _, w_turned, _, to_w, to_b, (for_w, for_b) = self.layers[layer]
            h, h_turned, below = buffers[layer - 1] if layer else (x, x, x)
            multiply(error, h_turned, to_w, scale=for_w, keep=keep)
            if keep:
                to_b.add_(error.sum(2), alpha=for_b)
            else:
                torch.sum(error, 2, out=to_b)
                if for_b != 1:
                    to_b.mul_(for_b)
            if layer:
                error = self.through(multiply(w_turned, error, below, scale=for_w), h)

    def _room(self, points: int) -> list[tuple[Tensor, Tensor, Tensor]]:
        """For each layer: what it passes on, the same turned, and the error there; reused from call to call.

        An error is read once, for the layer below: layers of one shape take turns with two buffers, and the
        processor's cache has room for more of what the layers pass on.
        """
        if points not in self._buffers:
            like = self.nets.weights[0]
            shapes = [(self.members, units, points) for units in self.nets.sizes[1:]]
            turns = [(layer % 2, shape) for layer, shape in enumerate(shapes)]
            errors = {turn: like.new_zeros(turn[1]) for turn in turns}
            passed = [like.new_empty(shape) for shape in shapes]
            self._buffers[points] = [(h, h.mT, errors[turn]) for h, turn in zip(passed, turns, strict=True)]
        return self._buffers[points]


def _tanh(z: Tensor) -> Tensor:
    """In place. On a CPU by NumPy, to the last bit or two the same; torch's takes ten times as long.

    For layers of 32 units that is as long as all three products of a step.
    """
    if z.device.type != "cpu":
        return z.tanh_()
    np.tanh(z.numpy(), out=z.numpy())
    return z


_ACTIVATE: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu_,
    "tanh": _tanh,
    "linear": lambda z: z,
}
# From the error after an activation that put out h to the error before it, in place.
_THROUGH: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "relu": lambda error, h: aten.threshold_backward.grad_input(error, h, 0, grad_input=error),
    "tanh": lambda error, h: aten.tanh_backward.grad_input(error, h, grad_input=error),
    "linear": lambda error, h: error,
}
