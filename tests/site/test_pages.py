"""Every page in a real browser: nothing from elsewhere, no error, no barrier, no sideways scroll."""

import re

import pytest

LOOKS = pytest.mark.parametrize("mode", ["wide-light", "phone-dark"])
ALL_LOOKS = pytest.mark.parametrize("mode", ["wide-light", "phone-light", "phone-dark"])

# What the theme says or does by itself, and we cannot mend from outside: (pattern, reason).
CONSOLE_OF_THE_THEME = [
    (r"^Got invalid theme mode: \.", "pydata-sphinx-theme 0.17 says so on a reader's first page; harmless"),
]
# axe rule -> (pattern of the element, reason).
AXE_OF_THE_THEME = {
    "label-content-name-mismatch": (
        r"search|theme-switch",
        "the theme's search and colour buttons show an icon only",
    ),
    "region": (r"sidebar|navbar|header", "the theme's sidebar logo lies outside its landmarks"),
}


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
    known = re.compile("|".join(pattern for pattern, _ in CONSOLE_OF_THE_THEME))
    ours = [line for line in visit(address, mode).console if not known.search(line)]
    assert not ours, f"{address}: {ours}"


@LOOKS
def test_no_barrier_of_ours(visit, address, mode):
    """axe, WCAG 2.2 A and AA and best practice; what the theme brings is listed above, with the reason."""
    ours = []
    for violation in visit(address, mode).violations:
        pattern = AXE_OF_THE_THEME.get(violation["id"], ("(?!)", ""))[0]
        for node in violation["nodes"]:
            if not re.search(pattern, node["html"]):
                ours.append(
                    f"{violation['id']} ({violation['impact']}): {node['target']} {node['html'][:200]}"
                )
    assert not ours, f"{address}, {mode}:\n" + "\n".join(ours)


@ALL_LOOKS
def test_no_sideways_scroll(visit, address, mode):
    seen, screen = visit(address, mode), 390 if mode.startswith("phone") else 1280
    assert seen.page_width <= screen, f"{address} is {seen.page_width} px wide: {seen.too_wide}"
    assert not seen.too_wide, f"{address} reaches over the edge: {seen.too_wide}"


def test_one_main_heading_a_language_and_a_title(visit, address):
    seen = visit(address, "wide-light")
    assert seen.headings == 1, f"{address} has {seen.headings} h1"
    assert seen.language.startswith("en")
    assert seen.title.strip()
