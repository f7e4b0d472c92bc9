"""The files of the built book: links and anchors that lead somewhere, ids once, words for every picture."""

import functools
import gzip
import re
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlparse

from bs4 import BeautifulSoup

EXPLORER_BUDGET, FIGURE_BUDGET = 150_000, 30_000  # bytes, gzipped


@functools.cache
def parsed(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@functools.cache
def anchors(path: Path) -> frozenset[str]:
    page = parsed(path)
    return frozenset(
        {tag["id"] for tag in page.find_all(id=True)}
        | {a["name"] for a in page.find_all("a", attrs={"name": True})}
    )


def fault(site: Path, address: str, link: str, homepage: str) -> str | None:
    """Why a link leads nowhere; None if it leads somewhere, or out of the book."""
    target, fragment = urldefrag(link)
    if target.startswith(homepage):
        target, base = target.removeprefix(homepage), site
    elif urlparse(target).scheme or target.startswith("//"):
        return None
    else:
        base = (site / address).parent
    path = (base / unquote(target.split("?")[0])).resolve() if target else site / address
    if path.is_dir():
        path = path / "index.html"
    if not path.is_relative_to(site):
        return f"{link} leads out of the book's folder"
    if not path.is_file():
        return f"{link} leads to nothing"
    if fragment and path.suffix == ".html" and unquote(fragment) not in anchors(path):
        return f"{link}: no such anchor on {path.relative_to(site)}"
    return None


def test_every_link_leads_somewhere(site, address, homepage):
    page = parsed(site / address)
    links = [
        tag["href"] for tag in page.find_all(["a", "link"], href=True) if tag.get("rel") != ["canonical"]
    ]
    links += [tag["src"] for tag in page.find_all(["img", "script", "source", "iframe"], src=True)]
    faults = [why for link in links if link and (why := fault(site, address, link, homepage))]
    assert not faults, f"{address}: {faults}"


def test_ids_are_unique(site, address):
    ids = [tag["id"] for tag in parsed(site / address).find_all(id=True)]
    twice = sorted({name for name in ids if ids.count(name) > 1})
    assert not twice, f"{address}: {twice}"


def test_labels_and_references_inside_a_page_point_at_something(site, address):
    page = parsed(site / address)
    there = {tag["id"] for tag in page.find_all(id=True)}
    for attribute in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
        for tag in page.find_all(attrs={attribute: True}):
            value = tag[attribute]
            for name in value.split() if isinstance(value, str) else value:
                assert name in there, f"{address}: {attribute}={name!r} points at nothing: {str(tag)[:150]}"


def test_every_picture_is_described(site, address):
    page = parsed(site / address)
    for image in page.find_all("img"):
        assert image.get("alt") is not None, f"{address}: no alt text: {str(image)[:150]}"
    for figure in page.select("figure.hd-figure svg[role=img]"):
        words = len((figure.get("aria-label") or "").split())
        assert 20 <= words <= 60, f"{address}: alt text of {words} words: {figure.get('aria-label')!r}"


def test_pictures_keep_their_weight(site, address):
    for figure in parsed(site / address).select("figure.hd-figure"):
        size = len(gzip.compress(str(figure).encode(), compresslevel=6, mtime=0))
        budget = EXPLORER_BUDGET if figure.has_attr("data-hd-explorer") else FIGURE_BUDGET
        assert size <= budget, (
            f"{address}: {figure.figcaption.get_text()[:60]!r} takes {size} bytes gzipped, at most {budget}"
        )


def test_nothing_is_left_unrendered(site, address):
    """Raw directives, roles, template marks and error boxes of Sphinx show as text when something went wrong."""
    page = BeautifulSoup(str(parsed(site / address)), "html.parser")
    for tag in page.select("script, style, pre, code, .math"):
        tag.decompose()
    text = page.get_text(" ")
    found = re.search(
        r":::|\{(?:measured|verdict|claim|cite:?\w?|ref|term|doc|numref|eq)\}|\{\{|\}\}|Traceback",
        text,
    )
    assert not found, f"{address}: {text[max(0, found.start() - 60) : found.end() + 60]!r}"
    for output in page.select(".cell_output"):
        shown = output.get_text(" ")
        assert not re.search(r"\bnan\b|\bNaN\b|\binf\b|None[ %]", shown), f"{address}: {shown[:200]}"
    assert not page.select(".system-message, .problematic"), f"{address}: Sphinx reports an error on the page"


def test_no_path_of_the_machine_that_built_it(site, address):
    text = (site / address).read_text(encoding="utf-8")
    found = re.search(r"(?<![\w.:/~-])/(?:tmp|root|home|Users)/[\w./-]+|file://[\w./-]+", text)
    assert not found, f"{address}: {found.group()}"


def test_the_site_is_complete(site):
    """What other places link to by address."""
    for name in ("404.html", "scorecard.json", "sitemap.xml", "objects.inv"):
        assert (site / name).is_file(), f"{name} is missing"
    assert list((site / "notebooks").rglob("*.ipynb")), "no notebook for Colab"
