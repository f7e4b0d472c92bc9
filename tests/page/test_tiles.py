"""Maps of measured values: what they draw, what they note, what they refuse."""

import numpy as np
import pytest

import hdintuition as hdi
from hdintuition.page.figure import figure_bundle
from hdintuition.page.words import Words


def four(ax):
    hdi.tiles(
        ax, [1, 2], [4, 8], hdi.stack(hdi.wilson(k, 100) * 100 for k in (3, 40, 60, 97)), low=0, high=100
    )
    hdi.line_over_tiles(ax, [1, 2], [4, 8], "theory")
    return "Four tiles."


@pytest.fixture(scope="module")
def bundle():
    return figure_bundle("start/map", "four", four, Words("Four."))


def test_every_tile_holds_its_number(bundle):
    for text in ("3 ±", "40 ±", "60 ±", "97 ±"):
        assert text in bundle["svg"]["page"]
    assert "±" not in bundle["svg"]["narrow"]


def test_numbers_stand_out_from_their_tiles(bundle):
    page = bundle["svg"]["page"]
    assert page.index("#1b1f24") > page.index("#ffffff")  # pale on dark tiles, dark on the light one


def test_a_curve_has_a_pale_casing_and_its_label(bundle):
    assert "theory" in bundle["svg"]["page"]
    assert [row["y"] for row in bundle["data"] if row["series"] == "theory"] == [4, 8]


def test_the_data_are_what_was_drawn(bundle):
    rows = [row for row in bundle["data"] if row["series"] == "tiles"]
    assert [(row["x"], row["y"], row["value"]) for row in rows] == [
        (1, 4, 3), (2, 4, 40), (1, 8, 60), (2, 8, 97)
    ]  # fmt: skip
    assert all(row["low"] <= row["value"] <= row["high"] for row in rows)


@pytest.mark.parametrize(
    ("x", "interval", "error", "says"),
    [
        ([1, 2], np.ones(4), TypeError, "takes an Interval"),
        ([1, 2], hdi.stack([hdi.exact(1.0)] * 3), ValueError, "2 × 2 intervals"),
        ([1, 1], hdi.stack([hdi.exact(1.0)] * 4), ValueError, "constant factor"),
        ([1, 2, 3], hdi.stack([hdi.exact(1.0)] * 6), ValueError, "constant factor"),
    ],
)
def test_what_makes_no_map_is_refused(x, interval, error, says):
    def draw(ax):
        hdi.tiles(ax, x, [4, 8], interval, low=0, high=1)
        return "None."

    with pytest.raises(error, match=says):
        figure_bundle("start/map", "none", draw, Words("None."))
