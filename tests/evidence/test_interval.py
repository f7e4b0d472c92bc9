"""The Interval: what it refuses, its arithmetic with constants, stacks, text and JSON."""

import dataclasses
import json
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from hdintuition.evidence.estimates import exact, stack, wilson
from hdintuition.evidence.interval import Interval

ordered = st.lists(st.floats(-1e9, 1e9), min_size=3, max_size=3).map(sorted)
intervals = ordered.map(lambda three: Interval(three[1], three[0], three[2], "8 draws"))
constants = st.floats(-1e6, 1e6).filter(lambda c: abs(c) > 1e-6)
X = Interval(0.245, 0.235, 0.255, "8 draws")
THREE = Interval([1.0, 2.0, 3.0], [0.5, 1.5, 2.5], [1.5, 2.5, 3.5], ("a", "b", "c"))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((1.0, 2.0, 3.0), r"low <= estimate <= high, got low 2\.0, estimate 1\.0, high 3\.0"),
        ((4.0, 2.0, 3.0), "low <= estimate <= high"),
        (([1.0, 4.0], [0.0, 3.0], [2.0, 3.5]), "low <= estimate <= high"),
        ((math.nan, 0.0, 1.0), "estimate is NaN"),
        ((0.5, math.nan, 1.0), "low is NaN"),
        ((0.5, 0.0, math.nan), "high is NaN"),
        (([0.5, 1.0], 0.0, 2.0), r"one shape, got estimate \(2,\), low \(\), high \(\)"),
        (([0.5, 1.0], [0.0], [2.0]), "one shape"),
        ((np.ones((2, 2)), np.ones((2, 2)), np.ones((2, 2))), r"one-dimensional stack, got shape \(2, 2\)"),
    ],
)
def test_values_that_make_no_interval_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        Interval(*values)


@pytest.mark.parametrize("note", [("a", "b"), ("a", "b", 3), 7])
def test_notes_must_fit_the_stack(note):
    with pytest.raises((ValueError, TypeError)):
        Interval([1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [1.0, 2.0, 3.0], note)
    with pytest.raises(ValueError, match="note is a string"):
        Interval(1.0, 1.0, 1.0, ("a",))


def test_an_infinite_estimate_is_allowed():
    assert Interval(math.inf, -math.inf, math.inf).estimate == math.inf
    assert Interval(math.inf, 3.0, math.inf).low == 3.0


def test_it_is_float64_and_cannot_be_changed():
    given_array = np.array([1.0, 2.0], dtype=np.float32)
    x = Interval(given_array, given_array, given_array)
    given_array[0] = 7.0
    assert x.estimate.dtype == np.float64
    assert x.estimate[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        x.estimate[0] = 3.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        x.note = "other"


def test_tensors_of_any_kind_are_taken():
    one = torch.tensor(0.5, dtype=torch.float32, requires_grad=True)
    assert Interval(one, one, one) == Interval(0.5, 0.5, 0.5)
    half = torch.tensor([0.5, 1.5], dtype=torch.bfloat16)
    assert Interval(half, half - 1, half + 1) == Interval([0.5, 1.5], [-0.5, 0.5], [1.5, 2.5])


def test_a_stack_is_indexed_cut_and_iterated_over():
    assert len(THREE) == 3
    assert THREE[1] == Interval(2.0, 1.5, 2.5, "b")
    assert THREE[-1].note == "c"
    assert THREE[1:] == Interval([2.0, 3.0], [1.5, 2.5], [2.5, 3.5], ("b", "c"))
    assert [one.note for one in THREE] == ["a", "b", "c"]
    assert THREE.is_stack
    assert not X.is_stack
    with pytest.raises(IndexError):
        THREE[3]


@pytest.mark.parametrize("use", [len, iter, lambda x: x[0]])
def test_a_single_interval_is_no_sequence(use):
    with pytest.raises(TypeError, match=r"a single Interval .*; stack several with hdi.stack"):
        use(X)


def test_it_has_no_truth_value():
    with pytest.raises(TypeError, match="neither true nor false"):
        bool(X)


@given(intervals, constants)
@settings(deadline=None)
def test_arithmetic_with_a_constant_keeps_the_order_and_the_note(x, c):
    for y in (x * c, c * x, x / c, x + c, c + x, x - c, c - x, -x):
        assert y.low <= y.estimate <= y.high
        assert y.note == x.note
    negative = -x
    assert -negative == x
    assert (x * c).low == min(x.low * c, x.high * c)
    assert ((x * c) / c).estimate == pytest.approx(x.estimate, rel=1e-12, abs=1e-290)
    assert c - x == -(x - c)


@pytest.mark.parametrize("constant", [2, 2.0, np.float64(2), np.array(2), torch.tensor(2), torch.tensor(2.0)])
def test_constants_of_any_kind_stand_on_either_side(constant):
    double = Interval(0.49, 0.47, 0.51, "8 draws")
    assert X * constant == constant * X == double
    assert (constant + X).estimate == pytest.approx(2.245)
    assert (constant - X).high == pytest.approx(1.765)
    assert (X / constant).estimate == pytest.approx(0.1225)


@pytest.mark.parametrize("convert", [list, np.array, torch.tensor])
def test_a_stack_goes_with_one_constant_each(convert):
    c = convert([1.0, -2.0, 10.0])
    assert (THREE * c).estimate.tolist() == [1.0, -4.0, 30.0]
    assert (THREE * c).low.tolist() == [0.5, -5.0, 25.0]
    assert (THREE / c)[1] == Interval(-1.0, -1.25, -0.75, "b")
    if convert is not list:
        assert c * THREE == THREE * c
    with pytest.raises(
        ValueError, match=r"shape \(3,\) goes with a number or an array of that shape, got shape \(2,\)"
    ):
        THREE * convert([1.0, 2.0])
    with pytest.raises(ValueError, match=r"shape \(\)"):
        X * c


def test_two_intervals_are_never_combined():
    for combine in (
        lambda: X + X, lambda: X - X, lambda: X * X, lambda: X / X, lambda: Interval(X, X, X)
    ):  # fmt: skip
        with pytest.raises(TypeError, match="Pair the differences draw by draw"):
            combine()


def test_impossible_arithmetic_is_refused():
    with pytest.raises(ZeroDivisionError, match="divided by 0"):
        X / 0
    with pytest.raises(ZeroDivisionError, match="divided by 0"):
        THREE / [1, 0, 2]
    with pytest.raises(ValueError, match="NaN"):
        X * math.nan
    with pytest.raises(TypeError):
        1 / X
    with pytest.raises(TypeError):
        X < 0.3  # noqa: B015


def test_equal_means_equal_in_everything():
    assert Interval(0.245, 0.235, 0.255, "8 draws") == X
    assert hash(X) == hash(Interval(0.245, 0.235, 0.255, "8 draws"))
    assert Interval(0.245, 0.235, 0.255, "9 draws") != X
    assert X != 0.245
    assert Interval(0.245, 0.235, 0.256, "8 draws") != X


@given(intervals | st.lists(intervals, min_size=1, max_size=4).map(stack))
@settings(deadline=None)
def test_json_and_back(x):
    text = json.dumps(x.json(), allow_nan=False)
    assert Interval.of_json(json.loads(text)) == x


def test_json_has_no_infinities():
    x = Interval([math.inf, 1.0], [-math.inf, 0.0], [math.inf, 2.0], ("a", "b"))
    assert x.json()["low"] == ["-inf", 0.0]
    assert Interval.of_json(json.loads(json.dumps(x.json(), allow_nan=False))) == x


@pytest.mark.parametrize(
    "record",
    [
        {"estimate": 1.0, "low": 0.0, "high": 2.0},
        {"estimate": 1.0, "low": 0.0, "high": 2.0, "note": "", "extra": 1},
        {"estimate": 1.0, "low": 3.0, "high": 2.0, "note": ""},
        {"estimate": "many", "low": 3.0, "high": 2.0, "note": ""},
        {"estimate": [1.0], "low": [1.0], "high": [1.0], "note": ["a", "b"]},
    ],
)
def test_a_malformed_record_is_refused(record):
    with pytest.raises(ValueError):
        Interval.of_json(record)


@pytest.mark.parametrize(
    ("x", "spec", "text"),
    [
        (X, "", "0.245 (0.235 to 0.255)"),
        (X, "%", "24.5\u2009%"),
        (X, "+.1f", "+0.2"),
        (exact(64), "", "64"),
        (exact(64), "i", "64"),
        (exact(64), ".1fi", "64.0"),
        (wilson(0, 10_000), "%i", "0 seen, at most 0.04\u2009%"),
        (100 * wilson(0, 10_000), "i", "0 seen, at most 0.04"),
        (-wilson(0, 10_000), ".4fi", "0.0000 (\u22120.0004 to 0.0000)"),
        (THREE, ".1f", "[1.0, 2.0, 3.0]"),
    ],
)
def test_format(x, spec, text):
    assert format(x, spec) == text


def test_text_and_unknown_formats():
    assert str(X) == format(X)
    with pytest.raises(ValueError, match="a number format is"):
        format(X, "d")


def test_repr_says_what_it_rests_on():
    assert repr(X) == "<Interval 0.245 (0.235 to 0.255), 8 draws>"
    assert repr(Interval(1.0, 1.0, 1.0)) == "<Interval 1 (1 to 1)>"
    assert repr(THREE).endswith("a; b; c>")


def test_html_for_notebooks():
    assert wilson(960, 1000)._repr_html_() == (
        '<span class="hd-interval">96.0\u2009% (94.6 to 97.0\u2009%) <small>960 of 1000</small></span>'
    )
    assert X._repr_html_() == '<span class="hd-interval">0.245 (0.235 to 0.255) <small>8 draws</small></span>'
    assert "&lt;b&gt;" in Interval(1.0, 0.0, 2.0, "<b>")._repr_html_()
    assert THREE._repr_html_().count("<small>") == 3
