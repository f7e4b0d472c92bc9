"""A rule written down before the run, and what it says of an interval.

A test passes if its whole 95 % interval lies where the rule says, fails if the whole interval lies
outside, and is inconclusive otherwise. There is no rule "the interval contains x": wide intervals
would win.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum

from hdintuition.evidence import numbers
from hdintuition.evidence.interval import Interval

_NUMBER = r"([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)"
_ONE_SIDED = re.compile(rf"\s*([<>])\s*{_NUMBER}\s*")
_RANGE = re.compile(rf"\s*in\s*\[\s*{_NUMBER}\s*,\s*{_NUMBER}\s*\]\s*")


class Outcome(StrEnum):
    """What a rule says of one measured interval."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


@dataclass(frozen=True)
class Rule:
    """``< x`` and ``> x`` (strict), or ``in [a, b]`` (the ends belong to it).

    Attributes:
        text: The rule as it stands in the file.
        low: Where the zone begins; minus infinity for ``< x``.
        high: Where it ends; infinity for ``> x``.
    """

    text: str
    low: float
    high: float

    @classmethod
    def parse(cls, text: str) -> Rule:
        """The rule that ``text`` states.

        Raises:
            ValueError: If it is none of the three forms, a number is not finite, or a > b.

        >>> Rule.parse("in [0.9, 1.1]").outcome(Interval(1.0, 0.95, 1.05))
        <Outcome.PASS: 'pass'>
        """
        if match := _ONE_SIDED.fullmatch(text):
            threshold = float(match[2])
            low, high = (-math.inf, threshold) if match[1] == "<" else (threshold, math.inf)
            finite = math.isfinite(threshold)
        elif match := _RANGE.fullmatch(text):
            low, high = float(match[1]), float(match[2])
            finite = math.isfinite(low) and math.isfinite(high)
        else:
            raise ValueError(f"a rule reads '< x', '> x' or 'in [a, b]' with plain numbers, got {text!r}")
        if not finite or low > high:
            raise ValueError(f"a rule needs finite numbers, and a <= b in 'in [a, b]', got {text!r}")
        return cls(text.strip(), low, high)

    @property
    def is_range(self) -> bool:
        """True for ``in [a, b]``."""
        return math.isfinite(self.low) and math.isfinite(self.high)

    def outcome(self, interval: Interval) -> Outcome:
        """Pass, fail or inconclusive, by the whole interval.

        Raises:
            TypeError: If it is not an Interval.
            ValueError: If it is a stack of them.
        """
        low, high = _bounds(interval)
        if self.is_range:
            inside, outside = self.low <= low and high <= self.high, high < self.low or low > self.high
        elif math.isfinite(self.high):
            inside, outside = high < self.high, low >= self.high
        else:
            inside, outside = low > self.low, high <= self.low
        if inside:
            return Outcome.PASS
        return Outcome.FAIL if outside else Outcome.INCONCLUSIVE

    def words(self, unit: str = "") -> str:
        """The rule in words.

        Args:
            unit: ``""``, ``"%"`` (the rule's numbers are shares) or words that follow a number.

        >>> print(Rule.parse("< 0.01").words("%"), "|", Rule.parse("in [-3, 3]").words("points"))
        below 1\u2009% | \u22123 to 3 points
        """
        low, high = (
            _text(numbers.significant(_scaled(end, unit), 12), end, unit) for end in (self.low, self.high)
        )
        if self.low == self.high:
            return f"exactly {low}"
        if self.is_range:
            return f"{numbers.significant(_scaled(self.low, unit), 12)} to {high}"
        return f"above {low}" if math.isfinite(self.low) else f"below {high}"

    def flips(self, interval: Interval, unit: str = "") -> str:
        """For which other thresholds the outcome would be the same; bounds are rounded to the safe side.

        Args:
            interval: What was measured.
            unit: As in :meth:`words`.

        >>> Rule.parse("< 0.01").flips(Interval(0.0024, 0.0022, 0.00255))
        'holds for any threshold above 0.0026'
        """
        low, high = _bounds(interval)
        outcome = self.outcome(interval)
        down, up = self._bound(low, unit, up=False), self._bound(high, unit, up=True)
        if self.is_range:
            return _range_flips(outcome, down, up, above=low > self.high)
        below = math.isinf(self.low)  # the rule is "< x"
        if outcome is Outcome.PASS:
            return f"holds for any threshold {f'above {up}' if below else f'below {down}'}"
        if outcome is Outcome.FAIL:
            return f"fails for any threshold {f'up to {down}' if below else f'from {up} upwards'}"
        hold, fail = (f"above {up}", f"up to {down}") if below else (f"below {down}", f"from {up} upwards")
        ends = (high, low) if below else (low, high)
        clauses = [f"would hold for a threshold {hold}", f"would fail for one {fail}"]
        possible = [clause for clause, end in zip(clauses, ends, strict=True) if math.isfinite(end)]
        return ", ".join(possible) or "no threshold would decide"

    def _bound(self, value: float, unit: str, *, up: bool) -> str:
        """``value`` rounded outwards; on its own side of the nearer end of the rule."""
        nearer = self.low if abs(value - self.low) < abs(value - self.high) else self.high
        text = numbers.bound(_scaled(value, unit), up=up, apart_from=_scaled(nearer, unit))
        return _text(text, value, unit)

    def __str__(self) -> str:
        return self.text


def _range_flips(outcome: Outcome, low: str, high: str, *, above: bool) -> str:
    if outcome is Outcome.FAIL:
        return f"fails for any range that {f'ends below {low}' if above else f'begins above {high}'}"
    holds = "holds for any" if outcome is Outcome.PASS else "would hold for a"
    return f"{holds} range that contains {low if low == high else f'{low} to {high}'}"


def _bounds(interval: Interval) -> tuple[float, float]:
    if not isinstance(interval, Interval):
        raise TypeError(f"a rule judges an Interval, got a {type(interval).__name__}")
    if interval.is_stack:
        raise ValueError(
            f"a rule judges one Interval, got a stack of {len(interval)}; choose one by its index"
        )
    return float(interval.low), float(interval.high)


def _scaled(value: float, unit: str) -> float:
    return 100 * value if unit == "%" else value


def _text(number: str, value: float, unit: str) -> str:
    if not unit or math.isinf(value):
        return number
    return f"{number}{numbers.THIN}%" if unit == "%" else f"{number} {unit}"
