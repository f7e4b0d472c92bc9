"""Chapters are executed when, and only when, something their outputs depend on has changed."""

import json
from pathlib import Path

import pytest
from tests.book.mini_book import EXTENSION, Miniature

LIBRARY = "library/hdintuition"


def keys(book: Miniature, scale: str = "smoke") -> dict[str, str]:
    """The cache key of every chapter, as the extension computes it."""
    from hdbook.closure import Library
    from hdbook.execution import find_pages
    from hdbook.project import Project

    pages = find_pages(
        ["index", "one/first", "one/second"],
        book.file("book"),
        book.file("_build/.jupyter_cache"),
        Library(book.file(LIBRARY)),
        Project.of(book.file("book")),
    )
    return {page.docname: page.key for page in pages}


@pytest.fixture(autouse=True)
def extension(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSION))


def changed(book: Miniature, before: dict[str, str]) -> set[str]:
    return {name for name, key in keys(book).items() if key != before[name]}


def test_the_first_build_is_green_and_executes_everything(warm):
    built = warm[1]
    assert not built.red, built.log
    assert built.complaints == []
    assert built.executed == 2
    assert "chapter 2 of 2 · one/" in built.log, "progress is shown, with names and seconds"
    assert (
        "add to frozen.txt when published: bibliography, figures, index, scorecard, second-line" in built.log
    )


def test_myst_nb_finds_what_was_executed_and_starts_no_kernel(warm):
    assert warm[1].log.count("Using cached notebook") == 2
    assert "Executing notebook" not in warm[1].log


def test_a_second_build_executes_nothing(mini):
    built = mini.build()
    assert not built.red, built.log
    assert built.executed == 0


def test_editing_prose_or_a_rule_executes_nothing_and_is_shown(mini):
    mini.replace("book/one/first.md", "What comes first?", "What comes before all?")
    mini.replace(f"{LIBRARY}/claims/one/first.toml", 'passes = "< 0.3"', 'passes = "< 0.1"')
    built = mini.build()
    assert not built.red, built.log
    assert built.executed == 0
    page = built.page("one/first")
    assert "What comes before all?" in page
    rows = {row["claim"]: row for row in built.json("scorecard.json")}
    assert rows["X1"]["verdict"] == "Holds as meant"
    assert "changed after the run" in page


@pytest.mark.parametrize(
    ("module", "affected"),
    [
        ("mathematics/triple.py", {"one/second"}),
        ("mathematics/double.py", {"one/first"}),
        ("mathematics/scaled.py", {"one/first"}),  # by way of double.py
        ("mathematics/__init__.py", {"one/first", "one/second"}),
        ("page/shown.py", {"one/first", "one/second"}),  # by way of desk.py
        ("desk.py", {"one/first", "one/second"}),
    ],
)
def test_a_module_concerns_the_chapters_that_import_it(mini, module, affected):
    before = keys(mini)
    file = mini.file(f"{LIBRARY}/{module}")
    file.write_text(file.read_text("utf8") + "\n# edited\n", "utf8")
    assert changed(mini, before) == affected


def test_editing_a_module_executes_those_chapters_and_says_why(mini):
    mini.replace(f"{LIBRARY}/mathematics/triple.py", "3 * value", "value * 3")
    built = mini.build()
    assert not built.red, built.log
    assert built.executed == 1
    assert "one/second" in built.log
    assert "changed: mathematics/triple.py" in built.log


def test_a_reference_record_is_part_of_the_key_and_decides_the_headline(mini):
    record = mini.file(f"{LIBRARY}/reference/one/second.json")
    record.parent.mkdir(parents=True)
    there = {"estimate": 0.1, "low": 0.09, "high": 0.11, "note": "4096 draws"}
    record.write_text(
        json.dumps(
            {"schema": 1, "slug": "one/second", "scale": "gpu", "device": "a GPU", "threads": 1, "seed": 0}
            | {"torch": "2", "version": "0.1.0", "kept": {}, "date": "2026-01-01", "commit": "abcdef0"}
            | {"claims": {"X3": {"wide": {"interval": there, "rule": "as it was"}}}}
        ),
        "utf8",
    )
    built = mini.build()
    assert not built.red, built.log
    assert built.executed == 1
    row = next(row for row in built.json("scorecard.json") if row["claim"] == "X3")
    assert row["verdict"] == "Contradicted"
    assert row["reference"]["verdict"] == "Contradicted"
    assert row["this_build"]["verdict"] == "Supported"
    assert [test["run"] for test in row["tests"]] == ["this_build", "reference"]
    assert [test["device"] for test in row["tests"]] == ["cpu", "a GPU"]


@pytest.mark.parametrize(
    ("file", "text", "affected"),
    [
        ("constraints.txt", "torch==2.13.0", {"one/first", "one/second"}),
        (f"{LIBRARY}/page/assets/style.txt", "serif", {"one/first", "one/second"}),
        (f"{LIBRARY}/page/assets/style.css", "p {}", set()),
        (f"{LIBRARY}/reference/one/first.json", "{}", {"one/first"}),
        (f"{LIBRARY}/claims/one/note.txt", "", set()),
        (f"{LIBRARY}/mathematics/unused.py", "", set()),
    ],
)
def test_other_files_in_the_key(mini, file, text, affected):
    before = keys(mini)
    mini.file(file).parent.mkdir(parents=True, exist_ok=True)
    mini.file(file).write_text(text, "utf8")
    assert changed(mini, before) == affected


def test_a_new_public_name_executes_nothing(mini):
    before = keys(mini)
    mini.replace(f"{LIBRARY}/__init__.py", "WHERE = {", 'WHERE = {\n    "quadruple": "mathematics.triple",')
    assert changed(mini, before) == set()


def test_scale_is_part_of_the_key(mini, monkeypatch):
    before = keys(mini)
    monkeypatch.setenv("HDI_SCALE", "cpu")
    assert changed(mini, before) == {"one/first", "one/second"}


def test_the_text_of_a_cell_is_part_of_the_key_and_prose_is_not(mini):
    before = keys(mini)
    mini.replace("book/one/second.md", "And then?", "And what then?")
    assert changed(mini, before) == set()
    mini.replace("book/one/second.md", "triple = hdi.triple(2)", "triple = hdi.triple(3)")
    assert changed(mini, before) == {"one/second"}


@pytest.mark.parametrize(
    ("code", "reached"),
    [
        ("import hdintuition as hdi\nhdi.triple(1)", {"mathematics", "mathematics.triple"}),
        ("from hdintuition import double", {"mathematics", "mathematics.double", "mathematics.scaled"}),
        ("import hdintuition.mathematics.triple", {"mathematics", "mathematics.triple"}),
        ("from hdintuition.mathematics import triple as t", {"mathematics", "mathematics.triple"}),
        (
            "import hdintuition\nhdintuition.mathematics.triple.triple(1)",
            {"mathematics", "mathematics.triple"},
        ),
        ("%pip list\nimport hdintuition as h\nh.cards('x')", {"desk", "page", "page.shown"}),
        ("import numpy as hdi\nhdi.triple(1)", set()),
        ("this is no Python", set()),
    ],
)
def test_what_code_reaches(mini, code, reached):
    from hdbook.closure import Library

    assert set(Library(mini.file(LIBRARY)).reached([code])) == reached


def test_every_name_of_the_real_library_is_found():
    import hdintuition
    from hdbook.closure import Library

    library = Library(Path(hdintuition.__file__).parent)
    assert library.where == hdintuition.WHERE
    missing = [name for name, module in hdintuition.WHERE.items() if library.file(module) is None]
    assert not missing, f"WHERE names modules that are not there: {missing}"
    assert "evidence.interval" in library.reached(["import hdintuition as hdi\nhdi.wilson"])


def test_an_interrupted_store_leaves_nothing_half_written(mini, monkeypatch):
    """The executed notebook is moved into place as a whole."""
    from hdbook import execution

    def stopped(*_):
        raise KeyboardInterrupt

    mini.replace("book/one/second.md", "hdi.triple(2)", "hdi.triple(4)")
    monkeypatch.setattr(execution.os, "replace", stopped)
    assert isinstance(mini.build().status, KeyboardInterrupt)
    monkeypatch.undo()
    home = mini.file("_build/.jupyter_cache/one--second")
    assert [f for f in home.iterdir() if f.name != "new" and not (f / "run.json").is_file()] == []


def test_old_versions_are_cleared_away(mini):
    home = mini.file("_build/.jupyter_cache/one--second")
    for number in range(6):
        (home / f"old{number}").mkdir()
    mini.replace("book/one/second.md", "hdi.triple(2)", "hdi.triple(5)")
    assert not mini.build().red
    assert len(list(home.iterdir())) == 4
