"""Where a chapter failed: the line of its source file, the error, and the way there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nbclient.exceptions import CellTimeoutError

if TYPE_CHECKING:
    import nbformat

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Failure:
    """One failed cell."""

    cell: int
    line: int
    error: str
    traceback: str


def find_failure(notebook: nbformat.NotebookNode, file: Path, error: Exception, last: int) -> Failure:
    """Which cell of a notebook failed, and in which line of its source file.

    Args:
        notebook: The notebook as far as it was executed, with its ``source_map``.
        file: Its MyST source.
        error: What the execution raised.
        last: The cell that was begun last; where no cell holds an error, the kernel died in it.
    """
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type != "code":
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                text = _COLOUR.sub("", "\n".join(output.traceback))
                line = first_line(notebook, file, number) + _line_in_cell(text, cell.execution_count) - 1
                late = isinstance(error, CellTimeoutError)  # the kernel was then interrupted by nbclient
                said = _summary(error) if late else f"{output.ename}: {output.evalue}"
                return Failure(number, line, said, text)
    return Failure(last, first_line(notebook, file, last), _summary(error), str(error))


def first_line(notebook: nbformat.NotebookNode, file: Path, number: int) -> int:
    """The line of the source file, counted from 1, in which a cell's own text begins.

    The source map gives the line below the cell's opening fence; tags and other settings may come first.
    """
    start = notebook.metadata["source_map"][number]
    head = next(iter(notebook.cells[number].source.splitlines()), "")
    lines = file.read_text("utf8").splitlines()
    for k in range(start, len(lines)):
        if lines[k].strip() == head.strip():
            return k + 1
    return start + 1


def _summary(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).strip().splitlines() or [''])[0]}"


def _line_in_cell(traceback: str, execution_count: int | None) -> int:
    """The line of the failing cell that the traceback goes through last (1 if it names none)."""
    here = rf"Cell In\[{execution_count or 0}\],? line:? ?(\d+)"
    return int(([1, *re.findall(here, traceback)])[-1])
