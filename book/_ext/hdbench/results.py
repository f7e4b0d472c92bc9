"""What ``make bench`` wrote: one file a device, its first line where it ran, every other line one comparison."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Result = dict[str, Any]
NEEDED = {"topic", "work", "peer", "ratio", "failed"}
MEASURED = {"low", "high", "rounds", "ours_seconds", "their_seconds", "same", "must", "goal", "load"}


class BadResults(ValueError):
    """A file of results that cannot be read; the message names file and line."""


@dataclass(frozen=True)
class Run:
    """One file: where it ran, and its comparisons in order."""

    file: Path
    where: dict[str, Any]
    results: list[Result]

    @property
    def on_gpu(self) -> bool:
        return self.where["device"] != "cpu"

    @property
    def machine(self) -> str:
        """The name of what computed."""
        return self.where["device"] if self.on_gpu else self.where["cpu"]

    def of(self, topic: str) -> list[Result]:
        return [one for one in self.results if one["topic"] == topic]

    @property
    def rivals(self) -> list[Result]:
        """The comparisons that were made with another library or way, not with a bound."""
        return [one for one in self.results if one["ratio"] is not None and not is_floor(one)]


def read(folder: Path) -> list[Run]:
    """Every run of the folder, those on CPUs first; none if there is no folder.

    Raises:
        BadResults: If a file is not what the benchmarks write.
    """
    runs = [_run(file) for file in sorted(folder.glob("*.jsonl"))]
    return sorted(runs, key=lambda run: (run.on_gpu, run.file.name))


def is_floor(result: Result) -> bool:
    """True for a bound, which nobody can beat, rather than a rival."""
    return result["peer"].endswith("floor")


def by_work(results: list[Result]) -> dict[str, list[Result]]:
    """The comparisons of each piece of work, in order."""
    found: dict[str, list[Result]] = {}
    for one in results:
        found.setdefault(one["work"], []).append(one)
    return found


def _run(file: Path) -> Run:
    lines = []
    for number, text in enumerate(file.read_text("utf8").splitlines(), start=1):
        try:
            line = json.loads(text)
            needed = {"date", "device", "cpu", "versions"} if number == 1 else NEEDED
            lacking = needed - line.keys()
            if number > 1 and line.get("ratio") is not None:
                lacking |= MEASURED - line.keys()
        except (ValueError, AttributeError) as error:
            raise BadResults(f"{file}:{number}: not a line that the benchmarks write ({error})") from error
        if lacking:
            raise BadResults(f"{file}:{number}: lacks {', '.join(sorted(lacking))}; run the benchmarks again")
        lines.append(line)
    if not lines:
        raise BadResults(f"{file}:1: empty; run the benchmarks again")
    return Run(file, lines[0], lines[1:])
