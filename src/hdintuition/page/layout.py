"""Ticks, axis titles and labels at the ends of lines: what makes a plot read without a legend."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib import ticker
from matplotlib.lines import Line2D

from hdintuition.evidence.numbers import SUPERSCRIPT, significant
from hdintuition.page.sheet import Label, sheet_of
from hdintuition.page.style import INK, role_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_WRAP = 22


WHOLE = (0.0, 0.0, 1.0, 1.0)


def finish(figures: Sequence[Figure], within: tuple[float, float, float, float] = WHOLE) -> None:
    """Give the frames of one picture the same axes, then place ticks, titles and labels.

    Args:
        figures: One figure, or all frames of an explorer at one target; one axes each.
        within: The part of the figure to fill: left, bottom, width and height as shares of it.
    """
    axes = [figure.axes[0] for figure in figures]
    _share_limits(axes)
    for ax in axes:
        _ticks(ax)
        _titles(ax)
        _upper_limits(ax)
        if sheet_of(ax).target.narrow:
            _key(ax)
        else:
            _end_labels(ax)
    _share_position(figures, within)
    for ax in axes:
        if not sheet_of(ax).target.narrow:
            _push_apart(ax)


def _share_limits(axes: Sequence[Axes]) -> None:
    """Same axes in all frames, so that only data move."""
    if len(axes) > 1:
        xs, ys = np.array([ax.get_xlim() for ax in axes]), np.array([ax.get_ylim() for ax in axes])
        for ax in axes:
            ax.set(xlim=(xs[:, 0].min(), xs[:, 1].max()), ylim=(ys[:, 0].min(), ys[:, 1].max()))


def _share_position(figures: Sequence[Figure], within: tuple[float, float, float, float]) -> None:
    """The plot box that leaves room for the widest ticks and labels of all frames."""
    boxes = []
    for figure in figures:
        figure.set_layout_engine("constrained", w_pad=0.02, h_pad=0.03, rect=within)
        figure.draw_without_rendering()
        boxes.append(figure.axes[0].get_position().extents)
    edges = np.array(boxes)
    left, bottom = edges[:, 0].max(), edges[:, 1].max()
    right, top = edges[:, 2].min(), edges[:, 3].min()
    for figure in figures:
        figure.set_layout_engine("none")
        figure.axes[0].set_position((left, bottom, right - left, top - bottom))


def _ticks(ax: Axes) -> None:
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_minor_locator(ticker.NullLocator())
        if isinstance(axis.get_major_locator(), ticker.AutoLocator):
            whole = axis is ax.xaxis and _counts(ax)
            axis.set_major_locator(ticker.MaxNLocator(nbins=8 if whole else 5, integer=whole))
        if isinstance(axis.get_major_locator(), ticker.LogLocator):
            axis.set_major_locator(ticker.LogLocator(numticks=6))
        if isinstance(axis.get_major_formatter(), ticker.LogFormatter):
            axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: _power(value)))
        elif isinstance(axis.get_major_formatter(), ticker.ScalarFormatter):
            axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: significant(value, 6)))
    if sheet_of(ax).guides:
        ax.grid(axis="y", color=INK, alpha=0.13, linewidth=ax.spines["left"].get_linewidth())


def _counts(ax: Axes) -> bool:
    """True if everything drawn stands at whole numbers: the axis counts something."""
    xs = [row["x"] for row in sheet_of(ax).rows if "low" in row or row["role"] == "ink"]
    return bool(xs) and all(float(x).is_integer() for x in xs)


def _titles(ax: Axes) -> None:
    """The y title stands above the axis and is read without turning the head; the x title starts left."""
    ax.xaxis.label.set(ha="left", x=0)
    words = ax.get_ylabel()
    ax.set_ylabel("")
    if words:
        target = sheet_of(ax).target
        width = 44 if target.narrow else int(1.875 * target.ems)
        ax.set_title(textwrap.fill(words, width), loc="left", pad=7)


def _upper_limits(ax: Axes) -> None:
    """On a log axis nothing seen is drawn as a triangle at the upper end of its interval."""
    if ax.get_yscale() != "log":
        return
    for limit in sheet_of(ax).limits:
        style = role_of(limit.role)
        ax.plot(
            [limit.x], [limit.high], marker="v", linestyle="none", color=style.mark, markerfacecolor="none"
        )


def _end_labels(ax: Axes) -> None:
    """Labels to the right of the plot, at the height of their line's end; moved apart later."""
    pad = 6
    for label in sheet_of(ax).labels:
        y = _inside(ax, label.y)
        ax.annotate(
            textwrap.fill(label.text, _WRAP),
            xy=(1, y),
            xycoords=ax.get_yaxis_transform(),
            xytext=(pad, 0),
            textcoords="offset points",
            color=role_of(label.role).text,
            weight=600,
            va="center",
            annotation_clip=False,
            gid="hd-label",
        )


def _push_apart(ax: Axes) -> None:
    """Move labels up or down, as little as possible, until none overlaps another."""
    marks = [text for text in ax.texts if text.get_gid() == "hd-label"]
    if len(marks) < 2:
        return
    renderer = ax.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    boxes = [text.get_window_extent(renderer) for text in marks]
    centres = np.array([(box.y0 + box.y1) / 2 for box in boxes])
    halves = np.array([(box.y1 - box.y0) / 2 for box in boxes])
    moved = _separated(centres, halves, gap=2.0)
    points = 72 / ax.figure.dpi
    for text, shift in zip(marks, (moved - centres) * points, strict=True):
        text.set_position((6, float(shift)))


def _separated(centres: np.ndarray, halves: np.ndarray, *, gap: float) -> np.ndarray:
    """Centres of intervals moved so that they do not overlap, order kept, total squared move least.

    Pool-adjacent-violators on the centres minus their stacked offsets: the least-squares projection.
    """
    from scipy.optimize import isotonic_regression

    order = np.argsort(centres, kind="stable")
    sizes = halves[order]
    offsets = np.concatenate([[0.0], np.cumsum(sizes[:-1] + sizes[1:] + gap)])
    fitted = isotonic_regression(centres[order] - offsets).x + offsets
    moved = np.empty_like(centres)
    moved[order] = fitted
    return moved


def _key(ax: Axes) -> None:
    """On a phone there is no room at the right: one line of key per label, above the plot."""
    labels = sheet_of(ax).labels
    if not labels:
        return
    handles = [_handle(label) for label in labels]
    legend = ax.legend(
        handles,
        [textwrap.fill(label.text, 40) for label in labels],
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        handlelength=1.8,
        borderaxespad=0,
        borderpad=0.2,
        labelspacing=0.25,
        prop={"weight": 600},
    )
    for text, label in zip(legend.get_texts(), labels, strict=True):
        text.set_color(role_of(label.role).text)
    title = ax.get_title(loc="left")
    if title:  # the key stands between title and plot
        lines = sum(1 + text.get_text().count("\n") for text in legend.get_texts())
        ax.set_title(title, loc="left", pad=12 + lines * 1.5 * sheet_of(ax).target.points)


def _handle(label: Label) -> Line2D:
    style = role_of(label.role)
    dotted = label.marker != "none"
    return Line2D([], [], color=style.mark, linestyle="none" if dotted else label.dash, marker=label.marker,
                  markerfacecolor="none" if label.role == "reference" else style.mark)  # fmt: skip


def _inside(ax: Axes, y: float) -> float:
    low, high = sorted(ax.get_ylim())
    return min(max(y, low), high) if np.isfinite(y) else low


def _power(value: float) -> str:
    """A tick of a log axis: 0.01 to 10 000 written out, anything else as a power of ten."""
    exponent = round(float(np.log10(value)))
    if -2 <= exponent <= 4:
        return significant(value, 6)
    return (
        significant(value, 6)
        if not np.isclose(value, 10.0**exponent)
        else f"10{str(exponent).translate(SUPERSCRIPT)}"
    )
