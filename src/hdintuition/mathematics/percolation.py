"""Which good places hang together: the connected pieces of a random set on a grid, and what theory expects of them.

The grid wraps around and has any number of directions; with two places along each it is the cube {0, 1}ⁿ, where a
step flips one digit. Pieces are found by letting every good place adopt the smallest number it hears of: from its
neighbours and from whoever it follows, all at once, as in Y. Shiloach and U. Vishkin, An O(log n) parallel
connectivity algorithm, Journal of Algorithms 3, 1982. A handful of rounds settle millions of places.

With shares p = c/n of good corners, M. Ajtai, J. Komlós and E. Szemerédi (Combinatorica 2, 1982) showed for edges,
and others for corners, that one piece takes over as soon as c > 1: the share of the good corners that a branching
process with c children on average leaves alive.
"""

from __future__ import annotations

from math import exp, log1p

import torch
from scipy.special import lambertw
from torch import Tensor


def pieces(good: Tensor) -> Tensor:
    """The connected pieces of the good places of a grid that wraps around.

    Args:
        good: Booleans, one axis for each direction; (2,) * n is the cube, whose places each have n neighbours.

    Returns:
        For every place the number of its piece, int64, of the shape of ``good``: the position (row by row) of the
        piece's first place. Bad places have −1.

    Raises:
        ValueError: If ``good`` is not boolean, has no axis, or is empty.

    >>> pieces(torch.tensor([True, True, False, True, False]))
    tensor([ 0,  0, -1,  3, -1])
    """
    _check_good(good)
    places = good.flatten().nonzero()[:, 0]
    one, other = _links(good, places)
    leaders = _leaders(len(places), one, other)
    labels = torch.full((good.numel(),), -1, dtype=torch.int64, device=good.device)
    labels[places] = places[leaders]
    return labels.reshape(good.shape)


def largest_piece(good: Tensor) -> float:
    """The share of the good places that lie in the largest piece; 0 if there are none."""
    labels = pieces(good).flatten()
    sizes = labels[labels >= 0].bincount()
    return float(sizes.max() / sizes.sum()) if len(sizes) else 0.0


def branching_survival(children: float) -> float:
    """The chance that a branching process lives for ever: the x > 0 with x = 1 − exp(−children · x), or 0.

    Everyone has a Poisson number of children. Below one child on average every line dies out.

    Args:
        children: Their mean number, at least 0.

    Raises:
        ValueError: If it is negative.

    >>> round(branching_survival(2), 4), branching_survival(1)
    (0.7968, 0.0)
    """
    if not children >= 0:
        raise ValueError(f"children must be at least 0, got {children}")
    if children <= 1:
        return 0.0
    # The fixed point in Lambert's W, whose principal branch is the dying one.
    return float(1 + lambertw(-children * exp(-children)).real / children)


def flips_to_good(n: int, share: float) -> float:
    """How many digits must flip, on average, from a random corner of the n-cube to the nearest good one.

    Every corner is good with the same chance, independently. Within r flips lie V(r) = Σ_{k≤r} binom(n, k) corners,
    so that P(more than r) = (1 − share)^V(r), and the mean is the sum over r from 0 to n. (With chance
    (1 − share)^(2ⁿ) no corner is good: that counts as n + 1 flips.)

    Args:
        n: Digits, at least 1.
        share: The chance that a corner is good, in (0, 1].

    Raises:
        ValueError: If an argument is out of range.

    >>> round(flips_to_good(1000, 1e-6), 2)
    2.61
    """
    if n < 1 or not 0 < share <= 1:
        raise ValueError(f"n must be at least 1 and share lie in (0, 1], got {n} and {share}")
    if share == 1:
        return 0.0
    total, reached, around = 0.0, 0, 1
    rarity = -log1p(-share)
    for r in range(n + 1):
        reached += around
        around = around * (n - r) // (r + 1)
        # V(r) has up to n bits, and a float holds no more than 1023.
        if reached > int(800 / rarity):
            break
        total += exp(-rarity * reached)
    return total


def _links(good: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
    """Pairs of neighbouring good places, each once, as positions in the list of good places."""
    flat = good.flatten()
    number = torch.empty(good.numel(), dtype=torch.int64, device=good.device)
    number[places] = torch.arange(len(places), device=good.device)
    ones, others = [], []
    stride = good.numel()
    for size in good.shape:
        stride //= size
        along = places // stride % size
        # Two places in a row are neighbours once, not once on either side; one place has none.
        here = places if size > 2 else places[along + 1 < size]
        step = torch.where(along == size - 1, stride * (1 - size), stride) if size > 2 else stride
        there = here + step
        both = flat[there]
        ones.append(number[here[both]])
        others.append(number[there[both]])
    return torch.cat(ones), torch.cat(others)


def _leaders(count: int, one: Tensor, other: Tensor) -> Tensor:
    """For each of so many items the smallest item that links lead to."""
    leader = torch.arange(count, device=one.device)
    while True:
        before = leader
        heard = torch.minimum(leader[one], leader[other])
        # The followers hear of the smaller leader, and so do those whom they followed.
        leader = leader.clone()
        for end in (one, other):
            leader.scatter_reduce_(0, before[end], heard, "amin")
            leader.scatter_reduce_(0, end, heard, "amin")
        leader = leader[leader]
        if torch.equal(leader, before):
            return leader


def _check_good(good: Tensor) -> None:
    if good.dtype != torch.bool or good.ndim < 1 or good.numel() < 1:
        raise ValueError(
            f"good must be a boolean tensor with at least one axis and one place, got {good.dtype} of shape "
            f"{tuple(good.shape)}"
        )
