"""What a speaker takes away: every figure's page, its files in the tools they are for, the gallery and its decks."""

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup
from PIL import Image
from pypdf import PdfReader
from tools.browser import served

ROOT = Path(__file__).resolve().parents[2]
FROZEN = [
    line.split()[1]
    for line in (ROOT / "book" / "frozen.txt").read_text(encoding="utf-8").splitlines()
    if line.startswith("figure ")
]
FIGURES = pytest.mark.parametrize("name", FROZEN)
ENDINGS = (".svg", ".pdf", ".csv", ".py", "-slide.pdf", "-slide-white.png", "-slide-black.png", "-slide.js")
FIVE = FROZEN[:: max(1, len(FROZEN) // 5)][:5]


def page_of(site, name):
    return BeautifulSoup((site / "figures" / name / "index.html").read_text(encoding="utf-8"), "html.parser")


def in_words(text):
    """Without a full stop at its end, whatever the spaces: pages have some that no line may end at."""
    return " ".join(text.split()).rstrip(".")


def file_of(site, name, ending):
    return site / "figures" / name / f"{name}{ending}"


@FIGURES
def test_every_frozen_figure_has_its_page_and_all_files(site, name, homepage):
    page = page_of(site, name)
    for ending in ENDINGS:
        assert file_of(site, name, ending).stat().st_size > 100, f"{name}{ending} is missing or empty"
    titles = [title.get_text() for title in page.select("article h2")]
    for title in ("Download", "Say it in one sentence", "Do not say", "Cite", "As a slide"):
        assert title in titles, f"{name} lacks {title!r}: {titles}"
    permalink = f"{homepage.rstrip('/')}/figures/{name}/"
    cited = page.select_one(".hd-bibtex pre").get_text()
    assert f"url = {{{permalink}}}" in cited
    assert permalink in page.select_one(".hd-line pre").get_text()
    social = {tag["property"]: tag["content"] for tag in page.find_all("meta", property=True)}
    assert social["og:url"] == permalink == page.find("link", rel="canonical")["href"]
    assert in_words(social["og:title"]) == in_words(page.h1.get_text())
    assert social["og:image"] == f"{permalink}{name}-slide-white.png"


@FIGURES
def test_the_chapter_leads_to_the_figures_page_and_back(site, name):
    page = page_of(site, name)
    back = page.select_one(".hd-from a")["href"]
    path, _, anchor = back.partition("#")
    chapter = BeautifulSoup(
        (site / "figures" / name / path).resolve().read_text(encoding="utf-8"), "html.parser"
    )
    assert chapter.find(id=anchor) is not None
    links = {link["href"] for link in chapter.select(".hd-takes a")}
    assert any(link.endswith(f"figures/{name}/index.html") for link in links)


@FIGURES
def test_slides_and_prints_say_whose_they_are(site, name, homepage):
    finding = page_of(site, name).h1.get_text()
    permalink = f"{homepage.rstrip('/')}/figures/{name}/"
    for paper in ("white", "black"):
        slide = Image.open(file_of(site, name, f"-slide-{paper}.png"))
        assert slide.size == (1920, 1080)
        assert (slide.text["Source"], slide.text["Copyright"][:9]) == (permalink, "CC BY 4.0")
        assert in_words(slide.text["Title"]) == in_words(finding)
    for ending in (".pdf", "-slide.pdf"):
        reader = PdfReader(file_of(site, name, ending))
        words = reader.metadata
        assert (words.subject, words.keywords[:9]) == (permalink, "CC BY 4.0")
        fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]
        assert fonts
        for font in fonts:
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            described = inner.get("/FontDescriptor")
            assert inner["/Subtype"] == "/Type3" or "/FontFile2" in described.get_object(), name
    svg = file_of(site, name, ".svg").read_text(encoding="utf-8")
    assert permalink in svg
    assert "CC BY 4.0" in svg
    assert "<text" not in svg


@FIGURES
def test_the_data_can_be_read_back(site, name):
    text = file_of(site, name, ".csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert rows, f"{name} gives no data"
    assert {"series", "role"} <= set(rows[0])
    for row in rows:
        for column, value in row.items():
            if column in ("x", "y", "low", "high", "value") and value:
                float(value)
                assert len(re.sub(r"e.*|[^0-9]", "", value).strip("0")) <= 6, f"{name}: {column} = {value}"


@pytest.mark.parametrize("name", FIVE)
def test_an_svg_looks_the_same_in_two_viewers(site, open_page, origin, name):
    """The browser's picture and that of a renderer without any fonts differ in the smoothing of edges alone."""
    resvg = pytest.importorskip("resvg_py")
    file = file_of(site, name, ".svg")
    drawn = resvg.svg_to_bytes(svg_string=file.read_text(encoding="utf-8"), width=936, dpi=96)
    other = np.asarray(Image.open(io.BytesIO(bytes(drawn))).convert("RGB")).astype(float)
    page = open_page("404.html", "wide-light")
    image = f'<img src="{origin}figures/{name}/{name}.svg" style="display:block;width:936px">'
    page.set_content(f'<body style="margin:0">{image}</body>', wait_until="networkidle")
    shot = page.locator("img").screenshot()
    ours = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(float)
    height = min(len(ours), len(other))
    apart = np.abs(ours[:height] - other[:height]).max(axis=2)
    assert (ours < 200).any(axis=2).mean() > 0.003, "the browser shows a picture"
    assert (apart > 128).mean() < 0.002, f"{name}: {(apart > 128).mean():.2%} of the dots differ"


def test_the_gallery_shows_all_and_filters_by_part(open_page, site):
    page = open_page("figures.html", "wide-light")
    cards = page.locator(".hd-card")
    assert sorted(cards.evaluate_all("cards => cards.map(card => card.id)")) == sorted(FROZEN)
    page.select_option("select[name=part]", "II")
    shown = page.locator(".hd-card:visible").evaluate_all("cards => cards.map(card => card.dataset.part)")
    assert set(shown) == {"II"}
    assert page.evaluate("location.search") == "?part=II"


def test_a_choice_is_an_address_and_becomes_a_deck(open_page, site, homepage, tmp_path):
    page = open_page(f"figures.html?deck={FIVE[2]},nonsense", "wide-light", accept_downloads=True)
    assert page.locator(".hd-deck-list li").count() == 1
    for name in [one for one in FIVE if one != FIVE[2]]:
        box = page.locator(f"#{name} input")
        box.focus()
        page.keyboard.press("Space")
    order = [FIVE[2], *(one for one in FIVE if one != FIVE[2])]
    assert page.evaluate("location.search") == f"?deck={','.join(order)}"
    with page.expect_download() as got:
        page.get_by_role("button", name="Make the deck (PDF)").press("Enter")
    file = tmp_path / "deck.pdf"
    got.value.save_as(file)
    reader = PdfReader(file)
    assert len(reader.pages) == len(FIVE)
    for slide, name in zip(reader.pages, order, strict=True):
        permalink = f"{homepage.rstrip('/')}/figures/{name}/"
        assert float(slide.mediabox.width) / float(slide.mediabox.height) == pytest.approx(16 / 9)
        links = {note.get_object()["/A"]["/URI"] for note in slide["/Annots"]}
        assert links == {permalink}
        headline = page_of(site, name).h1.get_text()
        assert headline.split()[0] in slide.extract_text()
        assert permalink.partition("://")[2] in slide.extract_text().replace("\n", "")
    assert reader.metadata.author
    assert f"deck={','.join(order)}" in reader.metadata.subject


def test_without_script_the_ready_decks_are_there(open_page, site):
    page = open_page("figures.html", "phone-light", java_script_enabled=False)
    assert not page.locator(".hd-deck-bar").is_visible()
    assert not page.locator(".hd-choose").first.is_visible()
    links = page.locator(".hd-ready a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    slides = sum(len(PdfReader(site / link).pages) for link in links)
    assert slides == sum(not name.startswith("index-") for name in FROZEN)


@pytest.fixture
def below(site, tmp_path):
    """The book served from a folder below the root of its server, as GitHub serves it."""
    (tmp_path / "some-book").symlink_to(site)
    with served(tmp_path) as origin:
        yield f"{origin}some-book"


@pytest.mark.parametrize("place", ["a file", "a folder of a server"])
def test_a_figures_page_and_a_deck_work_from_anywhere(browser, site, below, place):
    root = f"file://{site}" if place == "a file" else below
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page, failed = context.new_page(), []
    page.on("requestfailed", lambda request: failed.append(request.url))
    page.on("response", lambda got: got.status >= 400 and failed.append(got.url))
    page.goto(f"{root}/figures/{FIVE[0]}/index.html")
    slide = page.locator(".hd-slides img").first
    slide.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.hd-slides img').naturalWidth === 1920")
    page.goto(f"{root}/figures.html?deck={FIVE[0]},{FIVE[1]}")
    with page.expect_download() as got:
        page.get_by_role("button", name="Make the deck (PDF)").click()
    assert len(PdfReader(got.value.path()).pages) == 2
    # A page opened from a file may not fetch a typeface ahead of its use; it loads it all the same.
    assert page.evaluate("async () => (await document.fonts.load(\"1em 'Source Serif 4'\")).length") == 1
    assert not [url for url in failed if place != "a file" or not url.endswith(".woff2")]
    context.close()
