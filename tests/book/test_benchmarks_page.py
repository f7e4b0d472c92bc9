"""The page of benchmarks: nothing left out, a loss as plain as a win, and words where there are no data."""

import json

import pytest
import yaml
from bs4 import BeautifulSoup
from tests.book.mini_book import EXTENSION

WHERE = {"kind": "environment", "digest": "d", "date": "2026-01-02 03:04 UTC", "scale": "cpu", "device": "cpu",
         "cpu": "Some Processor", "cores": 4, "threads": 1, "system": "Linux x86_64", "python": "3.12.1",
         "versions": {"torch": "2.9.1", "jax": "not installed"}, "commit": "abc1234",
         "blas": "openblas 0.3 Zen"}  # fmt: skip
GPU = WHERE | {"device": "Some GPU"}
PAGE = """# Benchmarks

## Overview

```{hd-benchmarks} overview
```

## Sums

```{hd-benchmarks} sums
```

## Where

```{hd-benchmarks} environment
```
"""


@pytest.fixture
def hdbench(monkeypatch):
    """The extension's modules, importable."""
    monkeypatch.syspath_prepend(str(EXTENSION))
    import hdbench
    import hdbench.picture
    import hdbench.tables

    return hdbench


def result(peer="a library", ratio=4.0, **more):
    made = {"kind": "result", "topic": "sums", "work": "add numbers", "peer": peer, "ratio": ratio,
            "low": ratio and ratio / 2, "high": ratio and ratio * 2, "quartiles": [1, 1], "rounds": 7,
            "ours_seconds": 0.25, "their_seconds": ratio and ratio / 4, "same": "sums equal to 3.1e-07",
            "must": None, "goal": None, "load": 0.5, "cores": [1.0, 1.0], "failed": None}  # fmt: skip
    return made | more


def write(folder, *results, where=WHERE, name="cpu-some-processor"):
    folder.mkdir(parents=True, exist_ok=True)
    lines = [where, *results]
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), "utf8")


def rows_of(html):
    table = BeautifulSoup(html, "html.parser")
    return {row.th.find(string=True): row for row in table.select("tbody tr:not(.hd-work)")}


def cells(row):
    return {
        cell["data-l"]: cell.get_text(" ").replace("\N{NO-BREAK SPACE}", " ") for cell in row.select("td")
    }


# ------------------------------------------------------------------------------------------------- tables


@pytest.fixture
def table(hdbench, tmp_path):
    def made(*results):
        write(tmp_path, *results)
        [run] = hdbench.results.read(tmp_path)
        return hdbench.tables.table(run, "sums")

    return made


def test_a_win_a_loss_and_a_floor(table):
    html = table(
        result("slow", 24.53, must=18, goal=30),
        result("quick", 0.5, must=1),
        result("the floor", 0.25, must=1 / 6, goal=1 / 3, same="a bound"),
    )
    rows = rows_of(html)
    assert cells(rows["slow"]) == {
        "Times faster": "24.5 × 12.3 to 49.1",
        "Set in advance": "asked 18 ×: ✓ reached hoped 30 ×: ✕ missed",
    }
    assert cells(rows["quick"]) == {
        "Times faster": "0.5 ×, slower 0.25 to 1",
        "Set in advance": "asked 1 ×: ✕ missed",
    }
    assert cells(rows["the floor"])["Times faster"] == "4 × its time 2 to 8"
    assert (
        cells(rows["the floor"])["Set in advance"] == "asked within 6 ×: ✓ reached hoped within 3 ×: ✕ missed"
    )


def test_how_results_compare_stands_below_the_name(table):
    row = rows_of(table(result("slow", 4.0)))["slow"]
    assert row.th.span.get_text() == "1 s; sums equal to 3.1\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}10⁻⁷"


def test_work_is_a_heading_with_our_time(table):
    html = BeautifulSoup(table(result("a"), result("b"), result("a", work="subtract")), "html.parser")
    heads = [row.get_text(" ") for row in html.select("tr.hd-work th[scope=rowgroup]")]
    assert heads == ["Add numbers ours: 0.25 s", "Subtract ours: 0.25 s"]
    assert [len(body.select("tr")) for body in html.select("tbody")] == [3, 2]


def test_a_peer_that_was_not_there_has_its_row(table):
    row = rows_of(table(result("absent", None, failed="ModuleNotFoundError: No module named '<x>'")))[
        "absent"
    ]
    assert row.td.get_text() == "not compared: ModuleNotFoundError: No module named '<x>'"
    assert row.td["colspan"] == "2"


def test_a_second_core_is_said(table):
    row = rows_of(table(result("busy", 2.0, cores=[1.0, 1.9])))["busy"]
    assert "they kept 1.9 cores busy" in row.get_text()
    assert "we kept" not in row.get_text()


def test_the_summary_counts_everything(hdbench, tmp_path):
    rows = [result("a", 4, must=3, goal=5), result("b", 0.5), result("c", None, failed="x", must=2)]
    write(tmp_path, *rows, result("a floor", 0.25, must=0.5))
    words = hdbench.tables.summary(hdbench.results.read(tmp_path))
    assert "compared 2 times" in words
    assert "slower once" in words
    assert "asked for in advance 1 of 2 are reached, of those hoped for 0 of 1" in words
    assert "One comparison was not made" in words


def test_where_it_ran(hdbench, tmp_path):
    write(tmp_path, result(load=0.5), result(load=1.4))
    [run] = hdbench.results.read(tmp_path)
    words = hdbench.tables.where(run)
    for part in ("2026-01-02", "Some Processor, 4 cores", "Python 3.12.1, torch 2.9.1, jax not installed",
                 "NumPy's products: openblas 0.3 Zen.", "Load average 0.5 to 1.4", "Commit `abc1234`"):  # fmt: skip
        assert part in words


# ------------------------------------------------------------------------------------------------- picture


def test_the_picture_shows_what_was_asked_and_what_was_lost(hdbench, tmp_path):
    write(tmp_path, result("asked", 4, must=3), result("won in passing", 9), result("lost", 0.5))
    write(tmp_path, result("huge", 76400, goal=2), where=GPU, name="some-gpu")
    bundle = hdbench.picture.picture(hdbench.results.read(tmp_path))
    for svg in bundle["svg"].values():
        words = BeautifulSoup(svg, "html.parser").get_text(" ")
        assert "asked" in words
        assert "lost" in words
        assert "won in passing" not in words
        assert "76\N{THIN SPACE}000 ×" in words, "beyond the axis, so the number itself"
        assert "Some GPU" in words
    assert "1 of 1 ratios asked for" in bundle["finding"]
    assert "Diamonds: on a GPU." in bundle["caption"]
    alt = BeautifulSoup(bundle["svg"]["page"], "html.parser").svg["aria-label"]
    assert "from 0.5 times, against lost, to 76\N{THIN SPACE}000 times, against huge" in alt
    assert 20 <= len(alt.split()) <= 60


def test_no_picture_of_nothing(hdbench, tmp_path):
    write(tmp_path, result("won in passing", 9), result("absent", None, failed="x", must=2))
    assert hdbench.picture.picture(hdbench.results.read(tmp_path)) is None


# ---------------------------------------------------------------------------------------------------- files


def test_processors_come_before_gpus(hdbench, tmp_path):
    write(tmp_path, result(), where=GPU, name="a-gpu")
    write(tmp_path, result(), name="cpu-b")
    assert [run.machine for run in hdbench.results.read(tmp_path)] == ["Some Processor", "Some GPU"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", ":1: empty"),
        ("not json\n", ":1: not a line"),
        (json.dumps(WHERE) + '\n{"topic": "sums"}\n', ":2: lacks failed, peer, ratio, work"),
        (json.dumps(WHERE) + "\n[1]\n", ":2: not a line"),
    ],
)
def test_a_file_that_is_none_is_named(hdbench, tmp_path, text, says):
    (tmp_path / "x.jsonl").write_text(text, "utf8")
    with pytest.raises(hdbench.results.BadResults, match=f"x.jsonl{says}"):
        hdbench.results.read(tmp_path)


# ----------------------------------------------------------------------------------------------- in a book


@pytest.fixture
def mini_bench(mini):
    """The miniature with a page of benchmarks."""
    mini.replace("_toc.yml", "{file: scorecard}", "{file: scorecard}, {file: benchmarks}")
    config = yaml.safe_load(mini.file("_config.yml").read_text("utf8"))
    config["sphinx"]["local_extensions"]["hdbench"] = str(EXTENSION)
    mini.file("_config.yml").write_text(yaml.safe_dump(config), "utf8")
    mini.file("book/benchmarks.md").write_text(PAGE, "utf8")
    mini.results = mini.file("benchmarks/results")
    return mini


def article(built):
    return BeautifulSoup(built.page("benchmarks"), "html.parser").select_one("article")


def test_the_page(mini_bench):
    write(mini_bench.results, result("slow", 24.5, must=18), result("quick", 0.5))
    built = mini_bench.build()
    assert not built.red, built.log
    page = article(built)
    assert page.select_one("#fig-benchmarks-ratios")
    assert len(page.select("figure.hd-figure svg[role=img]")) == 2, "one for the page, one for the phone"
    assert page.figure.figcaption.strong.get_text().startswith("Against other libraries and ways")
    rows = page.select("table.hd-bench tbody tr")
    assert [row.th.find(string=True) for row in rows] == ["Add numbers", "slow", "quick"]
    download = page.find("a", string="Results, one JSON line each")
    assert (built.out / download["href"]).read_bytes() == (
        mini_bench.results / "cpu-some-processor.jsonl"
    ).read_bytes()


def test_without_results_the_page_says_so(mini_bench):
    built = mini_bench.build()
    assert not built.red, built.log
    words = article(built).get_text(" ")
    assert "Nothing has been measured yet" in words
    assert "Not measured yet." in words


def test_a_topic_without_a_place_stops_the_build(mini_bench):
    write(mini_bench.results, result(), result(topic="products"))
    built = mini_bench.build()
    assert built.red
    assert any("no {hd-benchmarks} products on any page" in said for said in built.complaints)


def test_a_broken_file_stops_the_build(mini_bench):
    write(mini_bench.results, {"topic": "sums"})
    built = mini_bench.build()
    assert built.red
    assert any("cpu-some-processor.jsonl:2: lacks" in said for said in built.complaints)


def test_every_topic_of_ours_has_its_place(root):
    """On the real page: those there are, measured or not."""
    from benchmarks.__main__ import topics

    page = (root / "book" / "benchmarks.md").read_text("utf8")
    missing = [topic for topic in topics() if f"{{hd-benchmarks}} {topic}\n" not in page]
    assert not missing, f"book/benchmarks.md has no place for {missing}"
