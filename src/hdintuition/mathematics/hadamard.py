"""Hadamard matrices: entries ±1, rows orthogonal, so that any two rows agree in exactly half the places.

Doubling (Sylvester 1867) and quadratic residues (Paley 1933, first construction) reach every multiple of 4
up to 24, and most of the small ones beyond; whether all multiples of 4 can be reached is not known.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np


@lru_cache(maxsize=32)
def hadamard(order: int) -> np.ndarray:
    """A Hadamard matrix whose first row and first column are all +1.

    Args:
        order: 2^i, or 2^i (q + 1) for a prime q ≡ 3 mod 4.

    Returns:
        int64 array of shape (order, order), read-only.

    Raises:
        ValueError: If the order is not of these forms.

    >>> H = hadamard(12)
    >>> bool((H @ H.T == 12 * np.eye(12)).all())
    True
    """
    base, doublings = _base(order)
    if not has_hadamard(order):
        raise ValueError(
            f"no Hadamard matrix of order {order} by these constructions; allowed: 2^i or 2^i (q + 1), "
            "q a prime that leaves 3 when divided by 4"
        )
    matrix = _paley(base - 1) if base > 1 else np.ones((1, 1), np.int64)
    for _ in range(doublings):
        matrix = np.kron(np.array([[1, 1], [1, -1]]), matrix)
    matrix.flags.writeable = False  # it is shared by all who ask for this order
    return matrix


def has_hadamard(order: int) -> bool:
    """Whether :func:`hadamard` can build this order."""
    base, _ = _base(order)
    return base == 1 or _is_paley(base)


def _base(order: int) -> tuple[int, int]:
    """What doubling starts from, 1 or an order of Paley's, and how many doublings follow."""
    base, doublings = order, 0
    while base > 1 and base % 2 == 0 and not _is_paley(base):
        base, doublings = base // 2, doublings + 1
    return base, doublings


def _is_paley(order: int) -> bool:
    """Whether order − 1 is a prime that leaves 3 when divided by 4."""
    q = order - 1
    return order >= 4 and order % 4 == 0 and all(q % p for p in range(2, int(q**0.5) + 1))


def _paley(q: int) -> np.ndarray:
    """Entry (i, j) says whether i − j is a square modulo q; −1 on the diagonal, +1 around."""
    squares = np.zeros(q, bool)
    squares[np.arange(1, q) ** 2 % q] = True
    character = np.where(squares, 1, -1)
    character[0] = -1
    i = np.arange(q)
    matrix = np.ones((q + 1, q + 1), np.int64)
    matrix[1:, 1:] = character[(i[:, None] - i) % q]
    return matrix
