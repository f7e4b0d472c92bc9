"""One TOML file that a person writes, read so that every error says which file, line, claim and field."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any


class ClaimFileError(ValueError):
    """A file of claims, parts or sources that does not say what it must; the message names the place."""


@dataclass(frozen=True)
class TomlFile:
    """A file's name (relative to the claims folder), text and tables."""

    name: str
    text: str
    data: Mapping[str, Any]

    @classmethod
    def read(cls, root: Traversable, name: str) -> TomlFile:
        """The file ``name`` under ``root``.

        Raises:
            ClaimFileError: If it is missing, unreadable, or not TOML.
        """
        try:
            text = root.joinpath(*name.split("/")).read_text(encoding="utf-8")
        except OSError as error:
            raise ClaimFileError(f"{name}: cannot be read: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise ClaimFileError(f"{name}: is not UTF-8 text: {error}") from error
        try:
            return cls(name, text, tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            line = re.search(r"at line (\d+)", str(error))
            raise ClaimFileError(f"{name}:{line[1] if line else 'end'}: is not TOML: {error}") from error

    def error(self, table: str, problem: str, *, key: str = "", nth: int = 0) -> ClaimFileError:
        """An error at ``key`` of the ``nth`` table of that name: ``file:12: W2.test.x.passes: problem``."""
        line = self._line(table, key, nth)
        place = ".".join(part for part in (table, key) if part)
        return ClaimFileError(f"{self.name}{f':{line}' if line else ''}: {place}: {problem}")

    def table(self, value: Any, where: str, *, known: Iterable[str], nth: int = 0) -> Mapping[str, Any]:
        """``value`` as a table that has only ``known`` keys."""
        known = list(known)
        if not isinstance(value, dict):
            raise self.error(where, f"must be a table, got {value!r}", nth=nth)
        for key in value:
            if key not in known:
                raise self.error(where, f"unknown key; known are {', '.join(known)}", key=key, nth=nth)
        return value

    def words(self, table: Mapping[str, Any], where: str, key: str, *, nth: int = 0) -> str:
        """The non-empty text under ``key``."""
        if key not in table:
            raise self.error(where, f"{key} is missing", nth=nth)
        value = table[key]
        if not isinstance(value, str) or not value.strip():
            raise self.error(where, f"must be text that is not empty, got {value!r}", key=key, nth=nth)
        return value

    def optional_words(self, table: Mapping[str, Any], where: str, key: str) -> str | None:
        """The non-empty text under ``key``, or None if the key is absent."""
        return self.words(table, where, key) if key in table else None

    def _line(self, table: str, key: str, nth: int) -> int | None:
        """Where the key stands; failing that its table's header, failing that the table above it."""
        lines = self.text.splitlines()
        header = re.compile(rf"\s*\[{{1,2}}\s*{re.escape(table)}\s*\]{{1,2}}\s*(#.*)?")
        found = [i for i, line in enumerate(lines) if header.fullmatch(line)][nth : nth + 1]
        if not found:
            above = table.rpartition(".")[0]
            return self._line(above, "", nth) if above else _assignment(lines, table)
        start = found[0] + 1
        after = (i for i in range(start, len(lines)) if re.match(r"\s*\[\[?\s*[\w.\-]+\s*\]", lines[i]))
        within = _assignment(lines[start : next(after, len(lines))], key) if key else None
        return start + (within or 0)


def _assignment(lines: list[str], key: str) -> int | None:
    """The number, from 1, of the first line that gives ``key`` a value."""
    pattern = re.compile(rf"\s*{re.escape(key)}\s*=")
    return next((i + 1 for i, line in enumerate(lines) if pattern.match(line)), None)
