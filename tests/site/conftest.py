"""The built book, served on this machine, and a browser to look at it.

Without the book or a browser these tests are skipped, with the reason; where HDI_REQUIRE_BROWSER=1
(``make site-test``, and so CI) they fail instead.
"""

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from importlib.metadata import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest
from tools.browser import AT_REST, Missing, served
from tools.browser import browser as any_browser

ROOT = Path(__file__).resolve().parents[2]
SITE = Path(os.environ.get("HDI_SITE", ROOT / "_build" / "html")).resolve()
REQUIRED = os.environ.get("HDI_REQUIRE_BROWSER") == "1"
HOMEPAGE = dict(line.split(", ", 1) for line in metadata("hdintuition").get_all("Project-URL"))["Homepage"]
AXE_MODES = ("wide-light", "phone-dark")  # between them every rule of the style sheet is at work
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


# Ways to look at a page: width, height, colour scheme.
MODES = {
    "wide-light": (1280, 900, "light"),
    "wide-dark": (1280, 900, "dark"),
    "phone-light": (390, 844, "light"),
    "phone-dark": (390, 844, "dark"),
}


@dataclass(repr=False)
class Visit:
    """What was seen when a page was opened in one mode."""

    requests: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)
    violations: list[dict[str, Any]] = field(default_factory=list)
    headings: int = 0
    language: str = ""
    title: str = ""
    page_width: int = 0
    too_wide: list[str] = field(default_factory=list)
    not_set: list[str] = field(default_factory=list)


def built_pages() -> list[str]:
    """Every page of the book, relative to the site; Sphinx's own listings apart."""
    listings = {"genindex.html", "search.html", "py-modindex.html"}
    pages = (
        path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html") if "_static" not in path.parts
    )
    return sorted(page for page in pages if page not in listings and not page.startswith("reports/"))


def pages_to_open() -> list[str]:
    """The pages that a browser opens: of the figures' pages, all made by one template, the first of a chapter.

    The file name of a figure's page begins with its chapter's slug.
    """
    slugs = sorted((page[:-5].rpartition("/")[2] for page in built_pages()), key=len, reverse=True)
    kept, seen = [], set()
    for page in built_pages():
        if page.startswith("figures/"):
            slug = next(slug for slug in slugs if page.removeprefix("figures/").startswith(f"{slug}-"))
            if slug in seen:
                continue
            seen.add(slug)
        kept.append(page)
    return kept


def missing(reason: str) -> None:
    if REQUIRED:
        pytest.fail(f"{reason} (HDI_REQUIRE_BROWSER=1)", pytrace=False)
    pytest.skip(reason)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.site)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that asks for ``address`` runs on every page, or, in a browser, on those to open; on none, to say so."""
    if "address" in metafunc.fixturenames:
        pages = pages_to_open() if "visit" in metafunc.fixturenames else built_pages()
        metafunc.parametrize("address", pages or ["(no book)"])


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built book."""
    if not (SITE / "index.html").exists():
        missing("the book is not built: make book")
    return SITE


@pytest.fixture(scope="session")
def homepage() -> str:
    """Where the book is published."""
    return HOMEPAGE


@pytest.fixture(scope="session")
def origin(site: Path) -> Iterator[str]:
    """The address at which the book is served, on this machine only."""
    with served(site) as address:
        yield address


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """A headless browser that is already on this machine; none is downloaded."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(any_browser())
        except Missing as why:
            missing(str(why))
        yield started


@pytest.fixture(scope="package")
def open_page(browser: Any, origin: str) -> Iterator[Callable[..., Any]]:
    """``open_page(address, mode)`` gives a page that has come to rest; nothing outside this machine is reached."""
    contexts = []

    def open_in(address: str, mode: str, visit: Visit | None = None, **options: Any) -> Any:
        for context in contexts:
            context.close()
        width, height, scheme = MODES[mode]
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=scheme, **options
        )
        contexts[:] = [context]
        context.route("**/*", answer)
        page = context.new_page()
        if visit is not None:
            watch(page, visit)
        page.goto(origin + address, wait_until="load")
        page.wait_for_load_state("networkidle")
        if options.get("java_script_enabled", True):
            page.evaluate(AT_REST)
        return page

    yield open_in
    for context in contexts:
        context.close()


def answer(route: Any) -> None:
    """This machine and the book's own address (404.html spells it out) are answered, nothing else is."""
    url = route.request.url
    own = SITE / urlparse(url.removeprefix(HOMEPAGE)).path
    if url.startswith(("http://127.0.0.1:", "data:", "blob:", "about:")):
        route.continue_()
    elif url.startswith(HOMEPAGE) and own.is_file():
        route.fulfill(path=own)
    else:
        route.abort()


def watch(page: Any, visit: Visit) -> None:
    """Write down what the page asks for and what it complains about."""
    page.on("request", lambda request: visit.requests.append(request.url))
    page.on("requestfailed", lambda request: visit.failed.append(f"{request.url}: {request.failure}"))
    page.on("response", lambda got: got.status >= 400 and visit.failed.append(f"{got.url}: {got.status}"))
    page.on("pageerror", lambda error: visit.console.append(f"uncaught: {error}"))
    page.on("console", lambda said: said.type in {"error", "warning"} and visit.console.append(said.text))


# What reaches over the right edge, unless a box around it scrolls or it is a drawer that is pushed out.
WIDER_THAN_THE_SCREEN = """() => [...document.querySelectorAll('body *')]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && e.checkVisibility() && !e.ownerSVGElement)
  .filter(e => { for (let p = e; p; p = p.parentElement) {
      const style = getComputedStyle(p);
      if (style.position === 'fixed' || (p !== e && style.overflowX !== 'visible')) return false;
    } return true; })
  .slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""


# Formulas that are not set, that are set in part (what MathJax does not know is red), or that nobody can hear.
NOT_SET = """() => [...document.querySelectorAll('.math')]
  .filter(e => !e.querySelector('mjx-assistive-mml math') || e.querySelector('mjx-merror, math mtext[mathcolor]'))
  .map(e => e.textContent.slice(0, 120))"""


@pytest.fixture(scope="package")
def visit(open_page: Callable[..., Any]) -> Callable[[str, str], Visit]:
    """``visit(address, mode)`` opens a page once and remembers all that the tests ask about."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()
    settings = {"runOnly": {"type": "tag", "values": AXE_TAGS}, "resultTypes": ["violations"]}
    settings["preload"] = False  # it would look for the theme's imported style sheets at wrong addresses

    @functools.cache
    def looked_at(address: str, mode: str) -> Visit:
        seen = Visit()
        page = open_page(address, mode, seen)
        seen.headings, seen.title = page.locator("h1").count(), page.title()
        seen.language = page.get_attribute("html", "lang") or ""
        seen.page_width = page.evaluate("document.documentElement.scrollWidth")
        seen.too_wide = page.evaluate(WIDER_THAN_THE_SCREEN)
        seen.not_set = page.evaluate(NOT_SET)
        if mode in AXE_MODES:
            seen.violations = axe.run(page, options=settings).response["violations"]
        return seen

    return looked_at
