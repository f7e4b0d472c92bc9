"""Sheets of paper, bound: the PDFs of single pages of the site become one, with links, bookmarks and tags.

Chromium prints a link to another page of the site as an address on this machine, and one within the page as a
named place. In the bound book both lead to a place in the book; what it does not hold gets its public address.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING
from urllib.parse import unquote, urldefrag

from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, Fit, TextStringObject

from tools.tags import Tags, named

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pypdf import PageObject
    from pypdf.generic import DictionaryObject

    Places = dict[tuple[str, str], tuple[PageObject, Fit]]


@dataclass(frozen=True)
class Sheet:
    """A printed page of the site.

    Attributes:
        address: Its address, relative to the site: ``walls/convexity.html``.
        title: What its bookmark says.
        pdf: What Chromium made of it.
        part: The part of the book that it belongs to, if any.
        sections: Pairs of a section's id and its heading.
    """

    address: str
    title: str
    pdf: bytes = field(repr=False)
    part: str | None = None
    sections: tuple[tuple[str, str], ...] = ()

    @cached_property
    def reader(self) -> PdfReader:
        """The opened PDF."""
        return PdfReader(BytesIO(self.pdf))


def bind(sheets: list[Sheet], origin: str, homepage: str) -> PdfWriter:
    """One PDF of several.

    Args:
        sheets: The printed pages, in order.
        origin: Where the site was served when they were printed, ending in a slash.
        homepage: Where it is published, ending in a slash.
    """
    book, places = PdfWriter(), {}
    tags = Tags(book)
    for sheet in sheets:
        for link in links(sheet.reader):
            name_in_full(link, origin + sheet.address)
        places |= places_of(sheet, tags.add_pages(sheet.reader))
    for link in links(book):
        lead(link, places, origin, homepage)
    tags.close()
    add_bookmarks(book, sheets, places)
    return book


def places_of(sheet: Sheet, pages: list[PageObject]) -> Places:
    """Address and id to the page of the book and the height on it; without an id, the top of the first page."""
    found = {(sheet.address, ""): (pages[0], Fit.xyz(top=pages[0].mediabox.top))}
    for name, target in sheet.reader.named_destinations.items():
        number = sheet.reader.get_destination_page_number(target)
        if number is not None:
            found[sheet.address, unquote(name.removeprefix("/"))] = (pages[number], Fit.xyz(top=target.top))
    return found


def links(pdf: PdfReader | PdfWriter) -> Iterator[DictionaryObject]:
    """Every link of a PDF."""
    for page in pdf.pages:
        for annotation in page.get("/Annots", ArrayObject()).get_object():
            if annotation.get_object()["/Subtype"] == "/Link":
                yield annotation.get_object()


def name_in_full(link: DictionaryObject, address: str) -> None:
    """Write a link within a page as Chromium writes one between pages."""
    if "/Dest" in link:
        full = f"{address}#{str(link.pop('/Dest')).removeprefix('/')}"
        link.update(named(A=named(S="URI", URI=TextStringObject(full))))


def lead(link: DictionaryObject, places: Places, origin: str, homepage: str) -> None:
    """Let a link lead to its place in the book, or else to a public address."""
    address = str(link["/A"]["/URI"])
    base = next((base for base in (origin, homepage) if address.startswith(base)), None)
    if base is None:
        return
    inside = address.removeprefix(base)
    name, anchor = urldefrag(inside)
    found = places.get((name or "index.html", unquote(anchor)), places.get((name or "index.html", "")))
    if found is None:
        link["/A"].update(named(URI=TextStringObject(homepage + inside)))
    else:
        page, fit = found
        link.update(named(Dest=ArrayObject([page.indirect_reference, fit.fit_type, *fit.fit_args])))
        del link["/A"]


def add_bookmarks(book: PdfWriter, sheets: list[Sheet], places: Places) -> None:
    """Parts, their chapters, and the sections of these; a part is folded open, a chapter is not."""
    part, above = None, None
    for sheet in sheets:
        page, fit = top = places[sheet.address, ""]
        if sheet.part != part:
            part = sheet.part
            above = book.add_outline_item(part, page, fit=fit) if part else None
        chapter = book.add_outline_item(sheet.title, page, parent=above, fit=fit, is_open=False)
        for name, heading in sheet.sections:
            page, fit = places.get((sheet.address, name), top)
            book.add_outline_item(heading, page, parent=chapter, fit=fit)
