"""Every claim's row: on the scorecard page, in scorecard.json and in scorecard.csv."""

from __future__ import annotations

import csv
import io
import re
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from hdbook.elements import html
from hdbook.figures import figures_of
from hdbook.lists import counted
from hdbook.results import book_of
from hdbook.roles import address_of
from hdintuition.evidence import claims as claim_files
from hdintuition.page.glyph import disc
from hdintuition.page.verdicts import rule_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hdbook.figures import Figure
    from hdbook.results import Book, Standing
    from hdintuition.evidence.claims import Test
    from hdintuition.evidence.interval import Interval
    from hdintuition.evidence.verdict import Verdict

COLUMNS = ("ID", "Claim", "Verdict", "In one line", "Chapter")
# Which test decides, by word: the reading and the outcome to look for, in this order.
_DECIDING = {
    "Supported": [("literal", "pass")],
    "Supported with limits": [("counterexample", "pass"), ("literal", "pass")],
    "Holds as meant": [("literal", "fail"), ("charitable", "pass")],
    "Mixed": [("literal", "fail"), ("charitable", "fail")],
    "Contradicted": [("literal", "fail"), ("charitable", "fail")],
    "Inconclusive": [("literal", "inconclusive"), ("charitable", "inconclusive"), ("counterexample", "inconclusive")],
}  # fmt: skip


class Scorecard(SphinxDirective):
    """The table of all claims, whole without script; the script only hides rows."""

    def run(self) -> list[nodes.Node]:
        book = book_of(self.env.app)
        self.env.metadata[self.env.docname]["hd_scorecard"] = True
        head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
        bodies = "".join(
            f'<tbody><tr class="hd-part-row"><th colspan="5" scope="rowgroup">Part {part.roman}: '
            f"{escape(part.title)}</th></tr>"
            + "".join(
                self._row(book, book.standings[name], part.roman)
                for ch in part.chapters
                for name in ch.claims
            )
            + "</tbody>"
            for part in claim_files.parts()
        )
        downloads = (
            '<p class="hd-downloads">The whole table: <a href="scorecard.csv" download>CSV</a>, '
            '<a href="scorecard.json" download>JSON with every test and interval</a></p>'
        )
        return [
            html(
                f'{_controls(book)}<table class="hd-scorecard"><thead><tr>{head}</tr></thead>{bodies}</table>'
                f'<p class="hd-no-row" hidden>No claim fits. Tick more verdicts or shorten the word.</p>{downloads}'
            )
        ]

    def _row(self, book: Book, one: Standing, part: str) -> str:
        claim, source = one.claim, claim_files.sources()[one.claim.source]
        title = f"{one.chapter.number}. {escape(one.chapter.title)}"
        if one.written:
            address = address_of(self.env.app, self.env.docname, claim.slug, f"claim-{claim.id.lower()}")
            chapter = f'<a href="{escape(address)}">{title}</a>{_figure(book, claim.id)}'
        else:
            chapter = f'{title} <span class="hd-unwritten">chapter in preparation</span>'
        return (
            f'<tr id="{claim.id}" data-word="{escape(one.word)}" data-part="{part}" data-source="{claim.source}">'
            f'<th scope="row"><a href="#{claim.id}">{claim.id}</a></th>'
            f'<td data-l="Claim"><q>{escape(claim.quote)}</q>'
            f'<span class="hd-author">{escape(source.author)}</span></td>'
            f'<td data-l="Verdict"><span class="hd-word">{disc(one.word)} <strong>{one.word}</strong></span>'
            f"{_differs(one)}</td>"
            f'<td data-l="In one line">{escape(one_line(one))}</td><td data-l="Chapter">{chapter}</td></tr>'
        )


def _figure(book: Book, claim: str) -> str:
    """A link to the figure that shows the claim best; the scorecard lies at the root, as their folder does."""
    one = best_figure(book, claim)
    if one is None or not one.files:
        return ""
    name = f'Figure <span class="hd-of">for {claim}: </span>{escape(one.bundle["name"])}'
    return f'<a class="hd-row-figure" href="{one.docname}.html">{name}</a>'


def best_figure(book: Book, claim: str) -> Figure | None:
    """The first figure that names the claim first, else the first that names it at all."""
    naming = [one for one in figures_of(book).values() if claim in one.bundle["claims"]]
    return next((one for one in naming if one.bundle["claims"][0] == claim), naming[0] if naming else None)


def _differs(one: Standing) -> str:
    """That this build's run alone would end in another word than the reference run."""
    if one.judged is None or not one.judged.differs:
        return ""
    return f'<span class="hd-author">this build alone: {one.judged.here.word}</span>'


def one_line(one: Standing) -> str:
    """Why the verdict is what it is: the deciding test, its estimate and its rule."""
    if one.judged is None:
        return "" if one.written or not one.claim.pointer else _short(one.claim.pointer)
    test = deciding(one.claim.tests, one.verdict)
    if test is None:
        return _short(one.claim.pointer or "")
    name = test.name.replace("_", " ")
    measured = one.judged.reference_measured or one.judged.measured
    if test.proof:
        return f"{name}: proved"
    return f"{name}: {estimate_text(measured[test.name], test)}, asked {rule_text(test)}"


def deciding(tests: Mapping[str, Test], verdict: Verdict) -> Test | None:
    """The test that settles the word; None if no test votes."""
    for reading, outcome in _DECIDING.get(str(verdict.word), []):
        for test in tests.values():
            if test.reading == reading and str(verdict.outcomes.get(test.name)) == outcome:
                return test
    return next((test for test in tests.values() if test.reading in ("literal", "charitable")), None)


def estimate_text(interval: Interval, test: Test) -> str:
    """The estimate alone, in the test's unit."""
    if test.unit == "%":
        return f"{interval:%}"
    return f"{interval:i}".partition(" (")[0] + (f" {test.unit}" if test.unit else "")


def as_json(book: Book) -> list[dict[str, Any]]:
    """scorecard.json: one object a claim.

    ``verdict``, ``as_written`` and ``as_meant`` are the headline's: the reference run's where there is one, else
    this build's. Both are there, under ``this_build`` and ``reference``, where both exist; every test is listed
    once for each run that measured it.
    """
    return [_claim_json(book, one) for one in book.standings.values()]


def as_csv(book: Book) -> str:
    """scorecard.csv: one row a claim."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        ["claim", "part", "chapter", "quote", "verdict", "as_written", "as_meant", "why", "figure"]
    )
    for name, one in book.standings.items():
        marks = (one.verdict.as_written, one.verdict.as_meant)
        claim = (name, one.part.roman, one.claim.slug, one.claim.quote)
        writer.writerow([*claim, one.word, *map(str, marks), one_line(one), _permalink(book, name)])
    return text.getvalue()


def _claim_json(book: Book, one: Standing) -> dict[str, Any]:
    record = book.runs[one.claim.slug].record if one.claim.slug in book.runs else None
    runs: dict[str, tuple[Verdict, Mapping[str, Interval], Mapping[str, Any]]] = {}
    if record is not None and one.judged is not None:
        runs["this_build"] = (one.judged.here, one.judged.measured, record)
        if one.judged.reference is not None:
            runs["reference"] = (
                one.judged.reference,
                one.judged.reference_measured or {},
                record["reference"],
            )
    return {
        "claim": one.claim.id,
        "chapter": one.claim.slug,
        "figure": _permalink(book, one.claim.id) or None,
        "verdict": one.word,
        "as_written": str(one.verdict.as_written),
        "as_meant": str(one.verdict.as_meant),
        "this_build": _marks(runs.get("this_build")),
        "reference": _marks(runs.get("reference")),
        "tests": [
            _test_json(test, name, *run) for test in one.claim.tests.values() for name, run in runs.items()
        ],
    }


def _permalink(book: Book, claim: str) -> str:
    one = best_figure(book, claim)
    return one.permalink if one is not None else ""


def _marks(run: tuple[Verdict, Any, Any] | None) -> dict[str, str] | None:
    if run is None:
        return None
    verdict = run[0]
    return {
        "verdict": str(verdict.word),
        "as_written": str(verdict.as_written),
        "as_meant": str(verdict.as_meant),
    }


def _test_json(
    test: Test, run: str, verdict: Verdict, measured: Mapping[str, Interval], record: Mapping[str, Any]
) -> dict[str, Any]:
    interval = measured[test.name].json() if test.name in measured else {}
    return {
        "test": test.name,
        "reading": str(test.reading),
        "run": run,
        "estimate": interval.get("estimate"),
        "low": interval.get("low"),
        "high": interval.get("high"),
        "rule": f"proof {test.proof}" if test.proof else test.rule and str(test.rule),
        "outcome": str(verdict.outcomes.get(test.name, "reported")),
        "scale": record["scale"],
        "device": record["device"],
    }


def _controls(book: Book) -> str:
    """Chips that are also the legend, and a search field; only the script makes them usable, so it shows them."""
    chips = "".join(
        f'<label class="hd-chip"><input type="checkbox" value="{escape(word)}" checked hidden autocomplete="off">'
        f"{disc(word)} <span>{word}</span> <span>{number}</span></label>"
        for word, number in counted(book.standings.values()).items()
    )
    search = (
        '<label class="hd-search" hidden><span>Find a word</span>'
        '<input type="search" autocomplete="off" placeholder="Find a word"></label>'
    )
    parts = {part.roman: f"Part {part.roman}: {part.title}" for part in claim_files.parts()}
    used = {one.claim.source for one in book.standings.values()}
    sources = {key: one.author for key, one in claim_files.sources().items() if key in used}
    return (
        '<form class="hd-filter" role="search" aria-label="Claims"><fieldset><legend>Verdicts</legend>'
        f"{chips}</fieldset>{_choice('part', 'All parts', parts)}{_choice('source', 'Everyone', sources)}{search}"
        '<p class="hd-found" role="status"></p></form>'
    )


def _choice(name: str, everything: str, options: Mapping[str, str]) -> str:
    """A list to choose one of; the first entry is all of them."""
    entries = "".join(
        f'<option value="{escape(key)}">{escape(text)}</option>' for key, text in options.items()
    )
    return (
        f'<label class="hd-pick" hidden><span>{name.capitalize()}</span>'
        f'<select name="{name}" autocomplete="off"><option value="">{everything}</option>{entries}</select></label>'
    )


def _short(text: str) -> str:
    """The first sentence of a pointer, without Markdown links."""
    plain = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", text)
    return re.split(r"(?<=[.;:])\s", plain.strip())[0].rstrip(".;:")
