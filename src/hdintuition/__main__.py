"""The command line: ``python -m hdintuition run`` and ``claims``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from hdintuition import scale
from hdintuition.runner import ChapterError, find, run_chapter

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status: 0, or 2 after an error it has explained."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except (ValueError, OSError, ChapterError) as error:
        print(f"hdintuition: {error}", file=sys.stderr)
        return 2


def run(options: argparse.Namespace) -> int:
    """Execute chapters, print their verdicts, and with ``--save`` keep their records."""
    from hdintuition.records.reference import reference_path, save_record

    os.environ[scale.VARIABLE] = scale.resolve(options.scale)
    paths = [find(name) for name in options.chapters]
    if options.out and not options.save:
        raise ValueError("--out says where --save writes; give --save as well")
    for number, path in enumerate(paths, start=1):
        print(f"chapter {number} of {len(paths)}: {path}", flush=True)
        outcome = run_chapter(path, commit=options.commit)
        print(
            f"{outcome.verdicts}\n{outcome.record['seconds']:.1f} s at {outcome.record['scale']} scale",
            flush=True,
        )
        if options.save:
            print(f"saved {save_record(outcome.record, options.out or reference_path())}", flush=True)
    return 0


def claims(options: argparse.Namespace) -> int:
    """Print the claims of a chapter, or of the whole book, with the rules that judge them."""
    from hdintuition.evidence.claims import load, load_all

    chosen = load(options.chapter) if options.chapter else load_all()
    for claim in chosen.values():
        print(f"{claim.id}  {claim.slug}  “{claim.quote}”")
        for test in claim.tests.values():
            rule = f"proof {test.proof}" if test.rule is None else str(test.rule)
            print(f"    {test.name} ({test.reading}): {test.says} [{rule}]")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hdintuition", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="command")
    one = commands.add_parser("run", help="execute chapters outside Jupyter and print their verdicts")
    one.add_argument(
        "chapters",
        nargs="+",
        metavar="chapter",
        help="a slug such as walls/odds-of-walls, or a .md or .py file",
    )
    one.add_argument("--scale", default="auto", help="smoke, cpu, gpu or auto (default)")
    one.add_argument("--save", action="store_true", help="keep each chapter's record as its reference record")
    one.add_argument("--out", type=Path, help="folder for the records instead of the package's own")
    one.add_argument("--commit", help="the commit that is being run, for the record")
    one.set_defaults(command=run)
    two = commands.add_parser("claims", help="print claims and the rules that judge them")
    two.add_argument("chapter", nargs="?", help="a slug; without it, the whole book")
    two.set_defaults(command=claims)
    return parser


if __name__ == "__main__":
    sys.exit(main())
