"""Where steepest descents on the corners of a cube end: all of them, on given heights.

A step goes to the lowest of the n corners that differ in one digit, if that one is lower. Every corner has its one
next corner, so that all 2ⁿ descents are followed at once by doubling: where it leads in one step, in two, in four.

For heights of pure noise two laws are known, whatever the distribution: 1/(n + 1) of the corners are lower than all
their neighbours, and as n grows the mean number of steps of a steepest descent tends to e − 1: H. A. Orr, A minimum
on the mean number of steps taken in adaptive walks, Journal of Theoretical Biology 220, 2003.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class CornerDescents:
    """Steepest descents from every corner of a stack of cubes.

    Attributes:
        heights: (count, 2ⁿ).
        after: Where each corner leads in one step, itself if no neighbour is lower; int64, (count, 2ⁿ).
        ends: Where the descent from each corner ends; int64, (count, 2ⁿ).
        steps: How many steps it takes; int64, (count, 2ⁿ).
    """

    heights: Tensor
    after: Tensor
    ends: Tensor
    steps: Tensor

    @property
    def dead_ends(self) -> Tensor:
        """Whether a corner has no way down; booleans, (count, 2ⁿ). The lowest corner is one of them."""
        return self.after == torch.arange(self.heights.shape[1], device=self.after.device)

    @property
    def trapped(self) -> Tensor:
        """The share of the starts from which descent does not end in the lowest corner, float64, (count,)."""
        return (self.ends != self.heights.argmin(1, keepdim=True)).double().mean(1)

    @property
    def depth(self) -> Tensor:
        """How far down descents get on average: 0 is the mean height, 1 the lowest corner; float64, (count,)."""
        heights = self.heights.double()
        mean = heights.mean(1)
        reached = heights.gather(1, self.ends).mean(1)
        return (mean - reached) / (mean - heights.amin(1))

    def path(self, landscape: int, start: int) -> list[int]:
        """The corners that one descent visits, start and end included."""
        visited, here = [start], int(self.after[landscape, start])
        while here != visited[-1]:
            visited.append(here)
            here = int(self.after[landscape, here])
        return visited


def corner_descents(heights: Tensor) -> CornerDescents:
    """Steepest descents from every corner.

    Args:
        heights: Of all corners, all different within a landscape, (count, 2ⁿ) with n at least 1.

    Raises:
        ValueError: If the shape is another.

    >>> found = corner_descents(torch.tensor([[3.0, 1.0, 2.0, 4.0]]))
    >>> found.ends.tolist(), found.steps.tolist(), found.dead_ends.tolist()
    ([[1, 1, 2, 1]], [[1, 0, 0, 1]], [[False, True, True, False]])
    """
    n = heights.shape[-1].bit_length() - 1
    if heights.ndim != 2 or n < 1 or heights.shape[1] != 2**n or not len(heights):
        raise ValueError(f"heights must have shape (count, 2ⁿ) with n >= 1, got {tuple(heights.shape)}")
    after = _after(heights.contiguous(), n)
    ends, steps = after, (after != torch.arange(2**n, device=after.device)).long()
    while True:
        further = ends.gather(1, ends)
        if torch.equal(further, ends):
            return CornerDescents(heights, after, ends, steps)
        steps = steps + steps.gather(1, ends)
        ends = further


def noise_descent_steps(n: int) -> float:
    """The mean number of steps of a steepest descent on pure noise, to within a few parts in ten thousand.

    A start is compared with n fresh neighbours, the corner after it with n − 1, all later ones with n − 2: the others
    were seen before and are higher. The walk takes its j-th step if the j-th batch holds the lowest height so far,
    and whether a batch does is independent of the batches before it:
    P(at least j steps) = Π_{i≤j} s_i / (1 + s_1 + … + s_i). As n grows this is 1/j!, and the mean e − 1. Left out is
    that a walk of four and more steps may flip a digit back and then sees one fresh neighbour fewer.

    Args:
        n: Digits, at least 2.

    Raises:
        ValueError: If n is below 2.
    """
    if n < 2:
        raise ValueError(f"n must be at least 2, got {n}")
    total, chance, seen = 0.0, 1.0, 1
    for step in range(1, 4 * n):
        fresh = n if step == 1 else n - 1 if step == 2 else n - 2
        seen += fresh
        chance *= fresh / seen
        total += chance
    return total


def _after(heights: Tensor, n: int) -> Tensor:
    """The lowest of a corner and its neighbours."""
    lowest = heights
    flipped = torch.full(heights.shape, -1, dtype=torch.int8, device=heights.device)  # which digit, or none
    for digit in range(n):
        # Flipping one digit swaps neighbouring blocks of corners.
        beyond = heights.view(len(heights), -1, 2, 2**digit).flip(2).view(heights.shape)
        flipped.masked_fill_(beyond < lowest, digit)
        lowest = torch.minimum(lowest, beyond)
    change = torch.tensor([*(2**digit for digit in range(n)), 0], device=heights.device)  # −1 is the last
    return torch.arange(2**n, device=heights.device) ^ change[flipped.long()]
