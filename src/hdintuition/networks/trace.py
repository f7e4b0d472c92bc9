"""What is written down while a stack learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Trace:
    """Measurements at some steps, 0 being the start; of T of them and S members.

    Attributes:
        steps: After which step, (T,), int64.
        loss: Mean over all training examples, (T, S).
        accuracy: Share of training examples classified rightly, (T, S), real targets of several outputs being taken
            for classes; NaN for one real target.
        gradient: Length of the gradient of ``loss``, (T, S).
        distance: Length of the way from the start as the crow flies, (T, S).
        first_fit: The step at which a member was first seen to classify a training example rightly,
            (S, examples), int64; −1 where it never was. As fine as ``steps``.
        validation_loss: Mean over the validation examples, (T, S); None without those.
        validation_accuracy: The same for the share classified rightly.
    """

    steps: Tensor
    loss: Tensor
    accuracy: Tensor
    gradient: Tensor
    distance: Tensor
    first_fit: Tensor
    validation_loss: Tensor | None = None
    validation_accuracy: Tensor | None = None

    def __len__(self) -> int:
        return len(self.steps)


def log_steps(steps: int, points: int = 50) -> list[int]:
    """At most so many whole numbers from 0 to ``steps``, both among them, evenly spread on a logarithmic axis.

    Raises:
        ValueError: If steps is negative or points is below 2.

    >>> log_steps(1000, 7)
    [0, 1, 4, 16, 63, 251, 1000]
    """
    if steps < 0 or points < 2:
        raise ValueError(f"steps must be >= 0 and points >= 2, got {steps} and {points}")
    if steps == 0:
        return [0]
    spread = [steps ** (i / (points - 2)) for i in range(points - 2)] if points > 2 else []
    return sorted({0, steps, *(round(s) for s in spread)})


def steps_of(asked: int | Sequence[int] | None, steps: int) -> list[int]:
    """The steps to measure at: so many on a logarithmic axis, or those named.

    Raises:
        ValueError: If a named step does not lie between 0 and ``steps``.
    """
    if asked is None:
        return []
    if isinstance(asked, int):
        return log_steps(steps, asked)
    named = sorted({int(step) for step in asked})
    if named and not 0 <= named[0] <= named[-1] <= steps:
        raise ValueError(f"steps to look at must lie from 0 to {steps}, got {named[0]} to {named[-1]}")
    return named


class Recorder:
    """Collects the rows of a :class:`Trace` for one block of members."""

    def __init__(self) -> None:
        self.steps: list[int] = []
        self.rows: list[dict[str, Tensor]] = []
        self.first_fit: Tensor | None = None

    def add(self, step: int, right: Tensor | None, *, settled: Tensor | None = None, **row: Tensor) -> None:
        """One look: which examples are right, (members, examples), and one number for each member by name.

        Members that are ``settled`` stay what they were at the look before.
        """
        if settled is not None and self.rows:
            before_it = self.rows[-1]
            row = {name: torch.where(settled, before_it[name], now) for name, now in row.items()}
            right = None if right is None else right & ~settled[:, None]
        self.steps.append(step)
        self.rows.append(row)
        if right is not None:
            before = (
                self.first_fit
                if self.first_fit is not None
                else torch.full_like(right, -1, dtype=torch.int64)
            )
            self.first_fit = torch.where(right & (before < 0), step, before)

    def column(self, name: str) -> Tensor:
        """(T, members)."""
        return torch.stack([row[name] for row in self.rows])


def joined(parts: Sequence[Recorder], *, examples: int) -> Trace:
    """The trace of all members from those of the blocks."""
    longest = max(parts, key=lambda part: len(part.steps))
    names = longest.rows[0].keys()
    columns = {
        name: torch.cat([_filled(p.column(name), len(longest.steps)) for p in parts], dim=1) for name in names
    }
    fits = [
        p.first_fit if p.first_fit is not None else torch.full((p.rows[0]["loss"].shape[0], examples), -1)
        for p in parts
    ]
    return Trace(steps=torch.tensor(longest.steps), first_fit=torch.cat(fits), **columns)


def _filled(column: Tensor, length: int) -> Tensor:
    """A block that was stopped early stays as it was."""
    return torch.cat([column, column[-1:].expand(length - len(column), -1)])
