"""The whole book as one PDF, printed by Chromium from the built site: ``make pdf``.

    python -m tools.book_pdf [_build/html]

Every page is printed as a reader would print it, by the rules for print in the style sheets, in the order of
_toc.yml and with page numbers that run on; ``tools/binding.py`` puts them together.
"""

from __future__ import annotations

import json
import re
import sys
import time
import tomllib
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pypdf.generic import NameObject, TextStringObject

from hdintuition.page.provenance import LICENCE, LICENCE_ADDRESS
from tools.binding import Sheet, bind
from tools.browser import AT_REST, Missing, browser, served

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pypdf import PdfWriter

ROOT = Path(__file__).resolve().parents[1]
FRONT, BACK = ("index", "verdicts"), ("scorecard", "glossary", "notation", "bibliography", "colophon")
# Chromium gives a place in the PDF to what a link on the same page points at, so everything is pointed at.
POINT_AT_ALL = """() => {
  for (const target of document.querySelectorAll('.bd-article [id]:not(svg *, mjx-container *)')) {
    const link = document.createElement('a');
    link.href = '#' + encodeURIComponent(target.id);
    link.hidden = true;
    document.body.append(link);
  }
  return [...document.querySelectorAll('.bd-article section[id] > h2')].map(heading => {
    const copy = heading.cloneNode(true);
    copy.querySelectorAll('.headerlink, mjx-assistive-mml').forEach(part => part.remove());
    return [heading.parentElement.id, copy.textContent.trim()];
  });
}"""
CONTENTS = """<!doctype html><html lang="en-GB" data-theme="light"><head><title>{title}</title>
<link rel="stylesheet" href="_static/fonts.css"><link rel="stylesheet" href="_static/hdintuition.css">
<link rel="stylesheet" href="_static/theme.css"><style>
  body {{ font: 10.5pt/1.5 var(--hd-sans); margin: 0; }} h1, h2 {{ font-family: var(--hd-serif); font-weight: 600; }}
  h1 {{ font-size: 26pt; margin: 0; }} h2 {{ font-size: 15pt; margin: 2rem 0 .5rem; }} p {{ margin: .3rem 0; }}
  ul {{ list-style: none; margin: 0; padding: 0; }} li {{ break-inside: avoid; display: flex; padding: .1rem 0; }}
  li.part {{ break-after: avoid; font-weight: 600; margin-top: .7rem; }} li a {{ color: #000; flex: 1; }}
</style></head><body><h1>{title}</h1>{lines}<h2>Contents</h2><ul>{rows}</ul></body></html>"""


def leaves(site: Path, toc: dict[str, Any]) -> list[Sheet]:
    """The pages of the book, not yet printed: what comes first, the chapters by part, what is looked up.

    Raises:
        Missing: If one of them is not built.
    """
    chapters = [(c["file"], part["caption"]) for part in toc["parts"] for c in part["chapters"]]
    named = [(name, None) for name in FRONT]
    named += [(name, part) for name, part in chapters if part.startswith("Part ")]
    named += [(name, None) for name in BACK]
    return [Sheet(f"{name}.html", title(site / f"{name}.html"), b"", part) for name, part in named]


def title(file: Path) -> str:
    """The title of a built page, without the book's.

    Raises:
        Missing: If it is not built.
    """
    if not file.is_file():
        raise Missing(f"{file} is not there. Build the book first: make book")
    found = re.search(r"<title>(.*?)</title>", file.read_text(encoding="utf-8"), re.DOTALL)
    return unescape(found[1]).rpartition(" — ")[0].strip() if found else file.stem


def printed(page: Any, origin: str, leaf: Sheet, first: int) -> Sheet:
    """A page of the site on A4, its first page numbered ``first``."""
    page.goto(origin + leaf.address, wait_until="load")
    page.evaluate(AT_REST)
    sections = page.evaluate(POINT_AT_ALL)
    pdf = on_paper(page, leaf.title, first)
    return Sheet(leaf.address, leaf.title, pdf, leaf.part, tuple(map(tuple, sections)))


def on_paper(page: Any, foot: str, first: int) -> bytes:
    """The PDF of what a page shows, ``foot`` in its foot."""
    words = json.dumps(foot, ensure_ascii=False)
    style = f"html {{ counter-reset: page {first - 1} }} @page {{ @bottom-left {{ content: {words} }} }}"
    page.add_style_tag(content=style)
    page.evaluate(AT_REST)
    return page.pdf(prefer_css_page_size=True, tagged=True)


def contents(page: Any, origin: str, facts: dict[str, str], numbers: Iterable[tuple[Sheet, int]]) -> Sheet:
    """The first page: what the book is, and on which page each of its pages begins."""
    rows, part = [], None
    for leaf, number in numbers:
        if leaf.part != part:
            part = leaf.part
            rows.append(f"<li class='part'>{escape(part or 'To look up')}</li>")
        link = f"<a href='{origin}{leaf.address}'>{escape(leaf.title)}</a>"
        rows.append(f"<li>{link}<span>{number}</span></li>")
    shown = ("/Subject", "/Author", "/Version", "/License", "/Address")
    lines = "".join(f"<p>{escape(facts[key])}</p>" for key in shown)
    page.goto(
        f"{origin}404.html", wait_until="load"
    )  # a small page, so that the style sheets are of its site
    page.set_content(CONTENTS.format(title=escape(facts["/Title"]), lines=lines, rows="".join(rows)))
    return Sheet("", "Contents", on_paper(page, facts["/Title"], 1))


def facts_of(root: Path) -> dict[str, str]:
    """What the PDF says of itself, from pyproject.toml and _config.yml."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {
        "/Title": yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))["title"],
        "/Author": ", ".join(author["name"] for author in project["authors"]),
        "/Subject": project["description"],
        "/Keywords": ", ".join(project["keywords"]),
        "/Creator": f"{project['name']} {project['version']}",
        "/Version": f"Version {project['version']}",
        "/License": f"Text and figures: {LICENCE}, {LICENCE_ADDRESS}",
        "/Address": project["urls"]["Homepage"],
    }


def book_pdf(started: Any, site: Path, pages: list[Sheet], facts: dict[str, str]) -> PdfWriter:
    """The book of these pages, printed by a browser that has been started.

    Args:
        started: The browser, as playwright gives it.
        site: The folder of the built book.
        pages: What :func:`leaves` gives, or some of it.
        facts: What :func:`facts_of` gives.
    """
    with served(site) as origin:
        page = started.new_page(color_scheme="light", reduced_motion="reduce")
        page.emulate_media(media="print")  # typefaces that only print asks for are waited for as well
        first = contents(page, origin, facts, ((leaf, 0) for leaf in pages))
        sheets, starts, after = [], [], 1 + len(first.reader.pages)
        for leaf in pages:
            sheets.append(printed(page, origin, leaf, after))
            starts.append(after)
            after += len(sheets[-1].reader.pages)
        first = contents(page, origin, facts, zip(pages, starts, strict=True))
        page.close()
    book = bind([first, *sheets], origin, facts["/Address"])
    describe(book, facts)
    book.compress_identical_objects()  # the same typefaces and signs in every sheet
    return book


def describe(book: PdfWriter, facts: dict[str, str]) -> None:
    """Say in the PDF what it is, and let readers show its title and its bookmarks."""
    book.add_metadata(facts)
    book.root_object[NameObject("/Lang")] = TextStringObject("en-GB")
    book.create_viewer_preferences().display_doctitle = True
    book.page_mode = "/UseOutlines"


def main(arguments: list[str]) -> int:
    """Print the book; return the exit status."""
    began = time.monotonic()
    site = Path(arguments[0]) if arguments else ROOT / "_build" / "html"
    out = site.parent / "hdintuition.pdf"
    try:
        pages = leaves(site, yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))
        with browser() as started:
            book = book_pdf(started, site, pages, facts_of(ROOT))
    except Missing as why:
        print(f"There is no PDF: {why}", file=sys.stderr)
        return 1
    book.write(out)
    size, seconds = out.stat().st_size / 1e6, time.monotonic() - began
    print(f"The book as a PDF: {out}, {len(book.pages)} pages, {size:.1f} MB, printed in {seconds:.0f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
