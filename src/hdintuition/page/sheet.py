"""What a drawing leaves on its axes besides ink: labels to place, numbers to publish.

``draw(ax)`` calls marks; a mark draws at once and notes on the axes' :class:`Sheet` what has to wait
until the limits are known (labels at line ends, arrows for values a log axis cannot show) and which
numbers it drew (the figure's data). :func:`hdintuition.page.layout.finish` works the notes off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hdintuition.page.style import PAGE, Target

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass
class Label:
    """Words that belong to a line or to dots: placed at ``x, y`` (data), in the colour of ``role``."""

    text: str
    x: float
    y: float
    role: str
    marker: str = "none"
    dash: Any = "solid"


@dataclass
class Limit:
    """An interval whose estimate is not above zero: a log axis shows only its upper end."""

    x: float
    high: float
    role: str


@dataclass
class Sheet:
    """The notes of one axes."""

    target: Target = PAGE
    labels: list[Label] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    roles: set[str] = field(default_factory=set)
    guides: bool = False

    def note(self, series: str, role: str, **columns: Any) -> None:
        """Keep one long-form row for every entry of the columns (all of one length).

        A point without a place is not drawn and gets no row; a bound at infinity is None.
        """
        names = list(columns)
        for values in zip(*columns.values(), strict=True):
            row = {name: _short(value) for name, value in zip(names, values, strict=True)}
            if not any(name in ("x", "y") and value is None for name, value in row.items()):
                self.rows.append({"series": series, "role": role, **row})


def sheet_of(ax: Axes) -> Sheet:
    """The sheet of ``ax``; made on first use, so that marks also work on bare matplotlib axes."""
    if not hasattr(ax, "hd_sheet"):
        ax.hd_sheet = Sheet()  # type: ignore[attr-defined]
    return ax.hd_sheet  # type: ignore[attr-defined]


def _short(value: Any) -> Any:
    """Six significant digits: what a reader of the data can use, and stable across platforms."""
    return float(f"{float(value):.6g}") if math.isfinite(value) else None
