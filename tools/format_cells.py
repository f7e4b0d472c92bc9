"""Format the code cells of MyST notebooks with ruff, each cell on its own.

    python tools/format_cells.py [--check] book/part/chapter.md …

A notebook handed to ruff as one module would be told to put two blank lines between prose and a function.
Exit status: 0 if nothing was or is to be changed, 1 with --check if something is.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

WIDTH = 72  # a page shows about 74 characters without a scroll bar
CELL = re.compile(
    r"^(?P<open>```\{code-cell\}[^\n]*\n(?:---\n.*?\n---\n|(?::[^\n]*\n)+\n?)?)(?P<code>.*?)(?P<close>^```$)",
    re.MULTILINE | re.DOTALL,
)


def formatted(text: str, name: str) -> str:
    """The text of a notebook with its code cells formatted; ``name`` is for ruff's messages."""
    return CELL.sub(lambda cell: cell["open"] + _ruff(cell["code"], name) + cell["close"], text)


def _ruff(code: str, name: str) -> str:
    command = ["ruff", "format", "--line-length", str(WIDTH), "--stdin-filename", f"{name}.py", "-"]
    return subprocess.run(command, input=code, capture_output=True, text=True, check=True).stdout


def main(arguments: list[str]) -> int:
    """Format the files that are named; return the exit status."""
    check, changed = "--check" in arguments, []
    for path in (Path(a) for a in arguments if a != "--check"):
        before = path.read_text(encoding="utf-8")
        try:
            after = formatted(before, path.stem)
        except subprocess.CalledProcessError as error:
            print(f"{path}: {error.stderr.strip()}", file=sys.stderr)
            return 1
        if after != before:
            changed.append(path)
            if not check:
                path.write_text(after, encoding="utf-8")
    for path in changed:
        print(f"{path}: {'cells are not formatted; run make format' if check else 'formatted'}")
    return int(check and bool(changed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
