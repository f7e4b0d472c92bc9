"""Rules: how they are read, what they say of an interval, and where they would flip."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hdintuition.evidence.estimates import exact, stack
from hdintuition.evidence.interval import Interval
from hdintuition.evidence.numbers import MINUS, THIN
from hdintuition.evidence.rules import Outcome, Rule

PASS, FAIL, OPEN = Outcome.PASS, Outcome.FAIL, Outcome.INCONCLUSIVE


def between(low, high):
    return Interval((low + high) / 2 if math.isfinite(low + high) else max(low, min(high, 0)), low, high)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("< 0.01", -math.inf, 0.01),
        ("<-1e-3", -math.inf, -0.001),
        ("  > .5 ", 0.5, math.inf),
        ("> +2.", 2.0, math.inf),
        ("in [0.9, 1.1]", 0.9, 1.1),
        ("in[-3,3]", -3.0, 3.0),
        ("in [64, 64]", 64.0, 64.0),
    ],
)
def test_parse(text, low, high):
    rule = Rule.parse(text)
    assert (rule.low, rule.high) == (low, high)
    assert str(rule) == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        "", "0.01", "<= 0.01", ">= 1", "< x", "< 1 %", "< 1,000", "< 1_000", "in (0, 1)", "in [0, 1", "[0, 1]",
        "in [0; 1]", "in [1]", "in [1, 0]", "< inf", "> nan", "< 1e999", "in [0, 1e999]", "< 1 and > 0", "= 1",
    ],
)  # fmt: skip
def test_a_malformed_rule_is_refused_and_quoted(text):
    with pytest.raises(ValueError, match=r"a rule (reads|needs) .* got ") as caught:
        Rule.parse(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize(
    ("rule", "low", "high", "outcome"),
    [
        ("< 1", 0, 0.9, PASS),
        ("< 1", 0, 1, OPEN),
        ("< 1", 0, 2, OPEN),
        ("< 1", 1, 2, FAIL),
        ("< 1", 1, 1, FAIL),
        ("< 1", -math.inf, 0, PASS),
        ("< 1", -math.inf, math.inf, OPEN),
        ("> 1", 1.1, 2, PASS),
        ("> 1", 1, 2, OPEN),
        ("> 1", 0, 1, FAIL),
        ("> 1", 5, math.inf, PASS),
        ("in [1, 2]", 1, 2, PASS),
        ("in [1, 2]", 1.5, 1.5, PASS),
        ("in [1, 2]", 0.9, 1.5, OPEN),
        ("in [1, 2]", 1.5, 2.1, OPEN),
        ("in [1, 2]", 0, 3, OPEN),
        ("in [1, 2]", 0, 0.9, FAIL),
        ("in [1, 2]", 0, 1, OPEN),
        ("in [1, 2]", 2.1, 3, FAIL),
        ("in [64, 64]", 64, 64, PASS),
        ("in [64, 64]", 63, 63, FAIL),
    ],
)
def test_outcome(rule, low, high, outcome):
    assert Rule.parse(rule).outcome(between(low, high)) is outcome


@given(st.floats(-10, 10), st.lists(st.floats(-10, 10), min_size=2, max_size=2).map(sorted))
@settings(deadline=None)
def test_below_and_above_mirror_each_other(threshold, ends):
    x = between(*ends)
    below, above = Rule.parse(f"< {threshold!r}"), Rule.parse(f"> {-threshold!r}")
    assert below.outcome(x) is above.outcome(-x)
    assert not (below.outcome(x) is PASS and Rule.parse(f"> {threshold!r}").outcome(x) is PASS)


def test_a_rule_judges_one_interval():
    with pytest.raises(TypeError, match="judges an Interval, got a float"):
        Rule.parse("< 1").outcome(0.5)
    with pytest.raises(ValueError, match="a stack of 2"):
        Rule.parse("< 1").outcome(stack([exact(1), exact(2)]))


@pytest.mark.parametrize(
    ("rule", "unit", "words"),
    [
        ("< 0.01", "", "below 0.01"),
        ("< 0.01", "%", f"below 1{THIN}%"),
        ("< 0.07", "%", f"below 7{THIN}%"),
        ("> 0", "points", "above 0 points"),
        ("in [-3, 3]", "points", f"{MINUS}3 to 3 points"),
        ("in [0.9, 1.1]", "", "0.9 to 1.1"),
        ("in [0.9, 1]", "%", f"90 to 100{THIN}%"),
        ("in [64, 64]", "", "exactly 64"),
        ("< 1e-6", "", "below 1 × 10⁻⁶"),
    ],
)
def test_words(rule, unit, words):
    assert Rule.parse(rule).words(unit) == words


@pytest.mark.parametrize(
    ("rule", "low", "high", "unit", "text"),
    [
        ("< 0.01", 0.0022, 0.00255, "", "holds for any threshold above 0.0026"),
        ("< 0.01", 0.0022, 0.00255, "%", f"holds for any threshold above 0.26{THIN}%"),
        ("< 0.5", 0.31, 0.4994, "", "holds for any threshold above 0.4994"),
        ("< 0.01", 0.2351, 0.2549, "", "fails for any threshold up to 0.23"),
        (
            "< 0.01",
            0.0052,
            0.0149,
            "",
            "would hold for a threshold above 0.015, would fail for one up to 0.0052",
        ),
        ("> 0.5", 0.954, 0.9641, "%", f"holds for any threshold below 95{THIN}%"),
        ("> 0.5", 0.1, 0.2345, "", "fails for any threshold from 0.24 upwards"),
        (
            "> 0",
            -1,
            4,
            "s",
            f"would hold for a threshold below {MINUS}1 s, would fail for one from 4 s upwards",
        ),
        ("in [-3, 3]", -1.234, 2.5, "", f"holds for any range that contains {MINUS}1.3 to 2.5"),
        ("in [-3, 3]", 0.3, 7.5, "", "would hold for a range that contains 0.3 to 7.5"),
        ("in [-3, 3]", 3.01, 7.5, "", "fails for any range that ends below 3.01"),
        ("in [-3, 3]", -7, -4, "", f"fails for any range that begins above {MINUS}4"),
        ("in [64, 64]", 64, 64, "", "holds for any range that contains 64"),
        ("< 1", -math.inf, math.inf, "", "no threshold would decide"),
        ("< 1", 0, math.inf, "", "would fail for one up to 0"),
    ],
)
def test_flips(rule, low, high, unit, text):
    assert Rule.parse(rule).flips(between(low, high), unit) == text


@given(st.floats(0.001, 0.999), st.lists(st.floats(0.001, 0.999), min_size=2, max_size=2).map(sorted))
@settings(deadline=None)
def test_the_threshold_named_by_flips_gives_the_same_outcome(threshold, ends):
    x = between(*ends)
    rule = Rule.parse(f"< {threshold!r}")
    words = rule.flips(x).split()
    if rule.outcome(x) is PASS:
        assert Rule.parse(f"< {float(words[-1]) * (1 + 1e-9)!r}").outcome(x) is PASS
        assert float(words[-1]) <= threshold * (1 + 1e-9)
    if rule.outcome(x) is FAIL:
        assert Rule.parse(f"< {float(words[-1]) * (1 - 1e-9)!r}").outcome(x) is FAIL
        assert float(words[-1]) >= threshold * (1 - 1e-9)
