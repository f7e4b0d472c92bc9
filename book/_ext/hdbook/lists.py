"""What the book says about itself: the strip of discs, the chapters by part, the colophon."""

from __future__ import annotations

import platform
from collections import Counter
from html import escape
from importlib import metadata
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from hdbook.elements import html
from hdbook.results import SCORECARD, book_of
from hdbook.roles import address_of, card_address
from hdintuition.evidence import claims as claim_files
from hdintuition.evidence.verdict import Word
from hdintuition.page.glyph import disc

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hdbook.results import Book, Run, Standing
    from hdintuition.evidence.claims import ChapterEntry, Part

TOOLS = ("hdintuition", "torch", "numpy", "scipy", "matplotlib", "jupyter-book", "sphinx", "myst-nb")


class Strip(SphinxDirective):
    """All claims as discs, each a link to its row, and how many there are of each."""

    def run(self) -> list[nodes.Node]:
        standings = book_of(self.env.app).standings.values()
        discs = "".join(
            f'<li><a href="{self._row(one)}" aria-label="{one.claim.id}: {one.word}" '
            f'title="{one.claim.id}: {one.word}">{disc(one.word)}</a></li>'
            for one in standings
        )
        counts = "".join(
            f"<li>{disc(word)} <span>{word}</span> <strong>{number}</strong></li>"
            for word, number in counted(standings).items()
        )
        return [html(f'<ol class="hd-discs">{discs}</ol><ul class="hd-counts">{counts}</ul>')]

    def _row(self, one: Standing) -> str:
        return escape(address_of(self.env.app, self.env.docname, SCORECARD, one.claim.id))


class Chapters(SphinxDirective):
    """The chapters by part, each with its claims' discs; unwritten ones without a link."""

    def run(self) -> list[nodes.Node]:
        book = book_of(self.env.app)
        parts = "".join(self._part(book, part) for part in claim_files.parts())
        return [html(f'<div class="hd-parts">{parts}</div>')]

    def _part(self, book: Book, part: Part) -> str:
        chapters = "".join(self._chapter(book, chapter) for chapter in part.chapters)
        return (
            f'<section class="hd-part"><h3>Part {part.roman}: {escape(part.title)}</h3>'
            f'<ol class="hd-chapters">{chapters}</ol></section>'
        )

    def _chapter(self, book: Book, chapter: ChapterEntry) -> str:
        title = escape(chapter.title)
        if book.written(chapter.slug):
            address = address_of(self.env.app, self.env.docname, chapter.slug)
            name = f'<a href="{escape(address)}">{title}</a>'
        else:
            name = f'<span class="hd-unwritten">{title} <small>in preparation</small></span>'
        discs = (
            "".join(self._disc(book, claim) for claim in chapter.claims) if book.written(chapter.slug) else ""
        )
        return (
            f'<li value="{chapter.number}"><span class="hd-number">{chapter.number}</span> {name} '
            f'<span class="hd-chapter-discs">{discs}</span></li>'
        )

    def _disc(self, book: Book, claim: str) -> str:
        address = card_address(book, self.env.app, self.env.docname, claim)
        name = f"{claim}: {book.standings[claim].word}"
        return f'<a href="{escape(address)}" aria-label="{name}" title="{name}">{disc(book.standings[claim].word)}</a>'


class Colophon(SphinxDirective):
    """How this copy of the book came about: seconds, scale, device and versions; the commit."""

    def run(self) -> list[nodes.Node]:
        book = book_of(self.env.app)
        rows = "".join(
            self._row(book, run) for run in book.runs.values() if run.page.docname in book.chapters
        )
        head = "".join(
            f'<th scope="col">{name}</th>'
            for name in ("Chapter", "Seconds", "Scale", "Device", "Threads", "Executed", "Reference run")
        )
        table = (
            '<div class="hd-scroll" tabindex="0" role="region" aria-label="How the chapters were executed">'
            f'<table class="hd-kept hd-colophon"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
        )
        return [html(f"{self._facts(book)}{table}")]

    def _row(self, book: Book, run: Run) -> str:
        docname, record = run.page.docname, run.record or {}
        title = book.chapters[docname][1].title
        reference = record.get("reference") or {}
        cells = (
            f"{run.seconds:.0f}" if run.seconds is not None else "not executed",
            run.page.run.get("scale", ""),
            str(record.get("device", "")),
            str(record.get("threads", "")),
            run.page.run.get("date", "")[:10],
            f"{reference['scale']}, {reference['device']}" if reference else "none yet",
        )
        address = escape(address_of(self.env.app, self.env.docname, docname))
        return f'<tr><th scope="row"><a href="{address}">{escape(title)}</a></th>' + "".join(
            f"<td>{escape(cell)}</td>" for cell in cells
        ) + "</tr>"  # fmt: skip

    def _facts(self, book: Book) -> str:
        versions = ", ".join(f"{name} {metadata.version(name)}" for name in TOOLS)
        commit = f"commit <code>{book.project.short_commit}</code>" if book.project.commit else "no commit"
        total = sum(run.seconds or 0 for run in book.runs.values())
        return (
            f"<p>Version {book.project.version}, {commit}. Python {platform.python_version()}, {escape(versions)}. "
            f"All chapters together took {total:.0f} s to execute.</p>"
        )


def counted(standings: Iterable[Standing]) -> dict[str, int]:
    """How many claims have each word, in the order of the words; none is left out."""
    found = Counter(one.word for one in standings)
    return {str(word): found[str(word)] for word in Word}
