"""Explorers: sliders, frames, order, and the live twin."""

import gzip
import re

import pytest

import hdintuition as hdi
from hdintuition.page import html
from hdintuition.page.explorer import explorer, slider
from hdintuition.page.words import Words


def wave(ax, n, height=0.0):
    hdi.line(ax, [0, 1, 2], [height, n, height], "n")
    return f"A tent of height {n} on {height}."


def make(**settings):
    return explorer("a/tents", "tent", wave, Words("It rises.", "A tent."), settings=settings)


def test_monotone_lists_keep_their_order():
    assert slider([0, -0.5, -1]).values == (0, -0.5, -1)
    assert slider([1, 2, 4]).values == (1, 2, 4)


def test_other_lists_are_sorted_and_start_at_the_first():
    s = slider([4, 1, 2, 8])
    assert s.values == (1, 2, 4, 8)
    assert s.values[s.start] == 4


def test_words_keep_their_order_wherever_the_slider_starts():
    assert slider(["some", "all", "many"]).values == ("some", "all", "many")
    assert slider(["0", "1", "all"], start="1").start == 1
    with pytest.raises(ValueError, match=r"starts at one of its values, \[1, 2\], got start=3"):
        slider([1, 2], start=3)


def test_minus_signs_are_typographic():
    assert slider([0, -0.5]).texts == ("0", "−0.5")
    assert slider(["early-on", "late"]).texts == ("early-on", "late")


@pytest.mark.parametrize("values", [[], [1], [1, 1]])
def test_too_few_values_are_refused(values):
    with pytest.raises(ValueError, match="at least two distinct"):
        slider(values)


def test_frames_run_over_the_grid_last_slider_fastest():
    bundle = make(n=[2, 1, 3], height=[0, 1]).bundle
    assert [f["alt"] for f in bundle["frames"]][:2] == [
        "A tent of height 1 on 0.",
        "A tent of height 1 on 1.",
    ]
    text = html.embedded(bundle)
    assert text.count('class="hd-frame"') == 12  # six at each width
    assert text.count("hidden>") == 10
    shown = re.search(r'class="hd-frame">.*?aria-label="([^"]+)"', text, re.S)
    assert shown
    assert shown[1] == "A tent of height 2 on 0."


def test_all_frames_share_their_axes():
    svgs = [f["svg"]["page"] for f in make(n=[1, 100]).bundle["frames"]]
    ticks = [re.findall(r">([−\d. ]+)</text>", svg) for svg in svgs]
    assert ticks[0] == ticks[1]


def test_sliders_are_named_and_speak():
    text = html.embedded(make(n=slider([2, 1], label="Height n", format="{} m")).bundle)
    assert re.search(r'<label for="tents-tent-slider-0">Height n</label>', text)
    assert 'aria-valuetext="2 m"' in text
    assert ">2 m</output>" in text


@pytest.mark.parametrize("settings", [{}, {"n": [1, 2], "height": [0, 1], "third": [0, 1]}])
def test_number_of_sliders(settings):
    with pytest.raises(ValueError, match="one or two sliders"):
        make(**settings)


def test_too_many_frames():
    with pytest.raises(ValueError, match="41 frames; allowed: at most 40"):
        make(n=list(range(41)))


def test_smoke_draws_two_frames():
    short = explorer(
        "a/t", "x", wave, Words("f", ""), settings={"n": [4, 1, 2], "height": [1, 0]}, shortened=True
    )
    assert len(short.bundle["frames"]) == 2
    assert html.plain(short.bundle) == "f A tent of height 4 on 1."


def test_live_redraws():
    widgets = pytest.importorskip("ipywidgets")
    box = make(n=[1, 2]).live()
    control, picture = box.children
    assert isinstance(control, widgets.SelectionSlider)
    control.value = 2
    assert "A tent of height 2" in picture.value


def test_standalone_brings_style_and_script():
    text = html.standalone(make(n=[1, 2]).bundle)
    assert text.startswith("<style>")
    assert "<script>" in text
    assert len(gzip.compress(text.encode())) < 150_000
