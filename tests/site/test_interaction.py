"""What a reader does on the pages: slides, guesses, prints, searches, with and without script."""

import re

import pytest
from bs4 import BeautifulSoup

SELECTORS = {"with_explorer": "figure[data-hd-explorer]", "with_guess": "input[type=radio]"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Tests that ask for ``with_explorer`` or ``with_guess`` run on the pages that have one."""
    from pathlib import Path

    here = metafunc.config.pluginmanager.get_plugin(str(Path(__file__).parent / "conftest.py"))
    for name, selector in SELECTORS.items():
        if name in metafunc.fixturenames:
            texts = {page: (here.SITE / page).read_text(encoding="utf-8") for page in here.built_pages()}
            found = [
                page for page, text in texts.items() if BeautifulSoup(text, "html.parser").select(selector)
            ]
            metafunc.parametrize(name, found or ["(no such page)"])


@pytest.fixture
def opened(open_page, request):
    """``opened(address, mode)``, which fails where no page has what the test is about."""

    def open_or_fail(address, mode, **options):
        assert address != "(no such page)", f"no page of the book has {SELECTORS}"
        return open_page(address, mode, **options)

    return open_or_fail


def visible_frames(figure) -> list[int]:
    return figure.evaluate(
        "f => [...f.querySelectorAll('.hd-frame')].flatMap((e, k) => e.checkVisibility() ? [k] : [])"
    )


# ------------------------------------------------------------------------------------------- explorers


@pytest.mark.parametrize("mode", ["wide-light", "phone-dark"])
def test_sliders_obey_the_keyboard(opened, with_explorer, mode):
    page = opened(with_explorer, mode)
    for figure in page.locator("figure[data-hd-explorer]").all():
        assert len(visible_frames(figure)) == 1
        for slider in figure.locator("input[type=range]:not([max='0'])").all():  # smoke scale: one position
            output = page.locator(f"output[for='{slider.get_attribute('id')}']")
            first, text = visible_frames(figure), output.text_content()
            at_the_end = slider.input_value() == slider.get_attribute("max")
            slider.focus()
            page.keyboard.press("ArrowLeft" if at_the_end else "ArrowRight")
            assert visible_frames(figure) != first, "an arrow key must change the picture"
            assert len(visible_frames(figure)) == 1
            assert output.text_content() != text
            assert slider.get_attribute("aria-valuetext") == output.text_content()
            page.keyboard.press("End")
            last = visible_frames(figure)
            page.keyboard.press("Home")
            assert visible_frames(figure) != last


def test_every_frame_can_be_reached_and_says_its_own_words(opened, with_explorer):
    page = opened(with_explorer, "wide-light")
    for figure in page.locator("figure[data-hd-explorer]").all():
        seen = {}
        sliders = figure.locator("input[type=range]").all()
        counts = [int(s.get_attribute("max")) + 1 for s in sliders]
        inner = counts[1] if len(counts) == 2 else 1
        for outer in range(counts[0]):
            sliders[0].fill(str(outer))
            for k in range(inner):
                if len(sliders) == 2:
                    sliders[1].fill(str(k))
                (frame,) = visible_frames(figure)
                picture = figure.locator(".hd-frame").nth(frame).locator("svg:visible")
                assert picture.count() == 1, "one drawing for the wide screen, one for the narrow"
                seen[frame] = picture.get_attribute("aria-label")
        assert len(seen) == figure.locator(".hd-page > .hd-frame").count(), "some frame is out of reach"
        assert len(set(seen.values())) == len(seen), "two frames have the same alt text"


def test_a_focused_slider_is_seen_to_be(opened, with_explorer):
    page = opened(with_explorer, "wide-light")
    slider = page.locator("figure[data-hd-explorer] input[type=range]").first
    page.locator("body").press("Tab")
    slider.focus()
    ring = slider.evaluate("e => { const s = getComputedStyle(e); return [s.outlineStyle, s.boxShadow]; }")
    assert ring != ["none", "none"]
    assert slider.bounding_box()["height"] >= 24


def test_an_explorer_stands_without_script(opened, with_explorer):
    page = opened(with_explorer, "phone-light", java_script_enabled=False)
    for figure in page.locator("figure[data-hd-explorer]").all():
        shown = figure.locator(".hd-frames:visible > .hd-frame:not([hidden])")
        assert shown.count() == 1
        assert shown.locator("svg").first.get_attribute("aria-label")
        assert figure.locator("figcaption").inner_text().strip()


# ------------------------------------------------------------------------------------- guess, then read


@pytest.mark.parametrize("script", [True, False])
def test_a_guess_reveals_the_answer(opened, with_guess, script):
    page = opened(with_guess, "phone-light", java_script_enabled=script)
    for form in page.locator("form:has(input[type=radio])").all():
        answer, choice = form.locator("[role=status] > *").first, form.locator("input[type=radio]").first
        assert form.locator("legend").inner_text().strip()
        assert not answer.is_visible(), "the answer stands there before the guess"
        choice.focus()
        page.keyboard.press("Space")
        assert answer.is_visible(), "no answer after the guess"
        assert re.search(r"\d", form.locator("[role=status]").inner_text()), "the answer holds no number"
        targets = [box.bounding_box() for box in form.locator("label").all()]
        assert all(box["height"] >= 40 for box in targets), "a label is hard to hit with a finger"


def test_no_verdict_is_open_above_the_guess(opened, with_guess):
    page = opened(with_guess, "wide-light")
    guess = page.locator("form:has(input[type=radio])").first.bounding_box()["y"]
    words = "Supported|Holds as meant|Mixed|Contradicted|Inconclusive"
    for found in page.locator("main, article").first.get_by_text(re.compile(rf"^\s*({words})")).all():
        assert not found.is_visible() or found.bounding_box()["y"] > guess, found.inner_text()


# ------------------------------------------------------------------------------------------ whole site


def test_print_leaves_the_text_and_drops_the_controls(opened, with_explorer):
    page = opened(with_explorer, "wide-light")
    page.emulate_media(media="print")
    for selector in (
        ".bd-sidebar-primary",
        ".bd-sidebar-secondary",
        ".bd-header-article",
        ".prev-next-footer",
    ):
        for piece in page.locator(selector).all():
            assert not piece.is_visible(), f"{selector} is printed"
    for selector in ("input[type=range]", "button"):
        shown = [piece for piece in page.locator(f"main {selector}").all() if piece.is_visible()]
        assert not shown, f"{selector} is printed: {shown[0].evaluate('e => e.outerHTML')[:150]}"
    assert page.locator("h1").first.is_visible()
    for figure in page.locator("figure[data-hd-explorer]").all():
        assert len(visible_frames(figure)) == 1
        assert figure.locator("output").first.is_visible(), "the slider's value says which frame is printed"
    for status in page.locator("[role=status] > *").all():
        assert status.is_visible(), "an answer is not printed"


@pytest.mark.parametrize(("mode", "lightness"), [("wide-light", (0.9, 1)), ("wide-dark", (0, 0.2))])
def test_the_page_takes_the_readers_colour_scheme(opened, with_explorer, mode, lightness):
    page = opened(with_explorer, mode)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    level = sum(int(part) for part in re.findall(r"\d+", paper)[:3]) / (3 * 255)
    assert lightness[0] <= level <= lightness[1], paper
    # Ink is the text's own colour, so that one drawing serves both schemes.
    svg, text = page.evaluate(
        "[getComputedStyle(document.querySelector('figure.hd-figure svg')).color,"
        " getComputedStyle(document.querySelector('figure.hd-figure')).color]"
    )
    assert svg == text


COVERED = """() => {
  const there = [...document.querySelectorAll('.bd-header-article :is(a, button)')].filter((e) => e.checkVisibility());
  const boxes = there.map((e) => e.getBoundingClientRect());
  return boxes.flatMap((a, i) => boxes.flatMap((b, j) => i < j && a.right > b.left + 1 && b.right > a.left + 1
    && a.bottom > b.top && b.bottom > a.top ? [`${there[i].textContent.trim()}, ${there[j].textContent.trim()}`] : []));
}"""


@pytest.mark.parametrize("shown", ["index.html", "scorecard.html", "walls/odds-of-walls.html"])
def test_nothing_in_the_header_covers_anything_at_any_width(open_page, shown):
    page = open_page(shown, "wide-light")
    for width in range(320, 1281, 20):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(30)
        assert page.locator(".bd-header-article a:visible, .bd-header-article button:visible").count() >= 3
        assert page.evaluate(COVERED) == [], f"at {width} px"


@pytest.mark.parametrize("mode", ["wide-light", "phone-dark"])
def test_the_menus_of_the_header(open_page, mode):
    page = open_page("walls/odds-of-walls.html", mode)
    menus = page.locator(".article-header-buttons .dropdown").all()
    assert menus
    for menu in menus:
        button, entries = menu.locator("button").first, menu.locator(".dropdown-menu")
        button.click()
        assert button.get_attribute("aria-expanded") == "true"
        assert page.locator(".dropdown-menu:visible").count() == 1, "one menu is open at a time"
        box = entries.bounding_box()
        assert box["x"] >= 0, "the menu reaches over the left edge"
        assert box["x"] + box["width"] <= page.viewport_size["width"], "the menu reaches over the right edge"
        page.keyboard.press("ArrowDown")
        page.keyboard.press("ArrowDown")
        assert entries.locator(".dropdown-item").nth(1).evaluate("e => e === document.activeElement")
        page.keyboard.press("Escape")
        assert not entries.is_visible()
        assert button.get_attribute("aria-expanded") == "false"
        assert button.evaluate("e => e === document.activeElement"), "the focus is lost"
        button.click()
        page.mouse.click(4, 600)
        assert not entries.is_visible(), "a press elsewhere closes it"
        button.click()
        entries.locator(".dropdown-item").last.focus()
        page.keyboard.press("Tab")
        assert not entries.is_visible(), "it stays open behind the focus"


def test_search_finds_a_chapter(open_page):
    page = open_page("search.html?q=hessian", "wide-light")
    page.locator("#search-results li a").first.wait_for(timeout=10_000)
    assert page.locator("#search-results li a").count() >= 1


# ----------------------------------------------------------------------------------------- the scorecard


def rows_shown(page) -> int:
    return page.locator("table.hd-scorecard tr[data-word]:visible").count()


def test_the_scorecard_filters_and_the_address_says_how(open_page):
    page = open_page("scorecard.html", "wide-light")
    everything = rows_shown(page)
    page.locator("select[name=part]").select_option("III")
    of_part = rows_shown(page)
    assert 0 < of_part < everything
    page.locator("select[name=source]").select_option("essay")
    page.locator(".hd-search input").fill("wall")
    few = rows_shown(page)
    assert 0 < few < of_part
    assert f"{few} of {everything} claims" in page.locator(".hd-found").inner_text()
    query = page.evaluate("location.search")
    assert query == "?part=III&source=essay&find=wall"
    assert rows_shown(open_page(f"scorecard.html{query}", "phone-dark")) == few


def test_a_link_to_a_row_shows_it_whatever_the_filter_says(open_page):
    page = open_page("scorecard.html?part=I#W2", "wide-light")
    assert page.locator("#W2").is_visible()
    assert page.evaluate("location.search") == ""


def test_an_address_that_names_nothing_shows_everything(open_page):
    everything = rows_shown(open_page("scorecard.html", "wide-light"))
    assert rows_shown(open_page("scorecard.html?part=XX&source=nobody", "wide-light")) == everything
