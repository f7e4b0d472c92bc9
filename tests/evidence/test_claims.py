"""The loader: what it reads, and that it refuses every malformed file with file, line, claim and field."""

import dataclasses
import hashlib
from pathlib import Path

import pytest

from hdintuition.evidence.claims import ClaimFileError, Test, load, load_all, parts, sources
from hdintuition.evidence.rules import Rule

PARTS = """\
[[part]]
folder = "walls"
roman = "I"
title = "Walls"

[[part.chapter]]
slug = "odds-of-walls"
title = "How likely is a wall"
claims = ["W2", "W6"]

[[part]]
folder = "queue"
roman = "II"
title = "The queue"

[[part.chapter]]
slug = "direction"
title = "Which way"
claims = ["Q7"]

[[part.chapter]]
slug = "later"
title = "Not yet written"
claims = ["Q8b"]
"""
SOURCES = """\
[essay]
author = "A. Writer"
title = "Why"
link = "https://example.org/why"
date = 2020-10-18

[thread]
author = "B. Reader"
title = "Why not"
link = "https://example.org/not"
date = "May 2022"
"""
WALLS = """\
# Rules first.
[W2]
quote = "you can walk through walls"
source = "essay"
context = "In 4 dimensions,\\n you can  walk through walls."
pilot = "8 draws"

[W2.test.walled_in]
reading = "literal"
says = "Fewer than 1 in 100."
passes = "< 0.01"
unit = "%"

[W2.test.coins]
reading = "charitable"
says = "Less than four coins."
proof = "eq-p4"

[W2.test.noise]
reading = "counterexample"
says = "Pure noise."
passes = "> 0.1"

[W2.test.agrees]
reading = "check"
says = "Share over the exact value."
passes = "in [0.9, 1.1]"
pilot = "2 draws"

[W2.test.seen]
reading = "report"
says = "How many."

[W6]
quote = "screw off"
source = "thread"
context = "all telling you to screw off and stop"
pointer = "A matter of taste."
"""
PLAIN = """\
[{}]
quote = "downhill"
source = "essay"
context = "all the way downhill"
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "walls").mkdir()
    (tmp_path / "queue").mkdir()
    (tmp_path / "parts.toml").write_text(PARTS, encoding="utf-8")
    (tmp_path / "sources.toml").write_text(SOURCES, encoding="utf-8")
    (tmp_path / "walls/odds-of-walls.toml").write_text(WALLS, encoding="utf-8")
    (tmp_path / "queue/direction.toml").write_text(PLAIN.format("Q7"), encoding="utf-8")
    (tmp_path / "queue/later.toml").write_text(PLAIN.format("Q8b"), encoding="utf-8")
    return tmp_path


def replace(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text(encoding="utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")


def refusal(root: Path) -> str:
    with pytest.raises(ClaimFileError) as caught:
        load_all(root)
    return str(caught.value)


# --------------------------------------------------------------------------------- what it reads


def test_a_chapter(root):
    claims = load("walls/odds-of-walls", root)
    assert list(claims) == ["W2", "W6"]
    w2 = claims["W2"]
    assert (w2.id, w2.source, w2.slug, w2.pilot, w2.pointer) == ("W2", "essay", "walls/odds-of-walls", "8 draws", None)
    assert w2.quote == "you can walk through walls"
    assert list(w2.tests) == ["walled_in", "coins", "noise", "agrees", "seen"]
    assert w2.tests["walled_in"] == Test("walled_in", "literal", "Fewer than 1 in 100.", Rule.parse("< 0.01"), unit="%")
    assert w2.tests["coins"].proof == "eq-p4"
    assert w2.tests["coins"].rule is None
    assert w2.tests["agrees"].pilot == "2 draws"
    assert claims["W6"].pointer == "A matter of taste."
    assert claims["W6"].tests == {}


def test_the_whole_book_in_its_order(root):
    assert [(c.id, c.slug) for c in load_all(root).values()] == [
        ("W2", "walls/odds-of-walls"),
        ("W6", "walls/odds-of-walls"),
        ("Q7", "queue/direction"),
        ("Q8b", "queue/later"),
    ]


def test_claims_follow_the_order_of_the_parts_not_of_the_file(root):
    replace(root, "parts.toml", '["W2", "W6"]', '["W6", "W2"]')
    assert list(load("walls/odds-of-walls", root)) == ["W6", "W2"]


def test_parts_and_sources(root):
    walls, queue = parts(root)
    assert (walls.roman, walls.folder, walls.title) == ("I", "walls", "Walls")
    assert [(c.slug, c.number, c.claims) for c in queue.chapters] == [
        ("queue/direction", 2, ("Q7",)),
        ("queue/later", 3, ("Q8b",)),
    ]
    essay = sources(root)["essay"]
    assert dataclasses.astuple(essay) == ("essay", "A. Writer", "Why", "https://example.org/why", "2020-10-18")


def test_the_root_may_be_a_string(root):
    assert list(load("queue/direction", str(root))) == ["Q7"]


def test_the_claims_of_the_book_itself_load_from_the_package():
    claims = load_all()
    assert len(claims) == sum(len(chapter.claims) for part in parts() for chapter in part.chapters)
    assert {claim.source for claim in claims.values()} <= set(sources())


def test_an_unknown_chapter_is_refused_with_those_that_are_near(root):
    with pytest.raises(ValueError, match=r"no chapter 'walls/odd-of-walls'; there is walls/odds-of-walls"):
        load("walls/odd-of-walls", root)
    with pytest.raises(ValueError, match=r"there is queue/direction, queue/later, walls/odds-of-walls"):
        load("§", root)


# ------------------------------------------------------------------------------------ digests


def test_the_digest_is_that_of_reading_says_passes_and_proof():
    test = Test("x", "literal", "Fewer – “so”.", Rule.parse("< 0.01"))
    text = '["literal", "Fewer – “so”.", "< 0.01", null]'
    assert test.digest == hashlib.sha256(text.encode()).hexdigest()[:12]


def test_the_digest_changes_with_what_decides_and_with_nothing_else():
    test = Test("x", "literal", "says", Rule.parse("< 0.01"))
    changed = [{"reading": "charitable"}, {"says": "Says"}, {"rule": Rule.parse("< 0.02")}, {"rule": None, "proof": "eq-x"}]
    digests = {dataclasses.replace(test, **change).digest for change in changed}
    assert len(digests | {test.digest}) == 5
    assert dataclasses.replace(test, name="y", unit="%", pilot="8 draws").digest == test.digest


# --------------------------------------------------------------------------- what it refuses

FILE = "walls/odds-of-walls.toml"
TEST = "W2.test.walled_in"
MALFORMED = [
    # name of the file, what is replaced, by what, what the message says
    (FILE, 'source = "essay"\n', "", f"{FILE}:2: W2: source is missing"),
    (FILE, 'quote = "you', 'qoute = "you', f"{FILE}:3: W2.qoute: unknown key; known are quote, source, context"),
    (FILE, 'quote = "screw off"\n', "", f"{FILE}:34: W6: quote is missing"),
    (FILE, 'context = "all', 'contexts = "all', f"{FILE}:37: W6.contexts: unknown key"),
    (FILE, 'context = "all telling you to screw off and stop"', 'context = ""', f"{FILE}:37: W6.context: must be text"),
    (FILE, 'quote = "screw off"', "quote = 3", f"{FILE}:35: W6.quote: must be text that is not empty, got 3"),
    (FILE, '"essay"', '"esay"', f"{FILE}:4: W2.source: unknown source 'esay'; sources.toml has essay, thread"),
    (FILE, "walk through walls\"\n", "walk though walls\"\n", f"{FILE}:3: W2.quote: the quote does not stand in its context"),
    (FILE, "walk through walls\"\n", "Walk through walls\"\n", f"{FILE}:3: W2.quote: the quote does not stand"),
    (FILE, "you can walk", "you can’t walk", f"{FILE}:3: W2.quote: the quote does not stand"),
    (FILE, '"literal"', '"literally"', f"{FILE}:9: {TEST}.reading: unknown reading 'literally'; known are literal,"),
    (FILE, 'reading = "literal"\n', "", f"{FILE}:8: {TEST}: reading is missing"),
    (FILE, 'says = "Fewer than 1 in 100."\n', "", f"{FILE}:8: {TEST}: says is missing"),
    (FILE, '"< 0.01"', '"<= 0.01"', f"{FILE}:11: {TEST}.passes: a rule reads '< x', '> x' or 'in [a, b]'"),
    (FILE, '"< 0.01"', "0.01", f"{FILE}:11: {TEST}.passes: must be text that is not empty, got 0.01"),
    (FILE, '"in [0.9, 1.1]"', '"in [1.1, 0.9]"', f"{FILE}:27: W2.test.agrees.passes: a rule needs finite numbers"),
    (FILE, 'passes = "< 0.01"\n', "", f"{FILE}:8: {TEST}: has neither passes nor proof; write one"),
    (FILE, 'passes = "< 0.01"', 'passes = "< 0.01"\nproof = "eq-x"', f"{FILE}:8: {TEST}: has both passes and proof"),
    (FILE, 'passes = "in [0.9, 1.1]"', 'proof = "eq-x"', f"{FILE}:27: W2.test.agrees.proof: a check compares with a number"),
    (FILE, 'says = "How many."', 'says = "How many."\npasses = "< 1"', f"{FILE}:30: W2.test.seen: a report is shown, not judged"),
    (FILE, '"eq-p4"', '"Equation 4"', f"{FILE}:17: W2.test.coins.proof: must be an equation's label"),
    (FILE, 'unit = "%"', 'units = "%"', f"{FILE}:12: {TEST}.units: unknown key; known are reading, says, passes, proof"),
    (FILE, "[W2.test.walled_in]", "[W2.test.walled-in]", f"{FILE}:8: W2.test.walled-in: a test is named in lower case"),
    (FILE, "[W2.test.walled_in]", "[W2.test.lambda]", f"{FILE}:8: W2.test.lambda: a test is named in lower case"),
    (FILE, "[W2.test.walled_in]", "[W2.tests.walled_in]", f"{FILE}:2: W2.tests: unknown key"),
    (FILE, 'reading = "check"', 'reading = "counterexample"', f"{FILE}:2: W2.test: at most one counter-example, got noise, agrees"),
    (FILE, 'pilot = "8 draws"', 'pointer = "taste"', f"{FILE}:6: W2.pointer: a pointer is for a claim that no test judges"),
    (FILE, 'pilot = "8 draws"', "pilot = 8", f"{FILE}:6: W2.pilot: must be text"),
    (FILE, 'pilot = "8 draws"\n\n[W2.test.walled_in]', "test = 3\n[W9]", f"{FILE}:7: W9: not a claim of this chapter; parts.toml lists W2, W6"),
    (FILE, "[W6]", "[W2]", f"{FILE}:34: is not TOML: Cannot declare ('W2',) twice"),
    (FILE, "[W6]", "[W7]", f"{FILE}:34: W7: not a claim of this chapter; parts.toml lists W2, W6"),
    (FILE, '"essay"', '"essay', f"{FILE}:4: is not TOML"),
    ("queue/direction.toml", "[Q7]", "", "queue/direction.toml:2: quote: not a claim of this chapter"),
    ("queue/direction.toml", PLAIN.format("Q7"), "", "queue/direction.toml: Q7: missing, though parts.toml lists it"),
    ("queue/direction.toml", PLAIN.format("Q7"), "Q7 = 3", "queue/direction.toml: Q7: must be a table, got 3"),
    ("queue/direction.toml", 'downhill"\n', 'downhill"\n[Q7.test]\nx = 3\n', "queue/direction.toml:5: Q7.test.x: must be a table"),
    ("parts.toml", '"queue"', '"walls"', "parts.toml:12: part.folder: 'walls' stands here twice"),
    ("parts.toml", '["Q7"]', '["Q7", "W2"]', "parts.toml:19: part.chapter.claims: W2 stands here twice, in walls/odds-of-walls and in queue/direction"),
    ("parts.toml", '["W2", "W6"]', '["W2", "W2"]', "parts.toml:9: part.chapter.claims: W2 stands here twice"),
    ("parts.toml", 'slug = "later"', 'slug = "direction"', "parts.toml:22: part.chapter.slug: queue/direction stands here twice"),
    ("parts.toml", '["Q7"]', "[]", "parts.toml:16: part.chapter: needs a list 'claims' that is not empty, got []"),
    ("parts.toml", '["Q7"]', '"Q7"', "parts.toml:16: part.chapter: needs a list 'claims'"),
    ("parts.toml", '["Q7"]', '["7Q"]', "parts.toml:19: part.chapter.claims: must look like 'W2' or 'M8b', got '7Q'"),
    ("parts.toml", '"direction"', '"Direction"', "parts.toml:17: part.chapter.slug: must look like 'odds-of-walls', got 'Direction'"),
    ("parts.toml", 'roman = "II"\n', "", "parts.toml:11: part: roman is missing"),
    ("parts.toml", 'title = "The queue"', 'titel = "The queue"', "parts.toml:14: part.titel: unknown key; known are folder, roman, title, chapter"),
    ("parts.toml", PARTS, "", "parts.toml: part: needs a list 'part' that is not empty, got None"),
    ("parts.toml", PARTS, "chapters = 3", "parts.toml: parts.chapters: unknown key; known are part"),
    ("sources.toml", 'author = "B. Reader"\n', "", "sources.toml:7: thread: author is missing"),
    ("sources.toml", 'date = "May', 'year = "May', "sources.toml:11: thread.year: unknown key; known are author, title, link, date"),
    ("sources.toml", "https://example.org/not", "example.org", "sources.toml:10: thread.link: must begin with https://"),
    ("sources.toml", "2020-10-18", "2020", "sources.toml:5: essay.date: must be text"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "message"), MALFORMED, ids=[case[3][:70] for case in MALFORMED])
def test_a_malformed_file_is_refused_at_its_place(root, name, old, new, message):
    replace(root, name, old, new)
    assert message in refusal(root)


def test_a_counter_example_alone_is_refused(root):
    replace(root, FILE, 'reading = "literal"', 'reading = "check"')
    replace(root, FILE, 'reading = "charitable"\nsays = "Less than four coins."\nproof = "eq-p4"', 'reading = "report"\nsays = "Coins."')
    assert f"{FILE}:2: W2.test: a counter-example (noise) needs a literal or charitable test beside it" in refusal(root)


def test_a_chapter_without_its_file_is_refused(root):
    (root / "queue/later.toml").unlink()
    assert refusal(root).startswith("queue/later.toml: cannot be read: No such file")


def test_a_file_that_belongs_to_no_chapter_is_refused(root):
    (root / "walls/stray.toml").write_text(PLAIN.format("W9"), encoding="utf-8")
    assert refusal(root) == "walls/stray.toml: belongs to no chapter of parts.toml"


def test_a_file_that_is_not_utf8_is_refused(root):
    (root / FILE).write_bytes(WALLS.replace("taste", "goût").encode("latin-1"))
    assert refusal(root).startswith(f"{FILE}: is not UTF-8 text")


def test_whitespace_within_a_quote_is_no_difference_but_anything_else_is(root):
    replace(root, FILE, 'quote = "you can walk through walls"', 'quote = """you can\n  walk through walls"""')
    assert load("walls/odds-of-walls", root)["W2"].tests
