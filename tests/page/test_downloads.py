"""The files a reader takes away: sizes, colours, fonts, and whose they are, read back from the files themselves."""

import io
import re
from base64 import b64decode

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

import hdintuition as hdi
from hdintuition.page import provenance
from hdintuition.page.downloads import ASKED, name_in_words
from hdintuition.page.style import DARK, LIGHT

HOME = provenance.permalink("odds-of-walls-odds")


def falling(ax):
    hdi.line(ax, [1, 2, 3], [0.5, 0.15, 0.02], "exact")
    hdi.dots(ax, [1, 2], hdi.stack([hdi.wilson(50, 100), hdi.wilson(15, 100)]), label="counted – 95 %")
    hdi.band(ax, [1, 2], hdi.stack([hdi.wilson(60, 100), hdi.wilson(40, 100)]), "counter")
    ax.annotate("here", (1, 0.5), (2, 0.6), arrowprops={"arrowstyle": "->", "color": "#010214"})
    ax.set(yscale="log", xlabel="number of directions n", ylabel="chance")
    return "A line that falls from one half."


@pytest.fixture(scope="module")
def shown():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(ASKED, "1")
        chapter = hdi.Chapter("walls/odds-of-walls", scale="smoke")
        return chapter.figure(
            "odds", falling, finding="With “4” directions 0.25 % are walled in.", claims=["W2"]
        ).bundle


@pytest.fixture(scope="module")
def files(shown):
    return {
        name.removeprefix("odds-of-walls-odds"): b64decode(content)
        for name, content in shown["files"].items()
    }


def test_no_file_is_made_unless_it_is_asked_for(monkeypatch):
    monkeypatch.delenv(ASKED, raising=False)
    assert "files" not in hdi.Desk("index").figure("line", falling, finding="It falls.").bundle


@pytest.mark.parametrize(("paper", "background"), [("white", (255, 255, 255)), ("black", (0x12, 0x12, 0x12))])
def test_slides_are_full_hd_on_their_paper(files, shown, paper, background):
    image = Image.open(io.BytesIO(files[f"-slide-{paper}.png"]))
    assert image.size == (1920, 1080)
    dots = np.asarray(image.convert("RGB")).astype(int)
    assert tuple(dots[2, 2]) == tuple(dots[-3, -3]) == background
    assert (abs(dots - np.array(background)).sum(2) > 60).mean() > 0.01  # something is drawn
    assert image.text["Title"] == shown["finding"]
    assert image.text["Author"] == provenance.authors()
    assert image.text["Source"] == HOME
    assert image.text["Copyright"].startswith("CC BY 4.0")
    assert provenance.version() in image.text["Software"]
    assert len(files[f"-slide-{paper}.png"]) < 200_000


@pytest.mark.parametrize("ending", [".pdf", "-slide.pdf"])
def test_pdfs_embed_their_fonts_and_say_whose_they_are(files, shown, ending):
    reader = PdfReader(io.BytesIO(files[ending]))
    (page,) = reader.pages
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    assert fonts
    for font in fonts:
        inner = font["/DescendantFonts"].get_object()[0].get_object() if "/DescendantFonts" in font else font
        assert inner["/FontDescriptor"].get_object().get("/FontFile2") is not None, f"{font} is not embedded"
    words = reader.metadata
    assert words.title == shown["finding"]
    assert words.author == provenance.authors()
    assert words.subject == HOME
    assert words.keywords.startswith("CC BY 4.0")
    assert provenance.version() in words.creator


def test_a_slide_as_pdf_is_wide_and_leads_home(files):
    (page,) = PdfReader(io.BytesIO(files["-slide.pdf"])).pages
    assert float(page.mediabox.width) / float(page.mediabox.height) == pytest.approx(16 / 9)
    links = [note.get_object()["/A"]["/URI"] for note in page["/Annots"]]
    assert set(links) == {HOME}
    text = page.extract_text()
    assert "With “4” directions 0.25 % are walled in" in " ".join(text.split())
    assert HOME.partition("://")[2] in text


@pytest.mark.parametrize("ending", [".svg", "-card-light.svg", "-card-dark.svg"])
def test_svgs_need_no_font_and_say_whose_they_are(files, shown, ending):
    text = files[ending].decode()
    assert "<text" not in text
    assert "<title>odds" not in text
    for word in (shown["finding"], provenance.authors(), HOME, "CC BY 4.0", provenance.version()):
        assert word in text, f"{word} is not in the metadata"
    assert not re.search(r"#0102[01]\d", text), "a stand-in colour is left"


def test_every_role_is_painted_for_its_paper(files):
    for ending, palette in (("-card-light.svg", LIGHT), ("-card-dark.svg", DARK)):
        text = files[ending].decode()
        assert palette["#010203"] in text
        assert palette["#010211"] in text  # the label of the dots
        assert palette["#010214"] in text  # the arrow


def test_the_svg_looks_the_same_in_another_viewer(files):
    """A second renderer, with no fonts at all, draws what matplotlib draws."""
    resvg = pytest.importorskip("resvg_py")
    png = bytes(resvg.svg_to_bytes(svg_string=files[".svg"].decode(), width=1300, dpi=96))
    image = Image.open(io.BytesIO(png)).convert("RGB")
    assert image.width == 1300
    assert abs(image.height - 720) <= 1  # a whole number of dots, rounded one way or the other
    ink = (np.asarray(image).astype(int).sum(2) < 600).mean()
    assert 0.005 < ink < 0.2


def test_an_explorer_gives_its_first_frame_and_all_its_data(monkeypatch):
    monkeypatch.setenv(ASKED, "1")

    def rising(ax, n):
        hdi.line(ax, [0, 1], [0, 0], "floor")
        hdi.dots(ax, [0, 1], hdi.stack([hdi.exact(0), hdi.exact(n)]), "measured")
        return f"A line to {n}."

    bundle = hdi.Desk("index", scale="cpu").explorer(
        "rise", rising, finding="It rises.", n=hdi.slider([4, 1, 2], label="Height")
    )
    assert name_in_words(bundle.bundle) == "rise (Height: 4)"
    assert "index-rise-slide.pdf" in bundle.bundle["files"]
    text = PdfReader(io.BytesIO(b64decode(bundle.bundle["files"]["index-rise-slide.pdf"]))).pages[0]
    assert "rise (Height: 4)" in text.extract_text()
    rows = bundle.bundle["data"]
    assert [row["y"] for row in rows if row.get("n") == 2 and row["role"] == "measured"] == [0, 2]
    floor = [row for row in rows if row["series"] == "floor"]
    assert len(floor) == 2, "what stands in every frame is listed once"
    assert "n" not in floor[0]
