"""The book's table of contents (parts.toml) and its sources (sources.toml)."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

from hdintuition.evidence.toml_file import TomlFile

PARTS, SOURCES = "parts.toml", "sources.toml"
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CLAIM_ID = re.compile(r"[A-Z]+[0-9]+[a-z]?")


@dataclass(frozen=True)
class ChapterEntry:
    """A chapter: slug with its folder ("walls/odds-of-walls"), number in the book, title, claim ids."""

    slug: str
    number: int
    title: str
    claims: tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """A part of the book and its chapters in order."""

    roman: str
    folder: str
    title: str
    chapters: tuple[ChapterEntry, ...]


@dataclass(frozen=True)
class Source:
    """Where a claim was made: who, in what, at which address, when."""

    key: str
    author: str
    title: str
    link: str
    date: str


def read_parts(root: Traversable) -> tuple[Part, ...]:
    """The parts under ``root``, chapters numbered through the book from 1.

    Raises:
        ClaimFileError: If parts.toml is malformed, or a folder, chapter or claim stands in it twice.
    """
    file = TomlFile.read(root, PARTS)
    file.table(dict(file.data), "parts", known=["part"])
    parts: list[Part] = []
    for i, given in enumerate(_list(file, file.data, "part", "part", 0)):
        table = file.table(given, "part", known=["folder", "roman", "title", "chapter"], nth=i)
        folder, roman, title = (file.words(table, "part", key, nth=i) for key in ("folder", "roman", "title"))
        _check(file, _SLUG, folder, "part", "folder", i)
        written = sum(len(part.chapters) for part in parts)
        chapters = _list(file, table, "part", "chapter", i)
        entries = [_chapter(file, folder, chapter, written + k) for k, chapter in enumerate(chapters)]
        parts.append(Part(roman, folder, title, tuple(entries)))
    _refuse_twice(file, parts)
    return tuple(parts)


def read_sources(root: Traversable) -> dict[str, Source]:
    """The sources under ``root`` by key.

    Raises:
        ClaimFileError: If sources.toml is malformed.
    """
    file = TomlFile.read(root, SOURCES)
    sources = {}
    for key, given in file.data.items():
        table = dict(file.table(given, key, known=["author", "title", "link", "date"]))
        if isinstance(table.get("date"), datetime.date):  # TOML knows dates without quotes
            table["date"] = table["date"].isoformat()
        author, title, link, date = (
            file.words(table, key, name) for name in ("author", "title", "link", "date")
        )
        if not link.startswith("https://"):
            raise file.error(key, f"must begin with https://, got {link!r}", key="link")
        sources[key] = Source(key, author, title, link, date)
    return sources


def _chapter(file: TomlFile, folder: str, given: Any, nth: int) -> ChapterEntry:
    where = "part.chapter"
    table = file.table(given, where, known=["slug", "title", "claims"], nth=nth)
    slug, title = file.words(table, where, "slug", nth=nth), file.words(table, where, "title", nth=nth)
    _check(file, _SLUG, slug, where, "slug", nth)
    ids = _list(file, table, where, "claims", nth)
    for one in ids:
        _check(file, _CLAIM_ID, one, where, "claims", nth)
    return ChapterEntry(f"{folder}/{slug}", nth + 1, title, tuple(ids))


def _list(file: TomlFile, table: Mapping[str, Any], where: str, key: str, nth: int) -> list[Any]:
    value = table.get(key)
    if not isinstance(value, list) or not value:
        raise file.error(where, f"needs a list {key!r} that is not empty, got {value!r}", nth=nth)
    return value


def _check(file: TomlFile, pattern: re.Pattern[str], value: Any, where: str, key: str, nth: int) -> None:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise file.error(where, f"must look like {_example(pattern)}, got {value!r}", key=key, nth=nth)


def _example(pattern: re.Pattern[str]) -> str:
    return "'odds-of-walls'" if pattern is _SLUG else "'W2' or 'M8b'"


def _refuse_twice(file: TomlFile, parts: list[Part]) -> None:
    seen: dict[str, str] = {}
    for i, part in enumerate(parts):
        if part.folder in seen:
            raise file.error("part", f"{part.folder!r} stands here twice", key="folder", nth=i)
        seen[part.folder] = part.folder
    for entry in (entry for part in parts for entry in part.chapters):
        for name, key in [(entry.slug, "slug"), *((one, "claims") for one in entry.claims)]:
            if name in seen:
                problem = f"{name} stands here twice, in {seen[name]} and in {entry.slug}"
                raise file.error("part.chapter", problem, key=key, nth=entry.number - 1)
            seen[name] = entry.slug
