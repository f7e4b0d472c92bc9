"""Walks through the networks that fit their training set exactly.

A step goes a short way along the tangent space of the set (:mod:`hdintuition.networks.zero_loss_set`) and then
straight back to it by Gauss-Newton corrections, which converge quadratically, to rounding error. Where they do
not (a kink of a rectified unit, a step too long), the member stays where it was and its next step is half as
long. All members walk together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from hdintuition.networks.ensemble import Networks
from hdintuition.networks.output_jacobian import OutputJacobian, output_jacobian
from hdintuition.networks.zero_loss_set import TOLERANCE, choose, corrected, misfit, project, targets_of

CORRECTIONS = 3
GROWTH = 1.05  # of a step that was once too long, until it has its length again


@dataclass(frozen=True)
class ZeroLossWalk:
    """Where a stack of walkers came by; looks come first in every tensor.

    Attributes:
        networks: The walkers at the end.
        steps: After which steps it was looked, (looks,), int64; the first is 0.
        trail: Parameters, (looks, members, parameters).
        loss: Of the training points, (looks, members).
        distance: Length of the way so far, (looks, members).
        outputs: At the probe points, (looks, members, [outputs,] points); None without any.
        refused: How many steps of each member did not come back to zero loss and were not taken, (members,).
    """

    networks: Networks
    steps: Tensor
    trail: Tensor
    loss: Tensor
    distance: Tensor
    outputs: Tensor | None
    refused: Tensor

    @property
    def norm(self) -> Tensor:
        """Length of the parameters, (looks, members)."""
        return self.trail.norm(dim=2)

    @property
    def displacement(self) -> Tensor:
        """Straight distance from the start, (looks, members)."""
        return (self.trail - self.trail[0]).norm(dim=2)

    @property
    def change(self) -> Tensor:
        """Root mean square change of the outputs at the probe points since the start, (looks, members).

        Raises:
            ValueError: If the walk had no probe points.
        """
        if self.outputs is None:
            raise ValueError("no outputs were recorded: pass probe=points to zero_loss_walk")
        return (self.outputs - self.outputs[0]).flatten(2).square().mean(2).sqrt()


@torch.no_grad()
def zero_loss_walk(
    nets: Networks,
    x: Tensor,
    y: Tensor,
    *,
    steps: int,
    length: float | Tensor,
    generator: torch.Generator,
    persistence: float = 0.0,
    shared: bool = False,
    looks: int | Sequence[int] = 21,
    probe: Tensor | None = None,
) -> ZeroLossWalk:
    """A random walk of every member on its set of zero training loss.

    Args:
        nets: Where the walkers start: at zero loss, in float64 (:func:`to_zero_loss`).
        x: Training points, (points, inputs), or each member's own, (members, points, inputs).
        y: Targets as the squared loss takes them.
        steps: How many steps.
        length: Of a step, > 0, in units of the parameters; one number, or one for each member. A hundredth of
            the parameters' norm is usually short enough.
        generator: Where the directions come from.
        persistence: How much of a direction is kept from step to step, in [0, 1]: 0 is a random walk, 1 goes as
            straight as the set allows.
        shared: All walkers get the same noise, as is needed to see whether neighbours part.
        looks: When to record: so many times at equal distances, or the steps.
        probe: Points where the change of the functions is recorded, (points, inputs).

    Raises:
        ValueError: If a walker does not start at zero loss, there are as many targets as parameters, or a setting
            is out of range.
    """
    targets, at = targets_of(nets, x, y), output_jacobian(nets, x)
    longest = torch.as_tensor(length, dtype=x.dtype, device=x.device).expand(len(nets))
    _check(misfit(at, targets), longest, persistence, steps)
    recorder = _Recorder(_steps_of(looks, steps), targets, probe)
    lengths, way, direction = longest, torch.zeros_like(longest), torch.zeros_like(nets.parameters)
    refused = torch.zeros_like(longest, dtype=torch.int64)
    recorder(0, at, way)
    for step in range(1, steps + 1):
        noise = _noise(direction[:1] if shared else direction, generator)
        if step > 1:
            noise = persistence * direction + (1 - persistence**2) ** 0.5 * noise
        direction = _unit(project(at, noise))
        there, moved, arrived = _step(at, targets, x, direction * lengths[:, None])
        lengths = torch.where(arrived, (GROWTH * lengths).minimum(longest), lengths / 2)
        refused += ~arrived
        way = way + torch.where(arrived, moved, 0)
        at = output_jacobian(choose(arrived, there.nets, at.nets), x)
        recorder(step, at, way)
    return recorder.walk(at.nets, refused)


def _step(
    at: OutputJacobian, targets: Tensor, x: Tensor, step: Tensor
) -> tuple[OutputJacobian, Tensor, Tensor]:
    """Along the step and back to the set: where that led, how far, and whether it arrived."""
    start = at.nets.parameters
    there = output_jacobian(at.nets.with_parameters(start + step), x)
    for _ in range(CORRECTIONS):
        there = output_jacobian(corrected(there, targets), x)
    moved = (there.nets.parameters - start).norm(dim=1)
    # NaN, the mark of a singular system, compares as false. A correction longer than the step led elsewhere.
    arrived = (misfit(there, targets) <= TOLERANCE) & (moved <= 2 * step.norm(dim=1))
    return there, moved, arrived


def _noise(like: Tensor, generator: torch.Generator) -> Tensor:
    return _unit(torch.randn(like.shape, generator=generator, dtype=like.dtype, device=like.device))


def _unit(v: Tensor) -> Tensor:
    return v / v.norm(dim=1, keepdim=True)


def _steps_of(looks: int | Sequence[int], steps: int) -> set[int]:
    if isinstance(looks, int):
        return {0, *(round(steps * i / max(1, looks - 1)) for i in range(looks))}
    return {0, *looks}


def _check(loss: Tensor, lengths: Tensor, persistence: float, steps: int) -> None:
    if not bool((loss <= TOLERANCE).all()):
        raise ValueError(
            f"walkers must start at a loss <= {TOLERANCE:g}, the highest is {loss.max():.3g}: "
            f"call to_zero_loss first, in float64"
        )
    if not 0 <= persistence <= 1 or steps < 0 or not bool((lengths > 0).all()):
        raise ValueError(
            f"steps must be >= 0, length > 0 and persistence in [0, 1], "
            f"got {steps}, {lengths.min():g} and {persistence}"
        )


class _Recorder:
    """What is written down at a look; nothing is read back before the end."""

    def __init__(self, looks: set[int], targets: Tensor, probe: Tensor | None) -> None:
        self.looks, self.targets, self.probe = looks, targets, probe
        self.steps: list[int] = []
        self.seen: list[tuple[Tensor, ...]] = []
        self.outputs: list[Tensor] = []

    def __call__(self, step: int, at: OutputJacobian, way: Tensor) -> None:
        if step in self.looks:
            self.steps.append(step)
            self.seen.append((at.nets.parameters, misfit(at, self.targets), way))
            if self.probe is not None:
                self.outputs.append(at.nets(self.probe))

    def walk(self, nets: Networks, refused: Tensor) -> ZeroLossWalk:
        trail, loss, way = (torch.stack(parts) for parts in zip(*self.seen, strict=True))
        outputs = torch.stack(self.outputs) if self.outputs else None
        return ZeroLossWalk(nets, torch.tensor(self.steps), trail, loss, way, outputs, refused)
