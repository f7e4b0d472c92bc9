"""How numbers are written: digits from the interval, true minus signs, thin spaces, powers of ten."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hdintuition.evidence.numbers import MINUS, THIN, bound, count, fixed, interval_text, significant

SUPERSCRIPTS = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
finite = st.floats(-1e12, 1e12, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-30)


def read(text):
    """The number that a text states; the inverse of the module under test."""
    text = text.replace(THIN, "").replace(MINUS, "-").replace("+", "").replace("∞", "inf")
    mantissa, times, exponent = text.partition(" × 10")
    return float(mantissa) * 10.0 ** int(exponent.translate(SUPERSCRIPTS)) if times else float(mantissa)


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.245, 3, "0.245"),
        (-1.5, 1, f"{MINUS}1.5"),
        (-0.04, 1, "0.0"),
        (9999.0, 0, "9999"),
        (10_000.0, 0, f"10{THIN}000"),
        (-1234567.891, 1, f"{MINUS}1{THIN}234{THIN}567.9"),
        (48_250.0, -3, f"48{THIN}000"),
        (-40.0, -2, "0"),
        (math.inf, 2, "∞"),
        (-math.inf, 0, f"{MINUS}∞"),
    ],
)
def test_fixed(value, decimals, text):
    assert fixed(value, decimals) == text


def test_the_sign_is_shown_when_asked_for_and_never_for_zero():
    assert fixed(9.3, 1, sign=True) == "+9.3"
    assert fixed(-9.3, 1, sign=True) == f"{MINUS}9.3"
    assert fixed(0.01, 1, sign=True) == fixed(-0.01, 1, sign=True) == fixed(0.0, 1, sign=True) == "0.0"
    assert significant(2e-7, 3, sign=True) == "+2 × 10⁻⁷"


@pytest.mark.parametrize(
    ("value", "figures", "text"),
    [
        (0.25, 4, "0.25"),
        (1 / 3, 4, "0.3333"),
        (64.0, 4, "64"),
        (0.0, 4, "0"),
        (1.24e-8, 2, "1.2 × 10⁻⁸"),
        (9.99e-5, 2, "0.0001"),
        (9.996e-6, 3, "1 × 10⁻⁵"),
        (175e9, 3, "1.75 × 10¹¹"),
        (-175e9, 3, f"{MINUS}1.75 × 10¹¹"),
        (12_345.6, 4, f"12{THIN}350"),
        (1e6, 3, f"1{THIN}000{THIN}000"),
        (math.inf, 3, "∞"),
    ],
)
def test_significant(value, figures, text):
    assert significant(value, figures) == text


@given(finite, st.integers(1, 12))
@settings(deadline=None)
def test_significant_is_right_to_half_a_unit_of_the_last_figure(value, figures):
    assert read(significant(value, figures)) == pytest.approx(
        value, rel=0.5000001 * 10.0 ** (1 - figures), abs=0
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"),
        (-36, f"{MINUS}36"),
        (9999, "9999"),
        (65_536, f"65{THIN}536"),
        (10**18 + 1, THIN.join(["1", *["000"] * 5, "001"])),
    ],
)
def test_count(number, text):
    assert count(number) == text


@pytest.mark.parametrize(
    ("value", "up", "text"),
    [
        (0.00255, True, "0.0026"),
        (0.00255, False, "0.0025"),
        (-0.00255, True, f"{MINUS}0.0025"),
        (0.07 * 100, True, "7"),
        (0.0, True, "0"),
        (math.inf, True, "∞"),
    ],
)
def test_bound(value, up, text):
    assert bound(value, up=up) == text


@given(finite, st.booleans(), st.floats(0.5, 2))
@settings(deadline=None)
def test_a_bound_is_rounded_outwards_and_not_over_the_threshold(value, up, factor):
    threshold = value * factor
    shown = read(bound(value, up=up, apart_from=threshold))
    slack = abs(value) * 1e-12
    assert shown >= value - slack if up else shown <= value + slack
    assert abs(shown - value) <= 0.1 * abs(value) + slack
    if abs(value - threshold) > 1e-9 * abs(value):
        assert (shown < threshold) == (value < threshold)


@pytest.mark.parametrize(
    ("values", "spec", "text"),
    [
        ((0.0587, 0.0585, 0.0590), "%", f"5.87{THIN}%"),
        ((0.0587, 0.0585, 0.0590), "%i", f"5.87{THIN}% (5.85 to 5.90{THIN}%)"),
        ((0.245, 0.235, 0.255), "", "0.245 (0.235 to 0.255)"),
        ((0.245, 0.235, 0.255), "i", "0.245 (0.235 to 0.255)"),
        ((0.245, 0.235, 0.255), ".1%i", f"24.5{THIN}% (23.5 to 25.5{THIN}%)"),
        ((9.31, 8.1, 10.52), ".1f", "9.3"),
        ((9.31, 8.1, 10.52), "+.1f", "+9.3"),
        ((9.31, 8.1, 10.52), "+.1fi", "+9.3 (+8.1 to +10.5)"),
        ((9.31, 8.1, 10.52), ".2g", "9.3"),
        ((-9.3, -10.1, -8.2), "", f"{MINUS}9.3 ({MINUS}10.1 to {MINUS}8.2)"),
        ((1.0, 0.993, 1.0), "%i", f"100{THIN}% (99.3 to 100{THIN}%)"),
        ((0.0, 0.0, 0.0), "", "0 (0 to 0)"),
        ((0.123456, 0.123456, 0.123456), "%", f"12.35{THIN}%"),
        ((2.3e-8, 1.5e-8, 3.5e-8), "", "2.3 × 10⁻⁸ (1.5 to 3.5 × 10⁻⁸)"),
        ((2.3e-8, 1.5e-8, 3.5e-8), "%", "2.3 × 10⁻⁸"),
        ((9.96e-8, 9.5e-8, 10.2e-8), "", "1.00 × 10⁻⁷ (0.95 to 1.02 × 10⁻⁷)"),
        ((1.75e11, 1.7e11, 1.8e11), "", "1.75 × 10¹¹ (1.70 to 1.80 × 10¹¹)"),
        ((123_456.0, 122_456.0, 124_456.0), "", f"123{THIN}500 (122{THIN}500 to 124{THIN}500)"),
        ((12.0, -300.0, 320.0), "", f"12 ({MINUS}300 to 320)"),
        ((0.0001, 1.77e-5, 5.66e-4), "%i", f"0.010{THIN}% (0.002 to 0.057{THIN}%)"),
        ((2.0, -0.484, 4.484), "", f"2.0 ({MINUS}0.5 to 4.5)"),
        ((5.0, -math.inf, math.inf), "", f"5 ({MINUS}∞ to ∞)"),
        ((math.inf, -math.inf, math.inf), "", f"∞ ({MINUS}∞ to ∞)"),
        ((0.3, 1e-9, 0.6), "", "0.3 (0.0 to 0.6)"),
        ((2e-320, 1e-320, 1e-280), "", "0 (0 to 1.0 × 10⁻²⁸⁰)"),
        ((0.0, -1e-8, 1e-8), "", f"0 ({MINUS}1.0 to 1.0 × 10⁻⁸)"),
    ],
)
def test_interval_text(values, spec, text):
    assert interval_text(*values, spec) == text


def test_an_exact_value_has_no_bounds_to_show():
    assert interval_text(64.0, 64.0, 64.0, basis="exact") == "64"
    assert interval_text(1 / 3, 1 / 3, 1 / 3, "%i", basis="exact") == f"33.33{THIN}%"


@pytest.mark.parametrize(
    ("high", "spec", "text"),
    [
        (0.000384, "%i", f"0 seen, at most 0.04{THIN}%"),
        (0.000384, "", "0 seen, at most 0.0004"),
        (0.000384, ".1fi", "0 seen, at most 0.0004"),
        (0.000384, "%", f"0{THIN}%"),
        (3.8e-9, "%i", "0 seen, at most 4 × 10⁻⁹"),
        (0.0111, "%i", f"0 seen, at most 1.2{THIN}%"),
    ],
)
def test_an_event_never_seen_says_how_frequent_it_can_be(high, spec, text):
    assert interval_text(0.0, 0.0, high, spec, basis="unseen") == text


@pytest.mark.parametrize("spec", ["5", ".1", "d", ".1d", "i%", "%%", "+-", ".123f", "e", " "])
def test_an_unknown_format_is_refused_with_those_allowed(spec):
    with pytest.raises(ValueError, match=r"a number format is .* got '"):
        interval_text(1.0, 0.0, 2.0, spec)


@given(st.floats(-0.3, 0.3), st.floats(1e-3, 0.6), st.floats(1e-3, 0.6), st.sampled_from(["", "%i"]))
@settings(deadline=None)
def test_the_last_digit_follows_from_the_shorter_arm(estimate, down, up, spec):
    low, high = estimate - down, estimate + up
    arm = max(min(down, up), (down + up) / 50)
    text, _, bounds = interval_text(estimate, low, high, spec).partition(" (")
    shown = [text, *bounds.rstrip(")").split(" to ")]
    factor = 100 if spec else 1
    for part, value in zip(shown, (estimate, low, high), strict=True):
        assert abs(read(part.removesuffix(f"{THIN}%")) / factor - value) <= arm / 4 * (1 + 1e-6)
    decimals = max(len(part.removesuffix(f"{THIN}%").partition(".")[2]) for part in shown)
    assert decimals <= 1 or 10.0**-decimals / factor >= arm / 201  # one digit more may keep a bound's sign
