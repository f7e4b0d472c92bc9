"""Bundles as HTML: inside the book (``embedded``) and on their own in a notebook (``standalone``)."""

from __future__ import annotations

from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from hdintuition.page.cards import claim_cards, scale_line, stamp_words
from hdintuition.page.judged import judge_record
from hdintuition.page.tables import kept_table, kept_text
from hdintuition.page.verdicts import verdict_tables

if TYPE_CHECKING:
    from collections.abc import Mapping

    Bundle = Mapping[str, Any]


def embedded(bundle: Bundle, results: Mapping[str, Any] | None = None) -> str:
    """The HTML of a bundle for a page that has the book's style sheet and script.

    Args:
        bundle: Any of our bundles.
        results: Chapter slug to record, where the whole book's runs are known: the claim cards then carry
            their verdicts.

    Raises:
        ValueError: If the kind is unknown, or a record does not fit its claim file.
    """
    kind = bundle["kind"]
    if kind == "claims":
        record = (results or {}).get(bundle["slug"])
        judged = judge_record(record) if record is not None else None
        return claim_cards(bundle["slug"], judged) + scale_line(bundle["stamp"], bundle["slug"])
    if kind == "measurements":
        return kept_table(_in_order(bundle))
    if kind == "verdicts":
        guide = "../verdicts.html" if results is not None else ""  # chapters lie one folder down
        return verdict_tables(bundle["record"], judge_record(bundle["record"]), guide=guide)
    if kind in {"figure", "explorer"}:
        opening, closing = around_caption(bundle)
        return f"{opening}<p>{_caption_html(bundle)}</p>{closing}"
    raise ValueError(f"a bundle is claims, measurements, verdicts, figure or explorer, got {kind!r}")


def standalone(bundle: Bundle) -> str:
    """The same with style sheet and script beside it: every output of a Colab notebook is its own page."""
    name = {"explorer": "hdintuition.js", "verdicts": "verdicts.js"}.get(bundle["kind"])
    script = f"<script>{_asset(name)}</script>" if name else ""
    style = f"<style>{_asset('hdintuition.css')}</style>"
    return f'{style}<div class="hd-alone">{embedded(bundle)}</div>{script}'


def plain(bundle: Bundle) -> str:
    """A bundle in words, where nothing but text can be shown."""
    kind = bundle["kind"]
    if kind == "claims":
        return f"{bundle['slug']} · {stamp_words(bundle['stamp'])}"
    if kind == "measurements":
        return kept_text(_in_order(bundle))
    if kind == "verdicts":
        judged = judge_record(bundle["record"]).values()
        return "\n".join(
            f"{one.claim.id}: {one.headline.word} "
            f"(as written {one.headline.as_written}, as meant {one.headline.as_meant})"
            for one in judged
        )
    return f"{bundle['finding']} {first_drawn(bundle)['alt']}"


def first_drawn(bundle: Bundle) -> Mapping[str, Any]:
    """Alt text and drawings of a figure; of an explorer, those of the frame that is shown first."""
    return bundle if bundle["kind"] == "figure" else bundle["frames"][_first(bundle)]


def caption_text(bundle: Bundle) -> str:
    """The caption as MyST: the finding in bold, then what is plotted."""
    return f"**{bundle['finding']}** {bundle['caption']}".strip()


def around_caption(bundle: Bundle, up: str | None = None) -> tuple[str, str]:
    """Opening and closing HTML of a figure or explorer; the caption's paragraphs go between.

    Args:
        bundle: The figure or explorer.
        up: Where the book's root lies as seen from the page, ``"../"``: below the caption then stand links to
            the figure's own page and files, if it has any.
    """
    closing = (
        take_links(bundle, up) if up is not None and bundle.get("files") else ""
    ) + "</figcaption></figure>"
    if bundle["kind"] == "figure":
        return f'<figure class="hd-figure">{_picture(bundle)}<figcaption>', closing
    opening = f'<figure class="hd-figure hd-explorer" data-hd-explorer>{_controls(bundle)}'
    return f"{opening}{_frames(bundle, 'page')}{_frames(bundle, 'narrow')}<figcaption>", closing


def take_links(bundle: Bundle, up: str) -> str:
    """The row of links below a figure: its own page, and the files to take away."""
    folder, name = f"{up}figures/{bundle['id']}/", bundle["name"]
    links = [
        ("Link to this figure", "index.html"),
        ("SVG", f"{bundle['id']}.svg"),
        ("Slide", f"{bundle['id']}-slide-white.png"),
        ("PDF", f"{bundle['id']}.pdf"),
        ("Data", f"{bundle['id']}.csv"),
    ]
    of = f'<span class="hd-of"> of the figure “{escape(name)}”</span>'
    shown = "".join(f'<li><a href="{escape(folder + file)}">{text}{of}</a></li>' for text, file in links)
    return f'<ul class="hd-takes">{shown}</ul>'


def _frames(bundle: Bundle, target: str) -> str:
    """All frames of one width, side by side in the file: gzip then sees how alike they are."""
    start = _first(bundle)
    shown = "".join(
        f'<div class="hd-frame"{"" if k == start else " hidden"}>{frame["svg"][target]}</div>'
        for k, frame in enumerate(bundle["frames"])
    )
    return f'<div class="hd-frames hd-{target}">{shown}</div>'


def _in_order(bundle: Bundle) -> dict[str, Any]:
    return {name: bundle["kept"][name] for name in bundle["order"]}


def _picture(drawn: Bundle) -> str:
    """Both drawings; the style sheet shows the one that fits the screen."""
    svg = drawn["svg"]
    return f'<div class="hd-page">{svg["page"]}</div><div class="hd-narrow">{svg["narrow"]}</div>'


def _controls(bundle: Bundle) -> str:
    rows = []
    for k, s in enumerate(bundle["sliders"]):
        identity, last, text = f"{bundle['id']}-slider-{k}", len(s["texts"]) - 1, s["texts"][s["start"]]
        options = escape("|".join(s["texts"]))
        rows.append(
            f'<div class="hd-control"><label for="{identity}">{escape(s["label"])}</label>'
            f'<input type="range" id="{identity}" min="0" max="{last}" step="1" value="{s["start"]}" '
            f'autocomplete="off" aria-valuetext="{escape(text)}" data-texts="{options}">'
            f'<output for="{identity}">{escape(text)}</output></div>'
        )
    return f'<div class="hd-controls">{"".join(rows)}</div>'


def _first(bundle: Bundle) -> int:
    """Index of the frame at which the sliders stand first; the last slider moves fastest."""
    index = 0
    for s in bundle["sliders"]:
        index = index * len(s["texts"]) + s["start"]
    return index


def _caption_html(bundle: Bundle) -> str:
    return f"<strong>{escape(bundle['finding'])}</strong> {escape(bundle['caption'])}".strip()


@cache
def _asset(name: str) -> str:
    return (files("hdintuition.page") / "assets" / name).read_text(encoding="utf-8")
