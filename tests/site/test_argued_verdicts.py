"""Thresholds that a reader moves: judged by the script exactly as by Python, shown beside what was registered."""

import json
import math
import random
from itertools import combinations_with_replacement, product

import pytest

from hdintuition.evidence.interval import Interval
from hdintuition.evidence.rules import Outcome, Rule
from hdintuition.evidence.verdict import OPEN, verdict_of

PAIRS = 10_000
READINGS = ("literal", "charitable", "counterexample")
CHAPTER = "walls/odds-of-walls.html"
ARGUED = "table[data-hd-argue]"


@pytest.fixture
def chapter(open_page, site):
    """A chapter's page; ``chapter(fragment)`` opens it at a link."""

    def opened(fragment: str = "", mode: str = "wide-light", **options):
        return open_page(CHAPTER + fragment, mode, **options)

    return opened


def random_pair(draw: random.Random) -> tuple[Rule, Interval]:
    """A rule and an interval, of all sizes, with ties and infinite ends more often than by chance."""
    size = 10 ** draw.uniform(-6, 4)
    a, b, c, d = (round(draw.gauss(0, 2) * size, draw.choice([8, 12])) for _ in range(4))
    low, high = sorted((c, d))
    if draw.random() < 0.2:
        low, high = draw.choice([(a, a), (a, max(a, high)), (min(a, low), a), (b, b)])
    if draw.random() < 0.05:
        low, high = draw.choice([(-math.inf, high), (low, math.inf)])
    middle = low if math.isfinite(low) else high
    form = draw.choice([f"< {a!r}", f"> {a!r}", f"in [{min(a, b)!r}, {max(a, b)!r}]"])
    return Rule.parse(form), Interval(middle, low, high)


def finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def test_outcomes_are_pythons(chapter):
    draw = random.Random(5)
    pairs = [random_pair(draw) for _ in range(PAIRS)]
    given = [
        [
            {"low": finite(rule.low), "high": finite(rule.high)},
            [finite(float(interval.low)), finite(float(interval.high))],
        ]
        for rule, interval in pairs
    ]
    theirs = chapter().evaluate(
        "pairs => pairs.map(([rule, interval]) => hdVerdict.outcome(rule, interval))", given
    )
    ours = [str(rule.outcome(interval)) for rule, interval in pairs]
    assert theirs == ours
    assert {ours.count(outcome) > PAIRS / 20 for outcome in Outcome} == {True}, "some outcome is hardly tried"


def test_words_and_marks_are_pythons(chapter):
    groups = [list(combinations_with_replacement(Outcome, k)) for k in range(4)]
    some = [group for of_size in groups for group in of_size]
    cases = [
        [(reading, o) for reading, votes in zip(READINGS, three, strict=True) for o in votes]
        for three in product(some, some, [(), *((o,) for o in Outcome)])
        if three[0] or three[1] or not three[2]
    ]
    given = [[[reading, str(outcome)] for reading, outcome in case] for case in cases]
    theirs = chapter().evaluate("cases => cases.map((pairs) => hdVerdict.verdictOf(pairs))", given)
    for case, said in zip(cases, theirs, strict=True):
        ruling = verdict_of(case)
        expected = {"word": str(ruling.word), "asWritten": ruling.as_written, "asMeant": ruling.as_meant}
        assert said == expected, case
    assert any(OPEN in said.values() for said in theirs)


def test_every_table_begins_at_the_verdict_it_shows(open_page, address):
    page = open_page(address, "wide-light")
    for table in page.locator(ARGUED).all():
        word = table.evaluate(
            """table => { const { tests } = JSON.parse(table.dataset.hdArgue);
            return hdVerdict.verdictOf(tests.map((t) => [t.reading,
              t.stops ? hdVerdict.outcome(t, t.interval) : "pass"])).word; }"""
        )
        assert table.locator("caption > strong").inner_text() == word
        assert not table.locator(".hd-yours:visible").count()


def test_a_moved_threshold_is_judged_and_the_registered_one_stays(chapter):
    page = chapter()
    table = page.locator(ARGUED).first
    registered, rule = table.locator("caption > strong").inner_text(), table.locator("td[data-l^=Rule]").first
    asked = rule.inner_text().splitlines()[0]
    test = json.loads(table.get_attribute("data-hd-argue"))["tests"][0]
    slider = table.locator("input[type=range]").first
    slider.focus()
    page.keyboard.press("Home")
    outcome = table.locator("td[data-l=Outcome] .hd-yours").first
    assert outcome.inner_text() == "yours: ✕ fail"
    yours = table.locator("caption .hd-yours")
    assert yours.is_visible()
    assert "With your thresholds" in yours.inner_text()
    assert yours.locator("strong").inner_text() != registered, "the first literal test decides this claim"
    assert table.locator("caption > strong").inner_text() == registered
    assert rule.inner_text().splitlines()[0] == asked
    assert float(table.locator("input[type=number]").first.input_value()) == 100 * test["stops"]["high"][0]
    yours.get_by_role("button").click()
    assert not yours.is_visible()
    assert slider.get_attribute("aria-valuetext").endswith("as registered")


def test_a_number_may_be_written_and_nonsense_changes_nothing(chapter):
    page = chapter()
    table = page.locator(ARGUED).first
    field = table.locator("input[type=number]").first
    start = field.input_value()
    field.fill("6.05")
    assert table.locator("td[data-l=Outcome] .hd-yours").first.inner_text() == "yours: ~ inconclusive"
    field.fill("")
    field.blur()
    assert field.input_value() == "6.05"
    field.fill(start)
    assert not table.locator("caption .hd-yours").is_visible()


def test_a_position_is_a_link(chapter):
    first = chapter("#W2.flat_point<0.05&W3.worst_kind<0.5")
    tables = {name: first.locator(f"#verdict-{name}") for name in ("w2", "w3", "w6")}
    fields = {name: table.locator("input[type=number]").first.input_value() for name, table in tables.items()}
    assert fields["w2"] == "5"
    assert fields["w3"] == "50"
    assert not tables["w6"].locator("caption .hd-yours").is_visible()
    assert tables["w2"].locator("caption a").get_attribute("href") == "#W2.flat_point<0.05"
    said = tables["w2"].locator("caption .hd-yours-word").inner_text()
    tables["w2"].locator("caption a").click()
    assert tables["w2"].locator("caption .hd-yours-word").inner_text() == said


@pytest.mark.parametrize(
    "fragment", ["#W2.nothing<1", "#W9.flat_point<0.1", "#W2.flat_point<", "#W2.flat_point>0.5", "#%"]
)
def test_a_link_to_nothing_moves_nothing(chapter, fragment):
    page = chapter(fragment)
    assert page.locator("input[type=range]").count()
    assert not page.locator("caption .hd-yours:visible").count()


def test_without_script_the_registered_verdict_stands_alone(chapter):
    page = chapter(java_script_enabled=False)
    table = page.locator(ARGUED).first
    assert table.locator("caption > strong").is_visible()
    assert not table.locator("input").count()
    assert not page.locator(".hd-argue-hint:visible").count()
