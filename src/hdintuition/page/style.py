"""Colours, type sizes and targets of every figure.

A colour belongs to a role, a size to a target. Ink and the role colours of text differ between light and
dark pages, so a figure is drawn with stand-in colours ("sentinels") which :mod:`hdintuition.page.svg`
replaces by ``currentColor`` and CSS variables. Mark colours hold on both papers and stay as they are.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

INK, PAPER = "#010203", "#010217"


@dataclass(frozen=True)
class Role:
    """How one kind of evidence is drawn: mark colour, text stand-in, marker, dash."""

    mark: str
    text: str
    marker: str
    dash: str | tuple[int, tuple[int, ...]]


ROLES = {
    "ink": Role(INK, INK, "none", "solid"),
    "measured": Role("#2b7be0", "#010211", "o", "solid"),
    "literal": Role("#c9321a", "#010212", "s", (0, (1, 2))),
    "charitable": Role("#18784f", "#010213", "^", (0, (7, 3))),
    "counter": Role("#a846b0", "#010214", "D", "solid"),
    "reference": Role("#c4811b", "#010215", "D", "solid"),
    "muted": Role("#858b94", "#010216", ".", (0, (4, 3))),
}


LIGHT = {
    INK: "#1b1f24", "#010211": "#1c60b8", "#010212": "#b02a13", "#010213": "#126340", "#010214": "#8b3393",
    "#010215": "#8a5500", "#010216": "#5b626c", PAPER: "#ffffff",
}  # fmt: skip
DARK = {
    INK: "#e8eaed", "#010211": "#82b4f5", "#010212": "#ff8f76", "#010213": "#5fcb9c", "#010214": "#d994e0",
    "#010215": "#e6ad52", "#010216": "#a6acb6", PAPER: "#121212",
}  # fmt: skip
"""The colours of the stand-ins on white and on near-black paper, for files that no style sheet reaches."""

DASHES: tuple[Any, ...] = ((0, (6, 2)), (0, (1.5, 1.8)), (0, (7, 2, 1.5, 2)))
"""For the second, third and fourth line of one role: same hue, another dash."""


@dataclass(frozen=True)
class Target:
    """One of the sizes a figure is drawn at: inches, base point size, line, marker and axis widths."""

    name: str
    width: float
    height: float
    points: float
    line: float
    marker: float
    axis: float

    @property
    def narrow(self) -> bool:
        """True for the drawing that phones get."""
        return self.name == "narrow"

    @property
    def plot(self) -> float:
        """The share of the height that is left for the plot itself, about: a slide bears a headline and a note."""
        return 0.52 if self.name == "slide" else 0.75

    @property
    def ems(self) -> float:
        """How many times the size of its type the drawing is wide."""
        return self.width * 72 / self.points


PAGE = Target("page", 7.0, 3.9, 10.5, 1.6, 5.5, 0.8)
NARROW = Target("narrow", 3.7, 3.5, 9.8, 1.5, 5.0, 0.8)
EXPLORER = Target("page", 7.0, 3.35, 10.5, 1.6, 5.5, 0.8)
CARD = Target("card", 5.3, 3.75, 10.5, 1.6, 5.5, 0.8)
SLIDE = Target("slide", 12.8, 7.2, 22.0, 4.0, 13.0, 1.8)
PRINT = Target("print", 6.5, 3.6, 8.5, 1.1, 4.0, 0.6)
DPI = {"slide": 150}
"""Dots an inch where it matters: a slide is 1920 × 1080."""
FAMILY = "Hdi Sans"


def role_of(name: str) -> Role:
    """The role called ``name``.

    Raises:
        ValueError: If there is no such role.
    """
    if name not in ROLES:
        raise ValueError(f"role must be one of {', '.join(ROLES)}, got {name!r}")
    return ROLES[name]


@contextmanager
def styled(target: Target) -> Iterator[None]:
    """Matplotlib's settings for one target, inside a ``with`` block."""
    import matplotlib as mpl

    _register_fonts()
    with mpl.rc_context(cast("Any", _settings(target))), _quiet_fonts():
        yield


def _settings(target: Target) -> dict[str, Any]:
    pt, q = target.points, target.points / 10.5
    return {
        "font.family": [FAMILY, "DejaVu Sans"],
        "font.size": pt,
        "axes.labelsize": pt,
        "axes.titlesize": pt,
        "xtick.labelsize": 0.95 * pt,
        "ytick.labelsize": 0.95 * pt,
        "mathtext.fontset": "custom",
        "mathtext.rm": FAMILY,
        "mathtext.it": f"{FAMILY}:italic",
        "mathtext.bf": f"{FAMILY}:bold",
        "mathtext.fallback": "stixsans",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.linewidth": target.axis,
        "axes.edgecolor": INK,
        "axes.labelcolor": INK,
        "axes.facecolor": "none",
        "axes.grid": False,
        "axes.axisbelow": True,
        "axes.xmargin": 0.02,
        "axes.unicode_minus": True,
        "text.color": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "xtick.major.width": target.axis,
        "ytick.major.width": target.axis,
        "xtick.major.size": 3.5 * q,
        "ytick.major.size": 3.5 * q,
        "xtick.minor.size": 0,
        "ytick.minor.size": 0,
        "lines.linewidth": target.line,
        "lines.markersize": target.marker,
        "lines.solid_capstyle": "round",
        "lines.dash_capstyle": "butt",
        "legend.frameon": False,
        "figure.facecolor": "none",
        "savefig.facecolor": "none",
        "pdf.fonttype": 42,
        "svg.fonttype": "none",
        "svg.hashsalt": "hdintuition",
        "path.simplify_threshold": 0.2,
    }


@cache
def _register_fonts() -> None:
    """Tell matplotlib of the fonts the package ships; without them it falls back to DejaVu."""
    from matplotlib import font_manager

    folder = files("hdintuition.page") / "assets" / "fonts"
    if folder.is_dir():
        for font in sorted(folder.iterdir(), key=lambda f: f.name):
            if font.name.endswith(".ttf"):
                font_manager.fontManager.addfont(str(font))


@contextmanager
def _quiet_fonts() -> Iterator[None]:
    """A missing font is no news to a reader, and a line on stderr fails the build."""
    logger = logging.getLogger("matplotlib.font_manager")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
