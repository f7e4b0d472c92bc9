"""Sets of 0/1 words that differ in many places: corners of a cube that lie far apart.

Words are the rows of an integer array of shape (words, n); the distance of two words is the number of
places where they differ (Hamming). Three families, all built here and checked by counting:

* Reed-Muller codes of order 1 (Muller 1954, Reed 1954);
* Levenshtein's codes (1961), which meet Plotkin's bound where Hadamard matrices exist; the recipe is
  that of MacWilliams and Sloane (1977), chapter 2, §3;
* the extended BCH code [64, 24, 16] (MacWilliams and Sloane 1977, chapter 9).
"""

from __future__ import annotations

import numpy as np

from hdintuition.mathematics.code_bounds import check_length, plotkin
from hdintuition.mathematics.hadamard import hadamard, has_hadamard

_ONES = np.array([i.bit_count() for i in range(2**16)], np.uint8)  # in 16 bits; numpy 1.26 cannot count them
BLOCK_ROWS = 16  # 2^16 words are counted at a time: memory stays small however many there are


def reed_muller(m: int) -> np.ndarray:
    """The 2^(m+1) words of the Reed-Muller code RM(1, m): all affine functions of m bits.

    Any two words differ in half of the 2^m places, or in all of them.

    Args:
        m: Number of bits, from 1 to 12.

    Returns:
        uint8 array of shape (2^(m+1), 2^m).

    Raises:
        ValueError: If m is out of range.

    >>> reed_muller(5).shape, minimum_distance(reed_muller(5))
    ((64, 32), 16)
    """
    if not 1 <= m <= 12:
        raise ValueError(f"m must lie in 1 to 12 (2^m places), got {m}")
    bits = np.arange(2**m)[:, None] >> np.arange(m) & 1
    linear = bits @ bits.T % 2
    return np.concatenate([linear, 1 - linear]).astype(np.uint8)


def shorten(words: np.ndarray, places: int) -> np.ndarray:
    """The words that are 0 in the last ``places`` places, without these places; distances stay.

    >>> shorten(reed_muller(5), 8).shape
    (4, 24)
    """
    _check_words(words)
    if not 0 <= places < words.shape[1]:
        raise ValueError(f"places must lie in 0 to {words.shape[1] - 1}, got {places}")
    length = words.shape[1] - places
    return words[(words[:, length:] == 0).all(axis=1), :length]


def distances(words: np.ndarray) -> np.ndarray:
    """The distances of all pairs of words, exact.

    Args:
        words: 0/1 array of shape (words, n).

    Returns:
        int64 array of shape (words·(words − 1)/2,).
    """
    _check_words(words)
    w = words.astype(np.int64)
    weight = w.sum(axis=1)
    apart = weight[:, None] + weight - 2 * w @ w.T
    return apart[np.triu_indices(len(w), 1)]


def minimum_distance(words: np.ndarray) -> int:
    """The least distance of two words.

    Raises:
        ValueError: If there are fewer than two words.
    """
    if len(words) < 2:
        raise ValueError(f"a distance takes at least two words, got {len(words)}")
    return int(distances(words).min())


def levenshtein(n: int, d: int) -> np.ndarray:
    """As many words of length n and distance at least d as there can be, for n up to 2d.

    For d even and d <= n < 2d they are 2⌊d/(2d − n)⌋, which is Plotkin's bound; for n = 2d they are 4d.
    An odd d is reached from d + 1 by leaving out one place.

    Args:
        n: Length, from 1 to 2d, and to 2d + 1 where d is odd.
        d: Distance, at least 1.

    Returns:
        uint8 array of shape (words, n); a single word if n < d.

    Raises:
        ValueError: If n is out of range, or a Hadamard matrix is out of reach.

    >>> [len(levenshtein(n, 16)) for n in (15, 16, 24, 27, 28, 29, 30, 31, 32)]
    [1, 2, 4, 6, 8, 10, 16, 32, 64]
    """
    check_length(n, d)
    if d % 2:
        return levenshtein(n + 1, d + 1)[:, :n]
    if n < d:
        return np.zeros((1, n), np.uint8)
    if n == 2 * d:
        matrix = hadamard(n)
        return _as_words(np.concatenate([matrix, -matrix]))
    pieces = [_simplex(order, halved=halved) for order, halved in _recipe(n, d)]
    return np.concatenate([words[: plotkin(n, d)] for words in pieces], axis=1)


def has_levenshtein(n: int, d: int) -> bool:
    """Whether the Hadamard matrices that :func:`levenshtein` needs can be built.

    Arguments and errors are those of :func:`levenshtein`.
    """
    check_length(n, d)
    if d % 2:
        return has_levenshtein(n + 1, d + 1)
    orders = [] if n < d else [n] if n == 2 * d else [order for order, _ in _recipe(n, d)]
    return all(has_hadamard(order) for order in orders)


def bch_generator() -> np.ndarray:
    """A generator matrix of the extended BCH code [64, 24, 16]: 24 rows of 64 bits.

    The cyclic code of length 63 whose roots are α, α², …, α¹⁴ (α a root of x⁶ + x + 1), and a parity bit.

    Returns:
        uint8 array of shape (24, 64), of rank 24.
    """
    polynomial = _bch_polynomial(14)
    size = 63 - (polynomial.bit_length() - 1)
    rows = np.array([[polynomial << i >> j & 1 for j in range(63)] for i in range(size)], np.uint8)
    return np.concatenate([rows, rows.sum(axis=1, keepdims=True) % 2], axis=1).astype(np.uint8)


def code_weights(generator: np.ndarray) -> np.ndarray:
    """How many words of each weight a linear code has, all words counted one by one.

    The distance of two words is the weight of their sum, which is a word again; so the least weight
    above 0 is the least distance.

    Args:
        generator: 0/1 matrix of shape (k, n), k at most 28, n at most 64.

    Returns:
        int64 array of shape (n + 1,), summing to 2^k.

    Raises:
        ValueError: If the matrix is too large or not 0/1.

    >>> code_weights(np.array([[1, 1, 0], [0, 1, 1]]))
    array([1, 0, 3, 0])
    """
    _check_words(generator)
    k, n = generator.shape
    if k > 28 or n > 64:
        raise ValueError(f"at most 28 rows of at most 64 bits can be counted, got {k} of {n}")
    places = np.uint64(1) << np.arange(n, dtype=np.uint64)
    rows = [np.bitwise_or.reduce(places[row == 1], initial=0) for row in generator]
    block, offsets = _span(rows[:BLOCK_ROWS]), _span(rows[BLOCK_ROWS:])
    counts = np.zeros(n + 1, np.int64)
    for offset in offsets:
        ones = _ONES[(block ^ offset).view(np.uint16)].reshape(-1, 4).sum(axis=1)
        counts += np.bincount(ones, minlength=n + 1)
    return counts


def _span(rows: list[np.uint64]) -> np.ndarray:
    """All sums of the rows, each word packed into one integer."""
    words = np.zeros(1, np.uint64)
    for row in rows:
        words = np.concatenate([words, words ^ row])
    return words


def _as_words(matrix: np.ndarray) -> np.ndarray:
    return (matrix < 0).astype(np.uint8)


def _recipe(n: int, d: int) -> list[tuple[int, bool]]:
    """For d even, d <= n < 2d: which simplices, written side by side, give the words; (order, halved) each.

    Side by side, lengths and distances add. With k = ⌊d/(2d − n)⌋ the pieces have lengths of 2k − 1 and
    2k + 1 on average and 2k words or more; a and b count them.
    """
    k = d // (2 * d - n)
    a, b = d * (2 * k + 1) - n * (k + 1), k * n - d * (2 * k - 1)
    return [piece for count, size in ((a, k), (b, k + 1)) for piece in _pieces(count, size)]


def _pieces(count: int, k: int) -> list[tuple[int, bool]]:
    """Simplices of length count·(2k − 1) together, in which any two of 2k words are count·k apart."""
    return [(2 * k, False)] * count if count % 2 else [(4 * k, True)] * (count // 2)


def _simplex(order: int, *, halved: bool) -> np.ndarray:
    """Words any two of which are order/2 apart.

    ``order`` of them, of length order − 1; halved by their first place, order/2 of length order − 2.
    """
    words = _as_words(hadamard(order)[:, 1:])
    return words[words[:, 0] == 0, 1:] if halved else words


def _bch_polynomial(roots: int) -> int:
    """The least polynomial over GF(2), as bits, with roots α, α², …, α^roots in GF(64)."""
    power = [1]
    for _ in range(62):
        following = power[-1] << 1
        power.append(following ^ 0b1000011 if following & 64 else following)
    log = {value: exponent for exponent, value in enumerate(power)}
    exponents = {e * 2**i % 63 for e in range(1, roots + 1) for i in range(6)}
    product = [1]  # coefficients in GF(64), lowest first
    for e in sorted(exponents):
        scaled = [power[(log[c] + e) % 63] if c else 0 for c in product]
        product = [a ^ b for a, b in zip([0, *product], [*scaled, 0], strict=True)]
    return sum(c << i for i, c in enumerate(product))


def _check_words(words: np.ndarray) -> None:
    if words.ndim != 2 or not words.size or not np.isin(words, (0, 1)).all():
        raise ValueError(f"words are the rows of a 0/1 array of shape (words, n), got shape {words.shape}")
