"""The verdict: every row of the table, and every small set of outcomes against a naive oracle."""

from itertools import combinations_with_replacement, product

import pytest

from hdintuition.evidence.claims import Claim, Test
from hdintuition.evidence.estimates import exact, stack
from hdintuition.evidence.interval import Interval
from hdintuition.evidence.rules import Outcome, Rule
from hdintuition.evidence.verdict import Word, judge, verdict_of

PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE
OUTCOMES = {"✓": [PASS, PASS], "✕": [FAIL], "part": [PASS, FAIL], "–": []}

# as written, as meant, counter-example holds: the word, written out by hand from the design's table
TABLE = {
    ("✓", "✓", False): "Supported",
    ("✓", "–", False): "Supported",
    ("✓", "✓", True): "Supported with limits",
    ("✓", "–", True): "Supported with limits",
    ("✕", "✓", False): "Holds as meant",
    ("✕", "✓", True): "Holds as meant",
    ("part", "✓", False): "Holds as meant",
    ("part", "✓", True): "Holds as meant",
    ("–", "✓", False): "Holds as meant",
    ("–", "✓", True): "Holds as meant",
    ("✓", "part", False): "Mixed",
    ("✓", "part", True): "Mixed",
    ("✓", "✕", False): "Mixed",
    ("✓", "✕", True): "Mixed",
    ("✕", "part", False): "Mixed",
    ("✕", "part", True): "Mixed",
    ("part", "part", False): "Mixed",
    ("part", "part", True): "Mixed",
    ("–", "part", False): "Mixed",
    ("–", "part", True): "Mixed",
    ("part", "✕", False): "Mixed",
    ("part", "✕", True): "Mixed",
    ("part", "–", False): "Mixed",
    ("part", "–", True): "Mixed",
    ("✕", "✕", False): "Contradicted",
    ("✕", "✕", True): "Contradicted",
    ("✕", "–", False): "Contradicted",
    ("✕", "–", True): "Contradicted",
    ("–", "✕", False): "Contradicted",
    ("–", "✕", True): "Contradicted",
    ("–", "–", False): "Not tested",
}


def test_the_table_is_complete():
    assert len(TABLE) == 4 * 4 * 2 - 1  # two dashes with a counter-example are refused


@pytest.mark.parametrize(("written", "meant", "holds"), TABLE)
def test_every_row(written, meant, holds):
    outcomes = [("literal", o) for o in OUTCOMES[written]] + [("charitable", o) for o in OUTCOMES[meant]]
    rows = {False: [[], [("counterexample", FAIL)]], True: [[("counterexample", PASS)]]}[holds]
    for row in rows if outcomes else [[]]:
        ruling = verdict_of(outcomes + row)
        assert ruling.word == TABLE[written, meant, holds]
        assert (ruling.as_written, ruling.as_meant) == (written, meant)
        assert ruling.counterexample == ("–" if not row else "✓" if holds else "✕")


def naive_mark(outcomes):
    if len(outcomes) == 0:
        return "–"
    if all(o == "pass" for o in outcomes):
        return "✓"
    if all(o == "fail" for o in outcomes):
        return "✕"
    return "part"


def naive_word(tests):
    """Decide every inconclusive outcome in every way; look the marks up in the table."""
    words = set()
    for decided in product(*[["pass", "fail"] if o == "inconclusive" else [str(o)] for _, o in tests]):
        by = {kind: [d for (r, _), d in zip(tests, decided, strict=True) if r == kind]
              for kind in ("literal", "charitable", "counterexample")}  # fmt: skip
        marks = naive_mark(by["literal"]), naive_mark(by["charitable"])
        words.add(TABLE[(*marks, by["counterexample"] == ["pass"])])
    return words.pop() if len(words) == 1 else "Inconclusive"


def refused(tests):
    readings = [reading for reading, _ in tests]
    alone = "counterexample" in readings and not {"literal", "charitable"} & set(readings)
    return readings.count("counterexample") > 1 or alone


def test_against_the_oracle_on_every_multiset_of_up_to_four_tests():
    readings = ["literal", "charitable", "counterexample", "check", "report"]
    kinds = list(product(readings, [PASS, FAIL, OPEN]))
    judged = 0
    for size in range(5):
        for tests in combinations_with_replacement(kinds, size):
            if refused(tests):
                with pytest.raises(ValueError, match="counter-example"):
                    verdict_of(tests)
                continue
            assert verdict_of(tests).word == naive_word(tests), tests
            assert verdict_of(reversed(tests)) == verdict_of(tests)
            judged += 1
    assert judged > 2000


@pytest.mark.parametrize(
    ("outcomes", "mark"),
    [
        ([OPEN], "~"),
        ([PASS, OPEN], "~"),
        ([FAIL, OPEN], "~"),
        ([PASS, FAIL, OPEN], "part"),
        ([OPEN, OPEN], "~"),
    ],
)
def test_a_mark_is_open_where_the_undecided_could_change_it(outcomes, mark):
    assert verdict_of(("literal", o) for o in outcomes).as_written == mark
    assert verdict_of(("charitable", o) for o in outcomes).as_meant == mark


def test_an_open_mark_may_leave_the_word_decided():
    ruling = verdict_of([("literal", FAIL), ("charitable", FAIL), ("counterexample", OPEN)])
    assert ruling == (Word.CONTRADICTED, "✕", "✕", "~")
    assert verdict_of([("literal", PASS), ("counterexample", OPEN)]).word is Word.INCONCLUSIVE
    assert verdict_of([("literal", OPEN), ("literal", FAIL), ("charitable", PASS)]).word is Word.AS_MEANT


def test_checks_and_reports_do_not_vote():
    assert verdict_of([("check", FAIL), ("report", FAIL)]).word is Word.NOT_TESTED
    assert verdict_of([("literal", PASS), ("check", FAIL)]).word is Word.SUPPORTED


def test_an_unknown_outcome_is_refused():
    with pytest.raises(ValueError, match="maybe"):
        verdict_of([("literal", "maybe")])


# ------------------------------------------------------------------------------------------ judge


def claim(*tests):
    return Claim("W2", "quote", "essay", "a quote", "walls/odds-of-walls", {t.name: t for t in tests})


WALLED = Test("walled_in", "literal", "fewer than 1 in 100", Rule.parse("< 0.01"))
COINS = Test("faster_than_coins", "charitable", "p4 < 1/16", proof="eq-p4")
NOISE = Test("pure_noise", "counterexample", "more than 1 in 10", Rule.parse("> 0.1"))
AGREES = Test("agrees", "check", "share over exact", Rule.parse("in [0.9, 1.1]"))
SEEN = Test("seen", "report", "how many were seen")
W2 = claim(WALLED, COINS, NOISE, AGREES, SEEN)
MEASURED = {
    "walled_in": Interval(0.004, 0.003, 0.005),
    "pure_noise": Interval(0.2, 0.19, 0.21),
    "agrees": Interval(1.3, 1.2, 1.4),
    "seen": exact(36),
}


def test_judge():
    verdict = judge(W2, MEASURED)
    assert verdict.word is Word.LIMITED
    assert (verdict.as_written, verdict.as_meant, verdict.counterexample) == ("✓", "✓", "✓")
    assert verdict.outcomes == {
        "walled_in": PASS,
        "faster_than_coins": PASS,
        "pure_noise": PASS,
        "agrees": FAIL,
    }


def test_a_claim_without_tests_is_not_tested():
    verdict = judge(claim(), {})
    assert verdict.word is Word.NOT_TESTED
    assert (verdict.as_written, verdict.as_meant, verdict.counterexample) == ("–", "–", "–")
    assert verdict.outcomes == {}


def test_theorems_alone_need_no_measurement():
    assert judge(claim(COINS), {}).word is Word.AS_MEANT


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"pure_noise": None},
            r"W2: missing pure_noise; given walled_in, agrees, seen; walls/odds-of-walls\.toml has agrees, pure_no",
        ),
        ({"noise": exact(1)}, "unknown noise; given .*noise"),
        ({"pure_noise": None, "pur_noise": exact(1)}, "missing pure_noise; unknown pur_noise"),
        (
            {"faster_than_coins": exact(1)},
            "unknown faster_than_coins; .*a theorem, proved on the page, not measured",
        ),
    ],
)
def test_test_names_must_be_those_of_the_file(change, message):
    measured = {name: x for name, x in (MEASURED | change).items() if x is not None}
    with pytest.raises(ValueError, match=message):
        judge(W2, measured)


@pytest.mark.parametrize("value", [0.004, "0.004", None, [exact(1)]])
def test_only_intervals_are_judged(value):
    with pytest.raises(TypeError, match=r"W2\.walled_in takes an Interval, got a "):
        judge(W2, MEASURED | {"walled_in": value})


@pytest.mark.parametrize("name", ["walled_in", "seen"])
def test_only_single_intervals_are_judged(name):
    with pytest.raises(ValueError, match=rf"W2\.{name} takes one Interval, got a stack of 2"):
        judge(W2, MEASURED | {name: stack([exact(1), exact(2)])})
