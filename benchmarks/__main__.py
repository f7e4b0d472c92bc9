"""``python -m benchmarks [topic ...]``: measure, print a table, and keep the results in one file if asked to."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import re
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

import benchmarks
from benchmarks.environment import environment, slug
from benchmarks.harness import Contest, measure, reason
from benchmarks.report import outcome_counts, result_line, title
from hdintuition.records.store import write_whole

SCALES = ("smoke", "cpu", "gpu")
NO_TOPICS = {"__main__", "environment", "harness", "report"}


def topics() -> list[str]:
    """Every module of this folder that is not part of the machinery."""
    found = pkgutil.iter_modules(benchmarks.__path__)
    return sorted(one.name for one in found if not one.ispkg and one.name not in NO_TOPICS)


def main(arguments: list[str] | None = None) -> int:
    """0 if every topic ran; 1 if one broke, our own code failed, or a peer's results disagree with ours.

    A peer that is not installed, a bar that is missed and a comparison that is lost are results, not failures.
    """
    asked = _parser().parse_args(arguments)
    scale = asked.scale or ("gpu" if torch.cuda.is_available() else "cpu")
    if scale == "gpu" and not torch.cuda.is_available():
        print("--scale gpu needs a CUDA device, and torch finds none; choose smoke or cpu", file=sys.stderr)
        return 2
    if scale != "gpu":
        os.environ["JAX_PLATFORMS"] = "cpu"  # read when JAX is first imported, by a topic
    where, started = environment(scale), time.perf_counter()
    print(title(where), flush=True)
    results = [line for topic in asked.topics or topics() for line in run_topic(topic, scale, asked)]
    print(f"\n{outcome_counts(results)} Took {time.perf_counter() - started:.0f} s.")
    if asked.out is not None:
        file = asked.out / f"{slug(where)}.jsonl" if asked.out.is_dir() else asked.out
        shared = {
            "scale": scale,
            "device": where["device"],
            "date": where["date"],
            "environment": where["digest"],
        }
        write_whole(file, "".join(_json(one) for one in [where, *(one | shared for one in results)]))
        print(f"Results: {file}")
    return 1 if any(is_wrong(one) for one in results) else 0


def run_topic(topic: str, scale: str, asked: argparse.Namespace) -> list[dict[str, Any]]:
    """The results of one topic, printed as they come; a topic that breaks is one line that says so."""
    print(f"\n{topic.replace('_', ' ')}", flush=True)
    results = []
    try:
        for contest in importlib.import_module(f"benchmarks.{topic}").contests(scale):
            chosen = only(contest, asked.only)
            if scale == "smoke":  # what was asked for is asked at full size
                chosen = replace(chosen, must={}, goal={})
            if chosen.peers:
                print(f"  {contest.work}", flush=True)
                found = [_named(topic, one) for one in measure(chosen, rounds=asked.rounds)]
                print("\n".join(map(result_line, found)), flush=True)
                results += found
    except Exception as error:
        broken = {
            "work": "the whole topic",
            "peer": "",
            "ratio": None,
            "failed": f"the topic broke: {reason(error)}",
        }
        results.append(_named(topic, broken))
        print(result_line(results[-1]), flush=True)
    return results


def only(contest: Contest, pattern: re.Pattern[str] | None) -> Contest:
    """The contest with the peers that the pattern matches, or with all of them if it matches the work."""
    if pattern is None or pattern.search(contest.work):
        return contest
    return replace(
        contest, peers={name: call for name, call in contest.peers.items() if pattern.search(name)}
    )


def is_wrong(result: dict[str, Any]) -> bool:
    """True for what must not happen, as opposed to what may: a peer that is not there, or is faster."""
    return bool(
        re.match(r"our own code failed|the results (disagree|cannot)|the topic broke", result["failed"] or "")
    )


def _named(topic: str, result: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "result", "topic": topic, **result}


def _json(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.split(":", 1)[1].strip()
    )
    parser.add_argument(
        "topics", nargs="*", metavar="topic", help=f"one or more of {', '.join(topics())}; default: all"
    )
    parser.add_argument(
        "--scale", choices=SCALES, help="how large; by default gpu where CUDA is there, else cpu"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help="write the results there; a folder: <device>.jsonl in it"
    )
    parser.add_argument(
        "--only", type=re.compile, metavar="REGEX", help="only work or peers whose name it matches"
    )
    parser.add_argument(
        "--rounds", type=_positive, metavar="N", help="timed rounds instead of each contest's own"
    )
    return parser


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"at least one round, got {number}")
    return number


if __name__ == "__main__":
    sys.exit(main())
