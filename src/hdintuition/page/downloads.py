"""The files of a figure that a reader takes away: SVG, two slides as PNG, one as PDF, print PDF, gallery cards.

Only the kernel holds ``draw``, so they are made there, and only where the book is built: the environment
variable ``HDI_FIGURE_FILES`` asks for them. Each is drawn at its own size and carries permalink, version,
authors and licence in its own metadata.
"""

from __future__ import annotations

import io
import os
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import matplotlib as mpl

from hdintuition.evidence import claims as claim_files
from hdintuition.page import provenance
from hdintuition.page.figure import drawn
from hdintuition.page.layout import finish
from hdintuition.page.paint import Paint
from hdintuition.page.slide import furnish
from hdintuition.page.style import CARD, DARK, DPI, INK, LIGHT, PAPER, PRINT, SLIDE, styled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    Draw = Callable[[Axes], str]

ASKED = "HDI_FIGURE_FILES"


def wanted() -> bool:
    """True where the book is built, which asks for all files."""
    return bool(os.environ.get(ASKED))


def with_files(bundle: dict[str, Any], draw: Draw) -> dict[str, Any]:
    """The bundle of a figure or explorer; where the book is built, with all files in it.

    Args:
        bundle: As made by ``figure_bundle`` or ``explorer``.
        draw: ``draw(ax)`` of the figure, or of the frame that the explorer shows first.

    Returns:
        The same bundle. ``bundle["files"]``, if asked for, maps file names to contents in base64.
    """
    if wanted():
        contents = {
            file: content
            for make in (_on_slides, _in_print, _on_cards)
            for file, content in make(draw, bundle)
        }
        bundle["files"] = {file: b64encode(content).decode("ascii") for file, content in contents.items()}
    return bundle


def name_in_words(bundle: Mapping[str, Any]) -> str:
    """The name of a figure; of an explorer, with the setting that it shows first."""
    settings = [f"{one['label']}: {one['texts'][one['start']]}" for one in bundle.get("sliders", [])]
    return bundle["name"] + (f" ({'; '.join(settings)})" if settings else "")


def _on_slides(draw: Draw, bundle: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    identity, finding = bundle["id"], bundle["finding"]
    chapter = chapter_title(bundle["slug"])
    note = f"{name_in_words(bundle)} · {chapter} · hdintuition · {provenance.LICENCE}"
    with styled(SLIDE):
        figure, _ = drawn(draw, SLIDE, name=bundle["name"])
        finish([figure], within=furnish(figure, finding, note, provenance.permalink(identity)))
        paint = Paint(figure, LIGHT)
        for paper, palette in (("black", DARK), ("white", LIGHT)):
            paint.apply(palette)
            figure.set_facecolor(palette[PAPER])
            yield f"{identity}-slide-{paper}.png", _as_png(figure, provenance.of_png(identity, finding))
        yield f"{identity}-slide.pdf", _saved(figure, "pdf", provenance.of_pdf(identity, finding), dpi=150)


def _in_print(draw: Draw, bundle: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The print PDF and, of the same drawing, the SVG whose text is made of paths: it looks alike everywhere."""
    identity, finding = bundle["id"], bundle["finding"]
    with styled(PRINT), mpl.rc_context({"svg.fonttype": "path"}):
        figure, _ = drawn(draw, PRINT, name=bundle["name"])
        finish([figure])
        Paint(figure, LIGHT).apply(LIGHT)
        figure.set_facecolor(LIGHT[PAPER])
        yield f"{identity}.pdf", _saved(figure, "pdf", provenance.of_pdf(identity, finding), dpi=300)
        yield f"{identity}.svg", _saved(figure, "svg", provenance.of_svg(identity, finding), dpi=300)


def _on_cards(draw: Draw, bundle: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """What the gallery shows; an image cannot follow the page's colours, so there is one for each paper."""
    identity = bundle["id"]
    with styled(CARD), mpl.rc_context({"svg.fonttype": "path"}):
        figure, _ = drawn(draw, CARD, name=bundle["name"])
        finish([figure])
        paint = Paint(figure, LIGHT)
        for paper, palette in (("light", LIGHT), ("dark", DARK)):
            paint.apply(palette)
            words = provenance.of_svg(identity, bundle["finding"])
            yield f"{identity}-card-{paper}.svg", _saved(figure, "svg", words, dpi=144)


def chapter_title(slug: str) -> str:
    """The title of a chapter; of any other page, the book's."""
    titles = {chapter.slug: chapter.title for part in claim_files.parts() for chapter in part.chapters}
    return titles.get(slug, provenance.TITLE)


def _as_png(figure: Figure, words: dict[str, str]) -> bytes:
    """A slide of 1920 × 1080 dots in 256 colours, a third of the size and at most a shade or two off."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    image = Image.open(io.BytesIO(_saved(figure, "png", {}, dpi=DPI["slide"]))).convert("RGB")
    image = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    chunks, buffer = PngInfo(), io.BytesIO()
    for key, text in words.items():
        chunks.add_text(key, text)
    image.save(buffer, "PNG", pnginfo=chunks, optimize=True, dpi=(DPI["slide"], DPI["slide"]))
    return buffer.getvalue()


def _saved(figure: Figure, format: str, metadata: dict[str, str], **how: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=format, metadata=metadata, facecolor=figure.get_facecolor(), **how)
    content = buffer.getvalue()
    if format == "svg" and INK.encode() in content:
        raise RuntimeError("a stand-in colour was left unpainted in an SVG; paint.py must learn its kind")
    return content
