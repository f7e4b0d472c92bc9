"""The small picture in a verdict table: an interval beside the zone in which it must lie."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hdintuition.evidence.interval import Interval
    from hdintuition.evidence.rules import Rule

WIDTH, HEIGHT, MARGIN = 150.0, 34.0, 6.0


def strip(here: Interval, rule: Rule, there: Interval | None = None) -> str:
    """An inline SVG of 150 × 34: threshold ticks, grey zone, this run's dot and bar, the reference's diamond.

    Args:
        here: This run's interval.
        rule: The rule; its bounds are drawn as ticks.
        there: The reference run's interval, if there is one.

    The picture repeats what its table row says in words, so it is hidden from screen readers.
    """
    edges = [edge for edge in (rule.low, rule.high) if math.isfinite(edge)]
    shown = [here] if there is None else [here, there]
    values = edges + [
        float(v) for one in shown for v in (one.estimate, one.low, one.high) if math.isfinite(v)
    ]
    low, high = min(values), max(values)
    pad = 0.12 * (high - low) or abs(high) * 0.12 or 1.0
    low, high = low - pad, high + pad

    def x(value: float) -> float:
        inside = min(max(value, low), high)
        return round(MARGIN + (WIDTH - 2 * MARGIN) * (inside - low) / (high - low), 1)

    left, right = x(rule.low), x(rule.high)
    parts = [
        f'<rect class="hd-zone" x="{left}" y="8" width="{max(right - left, 1):.1f}" height="18"/>',
        f'<path class="hd-axis" d="M{MARGIN} 26H{WIDTH - MARGIN}"/>',
        *(f'<path class="hd-tick" d="M{x(edge)} 5V29"/>' for edge in edges),
        f'<path class="hd-bar" d="M{x(float(here.low))} 17H{x(float(here.high))}"/>',
        f'<circle class="hd-dot" cx="{x(float(here.estimate))}" cy="17" r="3.6"/>',
    ]
    if there is not None:
        centre = x(float(there.estimate))
        parts.append(f'<path class="hd-diamond" d="M{centre} 10l7 7-7 7-7-7z"/>')
    size = f'viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" width="{WIDTH:.0f}" height="{HEIGHT:.0f}"'
    ends = f'data-low="{low:.6g}" data-high="{high:.6g}"'  # for the script that moves the thresholds
    return f'<svg class="hd-strip" {size} {ends} aria-hidden="true" focusable="false">{"".join(parts)}</svg>'
