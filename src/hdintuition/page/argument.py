"""What a reader needs to argue with a verdict: rules, intervals and the places a threshold may be moved to.

The script beside the verdict tables judges again by the same function as :mod:`hdintuition.evidence.verdict`,
for thresholds of the reader's own. It computes nothing else: what it starts from is laid out here.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hdintuition.evidence.claims import Test
    from hdintuition.evidence.interval import Interval
    from hdintuition.page.judged import Judged

STEPS = 80  # of a slider, about
FAR = 20  # positive numbers that differ by more than this factor are laid out by factors


def argument(one: Judged) -> dict[str, Any]:
    """The tests of a claim that are judged, as plain values: what the script is given.

    Returns:
        ``claim`` (its id) and ``tests``: each with ``name``, ``reading`` and, unless it is a theorem, ``low`` and
        ``high`` (the rule's ends, None where it has none), ``unit``, ``interval`` ([low, high] of the run that
        decides, None for an infinite end) and ``stops`` (for each end of the rule, where a slider may stand).
    """
    measured = one.reference_measured or one.measured
    tests = [test for test in one.claim.tests.values() if test.is_judged]
    return {"claim": one.claim.id, "tests": [_test(test, measured.get(test.name)) for test in tests]}


def _test(test: Test, interval: Interval | None) -> dict[str, Any]:
    known: dict[str, Any] = {"name": test.name, "reading": str(test.reading)}
    if test.rule is None or interval is None:
        return known
    ends = {"low": _finite(test.rule.low), "high": _finite(test.rule.high)}
    bounds = [float(interval.low), float(interval.high)]
    return {
        **known,
        **ends,
        "unit": test.unit,
        "interval": [_finite(bound) for bound in bounds],
        "stops": {
            name: stops(end, bounds, share=test.unit == "%") for name, end in ends.items() if end is not None
        },
    }


def stops(registered: float, bounds: Sequence[float], *, share: bool = False) -> list[float]:
    """Places of a threshold around an interval, ascending; the registered one is among them as it is.

    They reach beyond both bounds of the interval, so that every outcome can be had, and beyond the registered
    threshold; round numbers, evenly spaced, or by even factors where the numbers are positive and far apart.

    Args:
        registered: The threshold set before the run.
        bounds: The interval's; infinite ones are left out.
        share: Whether the numbers are shares, so that none lies outside [0, 1].
    """
    values = [registered, *(bound for bound in bounds if math.isfinite(bound))]
    low, high = min(values), max(values)
    if low > 0 and high / low > FAR:
        places = _by_factors(low / 10, high * 10)
    else:
        room = max(high - low, abs(registered), 1e-9) / 2
        places = _evenly(low - room, high + room)
    if share:
        places = [place for place in places if 0 < place < 1] + [0.0, 1.0]
    return sorted({*places, registered})


def _evenly(low: float, high: float) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten, from low to high and just beyond."""
    rough = (high - low) / STEPS
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(round_one for round_one in (1, 2, 5, 10) if power * round_one >= rough)
    first, last = math.floor(low / step), math.ceil(high / step)
    return [_short(k * step, 12) for k in range(first, last + 1)]


def _by_factors(low: float, high: float) -> list[float]:
    """Even factors from low to high and just beyond, two digits each."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    a_decade = max(1, STEPS // (last - first))
    return [_short(10 ** (first + k / a_decade), 2) for k in range((last - first) * a_decade + 1)]


def _short(value: float, figures: int) -> float:
    return float(f"{value:.{figures - 1}e}")


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
