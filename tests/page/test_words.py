"""What is said of a figure is complete, and names only claims of its page."""

import pytest

import hdintuition as hdi
from hdintuition.page.words import Words


def test_empty_finding_is_refused():
    with pytest.raises(ValueError, match="figure 'odds' needs a finding"):
        Words(" ").checked("odds", ["W2"])


def test_claim_of_another_page_is_refused():
    with pytest.raises(ValueError, match=r"names claims G1; this page judges: W2, W3"):
        Words("It falls.", claims=("W2", "G1")).checked("odds", ["W2", "W3"])


def test_claims_given_as_one_string_are_refused_with_the_way_out():
    with pytest.raises(ValueError, match=r'claims=\["W2"\]'):
        Words("It falls.", claims=tuple("W2")).checked("odds", ["W2"])


def test_a_bundle_holds_every_word():
    words = Words("It falls.", "A line.", "It falls by half.", "It never rises.", ("W2",))
    assert words.json() == {
        "finding": "It falls.",
        "caption": "A line.",
        "say": "It falls by half.",
        "do_not_say": "It never rises.",
        "claims": ["W2"],
    }


def test_a_page_without_claims_names_none():
    def draw(ax):
        hdi.line(ax, [0, 1], [0, 1])
        return "A line."

    desk = hdi.Desk("index")
    assert desk.figure("line", draw, finding="It rises.").bundle["claims"] == []
    with pytest.raises(ValueError, match="this page judges: none"):
        desk.figure("line", draw, finding="It rises.", claims=["W2"])
