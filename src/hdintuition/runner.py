"""A chapter's cells, executed one after another in a plain namespace: no kernel, no Jupyter.

A chapter is a MyST notebook (``.md``, read by jupytext) or its export (``.py`` with ``# %%`` cells), so that
a machine with nothing but torch, numpy, scipy and matplotlib can run it.
"""

from __future__ import annotations

import re
import time
import traceback
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_CELL = re.compile(r"^# ?%%.*$", re.MULTILINE)


class ChapterError(RuntimeError):
    """A chapter that did not run to its verdict; the message names file, cell and line."""


@dataclass(frozen=True)
class Outcome:
    """What a chapter's run left: its record and its verdicts in words."""

    record: dict[str, Any]
    verdicts: str


def find(name: str) -> Path:
    """The file of a chapter.

    Args:
        name: A path to a ``.md`` or ``.py`` file, or a slug to be found under ``book/`` of this folder or of
            the checkout the package is installed from.

    Raises:
        ValueError: If there is no such file.
    """
    given = Path(name)
    if given.suffix in {".md", ".py"}:
        if given.is_file():
            return given
        raise ValueError(f"there is no file {name}")
    books = [Path.cwd() / "book", Path(__file__).resolve().parents[2] / "book"]
    for book in books:
        if (book / f"{name}.md").is_file():
            return book / f"{name}.md"
    raise ValueError(
        f"no chapter {name!r} under {' or '.join(map(str, dict.fromkeys(books)))}; give a slug or a file"
    )


def cells(path: Path) -> list[str]:
    """The code cells of a chapter, in order."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        parts = _CELL.split(text)
        return [part for part in parts if part.strip()]
    try:
        import jupytext
    except ImportError as error:
        raise ValueError(
            f"reading {path} takes jupytext (pip install jupytext); or export the chapter elsewhere with "
            "'jupytext --to py:percent' and run the .py file"
        ) from error
    notebook = jupytext.reads(text, fmt="md:myst")
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def run_chapter(path: Path, *, commit: str | None = None) -> Outcome:
    """Execute a chapter and return its record, with seconds, date and commit added.

    Raises:
        ChapterError: If a cell fails (file, cell and line are named), or none called ``judge``.
    """
    from hdintuition.chapter import Chapter
    from hdintuition.page.html import plain

    namespace: dict[str, Any] = {"__name__": "__main__"}
    start = time.perf_counter()
    for number, source in enumerate(cells(path), start=1):
        _execute(source, f"{path}, cell {number}", namespace)
    seconds = time.perf_counter() - start
    desks = [value for value in namespace.values() if isinstance(value, Chapter)]
    records = [desk.record for desk in desks if desk.record is not None]
    if not records:
        raise ChapterError(f"{path}: no chapter called judge(); its last cell must be ch.judge(...)")
    record = {**records[-1], "seconds": round(seconds, 1), "date": datetime.now(UTC).date().isoformat()}
    if commit:
        record["commit"] = commit
    return Outcome(record, plain({"kind": "verdicts", "record": record}))


def _execute(source: str, where: str, namespace: dict[str, Any]) -> None:
    try:
        exec(compile(source, where, "exec"), namespace)
    except Exception as error:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == where]
        line = f", line {frames[-1].lineno}" if frames else ""
        raise ChapterError(f"{where}{line}: {type(error).__name__}: {error}") from error
