"""From outcomes to a verdict: one pure function.

The literal tests say how the claim fares as written, the charitable ones how it fares as meant; a
counter-example limits what is otherwise supported. Checks of our instrument and reports do not vote.
Inconclusive outcomes are tried both ways, test by test: if the word changes, it is *Inconclusive*.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from typing import NamedTuple

from hdintuition.evidence.claims import Claim, Test
from hdintuition.evidence.interval import Interval
from hdintuition.evidence.rules import Outcome

ALL, NONE, PART, OPEN, ABSENT = "✓", "✕", "part", "~", "–"
"""The marks: all tests pass, all fail, some do; not decided; no such test."""


class Word(StrEnum):
    """The seven words a claim can end with."""

    SUPPORTED = "Supported"
    LIMITED = "Supported with limits"
    AS_MEANT = "Holds as meant"
    MIXED = "Mixed"
    CONTRADICTED = "Contradicted"
    INCONCLUSIVE = "Inconclusive"
    NOT_TESTED = "Not tested"


class Ruling(NamedTuple):
    """A word and the marks it follows from; ``~`` where an inconclusive outcome leaves a mark open."""

    word: Word
    as_written: str
    as_meant: str
    counterexample: str


@dataclass(frozen=True)
class Verdict:
    """The ruling on one claim, with the outcome of every test that is judged (reports are not)."""

    word: Word
    as_written: str
    as_meant: str
    counterexample: str
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)


def judge(claim: Claim, measured: Mapping[str, Interval]) -> Verdict:
    """The verdict on ``claim``.

    Args:
        claim: The claim with its rules.
        measured: One single Interval for every test that is measured: all but the theorems.

    Returns:
        The verdict. A theorem passes; a report has no outcome.

    Raises:
        ValueError: If a test is missing or unknown; the message names the claim, what was given and
            what its file has.
        TypeError: If a value is not an Interval.
    """
    _check_names(claim, measured)
    for name, interval in measured.items():
        _check_value(claim, name, interval)
    outcomes = {
        name: _outcome(test, measured.get(name)) for name, test in claim.tests.items() if test.is_judged
    }
    return Verdict(*verdict_of((claim.tests[name].reading, o) for name, o in outcomes.items()), outcomes)


def verdict_of(outcomes: Iterable[tuple[str, Outcome]]) -> Ruling:
    """The ruling that follows from (reading, outcome) pairs.

    Raises:
        ValueError: If there are two counter-examples, or one without a literal or charitable test.

    >>> verdict_of([("literal", Outcome.PASS), ("counterexample", Outcome.PASS)]).word
    <Word.LIMITED: 'Supported with limits'>
    """
    votes: dict[str, list[Outcome]] = {"literal": [], "charitable": [], "counterexample": []}
    for reading, outcome in outcomes:
        if reading in votes:
            votes[reading].append(Outcome(outcome))
    if len(votes["counterexample"]) > 1:
        raise ValueError(f"at most one counter-example, got {len(votes['counterexample'])}")
    if votes["counterexample"] and not (votes["literal"] or votes["charitable"]):
        raise ValueError("a counter-example needs a literal or charitable test beside it")
    possible = [_possible_marks(vote) for vote in votes.values()]
    words = {_word(written, meant, counter == ALL) for written, meant, counter in product(*possible)}
    word = words.pop() if len(words) == 1 else Word.INCONCLUSIVE
    return Ruling(word, *(marks.pop() if len(marks) == 1 else OPEN for marks in possible))


def _word(written: str, meant: str, counterexample: bool) -> Word:
    """The table of the page 'how to read a verdict', row by row."""
    if written == ABSENT and meant == ABSENT:
        return Word.NOT_TESTED
    if written == ALL and meant in (ALL, ABSENT):
        return Word.LIMITED if counterexample else Word.SUPPORTED
    if meant == ALL:
        return Word.AS_MEANT
    if written in (ALL, PART) or meant == PART:
        return Word.MIXED
    return Word.CONTRADICTED


def _possible_marks(outcomes: list[Outcome]) -> set[str]:
    """Every mark that some way of deciding the inconclusive outcomes gives.

    The readings are decided independently of each other, so trying the marks of each is trying both
    ways test by test.
    """
    if not outcomes:
        return {ABSENT}
    undecided = outcomes.count(Outcome.INCONCLUSIVE)
    passed = outcomes.count(Outcome.PASS)
    totals = range(passed, passed + undecided + 1)
    return {ALL if total == len(outcomes) else PART if total else NONE for total in totals}


def _outcome(test: Test, interval: Interval | None) -> Outcome:
    if test.rule is None or interval is None:
        return Outcome.PASS  # proved on the page
    return test.rule.outcome(interval)


def _check_names(claim: Claim, measured: Mapping[str, Interval]) -> None:
    needed = {name for name, test in claim.tests.items() if test.is_measured}
    missing, unknown = sorted(needed - set(measured)), sorted(set(measured) - needed)
    problems = [
        f"{kind} {', '.join(names)}" for kind, names in (("missing", missing), ("unknown", unknown)) if names
    ]
    if problems:
        raise ValueError(
            f"{claim.id}: {'; '.join(problems)}; given {', '.join(measured) or 'nothing'}; {claim.slug}.toml "
            f"has {', '.join(sorted(needed)) or 'no test to measure'}{_proved(claim, unknown)}"
        )


def _proved(claim: Claim, unknown: list[str]) -> str:
    theorems = [name for name in unknown if name in claim.tests]
    return f" ({', '.join(theorems)}: a theorem, proved on the page, not measured)" if theorems else ""


def _check_value(claim: Claim, name: str, interval: object) -> None:
    if not isinstance(interval, Interval):
        raise TypeError(
            f"{claim.id}.{name} takes an Interval, got a {type(interval).__name__}; "
            "make one with hdi.wilson, hdi.mean, hdi.frequency or hdi.exact"
        )
    if interval.is_stack:
        raise ValueError(f"{claim.id}.{name} takes one Interval, got a stack of {len(interval)}; choose one")
