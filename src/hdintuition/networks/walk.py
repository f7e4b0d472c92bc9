"""One block of members on its way: the steps, and the looks in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import torch
from torch import Tensor

from hdintuition.networks.arena import Arena
from hdintuition.networks.early_stopping import EarlyStopping
from hdintuition.networks.examples import Examples
from hdintuition.networks.graph import Replayed
from hdintuition.networks.losses import Loss
from hdintuition.networks.optimisers import Optimiser
from hdintuition.networks.stack import Stack
from hdintuition.networks.stepper import Counter, Stepper
from hdintuition.networks.trace import Recorder

WATCH = 100  # steps between two looks at whether all members are still finite


@dataclass(frozen=True)
class Plan:
    """What is to be done, the same for every block but for settings that each member has its own of.

    Attributes:
        loss: The loss.
        optimiser: The rule for a step.
        steps: How many.
        factors: What the rate is multiplied by at each step, or None.
        looks: Steps to measure at, ascending.
        snapshots: Steps to keep the stack at, ascending.
        patience: Looks without a better validation loss after which a member is settled.
        rows: The most examples that pass through a member at once.
    """

    loss: Loss
    optimiser: Optimiser
    steps: int
    factors: list[float] | None
    looks: list[int]
    snapshots: list[int]
    patience: int | None
    rows: int

    def of(self, members: slice) -> Plan:
        """The plan for some members only."""
        return replace(self, optimiser=self.optimiser.each(lambda setting: setting[members]))

    @property
    def stops(self) -> list[int]:
        """The steps at which something is looked at, with start and end."""
        return sorted({0, self.steps, *self.looks, *self.snapshots, *range(0, self.steps, WATCH)})


class Walk:
    """A block of members, walked by :meth:`run`.

    Args:
        nets: The members at the start; they are not changed.
        data: What they are trained on.
        plan: What to do.
        orders: Indices of the examples of the steps to come, in stretches (steps, members, batch), or None for
            all examples at every step.
        held: Examples for validation, or None.
        mask: Zeros and ones for each of the stack's tensors, or None.
    """

    def __init__(
        self,
        nets: Stack,
        data: Examples,
        plan: Plan,
        *,
        orders: Iterator[Tensor] | None,
        held: Examples | None = None,
        mask: Sequence[Tensor] | None = None,
    ) -> None:
        self.data, self.plan, self.held, self.orders = data, plan, held, orders
        self.at, self.gradient = Arena.of(nets.tensors), Arena(nets.tensors)
        self.mask = None if mask is None else Arena.of([m.to(nets.tensors[0]) for m in mask]).flat
        if self.mask is not None:
            self.at.flat.mul_(self.mask)
        self.start = Arena.of(self.at.tensors)
        self.nets = nets.with_tensors(self.at.tensors)
        self.pull = self.nets.backpropagation(nets.with_tensors(self.gradient.tensors))
        self.rule = Stepper(
            plan.optimiser, self.at, self.gradient, scales=nets.tensor_scales, factors=plan.factors
        )
        self._stretch: Tensor | None = None
        self._place = Counter(self.at.flat.device)
        self._replayed: Replayed | None = None
        self._slopes: dict[torch.Size, Tensor] = {}
        self.record = Recorder()
        self.snapshots: dict[int, Stack] = {}
        self.diverged = torch.full((len(nets),), -1, device=self.at.flat.device)
        self.stopping = (
            EarlyStopping(self.at, len(nets), patience=plan.patience) if held is not None else None
        )

    # --------------------------------------------------------------------------------------- the way

    def run(self, lost: Callable[[Tensor, int], None]) -> None:
        """All steps; ``lost`` is told which members are no longer finite, and after which step."""
        over = self._stop(0, lost)
        for here, there in pairwise(self.plan.stops):
            if over:
                break
            self._advance(there - here)
            over = self._stop(there, lost)
        # Where all were settled before the end, later snapshots show them as they were then.
        for step in self.plan.snapshots:
            self.snapshots.setdefault(step, self.nets.with_tensors(Arena.of(self.ended()).tensors))

    def _advance(self, steps: int) -> None:
        for _ in range(steps):
            if self.orders is not None and (self._stretch is None or self._place.value == len(self._stretch)):
                self._refill(next(self.orders))
            if self._replayed is None and self.at.flat.is_cuda:
                self._replayed = Replayed(self._step, [self.at.flat, *self.rule.state, *self._place.state])
            (self._replayed or self._step)()
            self.rule.count.value += 1
            self._place.value += 1

    def _refill(self, stretch: Tensor) -> None:
        """The next stretch of indices, where a captured step looks for them."""
        if self._stretch is not None and self._stretch.shape == stretch.shape:
            self._stretch.copy_(stretch)
        else:
            self._stretch, self._replayed = stretch.contiguous(), None
        self._place.reset()

    def _step(self) -> None:
        """One step, in place, without a word from the host."""
        if self._stretch is None:
            batch = self.data.rows(0, len(self.data))
        else:
            batch = self.data.pick(self._place.row(self._stretch))
        self._differentiate(batch)
        if self.mask is not None:
            self.gradient.flat.mul_(self.mask)
        self.rule.step()
        self._place.tick()

    def _differentiate(
        self, batch: tuple[Tensor, Tensor], look: Callable[[Tensor, Tensor], None] | None = None
    ) -> None:
        """The gradient of the mean loss over a batch, block of rows by block of rows."""
        x, y = batch
        examples, loss = x.shape[-2], self.plan.loss
        for first in range(0, examples, self.plan.rows):
            rows = slice(first, first + self.plan.rows)
            targets = y[..., rows]

            def slopes(f: Tensor, targets: Tensor = targets) -> Tensor:
                if look is not None:
                    look(f, targets)
                return loss.slopes(f, targets, self._slope(f))

            self.pull(x[..., rows, :], slopes, first=first == 0, scale=1 / examples)

    def _slope(self, f: Tensor) -> Tensor:
        if f.shape not in self._slopes:
            self._slopes[f.shape] = torch.empty_like(f)
        return self._slopes[f.shape]

    # -------------------------------------------------------------------------------------- the looks

    def _stop(self, step: int, lost: Callable[[Tensor, int], None]) -> bool:
        """Look at whatever is to be looked at after this step; True if nobody needs to go on."""
        finite = self.at.finite()
        fresh = ~finite & (self.diverged < 0)
        if step and bool(fresh.any()):
            self.diverged[fresh] = step
            lost(fresh, step)
        if step in self.plan.snapshots:
            self.snapshots[step] = self.nets.with_tensors(Arena.of(self.ended()).tensors)
        if step not in self.plan.looks:
            return False
        return self._look(step)

    def _look(self, step: int) -> bool:
        """Measure; True if nobody needs to go on."""
        loss, accuracy, right = self._measure(self.data, gradient=True)
        way = Arena.of(self.at.tensors)
        way.flat.sub_(self.start.flat)
        row = {"loss": loss, "accuracy": accuracy, "gradient": self.gradient.norms(), "distance": way.norms()}
        if self.held is None or self.stopping is None:
            self.record.add(step, right, **row)
            return False
        held_loss, held_accuracy, _ = self._measure(self.held, gradient=False)
        row |= {"validation_loss": held_loss, "validation_accuracy": held_accuracy}
        self.record.add(step, right, settled=self.stopping.settled, **row)
        self.stopping.look(held_loss, step, self.at)
        return bool(self.stopping.settled.all())

    def ended(self) -> tuple[Tensor, ...]:
        """The members' parameters as they count by now."""
        return (self.at if self.stopping is None else self.stopping.ended(self.at)).tensors

    def _measure(self, data: Examples, *, gradient: bool) -> tuple[Tensor, Tensor, Tensor | None]:
        """Mean loss and share right, (members,) each, and who is right, (members, examples) or None."""
        losses: list[Tensor] = []
        rights: list[Tensor | None] = []

        def look(f: Tensor, y: Tensor) -> None:
            losses.append(self.plan.loss(f, y).sum(1, dtype=torch.float64))
            rights.append(self.plan.loss.right(f, y))

        if gradient:
            self._differentiate(data.rows(0, len(data)), look)
        else:
            for first in range(0, len(data), self.plan.rows):
                x, y = data.rows(first, first + self.plan.rows)
                f = self.nets(x)
                look(f[:, None] if self.nets.outputs == 1 else f, y)
        mean = (torch.stack(losses).sum(0) / len(data)).to(self.at.flat.dtype)
        known = [right for right in rights if right is not None]
        if not known:
            return mean, torch.full_like(mean, torch.nan), None
        right = torch.cat(known, dim=1)
        return mean, right.to(mean.dtype).mean(1), right
