"""Reference records: one chapter's full-size run, kept in the package.

A record is the same object that a chapter's verdict cell puts out: everything kept, every interval, the
digest of every rule as it stood, and where it ran. It holds no picture and no verdict: those follow from it.
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hdintuition.evidence.interval import Interval
from hdintuition.records.store import write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

SCHEMA = 1
MOST_BYTES = 100_000
_KEYS = {"schema": int, "slug": str, "scale": str, "device": str, "threads": int, "seed": int, "torch": str,
         "version": str, "kept": dict, "claims": dict}  # fmt: skip


class RecordError(ValueError):
    """A record that cannot be read or must not be written; the message names the file."""


def reference_path() -> Path:
    """The folder of the committed records: ``reference/`` in the package."""
    return Path(str(files("hdintuition"))) / "reference"


def load_reference(slug: str, folder: Traversable | None = None) -> dict[str, Any] | None:
    """The reference record of a chapter, or None if there is none.

    Args:
        slug: ``"walls/odds-of-walls"``.
        folder: Where to look; by default the package's own ``reference/``.

    Raises:
        RecordError: If the file is there but cannot be read as a record of this chapter.
    """
    file = (folder or files("hdintuition") / "reference") / f"{slug}.json"
    if not file.is_file():
        return None
    try:
        record = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RecordError(
            f"{file}: not a readable record ({error}); restore it, or run the chapter again"
        ) from error
    return check(record, slug=slug, name=str(file))


def save_record(record: Mapping[str, Any], folder: Path) -> Path:
    """Write a record to ``folder/<slug>.json``, whole or not at all, and return the path.

    Raises:
        RecordError: If it is no valid record or larger than 100 kB; nothing is written then.
    """
    path = folder / f"{record.get('slug')}.json"
    check(record, slug=str(record.get("slug")), name=str(path))
    text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False, sort_keys=True) + "\n"
    if len(text.encode()) > MOST_BYTES:
        raise RecordError(
            f"{path}: {len(text.encode())} bytes; allowed: {MOST_BYTES}. Keep summaries, not samples"
        )
    write_whole(path, text)
    return path


def check(record: Any, *, slug: str, name: str) -> dict[str, Any]:
    """The record itself, after its form has been checked.

    Raises:
        RecordError: Naming the file and the field.
    """
    if not isinstance(record, dict):
        raise RecordError(f"{name}: a record is a JSON object, got {type(record).__name__}")
    for key, kind in _KEYS.items():
        if not isinstance(record.get(key), kind):
            raise RecordError(f"{name}: field {key!r} must be a {kind.__name__}, got {record.get(key)!r}")
    if record["schema"] != SCHEMA:
        raise RecordError(f"{name}: schema {record['schema']} is not {SCHEMA}; run the chapter again")
    if record["slug"] != slug:
        raise RecordError(f"{name}: belongs to chapter {record['slug']!r}, not to {slug!r}")
    for claim, tests in record["claims"].items():
        for test, entry in tests.items():
            try:
                Interval.of_json(entry["interval"])
                str(entry["rule"])
            except (KeyError, TypeError, ValueError) as error:
                raise RecordError(f"{name}: {claim}.{test} is no interval with its rule ({error})") from error
    return record
