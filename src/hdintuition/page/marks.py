"""The marks a chapter draws with: lines are exact, dots are measured.

Marks take their colours, sizes and markers from the role and from the axes' target. ``dots`` refuses bare
numbers: what was measured has an interval. What the marks draw is the figure's downloadable data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hdintuition.evidence.interval import Interval
from hdintuition.evidence.numbers import THIN, significant
from hdintuition.page.sheet import Label, Limit, Sheet, sheet_of
from hdintuition.page.style import DASHES, PAPER, role_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike


def line(ax: Axes, x: ArrayLike, y: ArrayLike, label: str = "", role: str = "ink") -> None:
    """Draw an exact curve and, at its right-hand end, its label.

    Args:
        ax: Where to draw.
        x: Abscissae, shape ``(k,)``; a range or a tensor will do.
        y: Ordinates, shape ``(k,)``, numbers only.
        label: A few words (at most about 30 characters).
        role: What the line stands for; ``"ink"`` is theory.

    Raises:
        ValueError: If x and y differ in length, or the role is unknown.
        TypeError: If y is an Interval: measured values are drawn by :func:`dots` or :func:`band`.
    """
    if isinstance(y, Interval):
        raise TypeError(
            "line draws exact values, got an Interval; use hdi.dots or hdi.band for measured ones"
        )
    style, sheet = role_of(role), sheet_of(ax)
    xs, ys = _pair(x, y)
    dash = _dash(sheet, style.dash, role) if label else style.dash
    ax.plot(xs, ys, color=style.mark, linestyle=dash, marker="none", zorder=2)
    sheet.note(label or role, role, x=xs, y=ys)
    sheet.guides = True
    _label_end(sheet, label, xs, ys, role, dash=dash)


def dots(
    ax: Axes,
    x: ArrayLike,
    interval: Interval,
    role: str = "measured",
    *,
    label: str = "",
    across: bool = False,
) -> None:
    """Draw measured values with their 95 % intervals.

    Args:
        ax: Where to draw.
        x: Positions, shape ``(k,)`` or a number; with ``across`` they count along the y axis.
        interval: k intervals (``hdi.stack``), or a single one.
        role: ``"measured"``, ``"reference"``, ``"counter"``, …
        label: Words at the last dot.
        across: Draw the intervals horizontally.

    Raises:
        TypeError: If ``interval`` is not an Interval.
        ValueError: If the lengths differ, or the role is unknown.
    """
    if not isinstance(interval, Interval):
        raise TypeError(
            f"dots draws measured values and takes an Interval, got {type(interval).__name__}; "
            "use hdi.wilson, hdi.mean, hdi.frequency or hdi.stack"
        )
    style, sheet = role_of(role), sheet_of(ax)
    xs, middle = _pair(x, interval.estimate)
    low, high = np.atleast_1d(interval.low), np.atleast_1d(interval.high)
    spread = np.stack([middle - low, high - middle]).clip(min=0)
    is_open = role == "reference"
    ax.errorbar(
        *((middle, xs) if across else (xs, middle)),
        xerr=spread if across else None,
        yerr=None if across else spread,
        fmt=style.marker,
        color=style.mark,
        markerfacecolor="none" if is_open else style.mark,
        markersize=sheet.target.marker * (2.0 if is_open else 0.82 if style.marker == "D" else 1.0),
        markeredgewidth=sheet.target.line * 0.8 if is_open else 0.0,
        elinewidth=sheet.target.line * 0.8,
        zorder=3,
    )
    sheet.roles.add(role)
    sheet.guides = sheet.guides or not across
    if across:
        sheet.note(label or role, role, y=xs, x=middle, low=low, high=high)
        return
    sheet.note(label or role, role, x=xs, y=middle, low=low, high=high)
    sheet.limits += [Limit(a, c, role) for a, b, c in zip(xs, middle, high, strict=True) if b <= 0 < c]
    _label_end(sheet, label, xs, middle, role, marker=style.marker)


def band(ax: Axes, x: ArrayLike, interval: Interval, role: str = "measured", *, label: str = "") -> None:
    """Draw a measured curve with its 95 % band; arguments and errors as :func:`dots`."""
    if not isinstance(interval, Interval):
        raise TypeError(f"band takes an Interval, got {type(interval).__name__}")
    style, sheet = role_of(role), sheet_of(ax)
    xs, middle = _pair(x, interval.estimate)
    low, high = np.atleast_1d(interval.low), np.atleast_1d(interval.high)
    ax.fill_between(xs, low, high, color=style.mark, alpha=0.2, linewidth=0)
    ax.plot(xs, middle, color=style.mark, linestyle=style.dash, zorder=2)
    sheet.roles.add(role)
    sheet.note(label or role, role, x=xs, y=middle, low=low, high=high)
    sheet.guides = True
    _label_end(sheet, label, xs, middle, role, dash=style.dash)


def spaghetti(ax: Axes, x: ArrayLike, ys: ArrayLike, label: str = "") -> None:
    """Draw many thin curves, ``ys`` of shape ``(curves, k)``: single draws, context for a mean."""
    style, sheet = role_of("muted"), sheet_of(ax)
    xs, curves = _array(x), np.atleast_2d(_array(ys))
    if curves.shape[1] != xs.size:
        raise ValueError(f"ys must have shape (curves, {xs.size}), got {curves.shape}")
    ax.plot(xs, curves.T, color=style.mark, linewidth=0.4 * sheet.target.line, alpha=0.55, zorder=1)
    for number, curve in enumerate(curves, start=1):
        sheet.note(f"{label or 'curve'} {number}", "muted", x=xs, y=curve)
    if label:
        sheet.labels.append(Label(label, float(xs[-1]), float(np.median(curves[:, -1])), "muted"))


def region(ax: Axes, low: float, high: float, label: str = "") -> None:
    """Shade the part ``low <= x <= high`` in grey, with words at its top."""
    ax.axvspan(low, high, color=role_of("muted").mark, alpha=0.16, linewidth=0, zorder=0)
    if label:
        ax.text((low + high) / 2, 0.97, label, transform=ax.get_xaxis_transform(), ha="center", va="top",
                color=role_of("muted").text)  # fmt: skip


def histogram(
    ax: Axes,
    values: ArrayLike,
    *,
    split_at: float | None = None,
    headline: Interval | None = None,
    says: str = "",
    below: str = "",
    above: str = "",
    bins: int = 80,
    same_height: bool = False,
) -> None:
    """Draw the distribution of ``values``, cut in two at ``split_at``.

    Args:
        ax: Where to draw.
        values: Any shape; flattened.
        split_at: Values below it are filled dark, above it light.
        headline: A share to repeat in large type, with its count and interval.
        says: What the share is of; stands above it.
        below: What the values below ``split_at`` are; its share is added.
        above: What the values above ``split_at`` are.
        bins: Number of bins over the range of the values, rounded so that ``split_at`` is an edge.
        same_height: Draw the tallest bin at height 1, so that the frames of an explorer whose widths differ
            much all fill it; otherwise the area is 1.
    """
    flat, style = _array(values).ravel(), role_of("measured")
    if flat.size == 0 or not np.isfinite(flat).all():
        raise ValueError("a histogram needs at least one value, all finite")
    edges = _edges(flat, split_at, bins)
    counts, edges = np.histogram(flat, bins=edges, density=True)
    if same_height:
        counts = counts / counts.max()
    for side, alpha in (
        (edges[1:] <= _cut(split_at, edges), 0.62),
        (edges[:-1] >= _cut(split_at, edges), 0.16),
    ):
        if side.any():
            inside = np.append(edges[:-1][side], edges[1:][side][-1])
            ax.stairs(counts[side], inside, fill=True, color=style.mark, alpha=alpha, linewidth=0)
    ax.stairs(counts, edges, color=style.mark, linewidth=0.8 * sheet_of(ax).target.line, baseline=None)
    sheet_of(ax).note(
        "height" if same_height else "density", "measured", x=(edges[1:] + edges[:-1]) / 2, y=counts
    )
    ax.set(ylim=(0, 1.28 * counts.max()), yticks=[])  # room above for the words
    ax.spines["left"].set_visible(False)
    if split_at is not None:
        ax.axvline(split_at, ymax=0.9, color=role_of("ink").mark, linewidth=sheet_of(ax).target.line)
        share = f"{below}: {significant(100 * float((flat < split_at).mean()), 3)}{THIN}%" if below else ""
        _beside(ax, split_at, share, above)
    if headline is not None:
        _headline_of(ax, headline, says)


def headline(ax: Axes, text: str, note: str = "", says: str = "") -> None:
    """Write a key number in large type at the top right: above it what it is, below it a note."""
    points, down = sheet_of(ax).target.points, 0.0
    corner: dict[str, Any] = {
        "xycoords": "axes fraction",
        "textcoords": "offset points",
        "ha": "right",
        "va": "top",
        "zorder": 5,  # above the data, on a little paper of its own
        "bbox": {"facecolor": PAPER, "edgecolor": "none", "alpha": 0.75, "pad": 0.1 * points},
    }
    if says:
        ax.annotate(says, (1, 1), (0, 0), fontsize=0.92 * points, **corner)
        down = 1.35 * points
    ax.annotate(text, (1, 1), (0, -down), fontsize=1.9 * points, weight=600, **corner)
    muted = role_of("muted").text
    ax.annotate(note, (1, 1), (0, -down - 2.5 * points), fontsize=0.92 * points, color=muted, **corner)


def _headline_of(ax: Axes, share: Interval, says: str) -> None:
    """The share in large type, below it what it rests on and its interval."""
    text = f"{share:%i}"
    number, bracket, bounds = text.partition(" (")
    if not bracket:  # "0 seen, at most 0.04 %"
        number, _, bounds = text.partition(", ")
    note = f"95{THIN}%: {bounds.rstrip(')')}"
    wide = share.note and not sheet_of(ax).target.narrow
    headline(ax, number, f"{share.note} draws; {note}" if wide else note, says)


def _beside(ax: Axes, x: float, left: str, right: str) -> None:
    """Words left and right of a vertical line, near its top."""
    style: dict[str, Any] = {
        "xycoords": ax.get_xaxis_transform(),
        "textcoords": "offset points",
        "va": "top",
        "annotation_clip": False,
    }
    ax.annotate(left, (x, 0.9), (-6, 0), ha="right", color=role_of("measured").text, weight=600, **style)
    ax.annotate(right, (x, 0.9), (6, 0), ha="left", color=role_of("ink").text, **style)


def _label_end(sheet: Sheet, label: str, xs: np.ndarray, ys: np.ndarray, role: str, **how: Any) -> None:
    if label:
        shown = np.flatnonzero(np.isfinite(ys))
        last = shown[-1] if shown.size else -1
        sheet.labels.append(Label(label, float(xs[last]), float(ys[last]), role, **how))


def _dash(sheet: Sheet, first: Any, role: str) -> Any:
    """The dash of the next labelled line of a role, so that a key can tell two of them apart."""
    same = sum(label.role == role and label.marker == "none" for label in sheet.labels)
    return (first, *(dash for dash in DASHES if dash != first))[same % (len(DASHES) + 1)]


def _cut(split_at: float | None, edges: np.ndarray) -> float:
    return float(edges[-1]) if split_at is None else split_at


def _edges(flat: np.ndarray, split_at: float | None, bins: int) -> np.ndarray:
    """Bin edges over the range, with one at ``split_at``."""
    low, high = float(flat.min()), float(flat.max())
    width = (high - low) / bins or 1.0
    origin = low if split_at is None else split_at
    first, last = np.floor((low - origin) / width), np.ceil((high - origin) / width)
    return origin + width * np.arange(first, max(last, first + 1) + 1)


def _pair(x: ArrayLike, y: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    xs, ys = np.atleast_1d(_array(x)), np.atleast_1d(_array(y))
    if xs.shape != ys.shape:
        raise ValueError(f"x and y must have the same length, got {xs.shape} and {ys.shape}")
    return xs, ys


def _array(values: Any) -> np.ndarray:
    """Numbers as float64, wherever they come from: a range, a list, a tensor on any device."""
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    elif isinstance(values, (list, tuple)) and any(hasattr(v, "detach") for v in values):
        values = [float(v) for v in values]
    return np.asarray(values, dtype=float)
