"""Where a reader's thresholds may stand, and what the script that judges by them is given."""

import html
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests import miniature

from hdintuition.evidence import claims as claim_files
from hdintuition.evidence.interval import Interval
from hdintuition.evidence.rules import Outcome, Rule
from hdintuition.page.argument import STEPS, argument, stops
from hdintuition.page.judged import judge_record
from hdintuition.page.verdicts import verdict_tables

numbers = st.floats(-1e6, 1e6, allow_subnormal=False).map(lambda x: 0.0 if abs(x) < 1e-6 else x)
shares = st.floats(0, 1, allow_subnormal=False).map(lambda x: 0.0 if x < 1e-12 else x)


def interval_of(a: float, b: float) -> Interval:
    low, high = sorted((a, b))
    return Interval((low + high) / 2, low, high)


def outcomes(places: list[float], form: str, interval: Interval) -> set[Outcome]:
    return {Rule.parse(f"{form} {place!r}").outcome(interval) for place in places}


@pytest.mark.parametrize("form", ["<", ">"])
@given(registered=numbers, a=numbers, b=numbers)
def test_every_outcome_can_be_had(form, registered, a, b):
    interval = interval_of(a, b)
    places = stops(registered, [interval.low, interval.high])
    assert {Outcome.PASS, Outcome.FAIL} <= outcomes(places, form, interval)


@pytest.mark.parametrize("form", ["<", ">"])
@given(registered=shares, a=shares, b=shares)
def test_of_shares_too_unless_only_certainty_would_do(form, registered, a, b):
    interval = interval_of(a, b)
    places = stops(registered, [interval.low, interval.high], share=True)
    assert min(places) == 0
    assert max(places) == 1
    got = outcomes(places, form, interval)
    assert Outcome.FAIL in got
    assert Outcome.PASS in got or (interval.high == 1 if form == "<" else interval.low == 0)


@given(registered=numbers, a=numbers, b=numbers)
def test_the_registered_threshold_is_among_them_as_it_is(registered, a, b):
    places = stops(registered, sorted((a, b)))
    assert registered in places
    assert places == sorted(set(places))
    assert min(places) < registered < max(places)
    assert len(places) <= 2 * STEPS


def test_they_are_round_numbers():
    assert stops(0.1, [0.05, 0.06], share=True)[:4] == [0.0, 0.002, 0.004, 0.006]
    far = stops(0.01, [2e-9, 3e-9])
    assert far[0] <= 2e-9
    assert all(float(f"{place:.1e}") == place for place in far)


def test_infinite_bounds_are_left_out():
    assert max(stops(2.0, [1.0, float("inf")])) < 10


@pytest.fixture
def judged(monkeypatch, tmp_path):
    folder = miniature.write(tmp_path)
    monkeypatch.setattr(claim_files, "_folder", lambda root=None: folder)
    record = {
        "slug": "walls/doors",
        "scale": "cpu",
        "claims": {
            "W1": {"share": {"interval": Interval(0.05, 0.04, 0.06).json(), "rule": ""},
                   "instrument": {"interval": Interval(1.0, 0.9, float("inf")).json(), "rule": ""}},
            "W2": {"many": {"interval": Interval(0.5, 0.4, 0.6).json(), "rule": ""},
                   "seen": {"interval": Interval(3.0, 2.0, 4.0).json(), "rule": ""}},
        },
    }  # fmt: skip
    return record, judge_record(record)


def test_what_the_script_is_given(judged):
    given_to_it = argument(judged[1]["W1"])
    share, theorem, instrument = given_to_it["tests"]
    assert given_to_it["claim"] == "W1"
    assert (share["low"], share["high"], share["unit"], share["interval"]) == (None, 0.1, "%", [0.04, 0.06])
    assert set(share["stops"]) == {"high"}
    assert theorem == {"name": "theorem", "reading": "charitable"}
    assert instrument["interval"] == [0.9, None]
    assert set(instrument["stops"]) == {"low", "high"}
    json.dumps(given_to_it, allow_nan=False)


def test_a_report_is_not_argued_with(judged):
    assert [test["name"] for test in argument(judged[1]["W2"])["tests"]] == ["many"]


def test_the_table_carries_it(judged):
    text = verdict_tables(*judged)
    (first, _) = re.findall(r'data-hd-argue="([^"]*)"', text)
    assert json.loads(html.unescape(first)) == argument(judged[1]["W1"])
    assert 'data-test="share"' in text
    assert text.count("data-word=") == 7, "a disc for every word"
