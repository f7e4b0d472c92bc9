"""Inputs and targets, the same for all members or each member's own, and the batches picked from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from hdintuition.networks.losses import Loss
    from hdintuition.networks.stack import Stack


class Examples:
    """What a stack is trained or tested on.

    Attributes:
        x: (examples, inputs) or (members, examples, inputs).
        y: As :meth:`Loss.targets` prepares them: examples last, members first if each has its own.
        own: Whether each member has its own targets.
    """

    def __init__(self, x: Tensor, y: Tensor, *, own: bool) -> None:
        self.x, self.y, self.own = x, y, own
        # Batches are picked here and there: of classes that take a byte each, eight times as many are in reach.
        fits = y.dtype == torch.int64 and (y.numel() == 0 or int(y.max()) < 256)
        self._picked_from = y.to(torch.uint8) if fits else y

    def __len__(self) -> int:
        return self.x.shape[-2]

    def of(self, members: slice) -> Examples:
        """Those of some members only."""
        x = self.x[members] if self.x.ndim == 3 else self.x
        return Examples(x, self.y[members] if self.own else self.y, own=self.own)

    def rows(self, start: int, stop: int) -> tuple[Tensor, Tensor]:
        """A stretch of the examples, for all members."""
        return self.x[..., start:stop, :], self.y[..., start:stop]

    def pick(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """The examples of one step: index (members, batch) -> x (members, batch, inputs) and targets."""
        members, batch = index.shape
        if self.x.ndim == 3:
            first = torch.arange(members, device=index.device)[:, None] * len(self)
            x = self.x.flatten(0, 1).index_select(0, (index + first).flatten())
        else:
            x = self.x.index_select(0, index.flatten())
        return x.view(members, batch, -1), self._targets(index)

    def _targets(self, index: Tensor) -> Tensor:
        y, (members, batch) = self._picked_from, index.shape
        inner = y.shape[int(self.own) : -1]  # () for classes, (outputs,) for real targets
        if self.own:
            where = index.view(members, *[1] * len(inner), batch).expand(members, *inner, batch)
            picked = y.gather(-1, where)
        else:
            picked = y.index_select(-1, index.flatten()).unflatten(-1, (members, batch)).movedim(-2, 0)
        return picked.to(self.y.dtype)


def prepared(nets: Stack, x: Tensor, y: Tensor, loss: Loss) -> Examples:
    """Inputs and targets as a stack and a loss take them.

    Raises:
        ValueError: Saying what was given and what is allowed.
    """
    like, inputs = nets.tensors[0], nets.inputs
    shaped = x.ndim == 2 or (x.ndim == 3 and len(x) == len(nets))
    if not shaped or x.shape[-1:] != inputs or x.shape[-2] < 1 or x.dtype != like.dtype:
        raise ValueError(
            f"x must be {like.dtype} of shape (examples, {inputs[0]}), or ({len(nets)}, examples, {inputs[0]}) "
            f"for each member's own, examples >= 1, got {x.dtype} of shape {tuple(x.shape)}"
        )
    targets = loss.targets(y, nets.outputs, like)
    common = 1 if targets.dtype == torch.int64 else 2
    own = targets.ndim == common + 1
    if targets.shape[-1] != x.shape[-2] or (own and len(targets) != len(nets)):
        raise ValueError(
            f"y must hold one target for each of the {x.shape[-2]} examples, the same for all members or "
            f"{len(nets)} times (one a member), got shape {tuple(y.shape)}"
        )
    return Examples(x.detach().to(like.device), targets, own=own)
