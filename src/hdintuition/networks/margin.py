"""The margin by which an example is classified wrongly, as a loss: what an attack can follow when others are flat.

Where a network is sure of itself, the slopes of cross-entropy and of the logistic loss are rounded to zero, and an
attack that follows them stands still though the example may lie next to the boundary. The margin's slope is that
of the outputs (N. Carlini and D. Wagner, Towards evaluating the robustness of neural networks, IEEE Symposium on
Security and Privacy, 2017).
"""

from __future__ import annotations

import torch
from torch import Tensor

from hdintuition.networks.losses import Loss, cross_entropy, logistic


class Margin(Loss):
    """The largest other output less that of the right class; −y f for labels −1 and +1 and one output."""

    name = "margin"

    def targets(self, y: Tensor, outputs: int, like: Tensor) -> Tensor:
        """As :data:`cross_entropy` has them, or for one output :data:`logistic`."""
        return (logistic if outputs == 1 else cross_entropy).targets(y, outputs, like)

    def __call__(self, f: Tensor, y: Tensor) -> Tensor:
        """(members, examples)."""
        return (f * self.slopes(f.detach(), y)).sum(1)

    def slopes(self, f: Tensor, y: Tensor, out: Tensor | None = None) -> Tensor:
        """1 for the largest other output, −1 for that of the right class."""
        if f.shape[1] == 1:
            slope = (-y).expand_as(f).to(f.dtype)
        else:
            right = _one_hot(y.expand(len(f), -1), f)
            others = f.masked_fill(right, -torch.inf)
            slope = _one_hot(others.argmax(1), f).to(f.dtype) - right.to(f.dtype)
        return slope if out is None else out.copy_(slope)

    def right(self, f: Tensor, y: Tensor) -> Tensor | None:
        """As the loss whose targets it takes."""
        return (logistic if f.shape[1] == 1 else cross_entropy).right(f, y)


def _one_hot(classes: Tensor, like: Tensor) -> Tensor:
    """(members, outputs, examples), boolean."""
    return torch.arange(like.shape[1], device=like.device)[:, None] == classes[:, None]


margin = Margin()
