"""A figure's own page, its files and the decks, in the miniature book."""

import csv
import io
from types import SimpleNamespace

from bs4 import BeautifulSoup
from pypdf import PdfReader


def test_the_data_read_back_are_what_was_drawn(warm):
    text = (warm[1].out / "figures/first-line/first-line.csv").read_text("utf8")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["series"], row["role"]) for row in rows] == [("line", "ink")] * 2
    assert [(float(row["x"]), float(row["y"])) for row in rows] == [(0.0, 0.0), (0.25, 0.25)]


def test_the_code_is_the_cell_and_says_where_it_is_from(warm):
    text = (warm[1].out / "figures/first-line/first-line.py").read_text("utf8")
    assert 'alt="A line that rises from zero to one."' in text
    assert "figures/first-line/" in text.partition("\n\n")[0]


def test_the_page_says_what_the_cell_said(warm):
    page = BeautifulSoup(warm[1].page("figures/first-line/index"), "html.parser")
    assert page.select_one(".hd-figure-page h1").get_text() == "It rises"
    words = page.select_one(".hd-to-take").get_text(" ")
    assert "It rises by one." in words
    assert "“It always rises.”" in words
    assert [link.get_text() for link in page.select(".hd-bears a")] == ["X1", "X2"]


def test_the_gallery_begins_with_what_it_names(warm):
    page = BeautifulSoup(warm[1].page("figures"), "html.parser")
    assert [card["id"] for card in page.select(".hd-card")] == ["second-line", "first-line"]
    (deck,) = [link["href"] for link in page.select(".hd-ready a")]
    reader = PdfReader(warm[1].out / deck)
    assert len(reader.pages) == 2
    assert [entry.title for entry in reader.outline] == ["It rises", "It rises"]


def test_a_gallery_that_names_a_strange_figure(mini):
    mini.replace("book/figures.md", "second-line", "third-line")
    built = mini.build()
    assert built.red
    assert "names figures that are not in the book: third-line" in built.log


def test_a_row_of_the_scorecard_leads_to_the_figure(warm):
    page = BeautifulSoup(warm[1].page("scorecard"), "html.parser")
    assert page.select_one("#X1 .hd-row-figure")["href"] == "figures/first-line/index.html"
    assert page.select_one("#X3 .hd-row-figure")["href"] == "figures/second-line/index.html"
    assert warm[1].json("scorecard.json")[0]["figure"].endswith("/figures/first-line/")


def test_bibtex_escapes_what_tex_would_read(warm):
    from hdbook.citing import bibtex  # on the path once a book was built

    figure = SimpleNamespace(
        id="a-b",
        headline="50 % of $x_1$ & more",
        date="2026-11-22",
        bundle={"name": "b"},
        permalink="https://x.org/",
    )
    entry = bibtex(figure)
    assert r"title = {{50 \% of \$x\_1\$ \& more}}" in entry
    assert "url = {https://x.org/}" in entry
