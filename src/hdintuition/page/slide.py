"""What stands on a slide beside the drawing: the finding as headline, and a line that says whose it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hdintuition.page.style import INK, SLIDE, role_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from matplotlib.text import Text

LEFT, TOP, WIDE = 0.055, 0.945, 0.89
HEADLINE = (33.0, 29.0, 25.0)
"""Points, the largest that needs at most two lines."""


def furnish(figure: Figure, headline: str, note: str, link: str) -> tuple[float, float, float, float]:
    """Write headline and note; where there is room for the drawing, as left, bottom, width and height.

    Args:
        figure: An empty slide, 12.8 × 7.2 inches.
        headline: The finding.
        note: The small line at the foot.
        link: Where the note leads in a PDF.
    """
    text = figure.text(LEFT, TOP, "", va="top", ha="left", weight=600, color=INK, linespacing=0.9)
    for size in HEADLINE:
        text.set_fontsize(size)
        lines = _wrapped(text, headline.rstrip(".") if headline.count(". ") == 0 else headline)
        if lines <= 2:
            break
    address = link.partition("://")[2]
    foot = figure.text(
        LEFT, 0.035, f"{note}\n{address}", va="bottom", ha="left", fontsize=15, linespacing=0.95
    )
    foot.set(color=role_of("muted").text, url=link)
    for word in (text, foot):
        word.set_in_layout(False)
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    bottom, top = 0.125, text.get_window_extent(renderer).y0 / figure.bbox.height - 0.025
    return (LEFT - 0.01, bottom, WIDE + 0.02, top - bottom)


def _wrapped(text: Text, words: str) -> int:
    """Break the words into lines that fit the slide; how many there are."""
    figure = text.get_figure(root=True)
    assert figure is not None
    renderer = figure.canvas.get_renderer()  # type: ignore[attr-defined]
    room = WIDE * SLIDE.width * figure.dpi
    lines: list[str] = []
    for word in words.split(" "):
        longer = f"{lines[-1]} {word}" if lines else word
        text.set_text(longer)
        if lines and text.get_window_extent(renderer).width <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    text.set_text("\n".join(lines))
    return len(lines)
