"""Verdict tables: what was asked, what was measured, what the rule says, and where it would flip."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any

from hdintuition.evidence.numbers import significant
from hdintuition.evidence.verdict import Word
from hdintuition.page.argument import argument
from hdintuition.page.glyph import disc, sign
from hdintuition.page.strip import strip

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hdintuition.evidence.claims import Test
    from hdintuition.evidence.interval import Interval
    from hdintuition.page.judged import Judged

_READINGS = {
    "literal": "Literal",
    "charitable": "Charitable",
    "counterexample": "Strongest counter-example",
    "check": "Check of the instrument",
    "report": "For the record",
}
_OUTCOMES = {"pass": "✓ pass", "fail": "✕ fail", "inconclusive": "~ inconclusive"}
# For the script, which shows the disc of a reader's own verdict.
_DISCS = "".join(f'<span data-word="{word}">{disc(word)}</span>' for word in Word)
_HOLDS = {"pass": "✓ holds, against it", "fail": "✕ does not hold", "inconclusive": "~ inconclusive"}


def verdict_tables(record: Mapping[str, Any], judged: Mapping[str, Judged], *, guide: str = "") -> str:
    """The verdict tables of a chapter, one a claim, and the stamp of its reference run, as HTML.

    Args:
        record: The run; ``reference`` in it is the reference record, if there is one.
        judged: What :func:`hdintuition.page.judged.judge_record` made of it.
        guide: Address of the page that says how to read a verdict.
    """
    reference = record.get("reference")
    tables = "".join(_table(one, record, reference) for one in judged.values())
    below = f"{_key(reference is not None, guide)}{_stamp(reference, record)}"
    return f'<div class="hd-verdicts">{tables}{below}<template>{_DISCS}</template></div>'


def _table(one: Judged, record: Mapping[str, Any], reference: Mapping[str, Any] | None) -> str:
    verdict, name = one.headline, one.claim.id
    order = list(_READINGS)
    tests = sorted(one.claim.tests.values(), key=lambda test: order.index(test.reading))
    head = (
        f"<thead><tr><th scope=col>Reading</th><th scope=col>This page, {escape(record['scale'])} scale</th>"
        "<th scope=col>Reference run</th><th scope=col>Rule set in advance</th>"
        "<th scope=col>Outcome</th></tr></thead>"
    )
    rows = "".join(_row(test, one, reference is not None) for test in tests)
    quote = escape(one.claim.quote)
    return (
        f'<table class="hd-verdict" id="verdict-{name.lower()}" data-hd-argue="{_for_script(one)}">'
        f"<caption>{disc(verdict.word)} "
        f"<strong>{verdict.word}</strong> <span>{name}: “{quote}”</span> "
        f'<span class="hd-marks">as written {verdict.as_written} · as meant {verdict.as_meant}</span>'
        f"{_remarks(one)}</caption>{head}<tbody>{rows}</tbody></table>"
    )


def _for_script(one: Judged) -> str:
    return escape(json.dumps(argument(one), separators=(",", ":")))


def _row(test: Test, one: Judged, has_reference: bool) -> str:
    here = one.measured.get(test.name)
    there = (one.reference_measured or {}).get(test.name)
    cells = [
        f'<th scope=row><span class="hd-reading hd-reading-{test.reading}">{sign(test.reading)} '
        f"{_READINGS[test.reading]}</span><span>{escape(test.says)}</span></th>",
        _measured_cell(test, here, there),
        _reference_cell(test, there),
        f'<td data-l="Rule set in advance">{_rule(test)}{_remark(test, one)}</td>',
        f'<td data-l="Outcome">{_outcome(test, one)}</td>',
    ]
    return f'<tr data-test="{test.name}">{"".join(cells)}</tr>'


def _measured_cell(test: Test, here: Interval | None, there: Interval | None) -> str:
    if here is None:
        return '<td data-l="This page">proved above</td>'
    note = f'<span class="hd-note">{escape(str(here.note))}</span>' if here.note else ""
    picture = strip(here, test.rule, there) if test.rule is not None else ""
    return f'<td data-l="This page">{value(here, test.unit)}{note}{picture}</td>'


def _reference_cell(test: Test, there: Interval | None) -> str:
    if not test.is_measured:
        text = "proved above"
    else:
        text = value(there, test.unit) if there is not None else "no reference run yet"
    return f'<td data-l="Reference run">{text}</td>'


def value(interval: Interval, unit: str = "") -> str:
    """Estimate in bold, interval below, in the test's unit ("%" or words such as "points")."""
    if interval.note == "exact" and unit != "%":
        text = significant(float(interval.estimate), 8)
    else:
        text = f"{interval:%i}" if unit == "%" else f"{interval:i}"
    number, bracket, bounds = text.partition(" (")
    words = f" {escape(unit)}" if unit not in ("", "%") else ""
    below = f'<span class="hd-bounds">{escape(bounds.rstrip(")"))}</span>' if bracket else ""
    return f"<strong>{escape(number)}{words}</strong>{below}"


def _rule(test: Test) -> str:
    if test.proof is not None:
        return f'theorem, <a href="#{escape(test.proof)}">proof</a>'
    return escape(rule_text(test))


def rule_text(test: Test) -> str:
    """The rule in words and in the test's unit: ``"below 1 %"``, ``"0.9 to 1.1"``, ``"theorem"``."""
    if test.rule is not None:
        return test.rule.words(test.unit)
    return "theorem" if test.proof is not None else "none: a report"


def _outcome(test: Test, one: Judged) -> str:
    """The outcome in words: the reference run's first, this page's beside it where they differ."""
    if not test.is_judged:
        return "shown, not judged"
    words = _HOLDS if test.reading == "counterexample" else _OUTCOMES
    here = str(one.here.outcomes[test.name])
    if test.rule is None:
        return words[here]
    deciding, lines = one.measured[test.name], [words[here]]
    if one.reference is not None and one.reference_measured is not None:
        there = str(one.reference.outcomes[test.name])
        deciding = one.reference_measured[test.name]
        lines = (
            [words[there]] if there == here else [f"{words[there]} (reference)", f"{words[here]} (this page)"]
        )
    return f'{"<br>".join(lines)}<span class="hd-flips">{escape(test.rule.flips(deciding, test.unit))}</span>'


def _remark(test: Test, one: Judged) -> str:
    """What a reader must know of a rule's date: that a pilot came before it, or a run."""
    notes = []
    if test.rule is not None and test.is_judged and (test.pilot or one.claim.pilot):
        notes.append("set after a pilot")
    if test.name in one.changed:
        notes.append("changed after the run")
    return "".join(f'<span class="hd-note">{note}</span>' for note in notes)


def _remarks(one: Judged) -> str:
    remarks = []
    if one.differs:
        remarks.append(f"This page's run alone would say: {one.here.word}.")
    if one.claim.pilot:
        remarks.append(f"Pilot: {one.claim.pilot}")
    remarks += [f"Pilot of {t.name}: {t.pilot}" for t in one.claim.tests.values() if t.pilot]
    return "".join(f'<span class="hd-remark">{escape(text)}</span>' for text in remarks)


def _key(reference: bool, guide: str) -> str:
    link = f' <a href="{escape(guide)}">How to read a verdict</a>.' if guide else ""
    diamond = "open diamond: the reference run; " if reference else ""
    return (
        '<p class="hd-key">In the small pictures, dot and bar: estimate and 95 % interval of this page; '
        f"{diamond}vertical tick: threshold; grey: where the whole interval must lie.{link}"
        '<span class="hd-argue-hint" hidden> The thresholds can be moved: what the verdict would have been stands '
        "beside what was registered.</span></p>"
    )


def _stamp(reference: Mapping[str, Any] | None, record: Mapping[str, Any]) -> str:
    if reference is None:
        return (
            '<p class="hd-reference"><strong>No reference run yet.</strong> The verdicts above are those of '
            f"this page's own run at {escape(record['scale'])} scale.</p>"
        )
    facts: Iterable[str] = (
        f"{reference['scale']} scale",
        str(reference["device"]),
        f"seed {reference['seed']}",
        f"{float(reference['seconds']):.0f} s" if "seconds" in reference else "",
        str(reference.get("date", "")),
        f"commit {str(reference['commit'])[:7]}" if reference.get("commit") else "",
        f"torch {reference['torch']}",
    )
    words = escape(", ".join(fact for fact in facts if fact))
    return f'<p class="hd-reference"><strong>Reference run.</strong> {words}.</p>'
