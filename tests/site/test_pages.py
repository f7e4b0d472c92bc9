"""Every page in a real browser: nothing from elsewhere, no error, no barrier, no sideways scroll."""

import pytest

LOOKS = pytest.mark.parametrize("mode", ["wide-light", "phone-dark"])
ALL_LOOKS = pytest.mark.parametrize("mode", ["wide-light", "phone-light", "phone-dark"])


@LOOKS
def test_nothing_comes_from_a_third_party(visit, address, mode, origin, homepage):
    ours = (origin, homepage, "data:", "blob:")
    foreign = [url for url in visit(address, mode).requests if not url.startswith(ours)]
    assert not foreign, f"{address} asks for {foreign}"


@LOOKS
def test_everything_asked_for_is_there(visit, address, mode):
    failed = visit(address, mode).failed
    assert not failed, f"{address}: {failed}"


@LOOKS
def test_the_console_is_silent(visit, address, mode):
    said = visit(address, mode).console
    assert not said, f"{address}: {said}"


@LOOKS
def test_no_barrier(visit, address, mode):
    """axe: WCAG 2.2 A and AA and best practice. What the theme brought has been mended: there is no exception."""
    found = [
        f"{violation['id']} ({violation['impact']}): {node['target']} {node['html'][:200]}"
        for violation in visit(address, mode).violations
        for node in violation["nodes"]
    ]
    assert not found, f"{address}, {mode}:\n" + "\n".join(found)


@ALL_LOOKS
def test_no_sideways_scroll(visit, address, mode):
    seen, screen = visit(address, mode), 390 if mode.startswith("phone") else 1280
    assert seen.page_width <= screen, f"{address} is {seen.page_width} px wide: {seen.too_wide}"
    assert not seen.too_wide, f"{address} reaches over the edge: {seen.too_wide}"


@LOOKS
def test_every_formula_is_set_and_can_be_heard(visit, address, mode):
    assert not visit(address, mode).not_set, f"{address}: {visit(address, mode).not_set}"


def test_one_main_heading_a_language_and_a_title(visit, address):
    seen = visit(address, "wide-light")
    assert seen.headings == 1, f"{address} has {seen.headings} h1"
    assert seen.language.startswith("en")
    assert seen.title.strip()
