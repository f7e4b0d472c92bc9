"""Ready decks: the slides of a part in one PDF, for whom there is no script and no time."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from pypdf import PdfReader, PdfWriter

from hdintuition.evidence import claims as claim_files
from hdintuition.page import provenance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from hdbook.figures import Figure
    from hdintuition.evidence.claims import Part

DECKS = "decks"


def deck_name(part: Part) -> str:
    """``part-iii-walls.pdf``."""
    return f"part-{part.roman.lower()}-{part.folder}.pdf"


def decks(figures: Sequence[Figure]) -> Iterator[tuple[str, bytes]]:
    """File name and content of the deck of every part that has figures."""
    for part in claim_files.parts():
        slugs = [chapter.slug for chapter in part.chapters]
        chosen = [one for one in figures if one.slug in slugs and one.files]
        if chosen:
            yield deck_name(part), deck(chosen, f"Part {part.roman}: {part.title}")


def deck(figures: Sequence[Figure], title: str) -> bytes:
    """One PDF of the figures' slides, with a bookmark for each."""
    writer = PdfWriter()
    for number, one in enumerate(figures):
        writer.append(PdfReader(io.BytesIO(one.files[f"{one.id}-slide.pdf"])), import_outline=False)
        writer.add_outline_item(one.headline, number)
    writer.add_metadata(
        {
            "/Title": f"{title}, figures of {provenance.TITLE}",
            "/Author": provenance.authors(),
            "/Subject": f"{provenance.homepage()}figures.html",
            "/Keywords": f"{provenance.LICENCE}, {provenance.LICENCE_ADDRESS}",
            "/Creator": f"{provenance.TITLE}, version {provenance.version()}",
        }
    )
    writer.compress_identical_objects()
    buffer = io.BytesIO()
    writer.write(buffer)
    return buffer.getvalue()
