"""How many words of length n can differ in at least d places: a count that exists, one that cannot be exceeded.

Exact, in whole numbers: Gilbert (1952; Varshamov 1957 for linear codes) from below, Plotkin (1960) from above.
"""

from __future__ import annotations


def gilbert_varshamov(n: int, d: int) -> int:
    """A number of words of length n and distance at least d that surely exists (Gilbert 1952).

    Every word not yet within d − 1 of a chosen one can be chosen; each rules out so many words at most.

    Returns:
        ⌈2^n / Σ_{i<d} C(n, i)⌉, exact.

    Raises:
        ValueError: If n or d is below 1.
    """
    if n < 1 or d < 1:
        raise ValueError(f"n and d must be at least 1, got n = {n}, d = {d}")
    ball, term = 0, 1
    for i in range(min(d - 1, n) + 1):
        ball += term
        term = term * (n - i) // (i + 1)
    return -(-(2**n) // ball)


def plotkin(n: int, d: int) -> int:
    """Plotkin's bound (1960): no more words of length n have distance at least d.

    Args:
        n: Length, from 1 to 2d, and to 2d + 1 where d is odd.
        d: Distance, at least 1.

    Raises:
        ValueError: If n is out of range: beyond 2d the bound says nothing.
    """
    check_length(n, d)
    if d % 2:
        return plotkin(n + 1, d + 1)
    return 4 * d if n == 2 * d else max(1, 2 * (d // (2 * d - n)))


def check_length(n: int, d: int) -> None:
    """Refuse lengths for which Plotkin's bound says nothing.

    Raises:
        ValueError: If d is below 1, or n below 1 or beyond 2d (2d + 1 where d is odd).
    """
    if d < 1 or not 1 <= n <= 2 * d + d % 2:
        raise ValueError(f"d must be at least 1 and n lie in 1 to 2d, got n = {n}, d = {d}")
