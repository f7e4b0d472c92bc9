"""Codes and Hadamard matrices: against brute force over all words, closed weight distributions, bounds."""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np
import pytest

from hdintuition.mathematics import codes
from hdintuition.mathematics.code_bounds import gilbert_varshamov, plotkin
from hdintuition.mathematics.hadamard import hadamard, has_hadamard


def largest_code(n: int, d: int) -> int:
    """A(n, d) by exhaustive search with the word 0 in it (no loss: codes can be shifted)."""

    def extend(size: int, candidates: list[int]) -> int:
        best = size
        for i, word in enumerate(candidates):
            if size + len(candidates) - i <= best:
                break
            rest = [other for other in candidates[i + 1 :] if (word ^ other).bit_count() >= d]
            best = max(best, extend(size + 1, rest))
        return best

    return extend(1, [word for word in range(2**n) if word.bit_count() >= d])


@pytest.mark.parametrize("order", [1, 2, 4, 8, 12, 16, 20, 24, 32, 40, 164])
def test_hadamard_rows_are_orthogonal_and_normalised(order: int) -> None:
    matrix = hadamard(order)
    assert (matrix @ matrix.T == order * np.eye(order)).all()
    assert (matrix[0] == 1).all()
    assert (matrix[:, 0] == 1).all()
    assert set(np.unique(matrix)) <= {-1, 1}


@pytest.mark.parametrize("order", [0, -4, 3, 6, 28, 92])
def test_orders_out_of_reach_are_refused(order: int) -> None:
    assert not has_hadamard(order)
    with pytest.raises(ValueError, match=f"order {order}"):
        hadamard(order)


@pytest.mark.parametrize("m", range(1, 8))
def test_reed_muller_words_differ_in_half_or_all_places(m: int) -> None:
    words = codes.reed_muller(m)
    assert words.shape == (2 ** (m + 1), 2**m)
    values, counts = np.unique(codes.distances(words), return_counts=True)
    assert dict(zip(values.tolist(), counts.tolist(), strict=True))[2**m] == 2**m
    assert set(values.tolist()) == ({1, 2} if m == 1 else {2 ** (m - 1), 2**m})


@pytest.mark.parametrize(("places", "left"), [(0, 64), (1, 32), (2, 16), (4, 8), (8, 4), (16, 2)])
def test_shortening_halves_and_keeps_distances(places: int, left: int) -> None:
    words = codes.shorten(codes.reed_muller(5), places)
    assert words.shape == (left, 32 - places)
    assert codes.minimum_distance(words) >= 16


@pytest.mark.parametrize("d", [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20])
def test_levenshtein_meets_plotkin(d: int) -> None:
    for n in range(1, 2 * d + d % 2 + 1):
        if not codes.has_levenshtein(n, d):
            with pytest.raises(ValueError, match="no Hadamard matrix"):
                codes.levenshtein(n, d)
            continue
        words = codes.levenshtein(n, d)
        assert words.shape == (plotkin(n, d), n)
        assert len(words) < 2 or codes.minimum_distance(words) >= d


@pytest.mark.parametrize(("n", "d"), [(2, 1), (3, 2), (4, 2), (5, 3), (6, 3), (6, 4), (7, 4), (8, 5), (9, 6)])
def test_plotkin_is_the_truth_for_small_words(n: int, d: int) -> None:
    assert plotkin(n, d) == largest_code(n, d)
    assert gilbert_varshamov(n, d) <= largest_code(n, d)


def test_extended_bch_code_has_distance_16() -> None:
    generator = codes.bch_generator()
    assert generator.shape == (24, 64)
    counts = codes.code_weights(generator)
    assert counts.sum() == 2**24
    assert np.flatnonzero(counts)[1] == 16
    assert counts[16] == 2604
    assert (counts == counts[::-1]).all()  # the word of ones belongs to the code


def test_weights_agree_with_counting_in_python() -> None:
    rows = np.random.default_rng(0).integers(0, 2, (5, 9))
    expected = np.zeros(10, int)
    for size in range(6):
        for chosen in combinations(range(5), size):
            expected[int((rows[list(chosen)].sum(axis=0) % 2).sum())] += 1
    assert (codes.code_weights(rows) == expected).all()
    everything = codes.code_weights(np.eye(18, dtype=int))
    assert everything.tolist() == [comb(18, k) for k in range(19)]


def test_gilbert_varshamov_is_the_rounded_quotient() -> None:
    for n, d in [(10, 3), (64, 16), (243, 81)]:
        ball = sum(comb(n, i) for i in range(d))
        assert (gilbert_varshamov(n, d) - 1) * ball < 2**n <= gilbert_varshamov(n, d) * ball
    assert gilbert_varshamov(5, 9) == 1


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: codes.reed_muller(0), "m must lie"),
        (lambda: codes.shorten(codes.reed_muller(2), 4), "places must lie"),
        (lambda: codes.levenshtein(33, 16), "n lie in 1 to 2d"),
        (lambda: plotkin(0, 2), "n lie in 1 to 2d"),
        (lambda: codes.minimum_distance(np.zeros((1, 3), int)), "two words"),
        (lambda: codes.distances(np.full((2, 3), 2)), "0/1 array"),
        (lambda: codes.code_weights(np.ones((29, 40), int)), "28 rows"),
        (lambda: gilbert_varshamov(0, 1), "at least 1"),
    ],
)
def test_bad_input_is_refused(call, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        call()
