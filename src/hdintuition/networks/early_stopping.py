"""Early stopping, member by member: where the validation loss was lowest, and when to wait no longer.

A member whose patience is over is *settled*: whatever else is trained beside it, it counts as it is at that look.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hdintuition.networks.arena import Arena


class EarlyStopping:
    """Keeps the best of each member, and each member as it is when it is settled.

    Args:
        at: The parameters, at the start.
        members: How many members they belong to.
        patience: Looks without a lower loss after which a member is settled; None for never.

    Attributes:
        best: Each member where its loss was lowest.
        step: Which step that was, (members,), int64.
        settled: Which members are, (members,).
    """

    def __init__(self, at: Arena, members: int, *, patience: int | None) -> None:
        self.patience = patience
        self.best, self.final = Arena.of(at.tensors), Arena.of(at.tensors)
        self.lowest = at.flat.new_full((members,), torch.inf)
        self.waited = torch.zeros(members, dtype=torch.int64, device=at.flat.device)
        self.step = torch.zeros_like(self.waited)
        self.settled = torch.zeros_like(self.waited, dtype=torch.bool)

    def look(self, loss: Tensor, step: int, at: Arena) -> None:
        """Take in the validation losses after a step, (members,)."""
        better = (loss < self.lowest) & ~self.settled
        self.best.take(better, at)
        self.step[better] = step
        self.lowest = torch.where(better, loss, self.lowest)
        self.waited = torch.where(better, 0, self.waited + 1)
        if self.patience is not None:
            over = (self.waited >= self.patience) & ~self.settled
            self.final.take(over, at)
            self.settled |= over

    def ended(self, at: Arena) -> Arena:
        """Each member as it counts: settled ones as they were then, the others as they are."""
        ended = Arena.of(at.tensors)
        ended.take(self.settled, self.final)
        return ended
