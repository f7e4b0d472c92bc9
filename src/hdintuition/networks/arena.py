"""All parameters of a stack in one row of memory, layer by layer, with a view for every tensor.

A step of an optimiser is then a handful of operations on one long row instead of on every tensor of every layer.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Arena:
    """A row of memory shaped like some tensors, (members, …) each; zero when new.

    Attributes:
        flat: The row, (numbers,).
        tensors: Views of it in the shapes asked for.
    """

    def __init__(self, like: Sequence[Tensor]) -> None:
        counts = [t.numel() for t in like]
        self.flat = like[0].new_zeros(sum(counts))
        self.tensors = tuple(
            part.view(t.shape) for part, t in zip(self.flat.split(counts), like, strict=True)
        )

    @classmethod
    def of(cls, tensors: Sequence[Tensor]) -> Arena:
        """A copy of these tensors."""
        arena = cls(tensors)
        for mine, theirs in zip(arena.tensors, tensors, strict=True):
            mine.copy_(theirs)
        return arena

    def spread(self, values: Tensor) -> Tensor:
        """One value for each member, (members,), laid out beside the row: (numbers,)."""
        values = values.to(self.flat)
        return torch.cat([values[:, None].expand(t.flatten(1).shape).flatten() for t in self.tensors])

    def per_tensor(self, values: Sequence[float]) -> Tensor:
        """One value for each tensor, laid out beside the row: (numbers,)."""
        return torch.cat([t.new_full((t.numel(),), v) for t, v in zip(self.tensors, values, strict=True)])

    def norms(self) -> Tensor:
        """The Euclidean length of each member's numbers, (members,)."""
        return torch.stack([t.flatten(1).square().sum(1) for t in self.tensors]).sum(0).sqrt()

    def finite(self) -> Tensor:
        """Which members hold finite numbers only, (members,)."""
        return torch.stack([t.flatten(1).sum(1) for t in self.tensors]).sum(0).isfinite()

    def take(self, which: Tensor, other: Arena) -> None:
        """Copy the numbers of the members that a mask picks from another arena."""
        for mine, theirs in zip(self.tensors, other.tensors, strict=True):
            mine.copy_(torch.where(which.view(-1, *[1] * (mine.ndim - 1)), theirs, mine))
