"""The loader: what it reads of the chapters, parts, sources and tests, and what a digest depends on."""

import dataclasses
import hashlib

import pytest

from hdintuition.evidence.claims import Test, load, load_all, parts, sources
from hdintuition.evidence.rules import Rule


def test_a_chapter(root):
    claims = load("walls/odds-of-walls", root)
    assert list(claims) == ["W2", "W6"]
    w2 = claims["W2"]
    assert (w2.id, w2.source, w2.slug, w2.pilot, w2.pointer) == (
        "W2",
        "essay",
        "walls/odds-of-walls",
        "8 draws",
        None,
    )
    assert w2.quote == "you can walk through walls"
    assert list(w2.tests) == ["walled_in", "coins", "noise", "agrees", "seen"]
    assert w2.tests["walled_in"] == Test(
        "walled_in", "literal", "Fewer than 1 in 100.", Rule.parse("< 0.01"), unit="%"
    )
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
    text = (root / "parts.toml").read_text(encoding="utf-8")
    (root / "parts.toml").write_text(text.replace('["W2", "W6"]', '["W6", "W2"]'), encoding="utf-8")
    assert list(load("walls/odds-of-walls", root)) == ["W6", "W2"]


def test_parts_and_sources(root):
    walls, queue = parts(root)
    assert (walls.roman, walls.folder, walls.title) == ("I", "walls", "Walls")
    assert [(c.slug, c.number, c.claims) for c in queue.chapters] == [
        ("queue/direction", 2, ("Q7",)),
        ("queue/later", 3, ("Q8b",)),
    ]
    essay = sources(root)["essay"]
    assert dataclasses.astuple(essay) == (
        "essay",
        "A. Writer",
        "Why",
        "https://example.org/why",
        "2020-10-18",
    )


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
    changed = [
        {"reading": "charitable"},
        {"says": "Says"},
        {"rule": Rule.parse("< 0.02")},
        {"rule": None, "proof": "eq-x"},
    ]
    digests = {dataclasses.replace(test, **change).digest for change in changed}
    assert len(digests | {test.digest}) == 5
    assert dataclasses.replace(test, name="y", unit="%", pilot="8 draws").digest == test.digest
