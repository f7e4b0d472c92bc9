"""The desk: what a chapter keeps and judges, and what is refused."""

import json

import pytest
import torch
from tests import miniature

import hdintuition as hdi
from hdintuition import chapter as chapter_module
from hdintuition.evidence import claims as claim_files
from hdintuition.page import html
from hdintuition.page.judged import judge_record, measured_text


@pytest.fixture(autouse=True)
def small_book(tmp_path, monkeypatch):
    folder = miniature.write(tmp_path / "claims")
    monkeypatch.setattr(claim_files, "_folder", lambda root=None: folder)
    return folder


@pytest.fixture
def ch():
    return hdi.Chapter("walls/doors", scale="smoke")


def measured(share=5, many=90):
    return {
        "W1": {"share": hdi.wilson(share, 1000), "instrument": hdi.exact(1.0)},
        "W2": {"many": hdi.wilson(many, 100), "seen": hdi.exact(3)},
    }


def with_reference(monkeypatch, record):
    monkeypatch.setattr(chapter_module, "load_reference", lambda slug: record)
    return hdi.Chapter("walls/doors", scale="smoke")


def test_size_follows_the_scale(ch):
    assert ch.size(smoke=1, cpu=2, gpu=3) == 1
    assert hdi.Chapter("walls/doors", scale="cpu").size(smoke=1, cpu=2, gpu=3) == 2


def test_generators_belong_to_chapter_and_key(ch):
    first, again, other = (
        torch.rand(3, generator=ch.generator(*key)) for key in (("a", 1), ("a", 1), ("a", 2))
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    elsewhere = torch.rand(3, generator=hdi.Desk("walls/windows", scale="smoke").generator("a", 1))
    assert not torch.equal(first, elsewhere)


def test_unknown_slug_is_refused():
    with pytest.raises(ValueError, match="no chapter 'walls/dors'; there is walls/doors"):
        hdi.Chapter("walls/dors", scale="smoke")


def test_keep_gives_this_run(ch):
    kept = ch.keep(n=range(3), share=hdi.stack(hdi.wilson(k, 10) for k in range(3)))
    assert list(kept.n) == [0, 1, 2]
    assert kept.share[1].estimate == pytest.approx(0.1)
    assert [run.role for run in kept.runs] == ["measured"]
    assert "1 of 10" in html.embedded(kept.bundle)


def test_columns_keep_their_order_through_a_notebook_file(ch):
    kept = ch.keep(zeta=[1, 2], alpha=[3, 4])
    stored = json.loads(json.dumps(kept.bundle, sort_keys=True))
    text = html.embedded(stored)
    assert text.index("zeta") < text.index("alpha")
    assert html.plain(stored).startswith("zeta: 1; 2")


def test_keep_adds_the_reference(ch, monkeypatch):
    ch.keep(n=range(2), share=hdi.stack([hdi.wilson(1, 10)] * 2))
    ch.judge(**measured())
    other = with_reference(monkeypatch, ch.record)
    kept = other.keep(n=range(2), share=hdi.stack([hdi.wilson(9, 10)] * 2))
    assert [run.role for run in kept.runs] == ["measured", "reference"]
    assert kept.share[0].estimate == pytest.approx(0.9)
    assert kept.runs[1].share[0].estimate == pytest.approx(0.1)
    assert kept.runs[1].n == [0, 1]


def test_a_reference_that_lacks_a_name_is_left_out(ch, monkeypatch):
    ch.keep(old=hdi.exact(1))
    ch.judge(**measured())
    kept = with_reference(monkeypatch, ch.record).keep(new=hdi.exact(2))
    assert len(kept.runs) == 1


@pytest.mark.parametrize("bad", ["text", None, {"a": 1}, True, torch.zeros(2, 2)])
def test_keep_refuses_what_a_record_cannot_hold(ch, bad):
    with pytest.raises(TypeError, match="keep takes Intervals, numbers"):
        ch.keep(bad=bad)


@pytest.mark.parametrize("bad", [float("nan"), [1, float("inf")], torch.tensor([-torch.inf, 0])])
def test_keep_refuses_numbers_that_json_does_not_know(ch, bad):
    with pytest.raises(ValueError, match="keep takes finite numbers"):
        ch.keep(bad=bad)


def test_judge_makes_a_record_that_json_holds(ch):
    ch.keep(share=hdi.wilson(5, 1000))
    shown = ch.judge(**measured())
    record = json.loads(json.dumps(shown.bundle["record"]))
    words = {name: one.headline.word for name, one in judge_record(record).items()}
    assert words == {"W1": "Supported", "W2": "Supported"}
    assert measured_text(record, "share:%i").startswith("0.5")
    assert measured_text(record, "W2.many:.2f") == "0.90"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.pop("W2"), "judges W1, W2; judge\\(\\) was given W1"),
        (lambda m: m["W1"].pop("share"), "W1: missing share"),
        (lambda m: m["W1"].update(extra=hdi.exact(1)), "W1: unknown extra"),
        (lambda m: m["W1"].update(theorem=hdi.exact(1)), "a theorem, proved on the page"),
    ],
)
def test_judge_refuses_wrong_names(ch, change, message):
    given = measured()
    change(given)
    with pytest.raises(ValueError, match=message):
        ch.judge(**given)
    assert ch.record is None


def test_judge_takes_only_intervals(ch):
    given = measured()
    given["W2"]["many"] = 0.9
    with pytest.raises(TypeError, match=r"W2\.many takes an Interval"):
        ch.judge(**given)


def test_headline_is_the_references(ch, monkeypatch):
    ch.judge(**measured(many=90))
    other = with_reference(monkeypatch, ch.record)
    shown = other.judge(**measured(many=10))
    one = judge_record(shown.bundle["record"])["W2"]
    assert one.headline.word == "Supported"
    assert one.here.word == "Contradicted"
    assert one.differs
    text = html.embedded(shown.bundle)
    assert "This page&#x27;s run alone would say: Contradicted." in text
    assert "✓ pass (reference)" in text
    assert "✕ fail (this page)" in text


def test_changed_rule_is_marked(ch, small_book):
    shown = ch.judge(**measured())
    file = small_book / "walls" / "doors.toml"
    file.write_text(file.read_text().replace('"> 0.5"', '"> 0.95"'))
    judged = judge_record(shown.bundle["record"])
    assert judged["W2"].changed == {"many"}
    assert not judged["W1"].changed
    assert judged["W2"].headline.word == "Contradicted"
    assert html.embedded(shown.bundle).count("changed after the run") == 1


def test_new_test_makes_the_record_too_old(ch, small_book):
    shown = ch.judge(**measured())
    file = small_book / "walls" / "doors.toml"
    file.write_text(file.read_text() + '\n[W2.test.more]\nreading = "literal"\nsays = "x"\npasses = "> 0"\n')
    with pytest.raises(ValueError, match="W2: missing more"):
        judge_record(shown.bundle["record"])


def test_cards_fold_the_verdict(ch):
    shown = ch.judge(**measured())
    before = html.embedded(ch.bundle)
    assert "Show the verdict" not in before
    assert "“walls are rare”" in before
    after = html.embedded(ch.bundle, {"walls/doors": shown.bundle["record"]})
    assert after.count("Show the verdict") == 2
    assert 'href="#verdict-w1"' in after
    assert "<mark>walls are rare</mark> &lt;here&gt;." in after


def test_verdict_table_says_everything(ch):
    text = html.embedded(ch.judge(**measured()).bundle)
    for words in (
        "as written ✓ · as meant ✓",
        "below 10",
        "theorem",
        "#eq-one",
        "shown, not judged",
        "Pilot: 2 draws",
    ):
        assert words in text, words
    assert "No reference run yet." in text
    assert 'data-l="Outcome"' in text


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("nothing", "this run kept no 'nothing'; it kept share"),
        ("W1.nothing", "judged no test 'W1.nothing'"),
        ("share[1", "cannot read"),
        ("share[3]", "has no entry 3"),
        ("share:.1q", "a number format is"),
    ],
)
def test_a_number_that_is_not_there_is_an_error(ch, expression, message):
    ch.keep(share=hdi.wilson(1, 10))
    ch.judge(**measured())
    with pytest.raises(ValueError, match=message):
        measured_text(ch.record, expression)


def test_plain_text_of_a_verdict(ch):
    assert repr(ch.judge(**measured())).splitlines()[0] == "W1: Supported (as written ✓, as meant ✓)"
    assert "smoke scale" in repr(ch)
