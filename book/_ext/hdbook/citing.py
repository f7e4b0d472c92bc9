"""How to cite a figure: BibTeX, and a line for a slide or a post."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hdintuition.page import provenance

if TYPE_CHECKING:
    from hdbook.figures import Figure

_SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {"~": r"\textasciitilde{}", "^": r"\textasciicircum{}"}


def bibtex(figure: Figure) -> str:
    """An ``@misc`` entry whose address is the figure's permalink."""
    title = "".join(_SPECIAL.get(c, c) for c in figure.headline)
    fields = {
        "author": f"{{{provenance.authors()}}}",
        "title": f"{{{title}}}",
        "year": figure.date[:4],
        "howpublished": f"{provenance.TITLE}, version {provenance.version()}",
        "note": f"Figure “{figure.bundle['name']}”, {provenance.LICENCE}",
        "url": figure.permalink,
    }
    lines = ",\n".join(f"  {key} = {{{value}}}" for key, value in fields.items())
    return f"@misc{{hdintuition-{figure.id},\n{lines}\n}}"


def citation_line(figure: Figure) -> str:
    """One line: who, when, what, where, under which licence."""
    return (
        f"{provenance.authors()} ({figure.date[:4]}): “{figure.headline}”, figure {figure.bundle['name']} of "
        f"{provenance.TITLE}, version {provenance.version()}, {figure.permalink} ({provenance.LICENCE})"
    )
