"""Rows that begin where a cache line begins.

The last bit of a matrix product may hang on where in memory its factors begin. Of rows packed one behind the other,
some begin at a multiple of 16 bytes and some do not, so that a member's numbers would hang on its place in the stack.
"""

from __future__ import annotations

from torch import Tensor

LINE = 16  # numbers: 64 bytes or more


def aligned(rows: Tensor) -> Tensor:
    """A copy, (..., n), in which every row begins at a multiple of 64 bytes; it is a view of wider rows."""
    size = rows.shape[-1]
    return rows.new_empty(*rows.shape[:-1], wide(size))[..., :size].copy_(rows)


def wide(size: int) -> int:
    """The least multiple of the line that holds so many numbers.

    >>> wide(21), wide(32)
    (32, 32)
    """
    return -(-size // LINE) * LINE
