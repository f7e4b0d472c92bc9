"""Every figure of the book: what it shows, the run it shows, its address and its files."""

from __future__ import annotations

import csv
import io
from base64 import b64decode
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from hdintuition.page import provenance
from hdintuition.page.downloads import chapter_title, name_in_words
from hdintuition.page.html import first_drawn

if TYPE_CHECKING:
    from hdbook.results import Book, Placed, Run

FOLDER = "figures"


@dataclass(frozen=True)
class Figure:
    """A figure or explorer as a page of its own shows it."""

    placed: Placed
    run: Run
    commit: str

    @property
    def bundle(self) -> dict[str, Any]:
        return self.placed.bundle

    @property
    def id(self) -> str:
        return str(self.bundle["id"])

    @property
    def slug(self) -> str:
        """The page that it stands on."""
        return str(self.bundle["slug"])

    @property
    def name(self) -> str:
        """Its name; of an explorer, with the setting that its files show."""
        return name_in_words(self.bundle)

    @property
    def chapter(self) -> str:
        """The title of the page that it stands on."""
        return chapter_title(self.slug)

    @property
    def headline(self) -> str:
        """The finding as a title: without the full stop, unless there are two sentences."""
        finding = str(self.bundle["finding"])
        return finding if ". " in finding else finding.removesuffix(".")

    @property
    def docname(self) -> str:
        """The page of its own, as Sphinx names it; published, the address ends with the folder."""
        return f"{FOLDER}/{self.id}/index"

    @property
    def permalink(self) -> str:
        return provenance.permalink(self.id)

    @property
    def date(self) -> str:
        """The day of the run it shows, ``2026-11-22``."""
        return str(self.run.page.run.get("date", ""))[:10]

    @cached_property
    def alt(self) -> str:
        """What the picture shows, in words; of an explorer, its first frame."""
        return str(first_drawn(self.bundle)["alt"])

    @cached_property
    def files(self) -> dict[str, bytes]:
        """File name to content, all that lies in the figure's folder beside its page."""
        made = {name: b64decode(text) for name, text in self.bundle.get("files", {}).items()}
        if not made:
            return {}
        return made | {f"{self.id}.csv": self._csv().encode(), f"{self.id}.py": self._code().encode()}

    def link(self, ending: str, up: str = "") -> str:
        """The relative address of one of its files, ``.svg`` or ``-slide-white.png``."""
        return f"{up}{FOLDER}/{self.id}/{self.id}{ending}"

    def _csv(self) -> str:
        """What was drawn, in long form: one row a point, a column for each setting of an explorer."""
        rows = self.bundle["data"]
        columns = list(dict.fromkeys(name for row in rows for name in row))
        order = [name for name in ("series", "role") if name in columns]
        text = io.StringIO()
        writer = csv.DictWriter(
            text, order + [name for name in columns if name not in order], lineterminator="\n"
        )
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue()

    def _code(self) -> str:
        """The cell that draws it, below a note that says where the cells before it are."""
        head = (
            f"# {self.headline}\n# Figure {self.bundle['name']!r} of “{self.chapter}”, {provenance.TITLE}, version "
            f"{provenance.version()}\n# {self.permalink}\n# Code: MIT licence. It goes on from the cells before it: "
            f"{provenance.homepage()}{self.slug}.html\n\n"
        )
        return head + self.run.page.notebook.cells[self.placed.cell].source.rstrip() + "\n"


def figures_of(book: Book) -> dict[str, Figure]:
    """Every figure of the book by id, in the order of the pages."""
    order = {slug: k for k, slug in enumerate(book.chapters)}
    runs = sorted(book.runs.values(), key=lambda run: order.get(run.page.docname, -1))
    figures = (
        Figure(placed, run, book.project.short_commit)
        for run in runs
        for placed in run.of_kind("figure", "explorer")
    )
    return {one.id: one for one in figures}
