"""What lies beside the pages: figures, decks, notebooks, scorecard.json and .csv, records, the 404 page."""

from __future__ import annotations

import json
import shutil
from base64 import b64encode
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

from hdbook.colab import FOLDER, BookWords, colab_notebook, write_notebook
from hdbook.decks import DECKS, decks
from hdbook.figures import FOLDER as FIGURES
from hdbook.figures import figures_of
from hdbook.results import SCORECARD, book_of
from hdbook.scorecard import as_csv, as_json

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    from hdbook.figures import Figure
    from hdbook.results import Book

logger = logging.getLogger(__name__)
_NOT_FOUND = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<link rel="icon" href="data:,">
<title>No such page · {title}</title>
<style>
  :root {{ color-scheme: light dark; }}
  body {{ margin: 18vh auto 0; max-width: 36rem; padding: 0 1.25rem; background: Canvas; color: CanvasText;
    font: 1.125rem/1.6 "Source Serif 4", Georgia, serif; }}
  h1 {{ font-size: 2.1rem; font-weight: 600; line-height: 1.2; }}
  a {{ color: LinkText; }}
</style>
</head>
<body>
<main>
<h1>There is no page here</h1>
<p>Chapters and figures keep their addresses, so the one you followed may have a slip in it.</p>
<p><a href="{home}">Start</a> · <a href="{scorecard}">All claims and their verdicts</a></p>
</main>
</body>
</html>
"""


def publish(app: Sphinx, exception: Exception | None) -> None:
    """Write everything beside the pages, into the folder of the pages."""
    if exception is not None or app.builder.format != "html":
        return
    book, out = book_of(app), Path(app.outdir)
    for folder in (FOLDER, "records", DECKS):  # nothing of a chapter that is gone
        shutil.rmtree(out / folder, ignore_errors=True)
    figures = figures_of(book)
    for folder in (out / FIGURES).glob("*/"):
        if folder.name not in figures:
            shutil.rmtree(folder)
    for one in figures.values():
        _write_figure(one, out)
    for name, content in decks(list(figures.values())):
        _write(out / DECKS / name, content)
    written = notebooks(book, app.env, out / FOLDER)
    _write(out / "scorecard.json", json.dumps(as_json(book), ensure_ascii=False, indent=1))
    _write(out / "scorecard.csv", as_csv(book))
    for slug, record in book.records.items():
        _write(out / "records" / f"{slug}.json", json.dumps(record, ensure_ascii=False))
    project = book.project
    page = _NOT_FOUND.format(
        title=escape(app.config.html_title or project.name),
        home=escape(project.homepage),
        scorecard=escape(project.page(SCORECARD)),
    )
    _write(out / "404.html", page)
    _write(out / ".nojekyll", "")  # GitHub Pages would else leave out folders that begin with _
    logger.info("hdbook: %d notebooks, scorecard.json, scorecard.csv, 404.html", len(written))


def notebooks(book: Book, env: BuildEnvironment, folder: Path) -> list[Path]:
    """Write the Colab notebook of every chapter that was read."""
    found = env.get_domain("math").equations
    equations = {label: (docname, str(number)) for label, (docname, number) in found.items()}
    words = {"book": book, "equations": equations, "cited": citations(env)}
    return [
        write_notebook(
            colab_notebook(run.page.notebook, BookWords(book.project, slug, **words)), folder, slug
        )
        for slug, run in book.runs.items()
        if slug in book.chapters
    ]


def citations(env: BuildEnvironment) -> dict[str, str]:
    """Key to "Author (year)" for every entry of the bibliography."""
    domain = env.domains.get("cite")
    entries = getattr(getattr(domain, "bibdata", None), "data", None)
    found = {}
    for key, entry in entries.entries.items() if entries is not None else ():
        people = entry.persons.get("author") or entry.persons.get("editor") or []
        names = [" ".join([*person.prelast_names, *person.last_names]) for person in people]
        who = names[0] + " et al." if len(names) > 2 else " and ".join(names)
        found[key] = f"{who or key} {entry.fields.get('year', '')}".strip().replace("{", "").replace("}", "")
    return found


def _write_figure(one: Figure, out: Path) -> None:
    """The files of a figure beside its page, and its slide once more as a script.

    A page that was opened from a file may not read other files, but it may run scripts: so the gallery makes its
    deck of these.
    """
    folder = (out / one.docname).parent
    for name, content in one.files.items():
        _write(folder / name, content)
    if one.files:
        slide = b64encode(one.files[f"{one.id}-slide.pdf"]).decode("ascii")
        _write(folder / f"{one.id}-slide.js", f"hdSlide({json.dumps(one.id)}, {json.dumps(slide)});\n")


def _write(file: Path, content: str | bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
