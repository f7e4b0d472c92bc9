"""The ninety claims: quoted word for word, each in one chapter, none moved or reworded by a slip.

The files are read here as plain TOML, so that what a person wrote is tested and not what the loader
makes of it; one test asks that the loader agrees.
"""

import hashlib
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from hdintuition.evidence.claims import load_all

FOLDER = files("hdintuition") / "claims"
FROZEN = Path(__file__).with_name("frozen_slugs.txt")
LOCK = "quotes.lock"

# What copying a web page leaves behind: age of a comment, targets of links, marks of headings and lists.
NOISE = re.compile(r"\d+mo\b|\[https?:|^#|## |^[-*] |^[ab]\. |\n|  |\.\.\.$|�|&\w+;")


def table(name):
    return tomllib.loads((FOLDER / name).read_text(encoding="utf-8"))


def digest(quote):
    return hashlib.sha256(quote.encode()).hexdigest()


@pytest.fixture(scope="module")
def chapters():
    """Slug with its folder to the ids that parts.toml lists for it, in the order of the book."""
    parts = table("parts.toml")["part"]
    return {f"{p['folder']}/{c['slug']}": c["claims"] for p in parts for c in p["chapter"]}


@pytest.fixture(scope="module")
def claims(chapters):
    """Id to (slug, table) in the order of the book."""
    found = {slug: table(f"{slug}.toml") for slug in chapters}
    return {name: (slug, found[slug][name]) for slug, names in chapters.items() for name in names}


@pytest.fixture(scope="module")
def lock():
    return (FOLDER / LOCK).read_text(encoding="utf-8")


def faults_of_quotes(claims, lock):
    """Where quotes and lock differ: which claim, in which file, and what to do; one line each."""
    locked = dict(line.split() for line in lock.splitlines())
    faults = [f"{LOCK}: {name} is no claim of the book; remove its line" for name in locked.keys() - claims]
    for name, (slug, claim) in claims.items():
        now = digest(claim["quote"])
        if name not in locked:
            faults.append(f"{LOCK}: {name} of {slug}.toml is not locked; add the line '{name} {now}'")
        elif locked[name] != now:
            faults.append(
                f"claims/{slug}.toml: {name}: the quote is not the one that was locked; restore it, or, if "
                f"the source really reads so, let its line in {LOCK} be '{name} {now}'"
            )
    return faults


def test_there_are_ninety(chapters):
    names = [name for ids in chapters.values() for name in ids]
    assert len(names) == len(set(names)) == 90


def test_files_hold_the_claims_that_parts_lists(chapters):
    for slug, names in chapters.items():
        assert list(table(f"{slug}.toml")) == names, f"{slug}.toml and parts.toml list different claims"


def test_every_file_is_a_chapters(chapters):
    found = {p.relative_to(FOLDER).with_suffix("").as_posix() for p in Path(str(FOLDER)).glob("*/*.toml")}
    assert found == set(chapters)


def test_no_quote_has_changed(claims, lock):
    assert faults_of_quotes(claims, lock) == []


def test_lock_is_in_the_order_of_the_book(claims, lock):
    assert [line.split()[0] for line in lock.splitlines()] == list(claims)


def test_a_changed_quote_is_named_with_its_file(claims, lock):
    slip = {**claims, "W2": ("walls/odds-of-walls", {**claims["W2"][1], "quote": "In 4 dimensions"})}
    (fault,) = faults_of_quotes(slip, lock)
    assert fault.startswith("claims/walls/odds-of-walls.toml: W2:")
    assert "restore it" in fault


def test_a_claim_that_is_not_locked_is_named(claims, lock):
    short = "".join(line for line in lock.splitlines(keepends=True) if not line.startswith("W2 "))
    (fault,) = faults_of_quotes(claims, short)
    assert f"W2 {digest(claims['W2'][1]['quote'])}" in fault


def test_quotes_stand_in_their_contexts(claims):
    for name, (slug, claim) in claims.items():
        quote, context = " ".join(claim["quote"].split()), " ".join(claim["context"].split())
        assert quote in context, f"{slug}.toml: {name}: the quote is not in its context word for word"


def test_contexts_begin_with_a_sentence(claims):
    assert [name for name, (_, claim) in claims.items() if claim["context"][0].islower()] == []


def test_no_noise_of_copying(claims):
    noisy = {
        name: found[0]
        for name, (_, claim) in claims.items()
        if (found := NOISE.search(claim["context"]) or NOISE.search(claim["quote"]))
    }
    assert noisy == {}


@pytest.mark.parametrize(
    "noise", ["6winstonBosan6mo\nAgreed", "sorting [https://x.org] .", "## High", "- When"]
)
def test_noise_is_recognised(noise):
    assert NOISE.search(noise)


def test_every_source_is_used_and_every_used_one_exists(claims):
    assert {claim["source"] for _, claim in claims.values()} == set(table("sources.toml"))


def test_no_slug_has_vanished(chapters):
    frozen = FROZEN.read_text(encoding="utf-8").split()
    assert len(frozen) == len(set(frozen))
    gone = set(frozen) - set(chapters)
    assert not gone, f"the addresses of these chapters are cited; bring them back: {sorted(gone)}"


def test_a_pointer_stands_only_where_no_test_does(claims):
    assert [name for name, (_, claim) in claims.items() if "pointer" in claim and "test" in claim] == []


def test_a_written_chapter_judges_its_claims_or_says_why_not(claims, root):
    bare = [
        name
        for name, (slug, claim) in claims.items()
        if (root / "book" / f"{slug}.md").exists() and not claim.keys() & {"test", "pointer"}
    ]
    assert bare == []


def test_the_loader_reads_the_same(claims):
    loaded = load_all()
    assert list(loaded) == list(claims)
    for name, (slug, claim) in claims.items():
        assert (loaded[name].slug, loaded[name].quote) == (slug, claim["quote"])
        assert list(loaded[name].tests) == list(claim.get("test", {}))
