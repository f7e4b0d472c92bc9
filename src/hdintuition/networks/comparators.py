"""Sorting by comparators, each of which puts two numbers in order, and the same as a network of rectified units.

A layer of comparators is a list of pairs (i, j): wires i and j leave with min and max of what they brought. As a
hidden layer: relu(x_i − x_j) for every comparator, which is taken from wire i and added to wire j, beside the n
numbers themselves. It sorts any numbers >= 0, not only whole ones, but the depth grows with n: about (log₂ n)²/2
layers by K. E. Batcher, Sorting networks and their applications, AFIPS Spring Joint Computer Conference, 1968,
here in the form for any n of D. E. Knuth, The Art of Computer Programming 3, 5.2.2, Algorithm M.

Comparators that sort all 2ⁿ inputs of zeros and ones sort everything (ibid., 5.3.4, the zero-one principle).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from hdintuition.networks.circuits import written
from hdintuition.networks.ensemble import Networks

Comparators = Sequence[Sequence[tuple[int, int]]]
LARGEST = 20  # zeros and ones: 2²⁰ inputs of 20 bytes


def batcher(n: int) -> list[list[tuple[int, int]]]:
    """Batcher's odd-even merge sort of n numbers: layer by layer, the pairs that are compared.

    With t = ⌈log₂ n⌉ there are t (t + 1) / 2 layers; for n = 2ᵗ they hold (t² − t + 4) 2ᵗ⁻² − 1 comparators.

    Raises:
        ValueError: If n is below 1.

    >>> batcher(4)
    [[(0, 2), (1, 3)], [(0, 1), (2, 3)], [(1, 2)]]
    """
    if n < 1:
        raise ValueError(f"n must be >= 1, got {n}")
    powers = [1 << bit for bit in reversed(range((n - 1).bit_length()))]
    passes = [(d, p, r) for p in powers for d, r in [(p, 0), *((q - p, p) for q in powers if q > p)]]
    return [[(i, i + d) for i in range(n - d) if i & p == r] for d, p, r in passes]


def comparator_network(
    layers: Comparators, n: int, *, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
) -> Networks:
    """The rectified network with one hidden layer for each layer of comparators; it takes numbers >= 0.

    Args:
        layers: Layer by layer, pairs (i, j) of wires; a wire appears at most once in a layer.
        n: How many wires.
        dtype: Of the weights.
        device: Where the network is to live.

    Returns:
        A stack of one: (points, n) numbers >= 0 give (1, n, points). Whole numbers to which the dtype counts
        come out as they went in, others rounded.

    Raises:
        ValueError: If there is no layer, or a layer uses a wire twice or one that is not there.

    >>> comparator_network(batcher(3), 3)(torch.tensor([[0.5, 2.0, 0.25]]))[0, :, 0]
    tensor([0.2500, 0.5000, 2.0000])
    """
    _check(layers, n)
    wires, hidden = torch.eye(n), []
    for layer in layers:
        differences = _differences(layer, n)
        hidden.append(torch.cat([torch.eye(n), differences]) @ wires)
        wires = torch.cat([torch.eye(n), -differences.mT], 1)
    every = [*hidden, wires]
    return written(*((w, torch.zeros(len(w))) for w in every), dtype=dtype, device=device)


def sorts_everything(layers: Comparators, n: int) -> bool:
    """Whether the comparators sort all inputs: tried on all 2ⁿ of zeros and ones, which is proof.

    Args:
        layers: Layer by layer, pairs (i, j) of wires; a wire appears at most once in a layer.
        n: How many wires, at most 20.

    Raises:
        ValueError: If n is above 20, or a layer uses a wire twice or one that is not there.

    >>> sorts_everything([[(0, 1)], [(1, 2)]], 3)
    False
    """
    if n > LARGEST:
        raise ValueError(f"all 2^n inputs are tried, for n up to {LARGEST}, got n = {n}")
    if layers:
        _check(layers, n)
    wires = list((torch.arange(2**n) >> torch.arange(n)[:, None] & 1).bool())
    for layer in layers:
        for i, j in layer:
            wires[i], wires[j] = wires[i] & wires[j], wires[i] | wires[j]
    return all(bool((low <= high).all()) for low, high in pairwise(wires))


def _differences(layer: Sequence[tuple[int, int]], n: int) -> Tensor:
    """The rows x_i − x_j of one layer's comparators."""
    i, j = torch.tensor(layer, dtype=torch.int64).reshape(-1, 2).mT
    return torch.eye(n)[i] - torch.eye(n)[j]


def _check(layers: Comparators, n: int) -> None:
    if not layers:
        raise ValueError("a network needs at least one layer of comparators, got none")
    for number, layer in enumerate(layers):
        used = [wire for pair in layer for wire in pair]
        if len(set(used)) < len(used) or not set(used) <= set(range(n)):
            raise ValueError(
                f"each of the wires 0 to {n - 1} may be used once in a layer; layer {number} is {list(layer)}"
            )
