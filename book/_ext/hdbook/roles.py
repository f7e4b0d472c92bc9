"""Words that the run decides: ``{measured}``, ``{verdict}``, ``{claim}``.

``{measured}`` prints a number of this chapter's run (or, with the chapter's address before it, of another's):
``{measured}`symmetric[3]:%i```, ``{measured}`walls/odds-of-walls W2.walled_in:%```.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxRole

from hdbook.elements import html
from hdbook.results import SCORECARD, book_of
from hdintuition.page.glyph import disc
from hdintuition.page.judged import measured_text

if TYPE_CHECKING:
    from docutils.nodes import Node, system_message
    from sphinx.application import Sphinx

    from hdbook.results import Book


class Measured(SphinxRole):
    """A number of a run, with the digits that its interval warrants."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        book = book_of(self.env.app)
        try:
            text = measured(book, self.env.docname, self.text)
        except ValueError as error:
            return _refused(self, str(error))
        return [nodes.inline(self.rawtext, text, classes=["hd-measured"])], []


class VerdictRole(SphinxRole):
    """Disc and word, linked to the claim's row in the scorecard."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        standing = book_of(self.env.app).standings.get(self.text)
        if standing is None:
            return _refused(self, unknown_claim(self.text))
        address = address_of(self.env.app, self.env.docname, SCORECARD, self.text)
        link = nodes.reference(self.rawtext, "", internal=True, refuri=address, classes=["hd-word"])
        link += [html(disc(standing.word)), nodes.Text(f" {standing.word}")]
        return [nodes.inline("", "", link, classes=["hd-verdict-word"])], []


class ClaimRole(SphinxRole):
    """A claim's ID, linked to its card, or to its row in the scorecard while its chapter is unwritten."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        book = book_of(self.env.app)
        if self.text not in book.standings:
            return _refused(self, unknown_claim(self.text))
        address = card_address(book, self.env.app, self.env.docname, self.text)
        return [nodes.reference(self.rawtext, self.text, internal=True, refuri=address)], []


def measured(book: Book, docname: str, expression: str) -> str:
    """The text of ``{measured}`` on a page.

    Raises:
        ValueError: If the expression cannot be read, or the run holds no such number. A page that was not
            executed, or failed, gives "…": its own error is enough.
    """
    slug, _, rest = expression.partition(" ")
    if "/" in slug and rest:
        expression = rest
    else:
        slug = docname
    run = book.runs.get(slug)
    if run is None:
        raise ValueError(f"{slug!r} is no chapter of this book; write the number on a chapter, or name one")
    if run.record is None:
        if run.page.failure is None and run.page.run:
            raise ValueError(f"{slug} has no ch.judge(...), which puts out the numbers of its run")
        return "…"
    return measured_text(run.record, expression)


def unknown_claim(name: str) -> str:
    return f"unknown claim {name!r}; the claims are listed in src/hdintuition/claims/parts.toml"


def card_address(book: Book, app: Sphinx, docname: str, claim: str) -> str:
    """Where a claim is quoted, seen from a page: its card if its chapter is written, else its row."""
    standing = book.standings[claim]
    if standing.written:
        return address_of(app, docname, standing.claim.slug, f"claim-{claim.lower()}")
    return address_of(app, docname, SCORECARD, claim)


def address_of(app: Sphinx, docname: str, target: str, anchor: str = "") -> str:
    """The relative address of a page's anchor, seen from another page."""
    page = "" if docname == target else app.builder.get_relative_uri(docname, target)
    return page + (f"#{anchor}" if anchor else "")


def _refused(role: SphinxRole, why: str) -> tuple[list[Node], list[system_message]]:
    message = role.inliner.reporter.error(f"{{{role.name}}}: {why}", line=role.lineno)
    return [role.inliner.problematic(role.rawtext, role.rawtext, message)], [message]
