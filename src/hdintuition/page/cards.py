"""Claim cards: the sentence word for word, who said it where, and its verdict folded away.

The verdict is on the card but folded: the reader is asked to guess first.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from hdintuition.evidence import claims as claim_files
from hdintuition.page.glyph import disc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hdintuition.evidence.claims import Claim, Source
    from hdintuition.page.judged import Judged


def claim_cards(slug: str, judged: Mapping[str, Judged] | None = None) -> str:
    """The cards of a chapter's claims as HTML; the first quote large, further ones smaller.

    Args:
        slug: The chapter.
        judged: Claim id to judgement, where the run has already been judged (in the book); without it the
            cards carry no verdict (in a notebook, where it is yet to be computed).
    """
    sources = claim_files.sources()
    cards = [
        _card(claim, sources[claim.source], (judged or {}).get(claim.id), large=k == 0)
        for k, claim in enumerate(claim_files.load(slug).values())
    ]
    return f'<div class="hd-cards">{"".join(cards)}</div>'


def scale_line(stamp: Mapping[str, Any], slug: str) -> str:
    """The one line under the cards: scale, device, threads; the book adds seconds and commit."""
    words = stamp_words(stamp)
    return f'<p class="hd-scale">{escape(words)}<span class="hd-stamp" data-slug="{escape(slug)}"></span></p>'


def stamp_words(stamp: Mapping[str, Any]) -> str:
    """``"cpu scale · 1 thread · seed 0"``."""
    threads = int(stamp["threads"])
    where = stamp["device"] if stamp["scale"] == "gpu" else f"{threads} thread{'s' if threads != 1 else ''}"
    return f"{stamp['scale']} scale · {where} · seed {stamp['seed']}"


def _card(claim: Claim, source: Source, judged: Judged | None, *, large: bool) -> str:
    author = escape(source.author)
    link = f'<a href="{escape(source.link)}">{escape(source.title)}</a>'
    context = (
        '<details class="hd-context"><summary>Read it in context</summary>'
        f"<p>{_marked(claim)}</p><p>{author}, {link}, {escape(str(source.date))}.</p></details>"
    )
    return (
        f'<figure class="hd-claim{" hd-claim-large" if large else ""}" id="claim-{claim.id.lower()}">'
        f"<blockquote><p>“{escape(claim.quote)}”</p></blockquote>"
        f'<figcaption><span class="hd-claim-id">{claim.id}</span> <span class="hd-author">{author}</span> '
        f"{context}{_folded(claim, judged)}</figcaption></figure>"
    )


def _folded(claim: Claim, judged: Judged | None) -> str:
    if judged is None:
        return ""
    word = judged.headline.word
    return (
        '<details class="hd-fold"><summary>Show the verdict</summary>'
        f'<p class="hd-badge">{disc(word)} <strong>{word}</strong> '
        f'<a href="#verdict-{claim.id.lower()}">the tests of {claim.id}</a></p></details>'
    )


def _marked(claim: Claim) -> str:
    """The context with the quote set off by ``<mark>``; whitespace collapsed as the loader compares it."""
    context, quote = " ".join(claim.context.split()), " ".join(claim.quote.split())
    before, found, after = context.partition(quote)
    middle = f"<mark>{escape(quote)}</mark>" if found else ""
    return f"{escape(before)}{middle}{escape(after)}"
