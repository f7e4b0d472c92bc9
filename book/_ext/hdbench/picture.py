"""What was asked for in advance, and whatever was lost, as dots on one logarithmic axis: left of 1 ours is slower."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from hdbench.results import by_work
from hdbench.tables import heading, reached
from hdintuition.evidence.interval import Interval
from hdintuition.evidence.numbers import significant
from hdintuition.page.figure import frames
from hdintuition.page.marks import dots
from hdintuition.page.sheet import sheet_of
from hdintuition.page.style import NARROW, PAGE, role_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

    from hdbench.results import Result, Run

IDENTITY = "benchmarks-ratios"
MOST = 200.0  # a ratio beyond is an arrow at the edge with its number, or all others would sit on one another
LINE, GAP, FRAME = 0.2, 0.06, 0.8  # inches: a line of words, between rows, axis and margins
WIDTHS = {"page": (100, 30), "narrow": (50, 18)}  # characters in a line: of the work, of a peer


@dataclass(frozen=True)
class Block:
    """One piece of work: its words, and its comparisons with the names of the peers, all wrapped."""

    words: list[str]
    gpu: bool
    results: list[Result]
    names: list[list[str]]

    @property
    def rows(self) -> list[float]:
        """Where its comparisons stand, in inches below its top."""
        ends = 2 * GAP + LINE * len(self.words) + np.cumsum([GAP + LINE * len(name) for name in self.names])
        return [end - LINE * len(name) / 2 for end, name in zip(ends, self.names, strict=True)]

    @property
    def height(self) -> float:
        return 2 * GAP + LINE * len(self.words) + sum(GAP + LINE * len(name) for name in self.names)


def picture(runs: list[Run]) -> dict[str, Any] | None:
    """The bundle of the figure, or None if there is nothing to draw."""
    groups = list(chosen(runs))
    if not groups:
        return None
    svg = {}
    for target in (PAGE, NARROW):
        blocks = [block(*group, *WIDTHS[target.name]) for group in groups]
        sized = replace(target, height=FRAME + sum(one.height for one in blocks))
        [(_, svg[target.name], _)] = frames(
            [lambda ax, blocks=blocks: draw(ax, blocks)], sized, name="ratios", prefix=IDENTITY
        )
    shown = [one for _, _, results in groups for one in results]
    bars = [one for one in shown if one["must"]]
    return {
        "kind": "figure",
        "id": IDENTITY,
        "finding": finding(bars),
        "caption": "Dots: their time divided by ours, median of the rounds; bars: smallest and largest. Strokes: what "
        "was asked for in advance and, in grey, hoped for. A row without strokes is a loss."
        + (" Diamonds: on a GPU." if any(gpu for _, gpu, _ in groups) else ""),
        "svg": svg,
    }


def finding(bars: list[Result]) -> str:
    if not bars:
        return "Nothing was asked for in advance; these comparisons are lost."
    got = sum(reached(one, "must") for one in bars)
    return f"Against other libraries and ways, {got} of {len(bars)} ratios asked for in advance are reached."


def chosen(runs: list[Run]) -> Iterator[tuple[str, bool, list[Result]]]:
    """Work, whether on a GPU, and its comparisons: those with a bar set in advance, and all that are lost."""
    for run in runs:
        rivals = [one for one in run.rivals if one["must"] or one["goal"] or one["ratio"] < 1]
        for work, results in by_work(rivals).items():
            yield heading(f"{work} · {run.machine}" if run.on_gpu else work), run.on_gpu, results


def block(work: str, gpu: bool, results: list[Result], wide: int, slim: int) -> Block:
    names = [textwrap.wrap(one["peer"], slim) for one in results]
    return Block(textwrap.wrap(work, wide), gpu, results, names)


def draw(ax: Axes, blocks: list[Block]) -> str:
    """Everything from the top down, one unit an inch; returns the alt text."""
    top, ticks, names = 0.0, [], []
    for one in blocks:
        _heading(ax, "\n".join(one.words), top + 2 * GAP)
        rows = [top + row for row in one.rows]
        _dots(ax, rows, one)
        for bar, role in (("goal", "muted"), ("must", "ink")):
            _strokes(
                ax,
                [(result[bar], row) for result, row in zip(one.results, rows, strict=True) if result[bar]],
                role,
            )
        first = top + 2 * GAP + LINE * len(one.words)
        top += one.height
        ax.vlines(1, first, top, color=role_of("ink").mark, linewidth=sheet_of(ax).target.axis, zorder=1)
        ticks, names = ticks + rows, names + ["\n".join(name) for name in one.names]
    ax.set(xscale="log", ylim=(top + GAP, 0), xlabel="times faster than the peer; left of 1: slower")
    ax.set_yticks(ticks, names)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    return _alt([result for one in blocks for result in one.results])


def _dots(ax: Axes, rows: list[float], one: Block) -> None:
    """Ratios with their ends; a ratio too large for the axis as an arrow with its number."""
    role = "reference" if one.gpu else "measured"
    inside = [k for k, result in enumerate(one.results) if result["high"] <= MOST]
    if inside:
        columns = ([one.results[k][name] for k in inside] for name in ("ratio", "low", "high"))
        dots(ax, [rows[k] for k in inside], Interval(*columns), role, across=True)
    for k in set(range(len(rows))) - set(inside):
        ax.plot(MOST, rows[k], marker=">", color=role_of(role).mark, clip_on=False)
        words = f"{significant(one.results[k]['ratio'], 2)} ×"
        ax.annotate(words, (MOST, rows[k]), (-8, 0), textcoords="offset points", ha="right", va="center",
                    color=role_of(role).text, weight=600)  # fmt: skip


def _heading(ax: Axes, words: str, y: float) -> None:
    """The work, from the left edge of the picture; it must not take room from the plot."""
    from matplotlib.transforms import blended_transform_factory

    across = blended_transform_factory(ax.figure.transFigure, ax.transData)
    ax.text(0.003, y, words, transform=across, va="top", weight=600, linespacing=1.25).set_in_layout(False)


def _strokes(ax: Axes, points: list[tuple[float, float]], role: str) -> None:
    if points:
        target = sheet_of(ax).target
        ax.plot(*zip(*points, strict=True), linestyle="none", marker="|", color=role_of(role).mark, zorder=2,
                markersize=2.2 * target.marker, markeredgewidth=target.line)  # fmt: skip


def _alt(shown: list[Result]) -> str:
    worst, best = min(shown, key=lambda one: one["ratio"]), max(shown, key=lambda one: one["ratio"])
    return (
        f"Dots with horizontal bars on a logarithmic axis, one row for each of {len(shown)} comparisons, grouped by "
        f"work. They reach from {significant(worst['ratio'], 2)} times, against {worst['peer']}, to "
        f"{significant(best['ratio'], 2)} times, against {best['peer']}; a line marks 1."
    )
