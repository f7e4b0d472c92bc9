"""A map of measured values over a grid of two settings: colour for the eye, the number in every tile.

The colours are matplotlib's cividis, which is ordered in grey and safe for every kind of colour vision; the number
is written in whichever of black and white stands out more, as a tile looks the same on light and on dark paper.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import colormaps
from matplotlib.patheffects import withStroke

from hdintuition.evidence.interval import Interval
from hdintuition.page.marks import line
from hdintuition.page.sheet import sheet_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

PALE, DARK = "#ffffff", "#1b1f24"
EVEN = 0.49  # the lightness of a tile on which both stand out equally: as contrast counts it, for a grey


def tiles(
    ax: Axes,
    x: Sequence[float],
    y: Sequence[float],
    interval: Interval,
    *,
    low: float,
    high: float,
) -> None:
    """Draw one tile for every pair of settings, with its value and, where there is room, half its interval.

    Both axes become logarithmic, so that settings that grow by a constant factor make tiles of one size.

    Args:
        ax: Where to draw.
        x: Settings along the x axis, positive and rising, each a constant factor above the one before.
        y: The same along the y axis.
        interval: A stack of ``len(y) * len(x)`` intervals, x running fastest.
        low: The value of the darkest colour.
        high: The value of the lightest.

    Raises:
        TypeError: If ``interval`` is not an Interval.
        ValueError: If there are not as many intervals as tiles, or settings do not grow by a constant factor.
    """
    if not isinstance(interval, Interval):
        raise TypeError(f"tiles draws measured values and takes an Interval, got {type(interval).__name__}")
    columns, rows = _edges(x, "x"), _edges(y, "y")
    shape = (len(y), len(x))
    if not interval.is_stack or len(interval) != shape[0] * shape[1]:
        raise ValueError(f"tiles needs {shape[0]} × {shape[1]} intervals, got {interval!r}")
    sheet = sheet_of(ax)
    shade = np.clip((np.asarray(interval.estimate) - low) / (high - low), 0, 1)
    colours = colormaps["cividis"](shade)
    ax.pcolormesh(columns, rows, shade.reshape(shape), cmap="cividis", vmin=0, vmax=1, linewidth=0, zorder=0)
    ax.set(xscale="log", yscale="log", xlim=columns[[0, -1]], ylim=rows[[0, -1]])
    for tile, (row, column) in enumerate(np.ndindex(shape)):
        one = interval[tile]
        text = f"{one.estimate:.0f}"
        if not sheet.target.narrow:
            text += f" ±{(one.high - one.low) / 2:.0f}"
        light = colours[tile, :3] @ (0.2126, 0.7152, 0.0722) > EVEN
        ax.text(
            x[column],
            y[row],
            text,
            ha="center",
            va="center",
            color=DARK if light else PALE,
            zorder=4,  # a curve gives way to the numbers
            bbox={"facecolor": colours[tile], "edgecolor": "none", "pad": 1.0},
        )
    sheet.roles.add("measured")
    across, along = np.tile(x, len(y)), np.repeat(y, len(x))
    sheet.note(
        "tiles", "measured", x=across, y=along, value=interval.estimate, low=interval.low, high=interval.high
    )


def line_over_tiles(ax: Axes, x: ArrayLike, y: ArrayLike, label: str = "") -> None:
    """Draw an exact curve that stands out from dark and light tiles alike; as :func:`~.marks.line` otherwise."""
    sheet = sheet_of(ax)
    line(ax, x, y, label)
    sheet.guides = False
    drawn = ax.lines[-1]
    drawn.set(color=DARK, path_effects=[withStroke(linewidth=2.6 * sheet.target.line, foreground=PALE)])


def _edges(settings: Sequence[float], name: str) -> np.ndarray:
    """Where tiles end: half a factor below the first setting, between the others, half a factor above the last."""
    logs = np.log(np.asarray(settings, dtype=float))
    steps = np.diff(logs)
    if len(steps) < 1 or not np.allclose(steps, steps[0]) or not steps[0] > 0:
        raise ValueError(f"the {name} of tiles must rise by a constant factor, got {list(settings)}")
    return np.exp(np.append(logs - steps[0] / 2, logs[-1] + steps[0] / 2))
