"""Figures: both drawings, alt text, data, colours that follow the page."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

import hdintuition as hdi
from hdintuition.page.figure import figure_bundle
from hdintuition.page.layout import _separated
from hdintuition.page.style import ROLES
from hdintuition.page.words import Words


def falling(ax):
    n = range(1, 6)
    hdi.line(ax, n, [0.5**k for k in n], "coins & dice")
    hdi.dots(ax, n, hdi.stack(hdi.wilson(1000 >> k, 1000) for k in n), "measured")
    hdi.dots(ax, [2], hdi.stack([hdi.wilson(251, 1000)]), "reference")
    ax.set(yscale="log", xlabel="n", ylabel="share")
    return "A falling line with dots on it."


@pytest.fixture(scope="module")
def bundle():
    return figure_bundle("walls/odds", "falling", falling, Words("It falls.", "Shares."))


def test_identity(bundle):
    assert bundle["id"] == "odds-falling"
    assert bundle["kind"] == "figure"


@pytest.mark.parametrize("target", ["page", "narrow"])
def test_svg_is_well_formed_and_named(bundle, target):
    root = ET.fromstring(bundle["svg"][target])
    assert root.get("role") == "img"
    assert root.get("aria-label") == "A falling line with dots on it."
    assert root.get("viewBox")
    assert root.get("width") is None


def test_no_stand_in_colour_is_left(bundle):
    text = "".join(bundle["svg"].values())
    assert "#0102" not in text
    assert "currentColor" in text
    assert ROLES["measured"].mark in text


def test_ids_are_unique_over_both_drawings(bundle):
    ids = re.findall(r'\sid="([^"]+)"', "".join(bundle["svg"].values()))
    assert ids
    assert len(ids) == len(set(ids))
    used = re.findall(r'(?:href="|url\()#([^")]+)', "".join(bundle["svg"].values()))
    assert set(used) <= set(ids)


def test_no_font_family_in_the_picture(bundle):
    assert "font-family" not in bundle["svg"]["page"]


def test_data_are_what_was_drawn(bundle):
    rows = bundle["data"]
    line = [row for row in rows if row["role"] == "ink"]
    assert [row["y"] for row in line] == [0.5, 0.25, 0.125, 0.0625, 0.03125]
    measured = [row for row in rows if row["role"] == "measured"]
    assert all(row["low"] <= row["y"] <= row["high"] for row in measured)
    assert len(measured) == 5


def test_caption_explains_the_marks(bundle):
    assert bundle["caption"] == "Shares. Filled dots: this run; open diamonds: the reference run."


def test_size_budget(bundle):
    import gzip

    assert len(gzip.compress("".join(bundle["svg"].values()).encode())) < 30_000


@pytest.mark.parametrize("returned", [None, "", "   ", 3])
def test_missing_alt_text_is_refused(returned):
    with pytest.raises(ValueError, match="'bare' must return the alt text"):
        figure_bundle("a/b", "bare", lambda ax: returned, Words("Nothing."))


@pytest.mark.parametrize("name", ["Odds", "a_b", "", "a--b", "1a"])
def test_bad_name_is_refused(name):
    with pytest.raises(ValueError, match="lower-case words"):
        figure_bundle("a/b", name, falling, Words("It falls."))


def test_dots_refuse_bare_numbers():
    with pytest.raises(TypeError, match="takes an Interval, got list"):
        figure_bundle("a/b", "x", lambda ax: hdi.dots(ax, [1], [0.5]), Words("x"))


def test_line_refuses_intervals():
    with pytest.raises(TypeError, match="line draws exact values"):
        figure_bundle("a/b", "x", lambda ax: hdi.line(ax, [1], hdi.stack([hdi.exact(1)])), Words("x"))


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="same length"):
        figure_bundle("a/b", "x", lambda ax: hdi.line(ax, [1, 2], [1]), Words("x"))


def test_unknown_role_is_refused():
    with pytest.raises(ValueError, match="role must be one of ink, measured"):
        figure_bundle("a/b", "x", lambda ax: hdi.line(ax, [1], [1], role="blue"), Words("x"))


def test_nothing_seen_is_drawn_on_a_log_axis():
    axes = []

    def draw(ax):
        axes.append(ax)
        hdi.dots(ax, [1, 2], hdi.stack([hdi.wilson(5, 100), hdi.wilson(0, 100)]))
        ax.set(yscale="log", ylim=(1e-3, 1))
        return "Two dots."

    figure_bundle("a/b", "x", draw, Words("x"))
    limits = [line for line in axes[0].lines if line.get_marker() == "v"]
    assert len(limits) == 1
    assert limits[0].get_xdata()[0] == 2
    assert limits[0].get_ydata()[0] == pytest.approx(hdi.wilson(0, 100).high)


def test_histogram_shares_and_edges():
    values = np.array([-1.5, -0.5, 0.5, 1.5])

    def draw(ax):
        hdi.histogram(ax, values, split_at=0, headline=hdi.wilson(0, 50), below="down", above="up", bins=4)
        return "A histogram."

    bundle = figure_bundle("a/b", "x", draw, Words("x"))
    assert "down: 50" in bundle["svg"]["page"]
    assert "0 seen" in bundle["svg"]["page"]
    assert sum(row["y"] for row in bundle["data"]) > 0


def test_histograms_of_one_height_differ_in_width_alone():
    values = np.random.default_rng(0).normal(size=1000)

    def drawn(scale):
        def draw(ax):
            hdi.histogram(ax, scale * values, same_height=True)
            return "A heap."

        rows = figure_bundle("a/b", "x", draw, Words("x"))["data"]
        assert {row["series"] for row in rows} == {"height"}
        return np.array([[row["x"], row["y"]] for row in rows])

    narrow, wide = drawn(0.125), drawn(8.0)
    assert narrow[:, 1].max() == 1
    assert wide[:, 0] == pytest.approx(64 * narrow[:, 0], rel=1e-4)  # data are rounded
    assert wide[:, 1] == pytest.approx(narrow[:, 1], rel=1e-4)


def test_histogram_refuses_nan():
    with pytest.raises(ValueError, match="all finite"):
        figure_bundle("a/b", "x", lambda ax: hdi.histogram(ax, [float("nan")]), Words("x"))


def test_labels_are_separated_with_the_least_move():
    centres, halves = np.array([10.0, 10.0, 40.0]), np.array([5.0, 5.0, 5.0])
    moved = _separated(centres, halves, gap=2.0)
    order = np.sort(moved)
    assert (np.diff(order) >= 12 - 1e-9).all()
    assert moved[2] == pytest.approx(40.0)
    assert moved[:2].mean() == pytest.approx(10.0)


def test_figures_are_deterministic(bundle):
    again = figure_bundle("walls/odds", "falling", falling, Words("It falls.", "Shares."))
    assert again == bundle


def test_numbers_in_words_are_not_rounded():
    def labelled(ax):
        hdi.line(ax, [1.23456, 2.34567], [1.0, 0.5], "constant 0.1755")
        return "A line."

    shown = figure_bundle("walls/odds", "labelled", labelled, Words("F."))["svg"]["page"]
    assert "constant 0.1755" in shown
    assert not re.search(r"<[^>]*\d\.\d{3,}[^>]*>", shown)


def test_what_is_not_drawn_is_not_in_the_data():
    """Rows go through JSON, which knows neither a missing number nor infinity."""

    def gaps(ax):
        hdi.spaghetti(ax, [0, 1, 2], [[1.0, float("nan"), 3.0]], "curve")
        hdi.dots(ax, [1], hdi.Interval(0.5, 0.1, float("inf")))
        return "A curve with a gap."

    rows = figure_bundle("a/b", "x", gaps, Words("Gaps."))["data"]
    assert [row["x"] for row in rows if row["series"] == "curve 1"] == [0, 2]
    assert [row["high"] for row in rows if row["role"] == "measured"] == [None]
