"""One fault at a time is planted in a green book: the build turns red and names file and line."""

import pytest

FIRST, SECOND = "book/one/first.md", "book/one/second.md"
CLAIMS = "library/hdintuition/claims/one"
JUDGE = '    X2={"large": 0.9},'


def plant(book, file, old, new):
    book.replace(file, old, new)
    return book.build()


def names(built, file, line, *words) -> None:
    """The build is red, and one complaint stands at file:line and says these words."""
    assert built.status == 1, f"not red, or broken off before the end:\n{built.log}"
    said = [entry for entry in built.log.split("\n") if f"{file}:{line}:" in entry]
    assert any(all(word in entry for word in words) for entry in said), built.complaints


def test_an_exception(mini):
    built = plant(mini, SECOND, "triple = hdi.triple(2)", "triple = (\n    1 / 0\n)")
    names(built, SECOND, mini.line_of(SECOND, "1 / 0"), "ZeroDivisionError")
    assert "FAILED in line" in built.log
    assert "Executing notebook" not in built.log, "a failing chapter is not executed a second time"
    assert "ZeroDivisionError" in built.page("one/second"), "the page shows how far it came"
    assert len(built.complaints) == 1, "one fault, one complaint"
    assert mini.build().executed == 1, "a failed run is not found again"


def test_an_exception_below_cell_settings(mini):
    built = plant(mini, FIRST, "print(values)", "raise ValueError('planted')")
    names(built, FIRST, mini.line_of(FIRST, "planted"), "ValueError: planted")
    assert len(built.complaints) == 1, "numbers that the run did not come to are no faults of their own"


def test_a_cell_that_takes_too_long(mini):
    mini.replace("_config.yml", "timeout: 60", "timeout: 1")
    built = plant(mini, SECOND, "triple = hdi.triple(2)", "import time; time.sleep(5)")
    names(built, SECOND, mini.line_of(SECOND, "time.sleep"), "CellTimeoutError")


def test_a_kernel_that_dies(mini):
    built = plant(mini, SECOND, "triple = hdi.triple(2)", "import os; os._exit(1)")
    names(built, SECOND, mini.line_of(SECOND, "os._exit"), "DeadKernelError")


def test_a_line_on_stderr(mini):
    built = plant(mini, SECOND, "triple = hdi.triple(2)", "import sys; sys.stderr.write('planted')")
    start = mini.line_of(SECOND, "sys.stderr")
    assert built.red
    cell = range(start - 1, start + 3)  # myst-nb names a line of the cell, not always the first
    assert any(f"{SECOND}:{k}:" in said and "stderr" in said for said in built.complaints for k in cell), (
        built.log
    )


def test_stderr_stays_red_from_the_cache(mini):
    plant(mini, SECOND, "triple = hdi.triple(2)", "import sys; sys.stderr.write('planted')")
    again = mini.build()
    assert again.executed == 0
    assert again.red


@pytest.mark.parametrize(
    ("link", "word"),
    [
        ("[more](third.md)", "third.md"),
        ("[more](#nowhere)", "nowhere"),
        ("{ref}`nowhere`", "nowhere"),
        ("{eq}`eq-nowhere`", "eq-nowhere"),
        ("{cite:t}`nobody1900`", "nobody1900"),
    ],
)
def test_a_broken_link(mini, link, word):
    built = plant(mini, SECOND, "And then?", f"And then {link}?")
    names(built, SECOND, mini.line_of(SECOND, "And then"), word)


@pytest.mark.parametrize("alt", ["", "   "])
def test_a_missing_alt_text(mini, alt):
    built = plant(mini, FIRST, "A line that rises from zero to one.", alt)
    names(built, FIRST, mini.line_of(FIRST, "hdi.figure("), "first-line", "alt text is missing")


@pytest.mark.parametrize(
    ("say", "fault"), [("", "say is missing"), ("It rises by $x$.", "hold no markup, got '$'")]
)
def test_words_that_a_figures_page_cannot_show(mini, say, fault):
    built = plant(mini, FIRST, 'claims=["X1", "X2"],', f'claims=["X1", "X2"], say="{say}",')
    names(built, FIRST, mini.line_of(FIRST, "hdi.figure("), "first-line", fault)


def test_a_claim_that_no_figure_shows(mini):
    built = plant(mini, FIRST, 'claims=["X1", "X2"]', 'claims=["X1"]')
    names(built, FIRST, 1, "no figure of this chapter names claim X2")


@pytest.mark.parametrize("role", ["claim", "verdict"])
def test_an_unknown_claim_in_the_text(mini, role):
    built = plant(mini, SECOND, "And then?", f"And {{{role}}}`X9`?")
    names(built, SECOND, mini.line_of(SECOND, "X9"), "unknown claim 'X9'")


def test_an_unknown_claim_in_judge(mini):
    built = plant(mini, FIRST, JUDGE, JUDGE + '\n    X9={"small": 1.0},')
    names(built, FIRST, mini.line_of(FIRST, "hdi.judge("), "unknown claim X9")


def test_a_claim_that_judge_was_not_given(mini):
    built = plant(mini, FIRST, JUDGE, "")
    names(built, FIRST, mini.line_of(FIRST, "hdi.judge("), "not given claim X2")


def test_a_test_that_judge_was_not_given(mini):
    built = plant(mini, FIRST, '"small": 0.2, ', "")
    names(built, FIRST, mini.line_of(FIRST, "hdi.judge("), "X1: missing small")


def test_a_test_that_was_added_after_the_run(mini):
    more = '[X3.test.narrow]\nreading = "charitable"\nsays = "Narrow."\npasses = "< 1"\n\n[X3.test.wide]'
    mini.replace(f"{CLAIMS}/second.toml", "[X3.test.wide]", more)
    built = mini.build()
    assert built.executed == 0
    names(built, SECOND, mini.line_of(SECOND, "triple = "), "X3: missing narrow")


def test_a_test_that_the_file_does_not_have(mini):
    built = plant(mini, FIRST, '{"large": 0.9}', '{"large": 0.9, "larger": 1.0}')
    names(built, FIRST, mini.line_of(FIRST, "hdi.judge("), "X2: unknown larger")


def test_a_chapter_that_judges_nothing(mini):
    built = plant(mini, SECOND, 'hdi.judge("one/second", X3={"wide": 0.5})', "")
    names(built, SECOND, 1, "no ch.judge")


def test_a_check_of_the_instrument_that_fails(mini):
    built = plant(mini, FIRST, '"agrees": 1.0', '"agrees": 1.5')
    names(built, FIRST, mini.line_of(FIRST, "hdi.judge("), "X1.agrees fails", "in [0.9, 1.1]")


def test_an_inconclusive_check_is_no_fault(mini):
    assert not plant(mini, FIRST, '"agrees": 1.0', '"agrees": 1.1').red


def test_a_proof_that_is_not_on_the_page(mini):
    mini.replace(FIRST, "See {eq}`eq-two` and", "See")
    built = plant(mini, FIRST, "$$ (eq-two)", "$$ (eq-zwei)")
    file = f"{CLAIMS}/first.toml"
    names(built, file, mini.line_of(file, "eq-two"), "X1.two", "eq-two")


@pytest.mark.parametrize(
    ("expression", "word"),
    [("nothing", "no 'nothing'"), ("odds[7]", "no entry 7"), ("X1.tiny", "X1.tiny"), ("share:%z", "format")],
)
def test_a_number_that_the_run_does_not_have(mini, expression, word):
    built = plant(mini, FIRST, "What comes first?", f"What is {{measured}}`{expression}`?")
    names(built, FIRST, mini.line_of(FIRST, expression), word)


def test_a_malformed_claim_file(mini):
    built = plant(mini, f"{CLAIMS}/first.toml", 'reading = "literal"', 'reading = "litteral"')
    assert built.red
    line = mini.line_of(f"{CLAIMS}/first.toml", "litteral")
    assert f"one/first.toml:{line}" in built.log
    assert "X1.test.small.reading" in built.log


def test_a_changed_quote(mini):
    file = f"{CLAIMS}/second.toml"
    built = plant(mini, file, 'quote = "wide walls"', 'quote = "wide"')
    names(built, file, mini.line_of(file, "[X3]"), "X3", "quotes.lock")


def test_a_title_that_is_not_the_one_in_parts(mini):
    built = plant(mini, FIRST, "# First things", "# The first things")
    names(built, FIRST, mini.line_of(FIRST, "# The first"), "First things")


def test_a_vanished_page(mini):
    mini.file(SECOND).rename(mini.file("book/one/zweites.md"))
    mini.replace("_toc.yml", "one/second", "one/zweites")
    mini.replace(FIRST, "[the second chapter](second.md)", "the second chapter")
    built = mini.build()
    names(built, "book/frozen.txt", mini.line_of("book/frozen.txt", "one/second"), "one/second", "is gone")


def test_a_vanished_figure(mini):
    built = plant(mini, FIRST, '"line"', '"curve"')
    names(built, "book/frozen.txt", mini.line_of("book/frozen.txt", "first-line"), "first-line", "is gone")


def test_a_figure_id_used_twice(mini):
    again = 'hdi.figure("one/first", "line", alt="Twice.", claims=["X1"])\n```\n\n```{code-cell}\n'
    built = plant(mini, SECOND, "triple = hdi.triple(2)\n", again)
    names(built, SECOND, mini.line_of(SECOND, "one/first"), "used twice")


def test_a_link_in_ready_html(mini):
    """Sphinx does not look into it; the extension does."""
    built = plant(mini, SECOND, "And then?", 'And <a href="#verdict-x9">then</a>?')
    assert built.red
    assert any("#verdict-x9" in said for said in built.complaints), built.complaints


def test_a_box_without_its_second_half(mini):
    built = plant(mini, FIRST, "- 1 in a million\n---\n", "- 1 in a million\n")
    names(built, FIRST, mini.line_of(FIRST, "{predict}"), "---")


def test_addresses_are_those_of_the_project(mini):
    mini.replace(
        "_config.yml", "title: Miniature", "title: Miniature\nhtml: {baseurl: https://elsewhere.org/}"
    )
    built = mini.build()
    assert built.red
    assert any("elsewhere" in said and "pyproject.toml" in said for said in built.complaints)
