"""Results as the terminal shows them: a line each, and at the end what was won, lost, reached and missed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hdintuition.evidence.numbers import significant

Result = Mapping[str, Any]


def title(where: Mapping[str, Any]) -> str:
    """Where the benchmark runs, in one line."""
    device = where["cpu"] if where["device"] == "cpu" else where["device"]
    versions = ", ".join(f"{name} {version}" for name, version in where["versions"].items())
    return (
        f"{where['scale']} scale on {device}, {where['threads']} thread; Python {where['python']}, {versions}"
    )


def result_line(result: Result) -> str:
    """Ratio, spread, peer, what was asked and whether it is reached, how the results compare."""
    if result["ratio"] is None:
        return f"    {'-':>11} {'':<17}  {result['peer']:<24}  {result['failed']}"
    ends = (1 / result["high"], 1 / result["low"]) if is_floor(result) else (result["low"], result["high"])
    spread = " to ".join(map(significant, ends))
    bars = ", ".join(
        f"{bar} {asked(result, bar)}: {word(result, bar)}" for bar in ("must", "goal") if result[bar]
    )
    return f"    {times(result):>11} {f'({spread})':<17}  {result['peer']:<24}  {bars}  {result['same']}"


def times(result: Result) -> str:
    """How many times faster; for a floor, how many times longer than it."""
    ratio = result["ratio"]
    return f"{significant(1 / ratio)} × it" if is_floor(result) else f"{significant(ratio)} ×"


def asked(result: Result, bar: str) -> str:
    """What was asked in advance: ``18 ×``, or for a floor ``within 6 ×``."""
    value = result[bar]
    return f"within {significant(1 / value)} ×" if is_floor(result) else f"{significant(value)} ×"


def word(result: Result, bar: str) -> str:
    """Whether the median reaches the bar."""
    return "reached" if result["ratio"] >= result[bar] else "missed"


def is_floor(result: Result) -> bool:
    """True for a bound rather than a rival."""
    return str(result["peer"]).endswith("floor")


def outcome_counts(results: Iterable[Result]) -> str:
    """How many comparisons there are, how many are won and lost, and how many bars are reached."""
    results = list(results)
    rivals = [one for one in results if one["ratio"] is not None and not is_floor(one)]
    lost, absent = sum(one["ratio"] < 1 for one in rivals), sum(one["ratio"] is None for one in results)
    bars = [one for one in results if one.get("must")]
    reached = sum(one["ratio"] is not None and word(one, "must") == "reached" for one in bars)
    return (
        f"Comparisons: {len(rivals)}, of which lost: {lost}. Not made: {absent}. "
        f"Bars set in advance: {len(bars)}, reached: {reached}."
    )
