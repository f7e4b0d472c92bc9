"""What the directives and roles make of the miniature: its pages, seen as a browser would parse them."""

import csv
import io
import re

import pytest
from bs4 import BeautifulSoup

WORDS = [
    "Supported",
    "Supported with limits",
    "Holds as meant",
    "Mixed",
    "Contradicted",
    "Inconclusive",
    "Not tested",
]


@pytest.fixture(scope="module")
def pages(warm):
    """``pages("one/first")`` is the article of a page."""

    def article(name: str) -> BeautifulSoup:
        text = warm[1].page(name).replace("\N{THIN SPACE}", " ")
        return BeautifulSoup(text, "html.parser").select_one("article")

    return article


# ---------------------------------------------------------------------------------------- chapter head


def test_the_line_under_the_title_and_the_deck(pages):
    page = pages("one/first")
    line = page.h1.find_next_sibling("p")
    assert line["class"] == ["hd-chapter-line"]
    assert re.fullmatch(r"Chapter 1, in Part I: One\. \d+ minutes?, runs on a CPU in \d+ s", line.get_text())
    deck = line.find_next_sibling("p")
    assert deck["class"] == ["hd-deck"]
    assert deck.get_text().startswith("What comes first?")


def test_curly_quotes_in_a_title_are_the_same_title(pages):
    assert "“thoughts”" in pages("one/second").h1.get_text()


def test_the_stamp_is_filled_in(pages):
    stamp = pages("one/first").select_one(".hd-scale .hd-stamp")
    assert re.fullmatch(r" · \d+ s", stamp.get_text()), "the miniature is in no checkout, so no commit"


def test_a_proof_is_linked_to_its_equation(pages):
    page = pages("one/first")
    link = page.find("a", string="proof")
    assert link["href"] == "#equation-eq-two"
    assert page.find(id="equation-eq-two") is not None


def test_equations_are_counted_page_by_page(pages):
    for name in ("one/first", "one/second"):
        assert pages(name).select_one(".eqno").get_text().startswith("(1)")
    assert pages("one/second").find("a", string="(1)")["href"] == "first.html#equation-eq-two"


def test_a_figure_can_be_linked_to(pages):
    assert pages("one/first").find(id="fig-first-line") is not None


# ---------------------------------------------------------------------------------------------- boxes


def test_predict_first(pages):
    form = pages("one/first").select_one("form.hd-predict")
    assert "coins show heads?" in form.fieldset.legend.get_text()
    assert form.legend.select_one(".math"), "mathematics in the question"
    radios = form.select("label > input[type=radio]")
    assert len(radios) == 4
    assert len({radio["name"] for radio in radios}) == 1
    assert [label.get_text(strip=True) for label in form.select("label")][1] == "1 in 16"
    assert form.select_one("label strong").get_text() == "1 in 400"
    answer = form.select_one("[role=status]")
    assert answer.select_one(".hd-measured").get_text() == "50.0 % (49.0 to 51.0 %)"


def test_take_away(pages):
    box = pages("one/first").select_one(".hd-takeaway")
    say, dont = box.select_one(".hd-say"), box.select_one(".hd-dont")
    assert [p.get_text() for p in say.select("p")] == ["Say", "Coins fall.", "They fall on one side."]
    assert dont.select("p")[1].get_text() == "“They always fall on heads”: 50.0 %."


# ---------------------------------------------------------------------------------------------- roles


def test_numbers_of_the_run(pages):
    shown = [span.get_text() for span in pages("one/first").select(".hd-measured")]
    assert shown[1:3] == ["0.20", "0.25 (0.20 to 0.30)"]


def test_verdict_and_claim_in_a_sentence(pages):
    page = pages("one/first")
    word = page.select_one(".hd-verdict-word a")
    assert word["href"] == "../scorecard.html#X1"
    assert word.get_text().strip() == "Supported"
    assert word.svg["aria-hidden"] == "true"
    assert page.find("a", string="X1", href="#claim-x1")


# ------------------------------------------------------------------------------------ lists of the book


def test_strip_of_discs(pages):
    links = pages("index").select("ol.hd-discs a")
    assert [link["aria-label"] for link in links] == [
        "X1: Supported",
        "X2: Contradicted",
        "X3: Supported",
        "X4: Not tested",
        "X5: Not tested",
    ]
    assert links[0]["href"] == "scorecard.html#X1"
    counts = pages("index").select("ul.hd-counts li")
    assert [item.span.get_text() for item in counts] == WORDS
    assert [int(item.strong.get_text()) for item in counts] == [2, 0, 0, 0, 1, 0, 2]


def test_chapters_by_part(pages):
    items = pages("index").select(".hd-part .hd-chapters li")
    assert [item.a["href"] if item.a else None for item in items] == [
        "one/first.html",
        "one/second.html",
        None,
    ]
    assert "in preparation" in items[2].get_text()
    assert [a["aria-label"] for a in items[0].select(".hd-chapter-discs a")] == [
        "X1: Supported",
        "X2: Contradicted",
    ]


def test_colophon(pages):
    rows = pages("index").select("table.hd-colophon tbody tr")
    assert [row.th.get_text() for row in rows] == ["First things", 'Second "thoughts"']
    cells = [cell.get_text() for cell in rows[0].select("td")]
    assert cells[1:4] == ["smoke", "cpu", "1"]
    assert "torch" in pages("index").get_text()


# ------------------------------------------------------------------------------------------ scorecard


def test_scorecard_rows(pages):
    rows = {row["id"]: row for row in pages("scorecard").select("table.hd-scorecard tr[data-word]")}
    assert list(rows) == ["X1", "X2", "X3", "X4", "X5"]
    assert rows["X2"]["data-word"] == "Contradicted"
    assert rows["X2"].q.get_text() == "They do"
    assert rows["X1"].select_one('[data-l="In one line"]').get_text() == "small: 20.0 %, asked below 30 %"
    assert rows["X2"].select_one('[data-l="In one line"]').get_text() == "large: 0.900, asked below 0.5"
    assert rows["X1"].select_one('[data-l="Chapter"] a')["href"] == "one/first.html#claim-x1"


def test_an_unwritten_chapter_has_no_link(pages):
    page = pages("scorecard")
    for name in ("X4", "X5"):
        cell = page.select_one(f"tr#{name} [data-l=Chapter]")
        assert "chapter in preparation" in cell.get_text()
        assert cell.a is None
    assert page.select_one('tr#X4 [data-l="In one line"]').get_text() == "A proverb"


def test_scorecard_is_whole_without_script(pages):
    page = pages("scorecard")
    assert not page.select("tr[hidden], tbody[hidden]")
    assert [box["value"] for box in page.select(".hd-chip input[hidden]")] == WORDS
    assert page.select_one(".hd-search").has_attr("hidden")
    assert page.select_one("tbody th[scope=rowgroup]").get_text() == "Part I: One"


def test_the_filters_script_is_on_its_page_alone(warm):
    assert "scorecard.js" in warm[1].page("scorecard")
    assert "scorecard.js" not in warm[1].page("one/first")


def test_scorecard_json(warm):
    rows = warm[1].json("scorecard.json")
    assert [row["claim"] for row in rows] == ["X1", "X2", "X3", "X4", "X5"]
    first = rows[0]
    assert {key: first[key] for key in ("chapter", "verdict", "as_written", "as_meant")} == {
        "chapter": "one/first",
        "verdict": "Supported",
        "as_written": "✓",
        "as_meant": "✓",
    }
    assert first["reference"] is None
    test = first["tests"][0]
    assert {"test", "reading", "estimate", "low", "high", "rule", "outcome", "scale", "device"} <= set(test)
    assert (test["test"], test["estimate"], test["rule"], test["outcome"]) == ("small", 0.2, "< 0.3", "pass")
    proof = first["tests"][1]
    assert (proof["rule"], proof["outcome"], proof["estimate"]) == ("proof eq-two", "pass", None)
    assert rows[3]["tests"] == []


def test_scorecard_csv(warm):
    rows = list(csv.DictReader(io.StringIO((warm[1].out / "scorecard.csv").read_text("utf8"))))
    assert [row["verdict"] for row in rows] == [
        "Supported",
        "Contradicted",
        "Supported",
        "Not tested",
        "Not tested",
    ]
    assert rows[1]["why"] == "large: 0.900, asked below 0.5"


# ---------------------------------------------------------------------------------- beside the pages


def test_records_are_published(warm):
    record = warm[1].json("records/one/first.json")
    assert record["kept"]["share"]["estimate"] == 0.5
    assert record["seconds"] > 0


def test_the_page_for_wrong_addresses_needs_nothing(warm):
    page = BeautifulSoup(warm[1].page("404"), "html.parser")
    assert [a["href"] for a in page.select("a")] == [
        "https://example.org/mini/",
        "https://example.org/mini/scorecard.html",
    ]
    assert not page.select("script, img, link:not([href^='data:'])")


def test_faults_of_the_theme_are_mended(warm):
    page = warm[1].page("one/first")
    assert "THEBE" not in page
    assert "thebe" not in page.lower()
    assert "Toggle hidden content" not in page
    assert "doc-biblioentry" not in warm[1].page("bibliography")
    styles = [link["href"] for link in BeautifulSoup(page, "html.parser").select("link[rel=stylesheet]")]
    assert len(styles) == len(set(styles))
    assert sum("hdintuition.css" in style for style in styles) == 1


def test_vendored_scripts_are_not_loaded_everywhere(mini):
    vendored = mini.file("book/_static/vendor/big.js")
    vendored.parent.mkdir(parents=True)
    vendored.write_text("1;", "utf8")
    mini.file("book/_static/small.js").write_text("1;", "utf8")
    built = mini.build()
    assert not built.red, built.log
    assert (built.out / "_static/vendor/big.js").is_file()
    assert "big.js" not in built.page("index")
    assert built.page("index").count("small.js") == 1


def test_a_choice_too_few(mini):
    for line in ("- 1 in 2\n", "- 1 in 16\n", "- **1 in 400**\n"):
        mini.replace("book/one/first.md", line, "")
    built = mini.build()
    assert built.red
    assert any("2 to 6 choices, got 1" in said for said in built.complaints)


def test_a_number_of_another_chapter(mini):
    mini.replace("book/one/second.md", "And then?", "And {measured}`one/first odds[0]:.1f`?")
    built = mini.build()
    assert not built.red, built.log
    assert (
        "0.5" in BeautifulSoup(built.page("one/second"), "html.parser").select_one(".hd-measured").get_text()
    )
