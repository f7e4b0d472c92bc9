"""The page of a figure: the finding as title, the picture, files to take away, what to say, how to cite."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from hdbook.citing import bibtex, citation_line
from hdbook.figures import figures_of
from hdbook.results import book_of
from hdintuition.page import provenance
from hdintuition.page.cards import stamp_words
from hdintuition.page.glyph import disc
from hdintuition.page.html import around_caption

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

    from hdbook.figures import Figure
    from hdbook.results import Book

UP = "../../"  # a figure's page lies two folders down
# What the buttons say, and the end of the file's name.
BUTTONS = (
    ("SVG", "text as paths", ".svg"),
    ("Slide, white", "PNG, 1920 × 1080", "-slide-white.png"),
    ("Slide, black", "PNG, 1920 × 1080", "-slide-black.png"),
    ("Slide", "PDF, 16:9", "-slide.pdf"),
    ("Print", "PDF", ".pdf"),
    ("Data", "CSV", ".csv"),
    ("Code", "Python", ".py"),
)


def figure_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """All figure pages for Sphinx's ``html-collect-pages``: name, context, template."""
    book = book_of(app)
    for one in figures_of(book).values():
        if one.files:
            yield one.docname, _context(app, book, one), "page.html"


def page_body(book: Book, one: Figure) -> str:
    """What stands between header and footer of a figure's page."""
    opening, closing = around_caption(one.bundle)
    picture = f"{opening}<p>{escape(one.bundle['caption'])}</p>{closing}"
    return (
        f'<section class="hd-figure-page"><h1>{escape(one.headline)}</h1>'
        f'<p class="hd-from">{_from(book, one)}</p>'
        f'<div class="hd-shown">{picture}{_slides(one)}</div>'
        f'<div class="hd-to-take">{_downloads(one)}{_words(one)}{_claims(book, one)}{_cite(one)}{_facts(one)}'
        "</div></section>"
    )


def social_tags(one: Figure) -> dict[str, str]:
    """What a pasted link shows: the slide, with the finding and one sentence."""
    return {
        "og:type": "article",
        "og:site_name": provenance.TITLE,
        "og:title": one.headline,
        "og:description": str(one.bundle["say"] or one.bundle["caption"]),
        "og:url": one.permalink,
        **social_picture(one),
    }


def social_picture(one: Figure) -> dict[str, str]:
    """The picture of a pasted link, and what it shows, in words."""
    return {
        "og:image": f"{one.permalink}{one.id}-slide-white.png",
        "og:image:width": "1920",
        "og:image:height": "1080",
        "og:image:alt": one.alt,
    }


def _context(app: Sphinx, book: Book, one: Figure) -> dict[str, Any]:
    tags = "".join(
        f'<meta property="{name}" content="{escape(text)}">\n' for name, text in social_tags(one).items()
    )
    description = escape(social_tags(one)["og:description"])
    return {
        "title": escape(one.headline),
        "body": page_body(book, one),
        "meta": {"hd_layout": "wide"},
        "metatags": f'<meta name="description" content="{description}">\n{tags}'
        '<meta name="twitter:card" content="summary_large_image">\n',
        "pageurl": one.permalink,
    }


def _from(book: Book, one: Figure) -> str:
    known = book.chapters.get(one.slug)
    where = f"chapter {known[1].number}, " if known else ""
    return (
        f"Figure <em>{escape(one.name)}</em>, from {where}"
        f'<a href="{UP}{one.slug}.html#fig-{one.id}">{escape(one.chapter)}</a>'
    )


def _slides(one: Figure) -> str:
    shown = "".join(
        f'<a href="{one.id}-slide-{paper}.png"><img class="dark-light" src="{one.id}-slide-{paper}.png" loading="lazy" '
        f'width="1920" height="1080" alt="The slide on {paper}: {escape(one.headline)}"></a>'
        for paper in ("white", "black")
    )
    return f'<h2>As a slide</h2><div class="hd-slides">{shown}</div>'


def _downloads(one: Figure) -> str:
    buttons = "".join(
        f'<li><a class="hd-button" href="{one.id}{ending}" download>{text} '
        f"<span>{note}, {_size(one, ending)}</span></a></li>"
        for text, note, ending in BUTTONS
    )
    frame = (
        "<p>The files show the explorer as it stands at first; the data hold every position.</p>"
        if one.bundle["kind"] == "explorer"
        else ""
    )
    return f'<h2>Download</h2><ul class="hd-files">{buttons}</ul>{frame}'


def _size(one: Figure, ending: str) -> str:
    return f"{max(1, round(len(one.files[one.id + ending]) / 1000))} kB"


def _words(one: Figure) -> str:
    parts = (("Say it in one sentence", one.bundle["say"]), ("Do not say", one.bundle["do_not_say"]))
    return "".join(f"<h2>{title}</h2><p>{escape(text)}</p>" for title, text in parts if text)


def _claims(book: Book, one: Figure) -> str:
    items = "".join(
        f'<li>{disc(book.standings[name].word)} <a href="{UP}{one.slug}.html#claim-{name.lower()}">{name}</a> '
        f"<q>{escape(book.standings[name].claim.quote)}</q> <strong>{book.standings[name].word}</strong></li>"
        for name in one.bundle["claims"]
    )
    return f'<h2>Bears on</h2><ul class="hd-bears">{items}</ul>' if items else ""


def _cite(one: Figure) -> str:
    boxes = "".join(
        f'<div class="highlight {kind}"><pre tabindex="0" role="region" aria-label="{label}">{escape(text)}</pre></div>'
        for kind, label, text in (
            ("hd-line", "One line", citation_line(one)),
            ("hd-bibtex", "BibTeX", bibtex(one)),
        )
    )
    return f"<h2>Cite</h2>{boxes}"


def _facts(one: Figure) -> str:
    run, reference = one.run.record or {}, (one.run.record or {}).get("reference") or {}
    facts = {
        "Address": f'<a href="{escape(one.permalink)}">{escape(one.permalink.partition("//")[2])}</a>',
        "Version": f"{provenance.version()}" + (f", commit {one.commit}" if one.commit else ""),
        "Licence": f'<a href="{provenance.LICENCE_ADDRESS}" rel="license">{provenance.LICENCE}</a>, code MIT',
        "Run": escape(stamp_words(run) + ", " if run else "") + f"<time>{one.date}</time>",
    }
    if reference:
        facts["Reference run"] = escape(f"{reference['scale']} scale, {reference['device']}")
    rows = "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in facts.items())
    return f'<h2>This file</h2><dl class="hd-facts">{rows}</dl>'
