"""A chapter on paper, and the book as one PDF: an article without controls, links that lead somewhere."""

from pathlib import Path

import pytest
from pypdf import PdfReader
from tools.binding import Sheet
from tools.book_pdf import book_pdf, facts_of, leaves, main

from hdintuition.page.provenance import LICENCE, LICENCE_ADDRESS

ROOT = Path(__file__).resolve().parents[2]
CHAPTER, GLOSSARY = "walls/odds-of-walls.html", "glossary.html"
A4 = (595, 842)  # points
# On the page, and of no use on paper.
LEFT_OUT = (
    "Search the book",
    "On this page",
    "Show the code of this picture",
    "Read it in context",
    "Choose before you scroll",
)
# Visible in print, though a sheet of paper has no use for it.
CONTROLS = """() => [...document.querySelectorAll(
  'input, button, select, textarea, nav, .hd-takes, .hd-argue, .tag_hide-input > details')]
  .filter(e => e.checkVisibility()).map(e => e.outerHTML.slice(0, 120))"""
UNSPLIT = """() => [...document.querySelectorAll('.bd-article :is(tr, figure, .hd-predict)')]
  .filter(e => getComputedStyle(e).breakInside !== 'avoid').map(e => e.outerHTML.slice(0, 120))"""
COLOURS = """() => ['.bd-article section section > p', '.hd-figure svg', 'table.hd-verdict td', 'pre span']
  .map(name => getComputedStyle(document.querySelector(name)).color)"""
GROUNDS = """() => ['body', '.bd-main', '.bd-article', 'pre', 'table.hd-verdict td']
  .map(name => getComputedStyle(document.querySelector(name)).backgroundColor)"""


@pytest.fixture(scope="module")
def book(browser, site, tmp_path_factory) -> PdfReader:
    """A book of a chapter and the glossary, as it is read back."""
    pages = [
        Sheet(CHAPTER, "Surrounded by walls: the odds", b"", "Part III: Walls"),
        Sheet(GLOSSARY, "Glossary", b""),
    ]
    file = tmp_path_factory.mktemp("book") / "book.pdf"
    book_pdf(browser, site, pages, facts_of(ROOT)).write(file)
    return PdfReader(file)


@pytest.fixture(scope="module")
def texts(book) -> list[str]:
    """What is written on each page."""
    return [page.extract_text() for page in book.pages]


@pytest.fixture(scope="module")
def in_print(open_page):
    """The chapter, dark on the screen, by the rules for print."""
    page = open_page(CHAPTER, "wide-dark")
    page.emulate_media(media="print", color_scheme="dark")
    return page


def addresses(book: PdfReader) -> list[str]:
    return [link["/A"]["/URI"] for link in annotations(book) if "/A" in link]


def annotations(book: PdfReader) -> list:
    return [a.get_object() for page in book.pages for a in page.get("/Annots", [])]


def titles(outline: list) -> list:
    return [titles(one) if isinstance(one, list) else one.title for one in outline]


def embedded(font) -> bool:
    """Whether the shapes of the letters travel with the file; those of a Type 3 font always do."""
    if font["/Subtype"] == "/Type3":
        return True
    descriptor = font.get("/DescendantFonts", [font])[0].get_object()["/FontDescriptor"]
    return any(name in descriptor for name in ("/FontFile", "/FontFile2", "/FontFile3"))


# ------------------------------------------------------------------------------------------ a chapter


def test_a_chapter_is_an_article_on_a4(site, book, texts):
    assert {tuple(round(float(side)) for side in page.mediabox[2:]) for page in book.pages} == {A4}
    last = book.get_destination_page_number(book.outline[-1])
    assert 8 <= last - 1 <= 20, "pages, between the contents and the glossary"
    text = " ".join(texts[1:last])
    on_screen = (site / CHAPTER).read_text(encoding="utf-8")
    assert all(words in on_screen for words in LEFT_OUT), "the list is stale"
    assert not [words for words in LEFT_OUT if words in text]
    for words in ("Shown:", "Directions n", "Rule set in", "below 10", "Supported", "Solution"):
        assert words in text, f"{words!r} is not printed"


def test_nothing_to_click_is_printed_and_nothing_is_split(in_print):
    assert in_print.evaluate(CONTROLS) == []
    assert in_print.evaluate(UNSPLIT) == []


def test_a_dark_page_is_printed_black_on_white(in_print):
    assert set(in_print.evaluate(COLOURS)) == {"rgb(0, 0, 0)"}
    assert set(in_print.evaluate(GROUNDS)) <= {"rgba(0, 0, 0, 0)", "rgb(255, 255, 255)"}


# ------------------------------------------------------------------------------------------- the book


def test_typefaces_travel_with_the_file(book):
    fonts = [font.get_object() for page in book.pages for font in page["/Resources"]["/Font"].values()]
    assert fonts
    assert all(embedded(font) for font in fonts)


def test_links_lead_into_the_book_or_to_public_addresses(book, homepage):
    inside = [link["/Dest"] for link in annotations(book) if "/Dest" in link]
    places = [book.get_page_number(place[0].get_object()) for place in inside]
    glossary = max(places)
    assert places.count(glossary) >= 1
    assert len({(n, float(place[3])) for n, place in zip(places, inside, strict=True)}) > 5, "no exact places"
    outside = addresses(book)
    assert not [a for a in outside if a.startswith("file:") or "127.0.0.1" in a or "localhost" in a]
    assert any(a.startswith(f"{homepage}bibliography.html#") for a in outside), "not in this book, so public"
    assert not [a for a in outside if a.startswith((homepage + CHAPTER, homepage + GLOSSARY))]


def test_bookmarks_follow_parts_chapters_and_sections(book):
    contents, part, (chapter, sections), glossary = titles(book.outline)
    assert (contents, part, glossary) == ("Contents", "Part III: Walls", "Glossary")
    assert chapter == "Surrounded by walls: the odds"
    assert {"The argument", "The verdict", "Exercises"} <= set(sections)


def test_the_pages_are_numbered_through(texts):
    """Counted from the contents on; the number is the first thing that Chromium writes on a page."""
    for number, text in enumerate(texts, start=1):
        assert text.startswith(str(number)), f"page {number} begins with {text[:20]!r}"


def test_it_says_what_it_is(book):
    facts = facts_of(ROOT)
    assert {key: book.metadata[key] for key in facts} == facts
    assert book.metadata["/License"] == f"Text and figures: {LICENCE}, {LICENCE_ADDRESS}"
    assert book.root_object["/Lang"] == "en-GB"


def test_screen_readers_find_headings_and_alternative_texts(book):
    """The tags of all sheets hang in one tree, and every page finds its own."""
    tree = book.root_object["/StructTreeRoot"]
    keys = list(tree["/ParentTree"]["/Nums"])[::2]
    assert keys == sorted(set(keys)) == list(range(tree["/ParentTreeNextKey"]))
    assert len({page["/StructParents"] for page in book.pages}) == len(book.pages)
    kinds, texts = set(), []
    waiting = [tree["/K"]]
    while waiting:
        one = waiting.pop().get_object()
        if isinstance(one, list):
            waiting += one
        elif isinstance(one, dict) and "/S" in one:
            kinds.add(one["/S"])
            texts += [one["/Alt"]] if "/Alt" in one else []
            waiting += [one["/K"]] if "/K" in one else []
    assert {"/H1", "/H2", "/Table", "/TH", "/Figure", "/Link"} <= kinds
    assert any("Histogram" in text for text in texts)


def test_without_a_book_it_says_what_to_do(tmp_path, capsys):
    assert main([str(tmp_path)]) == 1
    assert "make book" in capsys.readouterr().err


def test_the_order_is_that_of_reading(site):
    toc = {"parts": [{"caption": "Part III: Walls", "chapters": [{"file": CHAPTER.removesuffix(".html")}]}]}
    found = [(leaf.address, leaf.part) for leaf in leaves(site, toc)]
    assert found[0] == ("index.html", None)
    assert found[2] == (CHAPTER, "Part III: Walls")
    assert found[-1] == ("colophon.html", None)
