"""The tags of several PDFs in one: the tree of headings, tables and alternative texts for screen readers.

ISO 32000-1, section 14.7. pypdf copies pages without their tags. Pages, links and drawings know theirs by
numbers, the keys of the parent tree; these begin at zero in each sheet and have to run on in the book.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pypdf.generic import ArrayObject, BooleanObject, DictionaryObject, NameObject, NumberObject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pypdf import PageObject, PdfReader, PdfWriter

KEYS = ("/StructParents", "/StructParent")
ROLES = {"Strong": "Span", "Em": "Span"}  # tags of PDF 2.0, for readers that do not know them


class Tags:
    """The tags of a book that is being put together."""

    def __init__(self, book: PdfWriter) -> None:
        self.book, self.after = book, 0  # the first number that is free
        self.numbers, self.parts = ArrayObject(), ArrayObject()
        self.root = book._add_object(named(Type="StructTreeRoot"))
        self.document = book._add_object(named(Type="StructElem", S="Document"))

    def add_pages(self, reader: PdfReader) -> list[PageObject]:
        """The pages of a sheet, copied into the book with their tags."""
        before, start = len(self.book._objects), self.after
        pages = [self.book.add_page(page) for page in reader.pages]
        for page, source in zip(pages, reader.pages, strict=True):
            page.update({NameObject(key): source[key] for key in KEYS if key in source})
        tree = reader.root_object["/StructTreeRoot"].clone(self.book)
        for thing in self.book._objects[before:]:
            if isinstance(thing, DictionaryObject):
                renumber(thing, start)
                forget_ids(thing)
        for key, value in entries(tree["/ParentTree"]):
            self.numbers += [NumberObject(start + key), value]
            self.after = max(self.after, start + key + 1)
        tree["/K"].update(named(S="Part", P=self.document))
        self.parts.append(tree["/K"].indirect_reference)
        return pages

    def close(self) -> None:
        """Hang the tree into the book."""
        parents = self.book._add_object(named(Nums=self.numbers))
        tree = named(K=self.document, ParentTree=parents, ParentTreeNextKey=NumberObject(self.after))
        self.document.get_object().update(named(P=self.root, K=self.parts))
        self.root.get_object().update(tree | named(RoleMap=named(**ROLES)))
        marked = named(Marked=BooleanObject(True))
        self.book.root_object.update(named(StructTreeRoot=self.root, MarkInfo=marked))


def named(**values: Any) -> DictionaryObject:
    """A dictionary of PDF; a plain string stands for a name."""
    pairs = {key: NameObject(f"/{value}") if type(value) is str else value for key, value in values.items()}
    return DictionaryObject({NameObject(f"/{key}"): value for key, value in pairs.items()})


def entries(tree: DictionaryObject) -> Iterator[tuple[int, Any]]:
    """The pairs of a number tree."""
    for branch in tree.get("/Kids", ()):
        yield from entries(branch.get_object())
    flat = list(tree.get("/Nums", ()))
    yield from zip(flat[::2], flat[1::2], strict=True)


def renumber(thing: DictionaryObject, start: int) -> None:
    """Let a sheet's first number be ``start``."""
    thing.update({NameObject(key): NumberObject(start + thing[key]) for key in KEYS if key in thing})


def forget_ids(thing: DictionaryObject) -> None:
    """Ids of table heads are unique in a sheet and not in a book; the scope of a head says as much."""
    if thing.get("/Type") == "/StructElem":
        thing.pop("/ID", None)
        for attributes in thing.get("/A", ()):
            if isinstance(attributes, DictionaryObject):
                attributes.pop("/Headers", None)
