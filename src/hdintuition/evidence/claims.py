"""The claims: what was said, by whom, and the rules that will judge it, from one TOML file a chapter.

A claim file is written by hand and decides verdicts, so nothing in it is guessed at: an unknown key,
a missing field, a rule that cannot be read or a quote that is not in its context is refused with
file, line, claim and field.
"""

from __future__ import annotations

import hashlib
import json
import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, ClassVar

from hdintuition.evidence.contents import ChapterEntry, Part, Source, read_parts, read_sources
from hdintuition.evidence.rules import Rule
from hdintuition.evidence.toml_file import ClaimFileError, TomlFile

__all__ = [
    "ChapterEntry",
    "Claim",
    "ClaimFileError",
    "Part",
    "Source",
    "Test",
    "load",
    "load_all",
    "parts",
    "sources",
]

READINGS = ("literal", "charitable", "counterexample", "check", "report")
VOTING = READINGS[:3]
_TEST_NAME = re.compile(r"[a-z][a-z0-9_]*")
_PROOF = re.compile(r"[a-z][a-z0-9-]*")
_CLAIM_KEYS = ("quote", "source", "context", "pilot", "pointer", "test")
_TEST_KEYS = ("reading", "says", "passes", "proof", "unit", "pilot")


@dataclass(frozen=True)
class Test:
    """One test of a claim.

    Attributes:
        name: The keyword of ``judge``.
        reading: literal, charitable, counterexample, check (of our instrument) or report (not judged).
        says: What is tested, in a sentence.
        rule: What the interval must satisfy; None for a theorem and for a report.
        proof: The label of the equation on the chapter's page that proves it, or None.
        unit: How numbers are shown: "", "%" for a share, or words such as "points".
        pilot: The pilot run that informed the threshold, or None.
    """

    __test__: ClassVar[bool] = False  # not a class of tests for pytest

    name: str
    reading: str
    says: str
    rule: Rule | None = None
    proof: str | None = None
    unit: str = ""
    pilot: str | None = None

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits that change with the reading, the sentence, the rule or the proof."""
        content = [self.reading, self.says, self.rule.text if self.rule else None, self.proof]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:12]

    @property
    def is_measured(self) -> bool:
        """True if ``judge`` takes an Interval for it: every test but the theorems."""
        return self.proof is None

    @property
    def is_judged(self) -> bool:
        """True if it has an outcome: every test but the reports."""
        return self.reading != "report"


@dataclass(frozen=True)
class Claim:
    """A claim: its words, where they stand, and its tests by name (none: the chapter is in preparation).

    Attributes:
        id: "W2".
        quote: Verbatim.
        source: Key of the source.
        context: The sentences around the quote, verbatim.
        slug: The chapter that tests it.
        tests: By name, in the order of the file.
        pilot: The pilot run that informed its thresholds, or None.
        pointer: For a claim that no test can judge: why, and where to look instead; or None.
    """

    id: str
    quote: str
    source: str
    context: str
    slug: str
    tests: Mapping[str, Test]
    pilot: str | None = None
    pointer: str | None = None


def parts(root: Path | None = None) -> tuple[Part, ...]:
    """The parts of the book in order, each with its chapters."""
    return read_parts(_folder(root))


def sources(root: Path | None = None) -> dict[str, Source]:
    """The sources by key."""
    return read_sources(_folder(root))


def load(slug: str, root: Path | None = None) -> dict[str, Claim]:
    """The claims of one chapter by id, in the order of parts.toml.

    Args:
        slug: The chapter, with its folder: ``"walls/odds-of-walls"``.
        root: The folder of claim files; by default the one in the installed package.

    Raises:
        ValueError: If there is no such chapter.
        ClaimFileError: If its file, parts.toml or sources.toml is malformed.
    """
    folder = _folder(root)
    chapters = {entry.slug: entry for part in read_parts(folder) for entry in part.chapters}
    if slug not in chapters:
        near = get_close_matches(slug, chapters, n=3, cutoff=0.4) or sorted(chapters)
        raise ValueError(f"no chapter {slug!r}; there is {', '.join(near)}")
    return _chapter(folder, chapters[slug], read_sources(folder))


def load_all(root: Path | None = None) -> dict[str, Claim]:
    """Every claim of the book by id, in the book's order.

    Raises:
        ClaimFileError: If a file is malformed or missing, or lies there and belongs to no chapter.
    """
    folder = _folder(root)
    known = read_sources(folder)
    entries = [entry for part in read_parts(folder) for entry in part.chapters]
    _refuse_strays(folder, {entry.slug for entry in entries})
    return {name: claim for entry in entries for name, claim in _chapter(folder, entry, known).items()}


def _folder(root: Path | str | None) -> Traversable:
    return files("hdintuition").joinpath("claims") if root is None else Path(root)


def _refuse_strays(folder: Traversable, slugs: set[str]) -> None:
    for part in sorted((item for item in folder.iterdir() if item.is_dir()), key=lambda item: item.name):
        for item in sorted(part.iterdir(), key=lambda item: item.name):
            if item.name.endswith(".toml") and f"{part.name}/{item.name[:-5]}" not in slugs:
                raise ClaimFileError(f"{part.name}/{item.name}: belongs to no chapter of parts.toml")


def _chapter(folder: Traversable, entry: ChapterEntry, known: Mapping[str, Source]) -> dict[str, Claim]:
    file = TomlFile.read(folder, f"{entry.slug}.toml")
    for name in file.data:
        if name not in entry.claims:
            raise file.error(name, f"not a claim of this chapter; parts.toml lists {', '.join(entry.claims)}")
    for name in entry.claims:
        if name not in file.data:
            raise ClaimFileError(f"{file.name}: {name}: missing, though parts.toml lists it for this chapter")
    return {name: _claim(file, name, entry.slug, known) for name in entry.claims}


def _claim(file: TomlFile, name: str, slug: str, known: Mapping[str, Source]) -> Claim:
    table = file.table(file.data[name], name, known=_CLAIM_KEYS)
    quote, source, context = (file.words(table, name, key) for key in ("quote", "source", "context"))
    if source not in known:
        raise file.error(
            name, f"unknown source {source!r}; sources.toml has {', '.join(known)}", key="source"
        )
    if " ".join(quote.split()) not in " ".join(context.split()):
        raise file.error(name, "the quote does not stand in its context word for word", key="quote")
    given = table.get("test", {})
    if not isinstance(given, dict):
        raise file.error(name, f"tests are tables [{name}.test.some_name], got {given!r}", key="test")
    tests = {key: _test(file, f"{name}.test.{key}", key, value) for key, value in given.items()}
    pilot, pointer = (file.optional_words(table, name, key) for key in ("pilot", "pointer"))
    _check_votes(file, name, tests, pointer)
    return Claim(name, quote, source, context, slug, tests, pilot, pointer)


def _test(file: TomlFile, where: str, name: str, given: Any) -> Test:
    table = file.table(given, where, known=_TEST_KEYS)
    if not _TEST_NAME.fullmatch(name) or keyword.iskeyword(name):
        raise file.error(
            where, "a test is named in lower case letters, digits and _, as a keyword of judge()"
        )
    reading, says = file.words(table, where, "reading"), file.words(table, where, "says")
    if reading not in READINGS:
        raise file.error(
            where, f"unknown reading {reading!r}; known are {', '.join(READINGS)}", key="reading"
        )
    passes, proof, unit, pilot = (
        file.optional_words(table, where, key) for key in ("passes", "proof", "unit", "pilot")
    )
    _check_decided(file, where, reading, passes, proof)
    try:
        rule = Rule.parse(passes) if passes is not None else None
    except ValueError as error:
        raise file.error(where, str(error), key="passes") from error
    return Test(name, reading, says, rule, proof, unit or "", pilot)


def _check_decided(file: TomlFile, where: str, reading: str, passes: str | None, proof: str | None) -> None:
    """A report is decided by nothing, a check by a rule, a voting test by a rule or a proof."""
    if reading == "report":
        if passes or proof:
            raise file.error(where, "a report is shown, not judged: neither passes nor proof")
    elif passes and proof:
        raise file.error(where, "has both passes and proof; keep one")
    elif not (passes or proof):
        raise file.error(where, "has neither passes nor proof; write one")
    elif reading == "check" and proof:
        raise file.error(where, "a check compares with a number; write passes, not proof", key="proof")
    if proof and not _PROOF.fullmatch(proof):
        raise file.error(where, f"must be an equation's label such as 'eq-p4', got {proof!r}", key="proof")


def _check_votes(file: TomlFile, name: str, tests: Mapping[str, Test], pointer: str | None) -> None:
    voting = [test for test in tests.values() if test.reading in VOTING]
    counterexamples = [test.name for test in voting if test.reading == "counterexample"]
    if len(counterexamples) > 1:
        raise file.error(name, f"at most one counter-example, got {', '.join(counterexamples)}", key="test")
    if counterexamples and len(voting) == 1:
        problem = f"a counter-example ({counterexamples[0]}) needs a literal or charitable test beside it"
        raise file.error(name, problem, key="test")
    if voting and pointer:
        raise file.error(
            name, "a pointer is for a claim that no test judges; this one has tests", key="pointer"
        )
