"""A matplotlib figure as a small inline SVG that follows the page's colours."""

from __future__ import annotations

import io
import re
from html import escape
from typing import TYPE_CHECKING

from hdintuition.page.style import INK, PAPER, ROLES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_STAND_INS = {INK: "currentColor", PAPER: "var(--hd-paper)"} | {
    role.text: f"var(--hd-{name}-text)" for name, role in ROLES.items() if name != "ink"
}


def inline_svg(figure: Figure, *, alt: str, prefix: str) -> str:
    """The figure as one ``<svg role="img">`` element.

    Stand-in colours become ``currentColor`` and CSS variables, ids get ``prefix`` (two figures on a page
    must not share any), numbers are rounded to two decimals, and what a page does not need is dropped.

    Args:
        figure: A figure drawn inside :func:`hdintuition.page.style.styled`.
        alt: What the picture shows, in words; becomes ``aria-label``.
        prefix: Letters, digits and hyphens, unique on the page.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.S)
    text = re.sub(r"<style type=\"text/css\">.*?</style>", "", text, flags=re.S)
    text = re.sub(r'<g id="patch_1">.*?</g>', "", text, count=1, flags=re.S)  # the empty figure background
    text = re.sub(
        r' id="[a-z]+[A-Za-z]*[._0-9]*_\d+"| id="axes_\d+"| id="figure_\d+"| id="text_\d+"', "", text
    )
    text = re.sub(r"style=\"font: ([^;\"]*); ?", _font, text)
    text = re.sub(r"font-family: [^;\"]*; ?", "", text)
    text = re.sub(r' transform="rotate\(-?0(?:\.0*)? [^)]*\)"', "", text)
    text = _recolour(text)
    text = _unique_ids(text, prefix)
    # Inside tags only: what is written in the picture stays as it was written.
    text = re.sub(r"<[^>]*>", lambda tag: re.sub(r"-?\d+\.\d{3,}", _rounded, tag[0]), text)
    text = re.sub(r"(?<=\d) ?\n(?=[LMCQzZ])", "", text)
    text = re.sub(r">\s+<", "><", text)
    text = re.sub(r"\s*\n\s*", " ", text)
    text = text.replace("xlink:href", "href").replace(' xmlns:xlink="http://www.w3.org/1999/xlink"', "")
    text = re.sub(r"<g>\s*</g>|<defs>\s*</defs>", "", text)
    opening = re.match(r"<svg[^>]*>", text)
    if opening is None:  # pragma: no cover - matplotlib always writes one
        raise RuntimeError("matplotlib wrote no <svg> element")
    box = re.search(r'viewBox="([^"]+)"', opening[0])
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box[1] if box else ""}" role="img" '
        f'aria-label="{escape(alt)}" stroke-linejoin="round" stroke-linecap="butt">'
    )
    return head + text[opening.end() :].strip()


def _font(match: re.Match[str]) -> str:
    """Size, weight and slant as attributes; the family is the page's, so that one style sheet rules it."""
    words = match[1].split("'")[0].split()
    size = next(word for word in words if word.endswith("px"))
    weight = next((f' font-weight="{word}"' for word in words if word.isdigit()), "")
    slant = ' font-style="italic"' if "italic" in words else ""
    return f'font-size="{size[:-2]}"{weight}{slant} style="'


def _recolour(text: str) -> str:
    for stand_in, variable in _STAND_INS.items():
        text = text.replace(stand_in, variable)
    return text


def _unique_ids(text: str, prefix: str) -> str:
    """Short ids with a prefix, in the order in which they are defined; unused ids go."""
    ids = list(dict.fromkeys(re.findall(r'\sid="([^"]+)"', text)))
    for number, old in enumerate(ids):
        new = f"{prefix}-{number}"
        used = f"#{old}" in text
        text = text.replace(f' id="{old}"', f' id="{new}"' if used else "")
        text = text.replace(f'"#{old}"', f'"#{new}"').replace(f"url(#{old})", f"url(#{new})")
    return text


def _rounded(match: re.Match[str]) -> str:
    number = f"{float(match[0]):.2f}".rstrip("0").rstrip(".")
    return "0" if number in {"-0", ""} else number
