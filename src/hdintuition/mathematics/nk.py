"""Rugged landscapes on the corners of a cube, from one valley to pure noise.

In the NK model of S. Kauffman and E. Weinberger, The NK model of rugged fitness landscapes and its application to
maturation of the immune response, Journal of Theoretical Biology 141, 1989, the height of a corner is a sum of n
terms, one for each of its digits; a term depends on that digit and on the k after it (in a circle), and its value
is drawn on its own for each of the 2^(k+1) settings of these. With k = 0 every digit can be set on its own. With k
= n − 1 every corner has a height of its own: the random energy model.
"""

from __future__ import annotations

import torch
from torch import Tensor


def nk_heights(count: int, *, n: int, k: int, generator: torch.Generator) -> Tensor:
    """The heights of all corners of so many NK landscapes, each with mean 0 and variance 1.

    Args:
        count: Landscapes, at least 1.
        n: Digits, at least 1; a landscape has 2ⁿ corners.
        k: How many others a digit's term depends on, from 0 to n − 1.
        generator: Source of randomness; the heights live on its device.

    Returns:
        Normal heights, float32, shape (count, 2ⁿ). Corner v is v in binary, the digit 2^i of weight i.

    Raises:
        ValueError: If an argument is out of range.
    """
    if min(count, n) < 1 or not 0 <= k < n:
        raise ValueError(
            f"count and n must be at least 1 and k lie in 0..n − 1, got count = {count}, n = {n}, k = {k}"
        )

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, device=generator.device)

    if k == n - 1:
        return normal(count, 2**n)  # n independent terms for every corner are one
    tables = normal(n, count, 2 ** (k + 1)) / n**0.5
    corners = torch.arange(2**n, device=generator.device)
    twice = corners | corners << n  # so that a window over the end goes on at the start
    heights = torch.zeros(count, 2**n, device=generator.device)
    for digit, table in enumerate(tables):
        heights += table[:, twice >> digit & 2 ** (k + 1) - 1]
    return heights
