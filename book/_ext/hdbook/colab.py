"""One notebook a chapter for Colab, and the buttons that lead to it.

The notebook is the chapter's source, not its executed form: the first cell installs the release or the commit
that this page was built from, the text is plain Markdown, the code is untouched, and there are no outputs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from posixpath import dirname, join, normpath
from typing import TYPE_CHECKING, Any

import nbformat

from hdbook.myst import simplify, titled
from hdbook.results import SCORECARD
from hdbook.roles import measured

if TYPE_CHECKING:
    from pathlib import Path

    from sphinx.application import Sphinx

    from hdbook.project import Project
    from hdbook.results import Book

COLAB = "https://colab.research.google.com/github"
BRANCH = "gh-pages"  # where the workflow publishes the site, notebooks/ with it
FOLDER = "notebooks"
_TEXT_ROLES = {
    "sub",
    "sup",
    "abbr",
    "kbd",
    "guilabel",
    "emphasis",
    "strong",
    "file",
    "samp",
    "dfn",
    "command",
}


@dataclass
class BookWords:
    """What roles and links mean in a notebook: numbers of this build, and absolute addresses of the site.

    ``book`` may be missing (in tests of the notebooks alone): measured numbers then read "…".
    """

    project: Project
    docname: str
    book: Book | None = None
    equations: dict[str, tuple[str, str]] | None = None
    cited: dict[str, str] | None = None

    def role(self, name: str, text: str) -> str:
        title, target = titled(text)
        if name == "measured":
            return self._measured(text)
        if name == "verdict":
            standing = self.book.standings.get(text) if self.book is not None else None
            word = f": {standing.word}" if standing is not None else ""
            return f"[{text}{word}]({self.project.page(SCORECARD, text)})"
        if name == "claim":
            return f"[{text}]({self._card(text)})"
        if name == "math":
            return f"${text}$"
        if name == "term":
            return f"[{title or target}]({self.project.page('glossary', 'term-' + target.replace(' ', '-'))})"
        if name == "eq":
            docname, number = (self.equations or {}).get(target, (self.docname, ""))
            label = f"({number})" if number else "equation"
            return f"[{label}]({self.project.page(docname, f'equation-{target}')})"
        if name.startswith("cite"):
            return self._citation(name, text)
        if name == "doc":
            return f"[{title or target.rpartition('/')[2]}]({self.link(target)})"
        if name in ("ref", "numref"):
            return f"[{title or 'here'}]({self.project.page(self.docname, target)})"
        return f"`{text}`" if name not in _TEXT_ROLES and ":" in name else (title or text)

    def link(self, target: str) -> str:
        if re.match(r"[a-z][a-z0-9+.-]*:|//", target, re.IGNORECASE):
            return target
        path, _, anchor = target.partition("#")
        if not path:
            return self.project.page(self.docname, anchor)
        inside = path.lstrip("/") if path.startswith("/") else normpath(join(dirname(self.docname), path))
        stem, dot, suffix = inside.rpartition(".")
        if not dot or suffix in ("md", "html"):
            return self.project.page(stem if dot else inside, anchor)
        return f"{self.project.homepage.rstrip('/')}/{inside}"

    def number(self, label: str) -> str:
        return (self.equations or {}).get(label, ("", ""))[1]

    def page(self) -> str:
        return self.project.page(self.docname)

    def _card(self, claim: str) -> str:
        standing = self.book.standings.get(claim) if self.book is not None else None
        if standing is None or standing.written:
            page = standing.claim.slug if standing is not None else self.docname
            return self.project.page(page, f"claim-{claim.lower()}")
        return self.project.page(SCORECARD, claim)

    def _measured(self, expression: str) -> str:
        try:
            return measured(self.book, self.docname, expression) if self.book is not None else "…"
        except ValueError:  # the page has said so, with its line
            return "…"

    def _citation(self, name: str, keys: str) -> str:
        links = [
            f"[{(self.cited or {}).get(key.strip(), key.strip())}]({self.project.page('bibliography')})"
            for key in keys.split(",")
        ]
        return ", ".join(links) if name == "cite:t" else f"({'; '.join(links)})"


def colab_notebook(source: nbformat.NotebookNode, words: BookWords) -> nbformat.NotebookNode:
    """A chapter's notebook for Colab.

    Args:
        source: The chapter as read from its MyST file.
        words: What roles and links mean.

    Returns:
        A valid notebook without outputs, whose cell ids depend on their order alone.
    """
    cells = [_install(words.project)]
    for cell in source.cells:
        if cell.cell_type == "code":
            cells.append(_code(cell))
        elif cell.cell_type == "markdown" and (text := simplify(cell.source, words)):
            cells.append(nbformat.v4.new_markdown_cell(_with_origin(text, words)))
    for number, cell in enumerate(cells):
        cell["id"] = (
            "install" if number == 0 else f"{'code' if cell.cell_type == 'code' else 'text'}-{number:02d}"
        )
    name = words.docname.rpartition("/")[2]
    metadata = {
        "accelerator": "GPU",
        "colab": {"gpuType": "T4", "name": f"{name}.ipynb", "provenance": [], "toc_visible": True},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
    }
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.validate(notebook)
    return notebook


def write_notebook(notebook: nbformat.NotebookNode, folder: Path, docname: str) -> Path:
    """Write ``<folder>/<part>/<slug>.ipynb``."""
    file = folder / f"{docname}.ipynb"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(nbformat.writes(notebook), "utf8")
    return file


def buttons(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Point a chapter's buttons to its generated notebook: Colab, and download."""
    groups = context.get("header_buttons")
    book: Book | None = getattr(app, "hdbook", None)
    if groups is None or book is None:
        return
    groups[:] = [group for group in groups if group.get("label") != "launch-buttons"]
    if pagename not in book.runs or pagename not in book.chapters:
        return
    file = f"{FOLDER}/{pagename}.ipynb"
    groups.insert(
        0,
        {
            "type": "link",
            "text": "Colab",
            "tooltip": "Run this chapter on Colab",
            "label": "launch-colab",
            "icon": "fas fa-play",
            "url": f"{COLAB}/{book.project.owner_and_name}/blob/{BRANCH}/{file}",
        },
    )
    download = {
        "type": "link",
        "text": ".ipynb",
        "tooltip": "Download this chapter as a notebook",
        "label": "download-notebook-button",
        "icon": "fas fa-code",
        "url": context["pathto"](file, 1),
    }
    for group in groups:
        if group.get("label") == "download-buttons":
            others = [b for b in group["buttons"] if b.get("label") != "download-notebook-button"]
            group["buttons"] = [download, *others]


def _install(project: Project) -> nbformat.NotebookNode:
    requirement = f"{project.name} @ git+{project.repository}@{project.revision}"
    source = f'#@title Install {project.name}: run this first\n%pip install -q "{requirement}"'
    return nbformat.v4.new_code_cell(source, metadata={"cellView": "form", "tags": ["install"]})


def _code(cell: nbformat.NotebookNode) -> nbformat.NotebookNode:
    tags = set(cell.metadata.get("tags", []))
    hidden = tags & {"hide-cell", "hide-input", "remove-cell", "remove-input"}
    if not hidden or cell.source.startswith("%%"):
        return nbformat.v4.new_code_cell(cell.source)
    title = cell.metadata.get("mystnb", {}).get("code_prompt_show", "Show the code")
    return nbformat.v4.new_code_cell(f"#@title {title}\n{cell.source}", metadata={"cellView": "form"})


def _with_origin(text: str, words: BookWords) -> str:
    """Below the title: where the page is that this notebook belongs to."""
    title, line, rest = text.partition("\n")
    if not title.startswith("# "):
        return text
    origin = f"*The chapter with its results, figures and verdicts: [{words.page()}]({words.page()})*"
    return f"{title}\n\n{origin}{line}{rest}"
