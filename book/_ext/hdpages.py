"""What the pages between the chapters need: verdicts' discs, numbers counted over all claims, public names.

``{disc}`Mixed``` is disc and word; ``{counted}`judged``` is one of the numbers of :func:`counts`, in digits,
and ``{counted}`claims:words``` the same in words; ``{hd-library} evidence`` documents the names of one room.
"""

from __future__ import annotations

import inspect
import re
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective, SphinxRole

import hdintuition
from hdbook.elements import Tag, html
from hdbook.figure_page import social_picture
from hdbook.figures import figures_of
from hdbook.results import book_of
from hdintuition.evidence import claims as claim_files
from hdintuition.evidence.numbers import count, significant
from hdintuition.evidence.verdict import Word
from hdintuition.page.glyph import disc

if TYPE_CHECKING:
    from docutils.nodes import Node, system_message
    from sphinx.application import Sphinx

_ONES = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"]  # fmt: skip
_ONES += ["twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]  # fmt: skip
_FORMULA_AND_STOP = re.compile(r'(<span class="math notranslate nohighlight">[^<]*</span>)([.,;:?!)\]’”]+)')
# MathJax makes its letters as tall as those around them, so it waits until it can see these.
_AFTER_THE_TYPEFACE = """if (window.MathJax)
  MathJax.startup = {pageReady: () => document.fonts.load("1em 'Source Serif 4'")
  .catch(() => {}).then(() => MathJax.startup.defaultPageReady())};"""
_TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


class Disc(SphinxRole):
    """A verdict's disc and its word, in a sentence or a table."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        if self.text not in {str(word) for word in Word}:
            return refused(self, f"{self.text!r} is no verdict; there are {', '.join(Word)}")
        named = Tag("span", html(disc(self.text)), nodes.Text(f" {self.text}"), classes=["hd-named-disc"])
        return [named], []


class Counted(SphinxRole):
    """A number that follows from the claim files and from which chapters are written."""

    def run(self) -> tuple[list[Node], list[system_message]]:
        name, _, form = self.text.partition(":")
        known = counts(self.env.app)
        if name not in known or form not in ("", "words", "Words"):
            names = ", ".join(known)
            return refused(
                self, f"{self.text!r} is not counted; there are {names}, each also :words or :Words"
            )
        value = known[name]
        text = value if isinstance(value, str) else in_words(value) if form else count(value)
        return [nodes.Text(text.capitalize() if form == "Words" else text)], []


class Room(SphinxDirective):
    """The documentation of every public name of some rooms or modules, in the order of ``hdintuition.WHERE``."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        names: list[str] = []
        for place in self.arguments[0].split():
            found = [n for n, module in hdintuition.WHERE.items() if f"{module}.".startswith(f"{place}.")]
            if not found:
                modules = sorted(set(hdintuition.WHERE.values()))
                raise self.error(
                    f"{place!r} is no room or module of the library; there are {', '.join(modules)}"
                )
            names += found
        lines = ["```{eval-rst}", *(line for name in names for line in _documented(name)), "```"]
        holder = nodes.container()
        self.state.nested_parse(StringList(lines, source=self.env.docname), self.content_offset, holder)
        return holder.children


def _documented(name: str) -> list[str]:
    if inspect.isclass(getattr(hdintuition, name)):
        return [f".. autoclass:: hdintuition.{name}", "   :members:", ""]
    return [f".. autofunction:: hdintuition.{name}", ""]


def counts(app: Sphinx) -> dict[str, Any]:
    """Claims, chapters, tests, and what 95 % means for that many tests."""
    book = book_of(app)
    tests = [
        test for one in book.standings.values() if one.written for test in one.claim.tests.values()
        if test.reading in claim_files.VOTING
    ]  # fmt: skip
    judged = [test for test in tests if test.rule is not None]
    ranges = sum(test.rule.is_range for test in judged if test.rule is not None)
    return {
        "claims": len(book.standings),
        "chapters": len(book.chapters),
        "written": sum(book.written(slug) for slug in book.chapters),
        "proved": sum(test.rule is None and test.proof is not None for test in tests),
        "judged": len(judged),
        "ranges": ranges,
        "missing": significant(0.05 * len(judged), 2),
        "all-cover": f"{100 * 0.95 ** len(judged):.0f}\N{THIN SPACE}%",
        "wrong-at-most": significant(0.025 * (len(judged) - ranges) + 0.05 * ranges, 2),
    }


def in_words(number: int) -> str:
    """A number below a hundred as a sentence wants it.

    >>> in_words(90), in_words(34), in_words(7)
    ('ninety', 'thirty-four', 'seven')
    """
    if number < len(_ONES):
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return str(number) if tens > 9 else _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")


def refused(role: SphinxRole, why: str) -> tuple[list[Node], list[system_message]]:
    message = role.inliner.reporter.error(f"{{{role.name}}}: {why}", line=role.lineno)
    return [role.inliner.problematic(role.rawtext, role.rawtext, message)], [message]


def escape_bars(app: Sphinx, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """A norm such as |w| in a docstring is no substitution of reStructuredText."""
    lines[:] = [
        line if line.lstrip().startswith((">>>", "...")) else line.replace("|", r"\|") for line in lines
    ]
    if (
        what == "property"
    ):  # "Where it runs: scale, device" is a sentence; napoleon would see a type before the colon
        lines[:1] = [lines[0].replace(": ", r"\: ", 1)]


def keep_together(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """No line ends inside a number, or between a formula and the full stop behind it.

    A formula too wide for a phone scrolls in its box; by its class the theme's script lets the keyboard reach it.
    """
    if "body" in context:
        body = context["body"].replace("\N{THIN SPACE}", "\N{NARROW NO-BREAK SPACE}")
        body = body.replace('<div class="math ', '<div class="pst-scrollable-table-container math ')
        context["body"] = _FORMULA_AND_STOP.sub(r'<span class="hd-nobreak">\1\2</span>', body)


def number_chapters(app: Sphinx, doctree: nodes.document) -> None:
    """In the sidebar a chapter bears its number in the whole book, as it is cited."""
    if app.env.docname == app.config.root_doc:
        chapters = book_of(app).chapters
        for toctree in doctree.findall(addnodes.toctree):
            toctree["entries"] = [
                (title or f"{chapters[name][1].number}. {chapters[name][1].title}", name)
                if name in chapters
                else (title, name)
                for title, name in toctree["entries"]
            ]


def drop_mathjax(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """A notebook without formulas, such as the landing page, does without the scripts that set them."""
    if 'class="' in context.get("body", "") and not re.search(r'class="[^"]*\bmath\b', context["body"]):
        context["script_files"] = [
            script
            for script in context["script_files"]
            if "mathjax" not in str(getattr(script, "filename", script))
            and "MathJax" not in getattr(script, "attributes", {}).get("body", "")
        ]


def describe(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """What a search engine or a shared link shows of a page is its deck, and its first figure."""
    decks = [one for one in doctree.findall(nodes.Element) if "hd-deck" in one["classes"]] if doctree else []
    if decks:
        text = " ".join(decks[0].astext().split())
        context["metatags"] += f'<meta name="description" content="{escape(text)}">\n'
        picture = next(
            (one for one in figures_of(book_of(app)).values() if one.slug == pagename and one.files), None
        )
        tags = social_picture(picture) if picture is not None else {}
        if tags:
            context["metatags"] += '<meta name="twitter:card" content="summary_large_image">\n'
        context["meta"] = (context["meta"] or {}) | {"og:description": text} | tags


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("hdbook")
    app.add_role("disc", Disc())
    app.add_role("counted", Counted())
    app.add_directive("hd-library", Room)
    app.connect("autodoc-process-docstring", escape_bars, priority=400)  # before napoleon
    app.connect("doctree-read", number_chapters)
    app.connect("html-page-context", describe, priority=400)  # before sphinxext.opengraph
    app.connect("html-page-context", keep_together)
    app.connect("html-page-context", drop_mathjax, priority=900)
    app.add_js_file(None, body=_AFTER_THE_TYPEFACE, priority=600)  # after Sphinx's settings of MathJax, 500
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
