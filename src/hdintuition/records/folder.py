"""The folder a sweep is kept in: read with suspicion, cleared of what a killed run left half written.

Cells are written beside their place and then put there, so a killed run leaves no broken cell, only a
``.….part`` file. Every run holds a shared lock on the folder, which the system takes back when the run dies;
left-overs are removed by a run that can have the lock to itself, so never under the hands of another.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

try:
    import fcntl
except ImportError:  # Windows: nothing is locked there, and so nothing removed
    fcntl = None  # type: ignore[assignment]

from hdintuition.records.cell import SUFFIX, Cell, Identity, decode, read_metadata
from hdintuition.records.grid import canonical
from hdintuition.records.reference import RecordError

_PART = re.compile(r"\.[0-9a-f]{32}" + re.escape(SUFFIX) + r"\..+\.part")
_MOST_NAMED = 5


@contextmanager
def occupied(folder: Path) -> Iterator[None]:
    """Make the folder, clear it of dead runs' left-overs, and hold it for the length of the block.

    Several runs may hold a folder at once, and share its cells.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "ab") as lock:
        if _alone(lock):
            for path in folder.iterdir():
                if _PART.fullmatch(path.name):
                    path.unlink(missing_ok=True)
        _share(lock)
        yield


def read_cells(folder: Path, identity: Identity, settings: Sequence[Mapping[str, Any]]) -> dict[int, Cell]:
    """The finished cells, by their place in ``settings``.

    Cells of the same identity with other settings are left alone: a grid may grow and shrink.

    Raises:
        RecordError: If a safetensors file in the folder is damaged, or not a cell of this identity. All such
            files are named; none is touched.
    """
    places = {identity.file_name(cell): place for place, cell in enumerate(settings)}
    cells: dict[int, Cell] = {}
    faults: list[str] = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        place = places.get(path.name)
        try:
            if place is None:
                _read_stranger(path, identity)
            else:
                cells[place] = _read_cell(path, identity, settings[place])
        except ValueError as error:
            faults.append(f"{path}: {error}")
    if faults:
        more = f"\n… and {len(faults) - _MOST_NAMED} more" if len(faults) > _MOST_NAMED else ""
        raise RecordError("\n".join(faults[:_MOST_NAMED]) + more)
    return cells


def _read_cell(path: Path, identity: Identity, settings: Mapping[str, Any]) -> Cell:
    try:
        cell = decode(path.read_bytes())
    except ValueError as error:
        raise _damaged(error) from error
    _check_identity(cell.metadata, identity)
    if cell.metadata["settings"] != canonical(settings):
        raise ValueError(f"holds the settings {cell.metadata['settings']}; it was renamed. {_REMEDY}")
    return cell


def _read_stranger(path: Path, identity: Identity) -> None:
    """A cell outside the grid: only its header is looked at."""
    try:
        with open(path, "rb") as file:
            metadata = read_metadata(file, os.fstat(file.fileno()).st_size)
    except ValueError as error:
        raise _damaged(error) from error
    _check_identity(metadata, identity)


_REMEDY = "Move it away or delete it, and sweep again: what is missing then is run"


def _damaged(error: ValueError) -> ValueError:
    return ValueError(f"{error}. {_REMEDY}")


def _check_identity(metadata: Mapping[str, str], identity: Identity) -> None:
    for key, mine in identity.metadata.items():
        if metadata[key] != mine:
            raise ValueError(
                f"belongs to a sweep with {key} {metadata[key]!r}, and this one has {key} {mine!r}. One folder "
                "holds one sweep: choose another folder, or delete the old one"
            )


def _alone(lock: IO[bytes]) -> bool:
    """Whether nobody else holds the lock; this run then holds it, and lets nobody in."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (OSError, AttributeError):  # held by another run, or a file system or a system without such locks
        return False
    return True


def _share(lock: IO[bytes]) -> None:
    with suppress(OSError, AttributeError):
        fcntl.flock(lock, fcntl.LOCK_SH)
