"""One drawing function, two inline SVGs: the page's and the phone's."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from hdintuition.page.layout import finish
from hdintuition.page.sheet import Sheet, sheet_of
from hdintuition.page.style import EXPLORER, NARROW, PAGE, Target, styled
from hdintuition.page.svg import inline_svg

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hdintuition.page.words import Words

    Draw = Callable[[Axes], str]

NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def figure_bundle(slug: str, name: str, draw: Draw, words: Words) -> dict[str, Any]:
    """The bundle of a figure: what is said of it, alt text, both drawings, the data.

    Args:
        slug: The chapter, ``"walls/odds-of-walls"``.
        name: The figure's name within the chapter; its id is ``<slug's last part>-<name>``.
        draw: ``draw(ax)`` draws with the marks and returns the alt text.
        words: What is said of it.

    Raises:
        ValueError: If the name is not of the form ``a-b-c``, or ``draw`` returns no alt text.
    """
    check_name(name)
    svg, alt, sheet = {}, "", Sheet()
    for target in (PAGE, NARROW):
        alt, svg[target.name], sheet = frames([draw], target, name=name, prefix=figure_id(slug, name))[0]
        if target is PAGE:
            rows, roles = sheet.rows, sheet.roles
    return {
        "kind": "figure",
        "id": figure_id(slug, name),
        "slug": slug,
        "name": name,
        **words.json(),
        "caption": _with_marks(words.caption, roles),
        "alt": alt,
        "svg": svg,
        "data": rows,
    }


def frames(draws: Sequence[Draw], target: Target, *, name: str, prefix: str) -> list[tuple[str, str, Sheet]]:
    """Every drawing as ``(alt text, svg, sheet)``, all on the same axes."""
    with styled(target):
        figures, alts = [], []
        for draw in draws:
            figure, alt = drawn(draw, target, name=name)
            alts.append(alt)
            figures.append(figure)
        finish(figures)
        return [
            (
                alt,
                inline_svg(figure, alt=alt, prefix=f"{prefix}-{target.name[0]}{k}"),
                sheet_of(figure.axes[0]),
            )
            for k, (figure, alt) in enumerate(zip(figures, alts, strict=True))
        ]


def drawn(draw: Draw, target: Target, *, name: str) -> tuple[Figure, str]:
    """One drawing and its alt text; inside ``with styled(target)``, and not yet finished."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(target.width, target.height), dpi=72)
    FigureCanvasAgg(figure)
    ax = figure.add_subplot()
    ax.hd_sheet, ax.hd_narrow = Sheet(target), target.narrow  # type: ignore[attr-defined]
    return figure, _alt(draw(ax), name)


def figure_id(slug: str, name: str) -> str:
    """The frozen id of a figure: ``odds-of-walls-odds``."""
    return f"{slug.rpartition('/')[2]}-{name}"


def explorer_targets() -> tuple[Target, Target]:
    """An explorer is a little lower than a figure, so that its sliders stay in view."""
    return EXPLORER, NARROW


def check_name(name: str) -> None:
    """Raise ValueError unless ``name`` can be part of an address."""
    if not NAME.fullmatch(name):
        raise ValueError(f"a figure's name is lower-case words joined by hyphens, got {name!r}")


def _alt(returned: object, name: str) -> str:
    if not isinstance(returned, str) or not returned.strip():
        raise ValueError(
            f"draw of {name!r} must return the alt text: what the picture shows, in 20 to 45 words; "
            f"got {returned!r}"
        )
    return returned.strip()


def _with_marks(caption: str, roles: set[str]) -> str:
    """The caption, and how to tell this run from the reference run where both are drawn."""
    if "reference" not in roles:
        return caption
    return f"{caption} Filled dots: this run; open diamonds: the reference run.".strip()
