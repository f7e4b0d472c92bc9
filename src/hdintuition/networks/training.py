"""Full-batch gradient descent on a whole stack of networks at once.

The loss of a member is the mean over the training points of log(1 + exp(-y f(x))), its labels y being -1
or +1. The gradient is written out by hand, layer by layer from the last to the first; nothing is recorded
and nothing is averaged over members, so each member walks exactly the path it would walk alone.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from hdintuition.networks.ensemble import Networks

WATCH = 100  # steps between two looks at whether all members are still finite


class Diverged(ArithmeticError):
    """Weights have left the finite numbers."""


def train(
    nets: Networks,
    x: Tensor,
    y: Tensor,
    *,
    rate: float | Tensor,
    steps: int,
    diverged: Literal["raise", "keep"] = "raise",
) -> Networks:
    """The stack after so many steps of gradient descent on the logistic loss; the given one is unchanged.

    Gradient descent has no memory: training for 100 steps and then for 200 is training for 300.

    Args:
        nets: Where every member starts; networks with one output.
        x: Training points, (points, inputs).
        y: Labels, (points,), each -1 or +1.
        rate: The step length, > 0: one for all members, or one for each, (members,).
        steps: How many steps, >= 0.
        diverged: What to do when the weights of a member stop being finite: raise, or keep that member,
            NaN and all, beside the others, which are not affected.

    Raises:
        Diverged: If a member's weights stop being finite; says how many, which, and what to do.
        ValueError: If the shapes do not match, a label is neither -1 nor +1, or rate or steps is out of range.
    """
    _check(nets, x, y, steps)
    rates = _rates(rate, nets)
    weights, biases = [w.clone() for w in nets.weights], [b.clone() for b in nets.biases]
    walking = Networks(tuple(weights), tuple(biases))
    stride = (
        -y * rates[:, None, None] / len(y)
    )  # per member and point; the sum over points is the mean's gradient
    # Gradients of a fitted point are denormal numbers sooner or later, and those are 20 to 70 times slower.
    was = torch.tensor(1e-39) * 1 == 0
    torch.set_flush_denormal(True)
    try:
        for step in range(steps):
            _step(weights, biases, walking.layers(x), x, y, stride)
            if diverged == "raise" and step % WATCH == WATCH - 1:
                _refuse_diverged(walking, step + 1, rates)
    finally:
        torch.set_flush_denormal(bool(was))
    if diverged == "raise":
        _refuse_diverged(walking, steps, rates)
    return walking


def _step(
    weights: list[Tensor], biases: list[Tensor], passed: list[Tensor], x: Tensor, y: Tensor, stride: Tensor
) -> None:
    """One step, in place: error is the rate times the gradient with respect to what the layer puts out."""
    # Not torch.sigmoid: its vectorised and its scalar code differ in the last bit, and which of the two serves
    # a member depends on where in the stack it stands.
    error = (passed[-1] * y).exp_().add_(1).reciprocal_().mul_(stride)
    points = x.T.expand(len(error), -1, -1)
    for layer in range(len(weights) - 1, -1, -1):
        below = passed[layer - 1] if layer else points
        error_below = torch.bmm(weights[layer].transpose(1, 2), error).mul_(below > 0) if layer else error
        weights[layer].baddbmm_(error, below.transpose(1, 2), alpha=-1)
        biases[layer].sub_(error.sum(2))
        error = error_below


def _refuse_diverged(nets: Networks, step: int, rates: Tensor) -> None:
    finite = torch.stack([w.flatten(1).sum(1) for w in nets.weights]).sum(0).isfinite()
    if not bool(finite.all()):
        lost = (~finite).nonzero().flatten().tolist()
        raise Diverged(
            f"{len(lost)} of {len(nets)} members (the first is member {lost[0]}) left the finite numbers "
            f"within {step} steps: its rate, {rates[lost[0]]:g}, is too large; lower it, or pass diverged='keep'"
        )


def _rates(rate: float | Tensor, nets: Networks) -> Tensor:
    like = nets.weights[0]
    rates = torch.as_tensor(rate, dtype=like.dtype, device=like.device)
    if rates.shape not in ((), (len(nets),)) or not bool((rates > 0).all()):
        raise ValueError(f"rate must be > 0, one number or {len(nets)} (one a member), got {rate}")
    return rates.expand(len(nets))


def _check(nets: Networks, x: Tensor, y: Tensor, steps: int) -> None:
    if nets.sizes[-1] != 1:
        raise ValueError(f"the logistic loss needs networks with one output, got sizes {nets.sizes}")
    if x.ndim != 2 or x.shape[1] != nets.sizes[0] or y.shape != x.shape[:1] or len(y) == 0:
        raise ValueError(
            f"x must have shape (points, {nets.sizes[0]}) and y (points,), points >= 1, "
            f"got {tuple(x.shape)} and {tuple(y.shape)}"
        )
    if not bool((y.abs() == 1).all()):
        raise ValueError(f"labels must be -1 or +1, got values {sorted(set(y.tolist()))[:5]}")
    if steps < 0:
        raise ValueError(f"steps must be >= 0, got {steps}")
