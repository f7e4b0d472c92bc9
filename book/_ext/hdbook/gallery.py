"""The gallery: every figure as a card, the best first, with boxes to choose figures for a deck."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from hdbook.decks import DECKS, deck_name
from hdbook.elements import html
from hdbook.figures import Figure, figures_of
from hdbook.results import book_of
from hdintuition.evidence import claims as claim_files
from hdintuition.page import provenance
from hdintuition.page.html import take_links

if TYPE_CHECKING:
    from hdbook.results import Book


# Stays at the foot of the screen while one chooses; the script shows it.
_BAR = (
    '<div class="hd-deck-bar" hidden><details><summary><span class="hd-found" aria-live="polite"></span></summary>'
    '<ol class="hd-deck-list"></ol></details>'
    '<button type="button" class="hd-button hd-filled" data-make disabled>Make the deck (PDF)</button>'
    '<button type="button" class="hd-button" data-clear hidden>Choose none</button></div>'
)


class Gallery(SphinxDirective):
    """All figures; the content names those that come first, one id a line."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        book = book_of(self.env.app)
        self.env.metadata[self.env.docname]["hd_gallery"] = True
        figures = figures_of(book)
        first = [line.strip() for line in self.content if line.strip()]
        strange = [name for name in first if name not in figures]
        if strange:
            raise self.error(f"{{hd-gallery}} names figures that are not in the book: {', '.join(strange)}")
        order = [*first, *(name for name in figures if name not in first)]
        cards = "".join(self._card(book, figures[name]) for name in order if figures[name].files)
        return [
            html(
                f'<form class="hd-deck-maker" aria-label="Figures" data-book="{provenance.TITLE}" '
                f'data-home="{provenance.homepage()}">{_parts(book)}<div class="hd-gallery">{cards}</div>{_BAR}</form>'
                f"{_ready(book)}"
            )
        ]

    def _card(self, book: Book, one: Figure) -> str:
        known = book.chapters.get(one.slug)
        part = known[0].roman if known else ""
        where = f"chapter {known[1].number}, {known[1].title}" if known else one.chapter
        page = f"{one.docname}.html"
        pictures = "".join(
            f'<img class="dark-light hd-on-{paper}" src="{one.link(f"-card-{paper}.svg")}" width="530" height="375" '
            f'loading="lazy" alt="{escape(one.alt)}">'
            for paper in ("light", "dark")
        )
        return (
            f'<article class="hd-card" id="{one.id}" data-part="{part}">'
            f'<a class="hd-card-picture" href="{page}" tabindex="-1" aria-hidden="true">{pictures}</a>'
            f'<h2><a href="{page}">{escape(one.headline)}</a></h2>'
            f'<p class="hd-from">{escape(one.bundle["name"])}, from {escape(where)}</p>'
            f"{take_links(one.bundle, '')}"
            f'<label class="hd-choose" hidden><input type="checkbox" value="{one.id}" autocomplete="off"> '
            f'Put on my deck<span class="hd-of">: {escape(one.headline)}</span></label></article>'
        )


def _parts(book: Book) -> str:
    """Which part to look at; the script shows it."""
    options = "".join(
        f'<option value="{part.roman}">Part {part.roman}: {escape(part.title)}</option>'
        for part in claim_files.parts()
        if any(book.written(chapter.slug) for chapter in part.chapters)
    )
    return (
        '<label class="hd-pick" hidden><span>Part</span><select name="part" autocomplete="off">'
        f'<option value="">All parts</option>{options}</select></label>'
    )


def _ready(book: Book) -> str:
    """Decks that are there without script: one of every part, and one of all."""
    parts = [
        (part, f"Part {part.roman}: {escape(part.title)}")
        for part in claim_files.parts()
        if any(one.slug in {chapter.slug for chapter in part.chapters} for one in figures_of(book).values())
    ]
    links = "".join(
        f'<li><a href="{DECKS}/{deck_name(part)}" download>{title}</a></li>' for part, title in parts
    )
    return (
        '<section class="hd-ready" id="decks"><h2>Ready decks</h2><p>All figures of a part as slides, 16:9, one PDF '
        f"each. Every slide says whose it is and links to its figure.</p><ul>{links}</ul></section>"
    )
