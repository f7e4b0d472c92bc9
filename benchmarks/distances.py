"""Mean and spread of all pairwise distances: ours against making the distances first.

The points are float32. The peers return the distances and take mean, deviation and both ends from them; ours returns
those and, for each point, its nearest and farthest. On a CPU the last word is had by the matrix product: the floor is
that of half of all pairs, in blocks, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

import hdintuition as hdi
from benchmarks.harness import Contest, device_for, offered
from hdintuition.seeds import generator as seeded

PDIST, FLOOR = "torch.pdist", "matrix product floor"
Moments = tuple[float, float, float, float]  # mean, deviation, smallest, largest


def contests(scale: str) -> list[Contest]:
    device = device_for(scale)
    sizes = [(300, 20)] if scale == "smoke" else [(5000, 1000), (2000, 100), (2000, 3)]
    return [contest(n, d, device) for n, d in sizes]


def contest(n: int, d: int, device: torch.device) -> Contest:
    x = torch.randn(n, d, generator=seeded("distances", device=device), device=device)
    asked = (n, d) == (5000, 1000)
    return Contest(
        work=f"moments of pairwise distances, n={n}, d={d}",
        ours=lambda: of_result(hdi.pairwise_distances(x)),
        peers={
            PDIST: lambda: of_distances(torch.pdist(x)),
            "torch.cdist": lambda: of_table(torch.cdist(x, x)),
            "scipy pdist": offered(scipy_pdist, x),
            "sklearn pairwise_distances_chunked": offered(sklearn_chunks, x),
            FLOOR: lambda: half_of_the_products(x),
        },
        same=near,
        must={PDIST: 15} if asked else {},
        goal={PDIST: 28} if asked else {},
    )


def of_result(found: hdi.Distances) -> Moments:
    return found.mean, found.sd, found.low, found.high


def of_distances(distances: Tensor) -> Moments:
    deviation, mean = torch.std_mean(distances, correction=0)
    return float(mean), float(deviation), float(distances.min()), float(distances.max())


def of_table(table: Tensor) -> Moments:
    """Of the full table; its diagonal, where the formula leaves noise, is put out of the way."""
    apart = table[~torch.eye(len(table), dtype=torch.bool, device=table.device)]
    return of_distances(apart)


def scipy_pdist(x: Tensor) -> Callable[[], Moments]:
    from scipy.spatial.distance import pdist

    points = x.double().cpu().numpy()  # what it would convert to

    def run() -> Moments:
        distances = pdist(points)
        return float(distances.mean()), float(distances.std()), float(distances.min()), float(distances.max())

    return run


def sklearn_chunks(x: Tensor) -> Callable[[], Moments]:
    from sklearn.metrics import pairwise_distances_chunked

    points = x.cpu().numpy()

    def reduce(rows: np.ndarray, start: int) -> np.ndarray:
        """Point by point: sum, sum of squares, least and largest; the diagonal is exactly 0 there."""
        sums, squares = rows.sum(1, dtype=np.float64), np.einsum("ij,ij->i", rows, rows)
        high = rows.max(1)
        rows[np.arange(len(rows)), start + np.arange(len(rows))] = np.inf
        return np.stack([sums, squares, rows.min(1), high], axis=1)

    def run() -> Moments:
        parts = np.concatenate(list(pairwise_distances_chunked(points, reduce_func=reduce)))
        pairs = len(points) * (len(points) - 1)
        mean = parts[:, 0].sum() / pairs
        deviation = (parts[:, 1].sum() / pairs - mean**2) ** 0.5
        return mean, deviation, parts[:, 2].min(), parts[:, 3].max()

    return run


def half_of_the_products(x: Tensor) -> None:
    blocks = x.split(1024)
    for i, rows in enumerate(blocks):
        for columns in blocks[i:]:
            rows @ columns.T


def near(ours: Moments, theirs: Moments | None) -> str:
    if theirs is None:  # the floor computes none
        return "a bound"
    off = [abs(one / other - 1) for one, other in zip(ours, theirs, strict=True)]
    assert off[0] < 1e-5, f"mean {ours[0]} and {theirs[0]}"
    assert off[1] < 1e-3, f"deviation {ours[1]} and {theirs[1]}"
    assert max(off[2:]) < 1e-3, f"ends {ours[2:]} and {theirs[2:]}"
    return f"mean to {off[0]:.0e}, deviation to {off[1]:.0e}, ends to {max(off[2:]):.0e}"
