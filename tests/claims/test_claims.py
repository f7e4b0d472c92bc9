"""The ninety claims: quoted word for word, each in one chapter, none moved or reworded by a slip."""

import hashlib
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from hdintuition.evidence.claims import load_all, parts, sources

FOLDER = files("hdintuition") / "claims"
FROZEN = Path(__file__).with_name("frozen_slugs.txt")


@pytest.fixture(scope="module")
def claims():
    return load_all()


def digests(claims):
    return {name: hashlib.sha256(claim.quote.encode()).hexdigest() for name, claim in claims.items()}


def changed_quotes(claims, lock):
    """What differs between the quotes and the lock, one line each, with what to do."""
    locked = dict(line.split() for line in lock.splitlines())
    found = digests(claims)
    return [
        f"{claims[name].slug}.toml: {name}: the quote is not the one that was locked; restore it, or, if the "
        "source really reads so, replace its line in quotes.lock"
        if name in locked and name in found
        else f"quotes.lock and the claim files disagree about {name}"
        for name in sorted(set(locked) | set(found))
        if locked.get(name) != found.get(name)
    ]


def test_there_are_ninety(claims):
    assert len(claims) == 90


def test_no_quote_has_changed(claims):
    assert changed_quotes(claims, (FOLDER / "quotes.lock").read_text(encoding="utf-8")) == []


def test_a_changed_quote_is_named(claims):
    lock = (FOLDER / "quotes.lock").read_text(encoding="utf-8")
    slip = lock.replace(digests(claims)["W2"], "0" * 64)
    assert len(changed_quotes(claims, slip)) == 1
    assert "walls/odds-of-walls.toml: W2" in changed_quotes(claims, slip)[0]


def test_lock_is_in_the_order_of_the_book(claims):
    locked = [line.split()[0] for line in (FOLDER / "quotes.lock").read_text(encoding="utf-8").splitlines()]
    assert locked == list(claims)


def test_no_slug_has_vanished():
    known = {entry.slug for part in parts() for entry in part.chapters}
    frozen = set(FROZEN.read_text(encoding="utf-8").split())
    assert frozen <= known, f"addresses are cited: bring back {sorted(frozen - known)}"
    assert known <= frozen, f"add to {FROZEN.name}: {sorted(known - frozen)}"


def test_every_source_is_used(claims):
    assert {claim.source for claim in claims.values()} == set(sources())


@pytest.mark.parametrize("noise", ["6mo", "\n", "  ", "## "])
def test_no_noise_of_copying(claims, noise):
    assert [name for name, claim in claims.items() if noise in claim.context or noise in claim.quote] == []


def test_every_file_is_plain_toml():
    for part in parts():
        for entry in part.chapters:
            text = (FOLDER / f"{entry.slug}.toml").read_text(encoding="utf-8")
            assert list(tomllib.loads(text)) == list(entry.claims)


def test_voting_tests_or_a_pointer_where_the_chapter_is_written(claims, root):
    """A chapter that stands in the book judges all its claims, or says why one cannot be judged."""
    written = {
        path.relative_to(root / "book").with_suffix("").as_posix() for path in (root / "book").glob("*/*.md")
    }
    bare = [c.id for c in claims.values() if c.slug in written and not c.tests and not c.pointer]
    assert bare == []
