"""A record of a run, judged by today's rules.

A record holds intervals and, for every test, the digest of the rule as it stood when the run was made. The
verdict is computed from the intervals and the rules as they stand now: editing a rule re-judges and executes
nothing, and a rule younger than the run it judges is known by its digest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hdintuition.evidence import claims as claim_files
from hdintuition.evidence.interval import Interval
from hdintuition.evidence.verdict import Verdict, judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hdintuition.evidence.claims import Claim

    Record = Mapping[str, Any]

_EXPRESSION = re.compile(r"\s*(?P<name>[A-Za-z_]\w*(?:\.\w+)?)(?:\[(?P<index>-?\d+)\])?(?::(?P<spec>.*))?\s*")


@dataclass(frozen=True)
class Judged:
    """One claim with its tests' intervals and verdicts, of this run and of the reference run."""

    claim: Claim
    measured: Mapping[str, Interval]
    here: Verdict
    reference_measured: Mapping[str, Interval] | None
    reference: Verdict | None
    changed: frozenset[str]

    @property
    def headline(self) -> Verdict:
        """The reference run's verdict if there is one, else this run's."""
        return self.reference or self.here

    @property
    def differs(self) -> bool:
        """True if this run and the reference run end in different words."""
        return self.reference is not None and self.reference.word != self.here.word


def judge_record(record: Record) -> dict[str, Judged]:
    """All claims of a record's chapter, judged by the rules as they stand now.

    Args:
        record: What :meth:`hdintuition.Chapter.judge` put out; its ``reference`` entry, if any, is the
            committed reference record.

    Raises:
        ValueError: If the record's claims or tests are not those of the claim file (the message names
            them).
    """
    known = claim_files.load(record["slug"])
    given = record["claims"]
    if set(known) != set(given):
        raise ValueError(
            f"{record['slug']}: the run judged {_names(given)}, the claim file holds {_names(known)}; "
            "run the chapter again"
        )
    reference = record.get("reference")
    return {
        name: _judged(claim, given[name], _entry(reference, name, claim)) for name, claim in known.items()
    }


def intervals(entry: Mapping[str, Any]) -> dict[str, Interval]:
    """The intervals of one claim's entry in a record, by test."""
    return {test: Interval.of_json(value["interval"]) for test, value in entry.items()}


def measured_text(record: Record, expression: str) -> str:
    """A number of a run as words: what the role ``{measured}`` prints.

    Args:
        record: The run.
        expression: ``name[index]:spec``: a kept name or ``CLAIM.test``, an index for a stack, a format
            spec of :class:`~hdintuition.evidence.interval.Interval`.

    Raises:
        ValueError: If the expression cannot be read, or the run holds no such number.
    """
    match = _EXPRESSION.fullmatch(expression)
    if match is None:
        raise ValueError(f"cannot read {expression!r}; write name, name[3] or W2.test, then :format")
    value = _look_up(record, match["name"])
    if match["index"] is not None:
        try:
            value = value[int(match["index"])]
        except (IndexError, TypeError) as error:
            raise ValueError(f"{expression!r}: {match['name']} has no entry {match['index']}") from error
    try:
        return format(value, match["spec"] or "")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{expression!r}: {error}") from error


def _judged(claim: Claim, entry: Mapping[str, Any], reference: Mapping[str, Any] | None) -> Judged:
    measured = intervals(entry)
    here = judge(claim, measured)  # first: it refuses a record that lacks a test
    there = intervals(reference) if reference is not None else None
    used = reference if reference is not None else entry
    return Judged(
        claim=claim,
        measured=measured,
        here=here,
        reference_measured=there,
        reference=judge(claim, there) if there is not None else None,
        changed=frozenset(
            name
            for name, test in claim.tests.items()
            if test.is_measured and used[name]["rule"] != test.digest
        ),
    )


def _entry(reference: Record | None, name: str, claim: Claim) -> Mapping[str, Any] | None:
    """A reference entry counts only if it measured every test that the claim has now."""
    if reference is None:
        return None
    entry = reference["claims"].get(name, {})
    needed = {test.name for test in claim.tests.values() if test.is_measured}
    return {test: entry[test] for test in needed} if needed and needed <= set(entry) else None


def _look_up(record: Record, name: str) -> Any:
    claim, _, test = name.partition(".")
    if test:
        found = record["claims"].get(claim, {}).get(test)
        if found is None:
            raise ValueError(f"this run judged no test {name!r}; it judged {_tests(record)}")
        return Interval.of_json(found["interval"])
    if name not in record["kept"]:
        raise ValueError(f"this run kept no {name!r}; it kept {_names(record['kept'])}")
    kept = record["kept"][name]
    return kept["value"] if "value" in kept else Interval.of_json(kept)


def _tests(record: Record) -> str:
    return (
        ", ".join(f"{claim}.{test}" for claim, tests in record["claims"].items() for test in tests) or "none"
    )


def _names(names: Any) -> str:
    return ", ".join(sorted(names)) or "nothing"
