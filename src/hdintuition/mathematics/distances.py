"""How far apart points lie: mean and spread of all pairwise distances, nearest and farthest, in blocks.

|x − y|² = |x|² + |y|² − 2 x·y turns the distances of a block of pairs into one matrix product; of a set with
itself each pair is met once. Three dangers of that formula are met as follows.

* Points far from the origin: the difference of large squares has no digits left. The mean is subtracted
  first, in the precision of the points.
* Pairs much closer than the points are to the mean, duplicates among them: same loss. Rows of a block that
  hold any are done again in float64.
* A spread that is small beside the mean, as in many dimensions: sums are taken of what the distances
  exceed their root mean square by, and gathered in float64. That root needs no pairs: the mean of |x − y|²
  is mean |x|² + mean |y|² − 2 (mean x)·(mean y).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

BLOCK = {"cpu": 1024, "cuda": 8192}  # rows and columns of a block
CLOSE = 5e-3  # |x − y|² this small beside 2|x|² has lost more than two of float32's seven digits
SAME = 1e-14  # in float64, likewise: nothing left but rounding


@dataclass(frozen=True)
class Distances:
    """Moments and extremes of Euclidean distances.

    Attributes:
        pairs: Number of pairs.
        mean: Their mean distance.
        sd: The standard deviation over all pairs.
        nearest: Each point's distance to the nearest other one, (points,), in the dtype of the points.
        farthest: Each point's distance to the farthest one, (points,).
    """

    pairs: int
    mean: float
    sd: float
    nearest: Tensor
    farthest: Tensor

    @property
    def relative_spread(self) -> float:
        """Standard deviation over mean; about 1/√(2d) for d independent coordinates of a normal law."""
        return self.sd / self.mean

    @property
    def low(self) -> float:
        """The smallest distance."""
        return float(self.nearest.min())

    @property
    def high(self) -> float:
        """The largest distance."""
        return float(self.farthest.max())

    @property
    def contrast(self) -> Tensor:
        """Farthest over nearest, point by point, (points,): how much "near" still means; inf at a duplicate."""
        return self.farthest / self.nearest


def pairwise_distances(x: Tensor, y: Tensor | None = None) -> Distances:
    """Moments and extremes of the distances between all pairs of points, never storing more than a block.

    Args:
        x: Points, (points, dimensions), float32 or float64.
        y: A second set, (other points, dimensions); then the pairs are those of a point in x with one in y.
            Otherwise all pairs of different points in x.

    Returns:
        The moments of the distances and, for each point in x, its nearest and farthest. Relative accuracy is
        about 1e-6 for the mean and 1e-4 for the rest. Distances below 1e-7 of the typical one count as 0.

    Raises:
        ValueError: If the shapes do not match, there is no pair, or the points are not floating.

    >>> found = pairwise_distances(torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]]))
    >>> round(found.mean, 6), found.low, found.high, found.nearest.tolist()
    (3.333333, 0.0, 5.0, [0.0, 5.0, 0.0])
    """
    _check(x, y)
    left, right = _centred(x, y)
    steps = len(left) * len(right) - (len(left) if y is None else 0)  # each pair of one set twice
    typical = _root_mean_square(left, right, steps)
    extremes = _Extremes(left.norms)
    sums = torch.zeros(2, dtype=torch.float64, device=x.device)
    for rows, columns in _blocks(left, right, twins=y is None):
        own = y is None and rows == columns
        mirrored = y is None and rows != columns
        squares = _squares(left[rows], right[columns], own=own)
        extremes.note(squares, rows, columns if mirrored else None, own=own)
        sums += (2 if mirrored else 1) * _excess(squares, typical, own=own)
    first, second = (sums / steps).tolist()
    return Distances(
        pairs=steps // 2 if y is None else steps,
        mean=float(typical) + first,
        sd=max(0.0, second - first**2) ** 0.5,
        nearest=extremes.nearest.sqrt().to(x.dtype),
        farthest=extremes.farthest.sqrt().to(x.dtype),
    )


def effective_dimension(x: Tensor) -> float:
    """In how many directions points spread: the participation ratio (tr C)²/tr C² of their covariance C.

    It is d if all d directions share the variance equally, 1 if one has it all. No eigenvalue is needed: tr C²
    is the sum of the squared entries of C, or of the points' Gram matrix if that is smaller. For normal
    points, 2/(this) is the relative variance of the squared distance between two of them.

    Args:
        x: Points, (points, dimensions), floating. With n points in d directions of equal variance the result
            is about d/(1 + d/n), the ratio of what the sample shows.

    Returns:
        A number from 1 to the smaller of dimensions and points − 1; nan if all points are the same.

    Raises:
        ValueError: If x is not a floating matrix of at least two points.

    >>> effective_dimension(torch.tensor([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]]))
    2.0
    """
    _check(x, None)
    centred = x.double() - x.mean(0, dtype=torch.float64)
    gram = centred.T @ centred if x.shape[0] > x.shape[1] else centred @ centred.T
    return float(gram.trace().square() / gram.square().sum())


@dataclass(frozen=True)
class _Points:
    """Points near the origin and their squared norms."""

    at: Tensor
    norms: Tensor

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, kept: slice | Tensor) -> _Points:
        return _Points(self.at[kept], self.norms[kept])


class _Extremes:
    """The smallest and the largest squared distance of each point so far."""

    def __init__(self, like: Tensor) -> None:
        self.nearest = torch.full_like(like, float("inf"))
        self.farthest = torch.zeros_like(like)

    def note(self, squares: Tensor, rows: slice, columns: slice | None, *, own: bool) -> None:
        """Take in a block; ``columns`` if its columns are points as well."""
        for place, dim in ((rows, 1), (columns, 0)):
            if place is not None:
                self.farthest[place] = torch.maximum(self.farthest[place], squares.amax(dim))
                if own:
                    squares.fill_diagonal_(float("inf"))
                self.nearest[place] = torch.minimum(self.nearest[place], squares.amin(dim))


def _squares(left: _Points, right: _Points, *, own: bool) -> Tensor:
    """Squared distances of a block; zeros on the diagonal of a block of points with themselves."""
    squares = _expand(left, right).clamp_(min=0)
    if own:
        squares.fill_diagonal_(float("inf"))
    close = (squares.amin(1) < CLOSE * 2 * left.norms).nonzero()[:, 0]
    if len(close):
        squares[close] = _expand_exactly(left[close], right)
    return squares.fill_diagonal_(0) if own else squares


def _expand(left: _Points, right: _Points) -> Tensor:
    """|x|² + |y|² − 2 x·y in float32."""
    if left.at.device.type == "cpu" and torch.backends.mkldnn.is_available():
        # oneDNN picks its kernels by what the processor can do; the library behind ``@`` may go by its maker.
        weights, bias = (-2 * right.at).to_mkldnn(), right.norms.to_mkldnn()
        rest = torch.nn.functional.linear(left.at.to_mkldnn(), weights, bias).to_dense()
        return rest.add_(left.norms[:, None])
    return (left.norms[:, None] + right.norms).addmm_(left.at, right.at.T, alpha=-2)


def _expand_exactly(left: _Points, right: _Points) -> Tensor:
    """The same in float64, exactly 0 where only rounding is left; float32 again."""
    x, y = left.at.double(), right.at.double()
    sizes = x.square().sum(1)[:, None] + y.square().sum(1)
    squares = torch.addmm(sizes, x, y.T, alpha=-2)
    return torch.where(squares > SAME * sizes, squares, 0).float()


def _root_mean_square(left: _Points, right: _Points, steps: int) -> Tensor:
    middles = left.at.mean(0, dtype=torch.float64), right.at.mean(0, dtype=torch.float64)
    mean = left.norms.double().mean() + right.norms.double().mean() - 2 * middles[0] @ middles[1]
    return (mean.clamp(min=0) * len(left) * len(right) / steps).sqrt().float()


def _excess(squares: Tensor, typical: Tensor, *, own: bool) -> Tensor:
    """Sum and sum of squares of distance − typical over a block, (2,), float64. Overwrites the block."""
    excess = squares.sqrt_().sub_(typical)
    if own:
        excess.fill_diagonal_(0)
    by_row = torch.stack([excess.sum(1), torch.linalg.vector_norm(excess, dim=1).square()])
    return by_row.sum(1, dtype=torch.float64)


def _blocks(left: _Points, right: _Points, *, twins: bool) -> Iterator[tuple[slice, slice]]:
    """Rows and columns of the blocks; of a set with itself only those on and above the diagonal."""
    size = BLOCK.get(left.at.device.type, BLOCK["cpu"])
    for row in range(0, len(left), size):
        for column in range(row if twins else 0, len(right), size):
            yield slice(row, min(row + size, len(left))), slice(column, min(column + size, len(right)))


def _centred(x: Tensor, y: Tensor | None) -> tuple[_Points, _Points]:
    """The points in float32, moved near the origin: by what exactly matters not, if all move alike."""
    middle = x.mean(0) if y is None else (x.mean(0) + y.to(x.dtype).mean(0)) / 2
    moved = [(part - middle).float() for part in ([x] if y is None else [x, y])]
    points = [_Points(part, part.square().sum(1)) for part in moved]
    return points[0], points[-1]


def _check(x: Tensor, y: Tensor | None) -> None:
    enough = x.ndim == 2 and x.is_floating_point() and len(x) >= (2 if y is None else 1)
    fits = y is None or (y.ndim == 2 and y.is_floating_point() and len(y) >= 1 and x.shape[1:] == y.shape[1:])
    if not (enough and fits):
        other = "" if y is None else f" and {tuple(y.shape)}, {y.dtype}"
        raise ValueError(
            "points must be floating and of shape (points, dimensions), two points at least, or two sets of the "
            f"same dimensions; got {tuple(x.shape)}, {x.dtype}{other}"
        )
