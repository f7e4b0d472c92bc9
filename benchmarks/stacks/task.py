"""A stack of small classifiers to be trained, the same for everyone, and whether two did the same.

Everyone gets the same one-hidden-layer rectified networks with the same starts, the same points, each member its own
labels and its own minibatches, and takes the same steps of stochastic gradient descent with momentum on the
cross-entropy. Who computes the same thing ends at the same losses, member by member.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

import hdintuition as hdi
from hdintuition.evidence.numbers import significant

POINTS, INPUTS, CLASSES = 4000, 40, 10
RATE, MOMENTUM = 0.05, 0.9
NEAR = 2e-4  # float32, and a rectifier that switches at another step, move a loss by less
CELLS = 2**25  # hidden activations held at once where losses are compared: 256 MB
Weights = list[Tensor]  # W1, b1, W2, b2, each with the members first


@dataclass(frozen=True)
class Task:
    """What everyone is given.

    Attributes:
        nets: The starts.
        x: Points, (points, inputs).
        y: Each member's labels, (members, points).
        order: Each member's minibatches, (members, steps, batch), or None for all points in every step.
        steps: How many steps.
    """

    nets: hdi.Networks
    x: Tensor
    y: Tensor
    order: Tensor | None
    steps: int

    @property
    def start(self) -> Weights:
        """The parameters in the order of torch's own layers."""
        (w1, w2), (b1, b2) = self.nets.weights, self.nets.biases
        return [w1, b1, w2, b2]

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Points and labels of every member at one step, (members, batch, …)."""
        if self.order is None:
            return self.x.expand(len(self.nets), -1, -1), self.y
        chosen = self.order[:, step]
        x = self.x.index_select(0, chosen.flatten()).view(*chosen.shape, -1)
        return x, self.y.gather(1, chosen)


def task(members: int, width: int, *, batch: int | None, steps: int, device: torch.device) -> Task:
    """A task with its own seed; the labels of a member are those of its own linear teacher."""
    generator = torch.Generator(device).manual_seed(20_260_101)
    x = torch.randn(POINTS, INPUTS, generator=generator, device=device)
    teachers = torch.randn(members, CLASSES, INPUTS, generator=generator, device=device)
    y = (teachers @ x.T).argmax(1)
    nets = hdi.mlp([INPUTS, width, CLASSES], members=members, generator=generator)
    return Task(nets, x, y, None if batch is None else orders(members, batch, steps, generator), steps)


def orders(members: int, batch: int, steps: int, generator: torch.Generator) -> Tensor:
    """Each member's own shuffles of all points, cut into minibatches: (members, steps, batch)."""
    epochs = -(-steps * batch // POINTS)
    drawn = torch.rand(epochs, members, POINTS, generator=generator, device=generator.device).argsort(2)
    return drawn.movedim(1, 0).reshape(members, -1, batch)[:, :steps].contiguous()


def described(one: Task) -> str:
    """The work in words."""
    members, (_, width, _) = len(one.nets), one.nets.sizes
    stack = "1 network" if members == 1 else f"{members} networks"
    batch = f"all {POINTS} examples in a step" if one.order is None else f"batch {one.order.shape[2]}"
    return f"train {stack} of width {width}, {batch}"


def agreement(one: Task, mine: Any, theirs: Any) -> str:
    """Both end at the same losses, member by member, and these are well below those at the start.

    Raises:
        AssertionError: If not.
    """
    if theirs is None:
        return "a bound, not a result"
    start, own, other = (losses(one, stacked(result)) for result in (one.start, mine, theirs))
    apart = float((own - other).abs().max())
    fell = float((start - own).mean())
    assert fell > 100 * NEAR, f"the loss fell by {fell:.2g} only, so that agreeing would say little"
    assert apart < NEAR, f"final losses differ by up to {apart:.2g}"
    return f"same final losses to {significant(apart, 1)}" if apart else "same final losses, exactly"


def losses(one: Task, weights: Weights) -> Tensor:
    """Every member's mean loss over all points, in float64; a few members at a time, to bound the memory."""
    x = one.x.double().T
    few = max(1, CELLS // (one.nets.sizes[1] * POINTS))
    each = []
    for w1, b1, w2, b2, y in zip(*(tensor.split(few) for tensor in (*weights, one.y)), strict=True):
        w1, b1, w2, b2 = (tensor.to(x) for tensor in (w1, b1, w2, b2))
        hidden = (w1 @ x + b1[..., None]).relu_()
        each.append(cross_entropy(w2 @ hidden + b2[..., None], y, reduction="none").mean(1))
    return torch.cat(each)


def stacked(result: Any) -> Weights:
    """Anyone's final parameters as W1, b1, W2, b2, members first."""
    if isinstance(result[0], nn.Module):
        return [torch.stack(each).detach() for each in zip(*(m.parameters() for m in result), strict=True)]
    if hasattr(result[0], "coefs_"):
        rows = [(m.coefs_[0].T, m.intercepts_[0], m.coefs_[1].T, m.intercepts_[1]) for m in result]
        return [
            torch.stack([torch.as_tensor(part.copy()) for part in each]) for each in zip(*rows, strict=True)
        ]
    return [part if isinstance(part, Tensor) else torch.from_numpy(np.array(part)) for part in result]
