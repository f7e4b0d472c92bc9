"""What the executed chapters say: their bundles, their records, and every claim's standing.

One object, :class:`Book`, is made before Sphinx reads the first page and hangs on the application; directives,
roles, checks and what is published at the end all ask it.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hdbook.failures import first_line
from hdintuition.evidence import claims as claim_files
from hdintuition.evidence.verdict import judge
from hdintuition.page.judged import judge_record
from hdintuition.page.mime import MIME

if TYPE_CHECKING:
    import nbformat
    from sphinx.application import Sphinx

    from hdbook.execution import Page
    from hdbook.project import Project
    from hdintuition.evidence.claims import ChapterEntry, Claim, Part
    from hdintuition.evidence.verdict import Verdict
    from hdintuition.page.judged import Judged

SCORECARD = "scorecard"  # the page that holds every claim's row


@dataclass(frozen=True)
class Placed:
    """A bundle and the cell it came from."""

    bundle: dict[str, Any]
    cell: int
    line: int


@dataclass
class Run:
    """One executed page: its bundles, and the record that its last cell put out."""

    page: Page
    bundles: list[Placed] = field(default_factory=list)
    record: dict[str, Any] | None = None

    def of_kind(self, *kinds: str) -> list[Placed]:
        return [placed for placed in self.bundles if placed.bundle["kind"] in kinds]

    @property
    def seconds(self) -> float | None:
        return self.page.run.get("seconds")


@dataclass(frozen=True)
class Standing:
    """A claim as the book shows it."""

    claim: Claim
    part: Part
    chapter: ChapterEntry
    written: bool
    judged: Judged | None
    verdict: Verdict

    @property
    def word(self) -> str:
        return str(self.verdict.word)


class Book:
    """Everything that this build knows beyond the pages' text."""

    def __init__(self, project: Project, pages: list[Page], docnames: set[str]) -> None:
        self.project = project
        self.docnames = docnames
        self.runs = {page.docname: read_run(page) for page in pages}
        self.chapters = {
            chapter.slug: (part, chapter) for part in claim_files.parts() for chapter in part.chapters
        }

    @property
    def records(self) -> dict[str, dict[str, Any]]:
        """Chapter slug to this build's record, with the seconds and the commit that a cell cannot know."""
        facts = {"commit": self.project.short_commit} if self.project.commit else {}
        return {
            slug: run.record | facts | {"seconds": run.seconds, "date": run.page.run.get("date")}
            for slug, run in self.runs.items()
            if run.record is not None
        }

    @cached_property
    def judged(self) -> dict[str, Judged]:
        """Claim id to judgement, for the chapters that were run."""
        return {
            name: one
            for run in self.runs.values()
            if run.record is not None
            for name, one in judge_record(run.record).items()
        }

    @cached_property
    def standings(self) -> dict[str, Standing]:
        """Every claim in book order."""
        return {name: self._standing(name, claim) for name, claim in claim_files.load_all().items()}

    def written(self, slug: str) -> bool:
        """True if the chapter is a page of this book."""
        return slug in self.docnames

    def _standing(self, name: str, claim: Claim) -> Standing:
        part, chapter = self.chapters[claim.slug]
        judged = self.judged.get(name)
        verdict = judged.headline if judged is not None else judge(_untested(claim), {})
        return Standing(claim, part, chapter, self.written(claim.slug), judged, verdict)


def read_run(page: Page) -> Run:
    """The bundles of an executed page, in order."""
    run = Run(page)
    notebook = page.executed()
    for number, cell in enumerate(notebook_cells(page.notebook, notebook)):
        for output in cell.get("outputs", []):
            bundle = output.get("data", {}).get(MIME)
            if bundle is not None:
                line = first_line(page.notebook, page.file, number)
                run.bundles.append(Placed(bundle, number, line))
                if bundle["kind"] == "verdicts" and page.failure is None:
                    run.record = bundle["record"]
    return run


def notebook_cells(source: nbformat.NotebookNode, executed: nbformat.NotebookNode) -> list[Any]:
    """The cells of the source, code cells replaced by their executed form (the cache holds only those)."""
    code = iter(cell for cell in executed.cells if cell.cell_type == "code")
    return [next(code, cell) if cell.cell_type == "code" else cell for cell in source.cells]


def without_bundles(notebook: nbformat.NotebookNode, kind: str) -> nbformat.NotebookNode:
    """A copy in which bundles of one kind are gone; the HTML beside them then stands."""
    bare = copy.deepcopy(notebook)
    for cell in bare.cells:
        for output in cell.get("outputs", []):
            if output.get("data", {}).get(MIME, {}).get("kind") == kind:
                del output["data"][MIME]
    return bare


def book_of(app: Sphinx) -> Book:
    """The :class:`Book` of this build."""
    return app.hdbook


def _untested(claim: Claim) -> Claim:
    """The claim without its tests: what is known before its chapter has been run."""
    from dataclasses import replace

    return replace(claim, tests={})
