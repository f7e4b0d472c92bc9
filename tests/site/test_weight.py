"""What a chapter costs a reader who comes for the first time: everything its page asks for, as a server sends it."""

import functools
import gzip
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

MOST = 900_000  # bytes
COMPRESSED = {".woff", ".woff2", ".png", ".jpg", ".webp"}  # a server sends these as they are


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "chapter" in metafunc.fixturenames:
        here = metafunc.config.pluginmanager.get_plugin(str(Path(__file__).parent / "conftest.py"))
        texts = {page: (here.SITE / page).read_text(encoding="utf-8") for page in here.built_pages()}
        chapters = [page for page, text in texts.items() if 'class="hd-chapter-line"' in text]
        metafunc.parametrize("chapter", chapters or ["(no chapter)"])


@functools.cache
def sent(file: Path) -> int:
    content = file.read_bytes()
    return len(content if file.suffix in COMPRESSED else gzip.compress(content, 9))


def parts(requests: Iterable[str], origin: str, site: Path) -> dict[str, int]:
    """Bytes of every file that was asked for, the largest first; each is fetched once."""
    names = {unquote(urlsplit(url).path).lstrip("/") for url in requests if url.startswith(origin)}
    return dict(sorted(((name, sent(site / name)) for name in names), key=lambda part: -part[1]))


@pytest.mark.parametrize("mode", ["wide-light", "phone-dark"])
def test_a_first_visit_is_light(visit, chapter, mode, origin, site):
    assert chapter != "(no chapter)", "the book has no chapter"
    weights = parts(visit(chapter, mode).requests, origin, site)
    assert chapter in weights, "the page itself was not counted"
    table = "\n".join(f"{size:9,d}  {name}" for name, size in list(weights.items())[:15])
    total = sum(weights.values())
    assert total <= MOST, f"{chapter} costs {total:,d} bytes at the first visit, at most {MOST:,d}:\n{table}"


def test_no_script_of_what_is_not_on_the_page(visit, chapter, origin, site):
    """What was cut stays cut: MathJax's menu, Bootstrap, icons as a font, tabs, kernels."""
    names = " ".join(parts(visit(chapter, "wide-light").requests, origin, site))
    for unused in ("tex-chtml.js", "bootstrap.js", "fontawesome", "design-tabs", "togglebutton", "thebe"):
        assert unused not in names, f"{chapter} asks for {unused}: {names}"


def test_a_font_is_weighed_as_it_is_and_text_as_it_is_sent(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.woff2").write_bytes(b"0" * 5000)
    (tmp_path / "a" / "b.css").write_bytes(b"0" * 5000)
    asked = [
        "http://x/a/b.woff2",
        "http://x/a/b.css?v=1",
        "http://x/a/b.css?v=2",
        "data:font/woff2;base64,AAAA",
    ]
    weights = parts(asked, "http://x/", tmp_path)
    assert list(weights) == ["a/b.woff2", "a/b.css"]
    assert weights["a/b.woff2"] == 5000
    assert weights["a/b.css"] < 100
