"""A malformed file of claims, parts or sources is refused with its name, line, claim and field."""

from pathlib import Path

import pytest

from hdintuition.evidence.claims import ClaimFileError, load, load_all

FILE = "walls/odds-of-walls.toml"
WHOLE = "the whole file"

# In each case: what is replaced, by what, and how the message goes on after the file's name.
CLAIMS = [
    ('source = "essay"\n', "", ":2: W2: source is missing"),
    ('quote = "you', 'qoute = "you', ":3: W2.qoute: unknown key; known are quote, source, context"),
    ('quote = "screw off"\n', "", ":34: W6: quote is missing"),
    ('context = "all', 'contexts = "all', ":37: W6.contexts: unknown key"),
    ('context = "all telling you to screw off and stop"', 'context = ""', ":37: W6.context: must be text"),
    ('quote = "screw off"', "quote = 3", ":35: W6.quote: must be text that is not empty, got 3"),
    ('"essay"', '"esay"', ":4: W2.source: unknown source 'esay'; sources.toml has essay, thread"),
    (
        'walk through walls"\n',
        'walk though walls"\n',
        ":3: W2.quote: the quote does not stand in its context",
    ),
    ('walk through walls"\n', 'Walk through walls"\n', ":3: W2.quote: the quote does not stand"),
    ("you can walk", "you can’t walk", ":3: W2.quote: the quote does not stand"),
    (
        '"literal"',
        '"literally"',
        ":9: W2.test.walled_in.reading: unknown reading 'literally'; known are literal,",
    ),
    ('reading = "literal"\n', "", ":8: W2.test.walled_in: reading is missing"),
    ('says = "Fewer than 1 in 100."\n', "", ":8: W2.test.walled_in: says is missing"),
    ('"< 0.01"', '"<= 0.01"', ":11: W2.test.walled_in.passes: a rule reads '< x', '> x' or 'in [a, b]'"),
    ('"< 0.01"', "0.01", ":11: W2.test.walled_in.passes: must be text that is not empty, got 0.01"),
    ('"in [0.9, 1.1]"', '"in [1.1, 0.9]"', ":27: W2.test.agrees.passes: a rule needs finite numbers"),
    ('passes = "< 0.01"\n', "", ":8: W2.test.walled_in: has neither passes nor proof; write one"),
    (
        'passes = "< 0.01"',
        'passes = "< 0.01"\nproof = "eq-x"',
        ":8: W2.test.walled_in: has both passes and proof",
    ),
    (
        'passes = "in [0.9, 1.1]"',
        'proof = "eq-x"',
        ":27: W2.test.agrees.proof: a check compares with a number",
    ),
    (
        'says = "How many."',
        'says = "How many."\npasses = "< 1"',
        ":30: W2.test.seen: a report is shown, not judged",
    ),
    ('"eq-p4"', '"Equation 4"', ":17: W2.test.coins.proof: must be an equation's label"),
    (
        'unit = "%"',
        'units = "%"',
        ":12: W2.test.walled_in.units: unknown key; known are reading, says, passes, proof",
    ),
    ("[W2.test.walled_in]", "[W2.test.walled-in]", ":8: W2.test.walled-in: a test is named in lower case"),
    ("[W2.test.walled_in]", "[W2.test.lambda]", ":8: W2.test.lambda: a test is named in lower case"),
    ("[W2.test.walled_in]", "[W2.tests.walled_in]", ":2: W2.tests: unknown key"),
    (
        'reading = "check"',
        'reading = "counterexample"',
        ":2: W2.test: at most one counter-example, got noise, agrees",
    ),
    (
        'pilot = "8 draws"',
        'pointer = "taste"',
        ":6: W2.pointer: a pointer is for a claim that no test judges",
    ),
    ('pilot = "8 draws"', "pilot = 8", ":6: W2.pilot: must be text"),
    (
        "[W2.test.walled_in]",
        "[W9.test.walled_in]",
        ": W9: not a claim of this chapter; parts.toml lists W2, W6",
    ),
    ("[W6]", "[W2]", ":34: is not TOML: Cannot declare ('W2',) twice"),
    ("[W6]", "[W7]", ":34: W7: not a claim of this chapter; parts.toml lists W2, W6"),
    ('"essay"', '"essay', ":4: is not TOML"),
]
SHORT = [
    ("[Q7]", "", ":2: quote: not a claim of this chapter"),
    (WHOLE, "", ": Q7: missing, though parts.toml lists it"),
    (WHOLE, "Q7 = 3", ":1: Q7: must be a table, got 3"),
    ('way downhill"\n', 'way downhill"\n[Q7.test]\nx = 3\n', ":5: Q7.test.x: must be a table"),
]
PARTS = [
    ('"queue"', '"walls"', ":12: part.folder: 'walls' stands here twice"),
    (
        '["Q7"]',
        '["Q7", "W2"]',
        ":19: part.chapter.claims: W2 stands here twice, in walls/odds-of-walls and in queue/direction",
    ),
    ('["W2", "W6"]', '["W2", "W2"]', ":9: part.chapter.claims: W2 stands here twice"),
    ('slug = "later"', 'slug = "direction"', ":22: part.chapter.slug: queue/direction stands here twice"),
    ('["Q7"]', "[]", ":16: part.chapter: needs a list 'claims' that is not empty, got []"),
    ('["Q7"]', '"Q7"', ":16: part.chapter: needs a list 'claims'"),
    ('["Q7"]', '["7Q"]', ":19: part.chapter.claims: must look like 'W2' or 'M8b', got '7Q'"),
    ('"direction"', '"Direction"', ":17: part.chapter.slug: must look like 'odds-of-walls', got 'Direction'"),
    ('roman = "II"\n', "", ":11: part: roman is missing"),
    (
        'title = "The queue"',
        'titel = "The queue"',
        ":14: part.titel: unknown key; known are folder, roman, title, chapter",
    ),
    (WHOLE, "", ": part: needs a list 'part' that is not empty, got None"),
    (WHOLE, "chapters = 3", ": parts.chapters: unknown key; known are part"),
]
SOURCES = [
    ('author = "B. Reader"\n', "", ":7: thread: author is missing"),
    ('date = "May', 'year = "May', ":11: thread.year: unknown key; known are author, title, link, date"),
    ("https://example.org/not", "example.org", ":10: thread.link: must begin with https://"),
    ("2020-10-18", "2020", ":5: essay.date: must be text"),
]
CASES = {FILE: CLAIMS, "queue/direction.toml": SHORT, "parts.toml": PARTS, "sources.toml": SOURCES}


def replace(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text(encoding="utf-8")
    assert old == WHOLE or old in text
    (root / name).write_text(new if old == WHOLE else text.replace(old, new, 1), encoding="utf-8")


def refusal(root: Path) -> str:
    with pytest.raises(ClaimFileError) as caught:
        load_all(root)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [(name, *case) for name, cases in CASES.items() for case in cases],
    ids=[f"{name}{case[2]}" for name, cases in CASES.items() for case in cases],
)
def test_a_malformed_file_is_refused_at_its_place(root, name, old, new, message):
    replace(root, name, old, new)
    assert refusal(root).startswith(name + message)


def test_a_counter_example_alone_is_refused(root):
    replace(root, FILE, 'reading = "literal"', 'reading = "check"')
    replace(
        root,
        FILE,
        'reading = "charitable"\nsays = "Less than four coins."\nproof = "eq-p4"',
        'reading = "report"\nsays = "Coins."',
    )
    assert refusal(root) == (
        f"{FILE}:2: W2.test: a counter-example (noise) needs a literal or charitable test beside it"
    )


def test_a_chapter_without_its_file_is_refused(root):
    (root / "queue/later.toml").unlink()
    assert refusal(root).startswith("queue/later.toml: cannot be read: No such file")


def test_a_file_that_belongs_to_no_chapter_is_refused(root):
    (root / "walls/stray.toml").write_text("[W9]\n", encoding="utf-8")
    assert refusal(root) == "walls/stray.toml: belongs to no chapter of parts.toml"


def test_a_file_that_is_not_utf8_is_refused(root):
    (root / FILE).write_bytes("# Goût\n".encode("latin-1"))
    assert refusal(root).startswith(f"{FILE}: is not UTF-8 text")


def test_whitespace_within_a_quote_is_no_difference(root):
    replace(root, FILE, 'quote = "you can walk', 'quote = "you can\\n  walk')
    assert load("walls/odds-of-walls", root)["W2"].tests
