"""How far training runs are from one another: starts and ends of several runs, draw by draw.

A draw has several runs, each with a start and two ends: one reached on the draw's first set of examples, one on
its second. Runs of one draw are strangers to each other; a run's start and its two ends are relatives. Distances
are taken exactly, not through inner products: relatives may be much nearer than their parameters are long.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import torch
from torch import Tensor


@dataclass(frozen=True)
class RunDistances:
    """Euclidean distances between parameters.

    Attributes:
        own: From a start to its own end, (draws, runs).
        stranger: From a start to the ends of the other runs on the same examples, (draws, runs, runs − 1).
        starts: Between the starts of two runs, (draws, pairs), each pair once.
        ends: Between their ends on the same examples, (draws, pairs).
        same_start: Between the two ends of one run, (draws, runs).
        strangers: Between all sets of parameters of two runs, starts and both ends, (draws, 9 pairs).
    """

    own: Tensor
    stranger: Tensor
    starts: Tensor
    ends: Tensor
    same_start: Tensor
    strangers: Tensor

    @property
    def nearer(self) -> Tensor:
        """Whether the start is nearer to its own end than to the other run's, (draws, runs, runs − 1)."""
        return self.own[:, :, None] < self.stranger

    def alike(self, *, within: float = 0.1) -> Tensor:
        """The share of a draw's distances between strangers within a share of their median, (draws,), float64.

        Raises:
            ValueError: If within is not positive.
        """
        if not within > 0:
            raise ValueError(f"within must be > 0, got {within}")
        return (self._off() <= within).double().mean(1)

    def reach(self, share: float = 0.95) -> Tensor:
        """Within what part of its median that share of a draw's distances between strangers lie, (draws,), float64.

        The smallest one for which :meth:`alike` gives at least the share.

        Raises:
            ValueError: If the share is not in (0, 1].
        """
        if not 0 < share <= 1:
            raise ValueError(f"share must be in (0, 1], got {share}")
        off = self._off().sort(1).values.double()
        return off[:, ceil(share * off.shape[1] - 1e-9) - 1]

    def _off(self) -> Tensor:
        """How far the distances between strangers are from their draw's median, in its units."""
        sorted_ = self.strangers.sort(1).values
        count = sorted_.shape[1]
        middle = (sorted_[:, (count - 1) // 2] + sorted_[:, count // 2]) / 2
        return (self.strangers / middle[:, None] - 1).abs()


def run_distances(start: Tensor, end: Tensor, other_end: Tensor) -> RunDistances:
    """All distances between the runs of each draw.

    Args:
        start: Where the runs begin, (draws, runs, parameters), two runs at least.
        end: Where they end on the draw's first set of examples, of the same shape.
        other_end: Where they end on its second.

    Raises:
        ValueError: If the shapes differ, or there are fewer than two runs.

    >>> start = torch.tensor([[[0.0, 0.0], [10.0, 0.0]]])
    >>> found = run_distances(start, start + 1, start - 1)
    >>> found.starts.tolist(), bool(found.nearer.all())
    ([[10.0]], True)
    """
    if start.ndim != 3 or start.shape[1] < 2 or not start.shape == end.shape == other_end.shape:
        raise ValueError(
            "start, end and other_end must be (draws, runs, parameters) alike, with two runs at least, got "
            f"{tuple(start.shape)}, {tuple(end.shape)} and {tuple(other_end.shape)}"
        )
    runs, device = start.shape[1], start.device
    to_end = _table(start, end)
    above = torch.ones(runs, runs, dtype=torch.bool, device=device).triu(1)
    apart = ~torch.eye(runs, dtype=torch.bool, device=device)
    run = torch.arange(runs, device=device).repeat(3)
    everything = torch.cat([start, end, other_end], dim=1)
    return RunDistances(
        own=to_end.diagonal(dim1=1, dim2=2),
        stranger=to_end[:, apart].unflatten(1, (runs, runs - 1)),
        starts=_table(start, start)[:, above],
        ends=_table(end, end)[:, above],
        same_start=(end - other_end).norm(dim=2),
        strangers=_table(everything, everything)[:, (run[:, None] != run).triu()],
    )


def _table(a: Tensor, b: Tensor) -> Tensor:
    """Distances from each row of a to each row of b, (draws, rows of a, rows of b)."""
    return torch.cdist(a, b, compute_mode="donot_use_mm_for_euclid_dist")
