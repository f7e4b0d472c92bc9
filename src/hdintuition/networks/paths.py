"""Paths between networks, what the loss does along them, and the barrier on the way.

A Bézier curve through parameter space, θ(t) = Σ_i C(d, i) tⁱ(1−t)^{d−i} θ_i for 0 <= t <= 1, of degree 1 (the
straight line) or 2 (one bend, which lies off the curve). The bend is trained so that the loss expected at a
uniform t is small: T. Garipov, P. Izmailov, D. Podoprikhin, D. Vetrov and A. G. Wilson, Loss Surfaces, Mode
Connectivity, and Fast Ensembling of DNNs, NeurIPS 2018.

The barrier is the most by which the loss rises above the straight line between the losses of the two ends,

    max_t  L(θ(t)) − (1−t) L(θ(0)) − t L(θ(1)),

as in R. Entezari, H. Sedghi, O. Saukh and B. Neyshabur, The Role of Permutation Invariance in Linear Mode
Connectivity of Neural Networks, ICLR 2022. J. Frankle, G. K. Dziugaite, D. M. Roy and M. Carbin, Linear Mode
Connectivity and the Lottery Ticket Hypothesis, ICML 2020, take the share of errors for L and the mean of the
ends, instead of the line between them. Both are maxima over the times looked at, so lower bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb

import torch
from torch import Tensor

from hdintuition.networks.denormals import flushed
from hdintuition.networks.ensemble import Networks
from hdintuition.networks.losses import Loss, loss_named
from hdintuition.networks.optimisers import adam

GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Curve:
    """A Bézier curve for every pair of members; calling it gives the stack at a time.

    Attributes:
        points: The control points as stacks: the start, the bend if there is one, the end.
    """

    points: tuple[Networks, ...]

    def __call__(self, t: float | Tensor) -> Networks:
        """The stack at time t in [0, 1]; a number, or a tensor without axes."""
        rows = [shape * point.parameters for shape, point in zip(self.shapes(t), self.points, strict=True)]
        return self.points[0].with_parameters(sum(rows[1:], rows[0]))

    def shapes(self, t: float | Tensor) -> list[float | Tensor]:
        """How much of each control point the curve is at time t."""
        d = len(self.points) - 1
        return [comb(d, i) * t**i * (1 - t) ** (d - i) for i in range(d + 1)]


def linear_path(a: Networks, b: Networks) -> Curve:
    """The straight lines from the members of one stack to those of another.

    Raises:
        ValueError: If the stacks differ in anything but their parameters.
    """
    _check_ends(a, b)
    return Curve((a, b))


@dataclass(frozen=True)
class Profile:
    """Loss and accuracy along curves.

    Attributes:
        times: (looks,), from 0 to 1.
        losses: Mean over the examples, (members, looks).
        accuracies: Share of the examples, (members, looks); None if the targets are no classes.
    """

    times: Tensor
    losses: Tensor
    accuracies: Tensor | None

    @property
    def barrier(self) -> Tensor:
        """The most by which the loss is above the line between its ends, >= 0, (members,)."""
        first, last = self.losses[:, :1], self.losses[:, -1:]
        return (self.losses - torch.lerp(first, last, self.times)).amax(1)

    @property
    def error_barrier(self) -> Tensor:
        """The most by which the share of errors is above its mean over the two ends, (members,).

        Raises:
            ValueError: If the targets are no classes.
        """
        if self.accuracies is None:
            raise ValueError("the targets are no classes, so there are no errors to count; use barrier")
        return self.accuracies[:, [0, -1]].mean(1) - self.accuracies.amin(1)


@torch.no_grad()
def loss_along(
    curve: Curve, x: Tensor, y: Tensor, *, loss: str | Loss | None = None, times: int | Tensor = 25
) -> Profile:
    """Loss and accuracy of every member of a curve at times from 0 to 1.

    Args:
        curve: From :func:`linear_path` or :func:`bent_path`.
        x: Points, (points, inputs), or each member's own, (members, points, inputs).
        y: Targets in the form that the loss takes.
        loss: By default logistic for one output, else cross-entropy.
        times: How many equally spaced ones, >= 2, or the times themselves, rising from 0 to 1.

    Raises:
        ValueError: If the times do not run from 0 to 1.
    """
    nets = curve.points[0]
    chosen = loss_named(loss, nets.outputs)
    targets = chosen.targets(y, nets.outputs, x)
    when = torch.linspace(0, 1, times) if isinstance(times, int) else times
    if when.numel() < 2 or float(when[0]) != 0 or float(when[-1]) != 1:
        raise ValueError(f"times must be two or more and run from 0 to 1, got {when.tolist()}")
    when = when.to(x)
    seen = [_measured(curve(t), x, targets, chosen) for t in when]
    losses, right = (torch.stack(parts, dim=1) for parts in zip(*seen, strict=True))
    return Profile(when, losses, None if bool(right.isnan().all()) else right)


def bent_path(
    a: Networks,
    b: Networks,
    x: Tensor,
    y: Tensor,
    *,
    steps: int,
    rate: float = 0.01,
    loss: str | Loss | None = None,
    batch: int | None = None,
    generator: torch.Generator,
) -> Curve:
    """Curves of degree 2 from the members of a to those of b, each with its bend trained.

    The bend starts halfway and follows Adam, whose rate falls in a straight line to zero. Times and examples
    of a step are the same for all members, so that none depends on its company.

    Args:
        a: Where the curves start.
        b: Where they end.
        x: Training points, (points, inputs), or each member's own, (members, points, inputs).
        y: Targets in the form that the loss takes.
        steps: How many, >= 0.
        rate: Of Adam, at the first step.
        loss: By default logistic for one output, else cross-entropy.
        batch: Examples a step sees; all of them by default.
        generator: Where times and examples come from.

    Raises:
        ValueError: If the stacks differ in anything but their parameters, or steps is negative.
    """
    _check_ends(a, b)
    if steps < 0:
        raise ValueError(f"steps must be >= 0, got {steps}")
    chosen = loss_named(loss, a.outputs)
    targets = chosen.targets(y, a.outputs, x)
    bend = (a.parameters + b.parameters) / 2
    curve = Curve((a, a.with_parameters(bend), b))
    rule = adam(rate)
    memory = {name: torch.zeros_like(bend) for name in rule.memory}
    with flushed():
        for step, t in enumerate(_times(steps, bend, generator)):
            slope = curve.shapes(t)[1] * _slope(curve(t), *_some(x, targets, batch, generator), chosen)
            settings = {**rule.settings, "rate": rate * (1 - step / steps)}
            rule.update(
                bend, slope, settings, memory, step + 1
            )  # bend changes in place, and with it the curve
    return curve


def _slope(nets: Networks, x: Tensor, targets: Tensor, loss: Loss) -> Tensor:
    """The gradient of every member's loss by its parameters, (members, parameters)."""
    at = nets.parameters.requires_grad_()
    f = nets.with_parameters(at)(x)
    pulled = loss.slopes(_with_classes(f.detach()), targets) / x.shape[-2]
    return torch.autograd.grad(f, at, pulled.view_as(f))[0]


def _times(steps: int, like: Tensor, generator: torch.Generator) -> Tensor:
    """Uniform in (0, 1), and evenly spread over any stretch of steps: multiples of the golden ratio, modulo 1."""
    start = torch.rand((), generator=generator, dtype=torch.float64, device=like.device)
    counted = torch.arange(steps, dtype=torch.float64, device=like.device)
    return ((start + GOLDEN * counted) % 1).to(like)


def _some(x: Tensor, targets: Tensor, batch: int | None, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """A batch drawn with replacement, or everything."""
    if batch is None:
        return x, targets
    which = torch.randint(x.shape[-2], (batch,), generator=generator, device=x.device)
    return x.index_select(-2, which), targets.index_select(-1, which)


def _measured(nets: Networks, x: Tensor, targets: Tensor, loss: Loss) -> tuple[Tensor, Tensor]:
    """Loss and accuracy of every member, (members,) each; NaN for an accuracy that there is not."""
    f = _with_classes(nets(x))
    losses, right = loss(f, targets).mean(1), loss.right(f, targets)
    return losses, torch.full_like(losses, torch.nan) if right is None else right.to(f.dtype).mean(1)


def _with_classes(f: Tensor) -> Tensor:
    """Outputs with a class axis, (members, outputs, points), as losses take them."""
    return f[:, None] if f.ndim == 2 else f


def _check_ends(a: Networks, b: Networks) -> None:
    alike = (a.sizes, a.activation, a.scales) == (b.sizes, b.activation, b.scales)
    if not alike or len(a) != len(b):
        raise ValueError(
            "the two ends must be stacks of as many members, of one shape, activation and parametrisation, "
            f"got {len(a)} of {a.sizes} {a.activation} and {len(b)} of {b.sizes} {b.activation}"
        )
