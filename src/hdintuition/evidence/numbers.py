"""How a number is written for a reader; every text of a number in the book comes from here.

The digits of an estimate follow from its interval: the last digit printed is worth between 1/2 and
1/20 of the shorter arm (from the estimate to a bound), so that 0.0587 between 0.0585 and 0.0590 is
``5.87 %`` and never ``5.8713 %``. Minus is U+2212; a thin space (U+2009) stands between thousands
from 10 000 and before the per cent sign; very small and very large numbers are powers of ten.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Literal

THIN = "\u2009"
MINUS = "\u2212"
TINY, HUGE = 1e-4, 1e9  # outside, a power of ten reads better than zeros
TINY_SHARE = 1e-6  # the same for a share: 0.0001 %
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
Basis = Literal["measured", "exact", "unseen"]
VANISHING = 1e-290  # printed as 0: its power of ten is at the edge of what float64 can hold
SPEC = re.compile(r"(?P<sign>\+?)(?:\.(?P<precision>\d{1,2})(?=[fg%]))?(?P<kind>[fg%]?)(?P<bounds>i?)")


def fixed(value: float, decimals: int, *, sign: bool = False) -> str:
    """``value`` with a fixed number of decimals; negative ones round to tens and hundreds.

    >>> print(fixed(-1234.5678, 2), fixed(48213.0, -2), fixed(-0.01, 1), fixed(9.3, 1, sign=True))
    \u22121234.57 48\u2009200 0.0 +9.3
    """
    if math.isinf(value):
        return _signed("∞", value, sign)
    text = f"{round(value, decimals) if decimals < 0 else value:z.{max(decimals, 0)}f}".lstrip("-")
    whole, point, rest = text.partition(".")
    rounded_to_zero = not text.strip("0.")
    return _signed(_grouped(whole) + point + rest, 0.0 if rounded_to_zero else value, sign)


def significant(value: float, figures: int = 3, *, sign: bool = False) -> str:
    """``value`` with at most ``figures`` significant digits and no trailing zeros.

    >>> significant(0.25, 4), significant(1.24e-8, 2), significant(175e9)
    ('0.25', '1.2 × 10⁻⁸', '1.75 × 10¹¹')
    """
    if value == 0 or math.isinf(value):
        return fixed(value, 0, sign=sign)
    mantissa, exponent = f"{value:.{figures - 1}e}".split("e")
    power = int(exponent)
    if TINY <= abs(float(f"{mantissa}e{power}")) < HUGE:
        return _trimmed(fixed(value, figures - 1 - power, sign=sign))
    return _trimmed(fixed(float(mantissa), figures - 1, sign=sign)) + power_of_ten(power)


def count(number: int) -> str:
    """A whole number, thousands apart by thin spaces from 10 000.

    >>> print(count(36), count(9999), count(1_000_000))
    36 9999 1\u2009000\u2009000
    """
    return _signed(_grouped(str(abs(number))), number, sign=False)


def power_of_ten(exponent: int) -> str:
    """The factor `` × 10⁻⁸`` that follows a mantissa."""
    return f" × 10{str(exponent).translate(SUPERSCRIPT)}"


def bound(value: float, *, up: bool, figures: int = 2, apart_from: float | None = None) -> str:
    """``value`` shortened outwards, upwards or downwards, so that a bound stays true.

    It keeps at least ``figures`` significant digits and takes more until it is within a tenth of
    ``value`` and on the same side of ``apart_from``: a bound of 0.4994 must not read as 0.5 where
    0.5 is the threshold.

    >>> bound(0.000384, up=True, figures=1), bound(0.00255, up=True), bound(0.4994, up=True, apart_from=0.5)
    ('0.0004', '0.0026', '0.4994')
    """
    if value == 0 or math.isinf(value):
        return fixed(value, 0)
    exact = Decimal(f"{value:.14g}")  # 0.07 * 100 is 7, not 7.000000000000001
    for digits in range(figures, 18):
        step = Decimal(1).scaleb(exact.adjusted() - digits + 1)
        rounded = float(exact.quantize(step, rounding=ROUND_CEILING if up else ROUND_FLOOR))
        same_side = apart_from is None or _sign(rounded - apart_from) == _sign(value - apart_from)
        if same_side and abs(rounded - value) <= abs(value) / 10:
            return significant(rounded, digits)
    return significant(value, 17)


def interval_text(
    estimate: float, low: float, high: float, spec: str = "", *, basis: Basis = "measured"
) -> str:
    """An estimate, with or without its bounds, as ``spec`` asks.

    Args:
        estimate: The estimate.
        low: Lower bound, at most the estimate.
        high: Upper bound, at least the estimate.
        spec: ``""`` or ``"i"`` (digits from the interval, with bounds), ``"%"`` (the same in per cent,
            estimate only), ``".1f"``, ``".3g"``, ``".1%"``; ``"+"`` before shows the sign of positive
            numbers, ``"i"`` behind adds the bounds.
        basis: ``"exact"`` leaves the bounds out; ``"unseen"`` is an event that never happened: instead
            of the bounds it says how frequent the event can be at most.

    Raises:
        ValueError: If the spec is none of these.

    >>> print(interval_text(0.0587, 0.0585, 0.0590, "%i"))
    5.87\u2009% (5.85 to 5.90\u2009%)
    >>> print(interval_text(0.0, 0.0, 0.000384, "%i", basis="unseen"))
    0 seen, at most 0.04\u2009%
    """
    match = SPEC.fullmatch(spec)
    if match is None:
        raise ValueError(
            f"a number format is '', '%', '.1f', '.3g' or '.1%', with '+' before it to show the sign "
            f"and 'i' behind it to add the interval; got {spec!r}"
        )
    estimate, low, high = (0.0 if abs(x) < VANISHING else x for x in (estimate, low, high))
    style = _style(estimate, low, high, match["kind"], match["precision"])
    sign = bool(match["sign"])
    text = style.write(estimate, sign) + style.unit_of(estimate)
    if basis == "exact" or not (match["bounds"] or not match["kind"]):
        return text
    if basis == "unseen":
        return f"0 seen, at most {style.at_most(high)}"
    return f"{text} ({style.write(low, sign)} to {style.write(high, sign)}{style.unit_of(high)})"


@dataclass(frozen=True)
class _Style:
    """What an estimate and its bounds share: factor, digits and unit."""

    factor: float
    decimals: int
    unit: str = ""
    tidy: bool = False  # exact 0 and exact 100 % without decimals
    trim: bool = False  # no trailing zeros: the digits come from the value, not from an interval
    figures: int | None = None  # significant digits instead of decimals

    def write(self, value: float, sign: bool) -> str:
        scaled = value * self.factor
        if self.figures is not None:
            return significant(scaled, self.figures, sign=sign)
        if self.tidy and (scaled == 0 or (self.unit.endswith("%") and abs(scaled) == 100)):
            return fixed(scaled, 0, sign=sign)
        text = fixed(scaled, self.decimals, sign=sign)
        return _trimmed(text) if self.trim else text

    def unit_of(self, value: float) -> str:
        """The unit; a power of ten makes no sense behind 0 and ∞."""
        bare = value == 0 or math.isinf(value)
        return "" if bare and not self.unit.endswith("%") else self.unit

    def at_most(self, high: float) -> str:
        """The upper bound of an event never seen, rounded upwards."""
        if self.unit.endswith("%"):
            return bound(high * self.factor, up=True, figures=1) + self.unit
        return bound(high, up=True, figures=1)


def _style(estimate: float, low: float, high: float, kind: str, precision: str | None) -> _Style:
    if kind == "g":
        return _Style(1.0, 0, figures=max(int(precision or 6), 1))
    if kind == "f":
        return _Style(1.0, int(precision or 6))
    if kind == "%" and precision is not None:
        return _Style(100.0, int(precision), THIN + "%")
    return _automatic(estimate, low, high, percent=kind == "%")


def _automatic(estimate: float, low: float, high: float, *, percent: bool) -> _Style:
    """Factor, digits and unit that suit the size of the numbers and the width of the interval."""
    largest = max((abs(x) for x in (estimate, low, high) if math.isfinite(x)), default=0.0)
    arm = _shorter_arm(estimate, low, high)
    place = _place(arm / 2) if arm else _place(largest) - (3 if low == high else 2)
    factor, unit, shift = (100.0, THIN + "%", 2) if percent else (1.0, "", 0)
    coarsest = -shift if largest * factor < 10_000 else _place(largest) - 2
    place = min(place, coarsest)  # whole numbers below 10 000, three digits above
    if any(10.0**place / 20 <= abs(x) < 10.0**place / 2 for x in (low, high)):
        place -= 1  # one digit more shows on which side of zero that bound lies
    if largest and (largest < (TINY_SHARE if percent else TINY) or (largest >= HUGE and not percent)):
        power = _place(largest)
        if round(largest / 10.0**power, power - place) >= 10:
            power += 1
        return _Style(10.0**-power, power - place, power_of_ten(power), tidy=True, trim=not arm)
    return _Style(factor, -place - shift, unit, tidy=True, trim=not arm)


def _shorter_arm(estimate: float, low: float, high: float) -> float:
    """The arm that decides the digits; not below a fiftieth of the width; 0 without a finite width."""
    arms = [arm for arm in (estimate - low, high - estimate) if math.isfinite(arm) and arm > 0]
    if not arms:
        return 0.0
    return max(min(arms), sum(arms) / 50)


def _place(value: float) -> int:
    """The power of ten of the first digit; 0.0999… from rounding counts as 0.1."""
    return math.floor(math.log10(value) + 1e-9) if value else 0


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


def _grouped(digits: str) -> str:
    return f"{int(digits):,}".replace(",", THIN) if len(digits) > 4 else digits


def _signed(text: str, value: float, sign: bool) -> str:
    return (MINUS if value < 0 else "+" if sign and value > 0 else "") + text


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
