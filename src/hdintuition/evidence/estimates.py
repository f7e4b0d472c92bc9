"""The ways to come by an Interval: a share, a mean, an exact value, a stack of them.

A share gets Wilson's score interval (Wilson 1927, JASA 22:209-212), a mean of independent draws
Student's t interval (Student 1908, Biometrika 6:1-25), an exact value an interval of width zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from scipy.stats import binomtest
from scipy.stats import t as student_t

from hdintuition.evidence import numbers
from hdintuition.evidence.arrays import as_float64
from hdintuition.evidence.interval import Interval

CONFIDENCE = 0.95


def wilson(successes: Any, trials: Any) -> Interval:
    """The share of successes, with Wilson's 95 % score interval (scipy's).

    Args:
        successes: Whole numbers from 0 to ``trials``; a number, a tensor, or one-dimensional (a stack).
        trials: Whole numbers of at least 1, of the same shape, or one for all.

    Raises:
        ValueError: If a count is not whole or out of range.

    >>> print(f"{wilson(36, 10_000):%i} | {wilson(0, 10_000):%i}")
    0.36\u2009% (0.26 to 0.50\u2009%) | 0 seen, at most 0.04\u2009%
    """
    hits, tries = np.broadcast_arrays(as_float64(successes), as_float64(trials))
    if not (np.all(tries >= 1) and np.all(hits >= 0) and np.all(hits <= tries)):
        raise ValueError(f"0 <= successes <= trials and trials >= 1, got {successes} of {trials}")
    if not np.all(np.isfinite(tries)) or np.any(hits % 1) or np.any(tries % 1):
        raise ValueError(f"successes and trials are whole numbers, got {successes} of {trials}")
    if hits.ndim == 0:
        return _wilson(int(hits), int(tries))
    return stack(_wilson(int(k), int(n)) for k, n in zip(hits, tries, strict=True))


def mean(values: Any) -> Interval:
    """The mean of independent draws, with Student's 95 % t interval.

    Args:
        values: At least two draws: numbers, 0-d tensors or a tensor. Draws that are themselves
            one-dimensional give a stack, one mean per column.

    An infinite draw is reported, not hidden: the bounds are then minus and plus infinity.

    Raises:
        ValueError: If there are fewer than two draws, their shapes differ, or one is NaN.

    >>> print(mean([1.0, 2.0, 3.0]))
    2.0 (\u22120.5 to 4.5)
    """
    draws = _draws(values)
    if np.any(np.isnan(draws)):
        which = int(np.argwhere(np.isnan(draws))[0][0])
        raise ValueError(
            f"draw {which + 1} of {len(draws)} is NaN; a run that diverged is an outcome: "
            "count it with hdi.wilson, or leave it out and say so"
        )
    finite = np.isfinite(draws).all(axis=0)
    with np.errstate(invalid="ignore"):  # inf - inf, replaced below
        centre = draws.mean(axis=0)
        half = student_t.ppf((1 + CONFIDENCE) / 2, len(draws) - 1) * draws.std(axis=0, ddof=1)
        low, high = (np.where(finite, centre + w * half / len(draws) ** 0.5, w * np.inf) for w in (-1, 1))
    return Interval(centre, low, high, f"{numbers.count(len(draws))} draws")


def exact(value: Any) -> Interval:
    """An exact value as an Interval of width zero; an array gives a stack."""
    number = as_float64(value)
    return Interval(number, number, number, "exact")


def stack(intervals: Iterable[Interval]) -> Interval:
    """Single Intervals as one stack, in order.

    Raises:
        TypeError: If one is not an Interval.
        ValueError: If there are none, or one is itself a stack.
    """
    ones = list(intervals)
    for i, one in enumerate(ones):
        if not isinstance(one, Interval):
            raise TypeError(f"hdi.stack takes Intervals, item {i} is a {type(one).__name__}")
        if one.is_stack:
            raise ValueError(f"hdi.stack takes single Intervals, item {i} is a stack of {len(one)}")
    if not ones:
        raise ValueError("hdi.stack takes at least one Interval, got none")
    estimate, low, high = np.array([[one.estimate, one.low, one.high] for one in ones]).T
    return Interval(estimate, low, high, tuple(str(one.note) for one in ones))


def _wilson(successes: int, trials: int) -> Interval:
    share = successes / trials
    bounds = binomtest(successes, trials).proportion_ci(CONFIDENCE, method="wilson")
    low, high = min(bounds.low, share), max(bounds.high, share)  # equal up to rounding at 0 and 1
    return Interval(share, low, high, f"{numbers.count(successes)} of {numbers.count(trials)}")


def _draws(values: Any) -> np.ndarray:
    rows = [as_float64(v) for v in values] if not hasattr(values, "detach") else list(as_float64(values))
    shapes = {np.shape(row) for row in rows}
    if len(rows) < 2:
        raise ValueError(f"a mean with an interval takes at least 2 draws, got {len(rows)}")
    if len(shapes) > 1 or any(len(shape) > 1 for shape in shapes):
        raise ValueError(f"draws are all numbers, or all of one length, got shapes {sorted(shapes)}")
    return np.stack(rows)
