"""What may not slip through: every fault named with file and line, and fatal under ``-W``."""

from __future__ import annotations

import re
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

from hdbook.execution import store
from hdbook.failures import Failure
from hdbook.results import Placed, without_bundles
from hdintuition.evidence import claims as claim_files
from hdintuition.evidence.verdict import judge
from hdintuition.page.judged import intervals

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from hdbook.results import Book, Run
    from hdintuition.evidence.claims import Claim

logger = logging.getLogger(__name__)
FROZEN = "frozen.txt"
_MARKUP = re.compile(r"[$`]|\*\*")


def check_runs(book: Book) -> None:
    """Failed cells, bundles without alt text, and judgements that do not fit the claim file."""
    for run in book.runs.values():
        if run.page.failure is not None:
            failure = run.page.failure
            _report(run, failure.line, f"{failure.error}\n{failure.traceback}".rstrip())
            continue
        for placed in run.bundles:
            for fault in faults_of_bundle(placed):
                _report(run, placed.line, fault)
        if run.page.docname in book.chapters and run.page.run:
            _check_judgement(run)
            shown = {name for one in run.of_kind("figure", "explorer") for name in one.bundle["claims"]}
            for name in sorted(set(claim_files.load(run.page.docname)) - shown):
                _report(
                    run,
                    1,
                    f"no figure of this chapter names claim {name}; say claims=[…] on the one that shows it",
                )
    _check_twice(book)


def faults_of_bundle(placed: Placed) -> Iterator[str]:
    """What a figure or explorer lacks."""
    bundle = placed.bundle
    if bundle["kind"] not in ("figure", "explorer"):
        return
    drawn = bundle["frames"] if bundle["kind"] == "explorer" else [bundle]
    for number, one in enumerate(drawn, start=1):
        if not str(one.get("alt") or "").strip():
            frame = f", frame {number}" if len(drawn) > 1 else ""
            yield f"{bundle['kind']} {bundle['id']}{frame}: the alt text is missing; draw(ax) returns it"
    for word in ("finding", "say", "do_not_say"):
        if not str(bundle.get(word) or "").strip():
            yield f"{bundle['kind']} {bundle['id']}: {word} is missing; its page needs it"
    plain = " ".join(str(bundle.get(word)) for word in ("finding", "say", "do_not_say", "caption"))
    if found := _MARKUP.search(plain):
        yield f"{bundle['kind']} {bundle['id']}: its words stand on slides too and hold no markup, got {found[0]!r}"


def _check_judgement(run: Run) -> None:
    """The verdicts a chapter put out are those of its claim file; else its page shows the run's own tables."""
    verdicts = run.of_kind("verdicts")
    if not verdicts:
        _report(run, 1, "this chapter has no ch.judge(…); its claims cannot be judged")
        return
    placed = verdicts[-1]
    faults = list(faults_of_record(run.page.docname, placed.bundle["record"]))
    for fault in faults:
        _report(run, placed.line, fault)
    if faults:
        executed = run.page.executed()
        run.page.failure = Failure(placed.cell, placed.line, faults[0], "")
        store(run.page, without_bundles(executed, "verdicts"))
        run.record = None


def faults_of_record(slug: str, record: dict) -> Iterator[str]:
    """Where a record and the claim file of its chapter part ways, and checks of the instrument that fail."""
    known, given = claim_files.load(slug), record["claims"]
    for name in sorted(set(given) - set(known)):
        yield f"unknown claim {name}: {slug}.toml has {', '.join(known)}"
    for name in sorted(set(known) - set(given)):
        yield f"ch.judge was not given claim {name}; it was given {', '.join(given) or 'nothing'}"
    for name in known.keys() & given.keys():
        try:
            verdict = judge(known[name], intervals(given[name]))
        except (ValueError, TypeError) as error:
            yield str(error)
            continue
        for test in known[name].tests.values():
            if test.reading == "check" and str(verdict.outcomes[test.name]) == "fail":
                measured = intervals(given[name])[test.name] if test.is_measured else ""
                yield f"check {name}.{test.name} fails: {test.says} Measured {measured}, asked {test.rule}"


def check_book(app: Sphinx, env: BuildEnvironment) -> None:
    """What shows only when every page has been read: proofs, quotes, and addresses that were promised."""
    book: Book = app.hdbook
    equations = env.get_domain("math").equations
    for slug in book.chapters:
        if book.written(slug):
            for claim in claim_files.load(slug).values():
                for place, fault in faults_of_proofs(
                    claim, {k for k, v in equations.items() if v[0] == slug}
                ):
                    logger.error(fault, location=place)
    for place, fault in faults_of_quotes():
        logger.error(fault, location=place)
    if not any(run.page.failure for run in book.runs.values()):
        figures = {
            one.bundle["id"] for run in book.runs.values() for one in run.of_kind("figure", "explorer")
        }
        file = Path(app.srcdir) / FROZEN
        for place, fault in faults_of_frozen(file, env.found_docs, figures):
            logger.error(fault, location=place)
        text = file.read_text("utf8") if file.is_file() else ""
        new = sorted(name for name in figures | env.found_docs if f" {name}\n" not in text)
        if new:
            logger.info("\nhdbook: add to %s when published: %s", FROZEN, ", ".join(new))


def faults_of_proofs(claim: Claim, labels: set[str]) -> Iterator[tuple[str, str]]:
    """Theorems whose equation is not on the chapter's page."""
    for test in claim.tests.values():
        if test.proof and test.proof not in labels:
            place = _claim_place(claim.slug, f'"{test.proof}"')
            yield place, f"{claim.id}.{test.name}: no equation on {claim.slug} carries the label {test.proof}"


def faults_of_quotes() -> Iterator[tuple[str, str]]:
    """Quotes that are no longer, letter for letter, what was entered from the source."""
    lock = _claims_folder() / "quotes.lock"
    if not lock.is_file():
        return
    locked = dict(line.split() for line in lock.read_text("utf8").splitlines() if line.strip())
    for name, claim in claim_files.load_all().items():
        if locked.get(name) != sha256(claim.quote.encode()).hexdigest():
            yield _claim_place(claim.slug, f"[{name}]"), f"{name}: the quote is not the one in quotes.lock"


def faults_of_frozen(file: Path, pages: set[str], figures: set[str]) -> Iterator[tuple[str, str]]:
    """Addresses that were published and are gone."""
    kinds = {"page": pages, "figure": figures}
    lines = file.read_text("utf8").splitlines() if file.is_file() else []
    for number, line in enumerate(lines, start=1):
        kind, _, name = line.partition("#")[0].strip().partition(" ")
        if kind and (kind not in kinds or name.strip() not in kinds[kind]):
            yield (
                f"{file}:{number}",
                f"{kind} {name.strip()} was published and is gone; others cite its address",
            )


def _check_twice(book: Book) -> None:
    seen: Counter[str] = Counter()
    for run in book.runs.values():
        for placed in run.of_kind("figure", "explorer"):
            seen[placed.bundle["id"]] += 1
            if seen[placed.bundle["id"]] == 2:
                _report(run, placed.line, f"the figure id {placed.bundle['id']} is used twice")
        for cell, count in Counter(placed.cell for placed in run.bundles).items():
            if count > 1:
                line = next(placed.line for placed in run.bundles if placed.cell == cell)
                _report(run, line, f"this cell has {count} outputs of the book; one a cell")


def _report(run: Run, line: int, fault: str) -> None:
    logger.error(fault, location=f"{run.page.file}:{line}")


def _claims_folder() -> Path:
    return Path(str(claim_files._folder(None)))


def _claim_place(slug: str, word: str) -> str:
    """``file:line`` of the first line of a claim file that holds ``word``."""
    file = _claims_folder() / f"{slug}.toml"
    lines = file.read_text("utf8").splitlines()
    return f"{file}:{next((k for k, line in enumerate(lines, start=1) if word in line), 1)}"
