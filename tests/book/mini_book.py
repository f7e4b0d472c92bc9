"""A book of two tiny chapters, built by the same jupyter-book and the same extension as the real one.

Its library is a few lines of standard Python that put out bundles of our form, so that a chapter executes in
a second; its claims are its own. A test plants one fault in a copy and looks at what the build says.
"""

import contextlib
import io
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
EXTENSION = ROOT / "book" / "_ext"
FILES = Path(__file__).parent / "miniature"
COLOURS = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Built:
    """What a build said and wrote."""

    status: object
    log: str
    out: Path

    @property
    def red(self) -> bool:
        return self.status != 0

    @property
    def executed(self) -> int:
        return int(re.search(r"(\d+) of \d+ chapters to execute", self.log)[1])

    @property
    def complaints(self) -> list[str]:
        return [line for line in self.log.splitlines() if "WARNING" in line or "ERROR" in line]

    def page(self, name: str) -> str:
        return (self.out / f"{name}.html").read_text("utf8")

    def json(self, name: str) -> object:
        return json.loads((self.out / name).read_text("utf8"))


class Miniature:
    """The miniature book in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def fresh(cls, folder: Path) -> "Miniature":
        shutil.copytree(FILES, folder, dirs_exist_ok=True)
        config = yaml.safe_load((folder / "_config.yml").read_text("utf8"))
        config["sphinx"]["local_extensions"] = {"hdbook": str(EXTENSION)}
        config["sphinx"]["config"]["hdbook_package"] = str(folder / "library" / "hdintuition")
        (folder / "_config.yml").write_text(yaml.safe_dump(config), "utf8")
        return cls(folder)

    def file(self, name: str) -> Path:
        return self.folder / name

    def line_of(self, name: str, text: str) -> int:
        lines = self.file(name).read_text("utf8").splitlines()
        return next(k for k, line in enumerate(lines, start=1) if text in line)

    def replace(self, name: str, old: str, new: str) -> None:
        text = self.file(name).read_text("utf8")
        assert old in text, f"{name} does not hold {old!r}"
        self.file(name).write_text(text.replace(old, new, 1), "utf8")

    def build(self) -> Built:
        """As ``make book`` does: all pages, warnings fatal, going on to the end."""
        from jupyter_book.sphinx import build_sphinx

        out = self.folder / "_build" / "html"
        log = io.StringIO()
        with contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
            status = build_sphinx(
                self.folder / "book",
                out,
                path_config=self.folder / "_config.yml",
                noconfig=True,
                confoverrides={
                    "external_toc_path": (self.folder / "_toc.yml").as_posix(),
                    "latex_individualpages": False,
                    "hdbook_package": str(self.folder / "library" / "hdintuition"),
                },
                freshenv=True,
                warningiserror=True,
                keep_going=True,
            )
        return Built(status, COLOURS.sub("", log.getvalue()), out)
