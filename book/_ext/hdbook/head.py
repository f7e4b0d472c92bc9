"""What stands around a chapter's text by itself: the line under its title, the deck, the stamp of its run."""

from __future__ import annotations

import math
import re
from html import escape
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util import logging

from hdbook.results import book_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from hdbook.results import Book, Run

logger = logging.getLogger(__name__)
WORDS_A_MINUTE = 200
_STAMP = re.compile(r'(<span class="hd-stamp" data-slug="([^"]+)">)[^<]*(</span>)')
_HREF = re.compile(r'href="#([^"]+)"')
_ID = re.compile(r'\bid="([^"]+)"')
_STRAIGHT = str.maketrans("‘’“”", "''\"\"")


def add_head(app: Sphinx, doctree: nodes.document) -> None:
    """Put the line under a chapter's title and mark its first paragraph as the deck."""
    book, docname = book_of(app), app.env.docname
    if docname not in book.chapters:
        return
    section = doctree.next_node(nodes.section)
    title = section.next_node(nodes.title) if section is not None else None
    if title is None:
        logger.warning("a chapter begins with its title, # …", location=(docname, 1))
        return
    part, chapter = book.chapters[docname]
    if title.astext().translate(_STRAIGHT) != chapter.title.translate(_STRAIGHT):
        logger.warning(
            "the title is %r, but parts.toml has %r",
            title.astext(),
            chapter.title,
            location=(docname, title.line),
        )
    deck = next((node for node in section.children if isinstance(node, nodes.paragraph)), None)
    if deck is not None:
        deck["classes"].append("hd-deck")
    line = f"Chapter {chapter.number}, in Part {part.roman}: {part.title}. " + effort(
        doctree, book.runs.get(docname)
    )
    section.insert(section.index(title) + 1, nodes.paragraph("", line, classes=["hd-chapter-line"]))


def effort(doctree: nodes.document, run: Run | None) -> str:
    """``"12 minutes, runs on a CPU in 40 s"``."""
    words = sum(len(paragraph.astext().split()) for paragraph in doctree.findall(nodes.paragraph))
    minutes = max(1, math.ceil(words / WORDS_A_MINUTE))
    reading = f"{minutes} minute{'s' if minutes > 1 else ''}"
    if run is None or run.seconds is None:
        return reading
    record = run.record or {}
    gpu = record.get("scale", run.page.run.get("scale")) == "gpu"
    where = str(record.get("device", "a GPU")) if gpu else "a CPU"
    return f"{reading}, runs on {where} in {math.ceil(run.seconds)} s"


def finish_html(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Fill in stamps, point links at proofs to their equations, and warn of links that lead nowhere.

    The ready HTML of a bundle is not seen by Sphinx's own checks.
    """
    ready = [node for node in doctree.findall(nodes.raw) if node.get("format") == "html"]
    there = {name for node in doctree.findall(nodes.Element) for name in node.get("ids", [])}
    there |= {name for node in ready for name in _ID.findall(node.astext())}
    book = book_of(app)
    for node in ready:
        text = _STAMP.sub(lambda m: m[1] + escape(stamp(book, m[2])) + m[3], node.astext())
        text = _HREF.sub(lambda m: f'href="#{_anchor(m[1], there)}"', text)
        # docutils hands the id of an empty target to what follows it, and ready HTML would not show it
        text = "".join(f'<span id="{escape(name)}"></span>' for name in node.get("ids", [])) + text
        if text != node.astext():
            node.children = [nodes.Text(text)]
            node.rawsource = text
        for lost in sorted(set(_HREF.findall(text)) - there):
            logger.warning(
                "a link leads to #%s, which is not on this page", lost, location=(docname, _line(node))
            )


def stamp(book: Book, slug: str) -> str:
    """What a cell cannot know of its run: ``" · 31 s · commit abc1234"``."""
    run = book.runs.get(slug)
    seconds = f" · {math.ceil(run.seconds)} s" if run is not None and run.seconds is not None else ""
    return seconds + (f" · commit {book.project.short_commit}" if book.project.commit else "")


def _anchor(name: str, there: set[str]) -> str:
    """Sphinx gives the equation ``eq-p4`` the id ``equation-eq-p4``."""
    return f"equation-{name}" if name not in there and f"equation-{name}" in there else name


def _line(node: nodes.Node) -> int | None:
    while node is not None and getattr(node, "line", None) is None:
        node = node.parent
    return getattr(node, "line", None)
