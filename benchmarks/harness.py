"""Two ways of doing the same work, timed in turn in one process.

A machine's speed drifts by a factor of two or three within minutes, so seconds of different moments cannot be
compared. Here ours and every peer run once a round, one after the other, and each round gives one ratio for each
peer: its time over ours. Reported are the median of these ratios, their quartiles and both ends. For k rounds whose
ratios are independent, both ends enclose the ratio's true median except once in 2^(k-1) times.

Before the first round everyone runs once untimed: caches fill, compilers compile, and the results are compared.
A peer whose result disagrees gets no ratio; one that is not installed, or fails, is reported with its reason.
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

torch.set_num_threads(1)


@dataclass(frozen=True)
class Cost:
    """What a call cost, where that is not the time it took: seconds to 1 % error, or a floor computed from bytes."""

    seconds: float
    value: Any = None


@dataclass(frozen=True)
class Contest:
    """One piece of work, our way of doing it, and the ways it is compared with.

    Attributes:
        work: What is done, with its sizes.
        ours: Does it once and returns the result (or a :class:`Cost`).
        peers: Name to a callable that does the same work. A name that ends in "floor" is no rival but a bound: only
            the part of the work that nobody can leave out.
        same: Given our result and a peer's, says how near they are; raises AssertionError where they disagree.
        must: Peer to the ratio, their time over ours, that was asked for in advance; below 1 for a floor.
        goal: Likewise, what was hoped for.
        rounds: How many timed rounds.
    """

    work: str
    ours: Callable[[], Any]
    peers: Mapping[str, Callable[[], Any]]
    same: Callable[[Any, Any], str]
    must: Mapping[str, float] = field(default_factory=dict)
    goal: Mapping[str, float] = field(default_factory=dict)
    rounds: int = 7


@dataclass
class Entry:
    """One contestant: its first result, its times, or why it has none."""

    call: Callable[[], Any]
    value: Any = None
    failed: str | None = None
    seconds: list[float] = field(default_factory=list)
    cores: list[float] = field(default_factory=list)  # processor seconds for each second on the clock

    def run(self, *, timed: bool = True) -> None:
        """Once more, unless it has failed before."""
        if self.failed is not None:
            return
        try:
            cost, cores = clocked(self.call)
        except Exception as error:  # whatever a library throws is an outcome to report
            self.failed = reason(error)
        else:
            if timed:
                self.seconds.append(cost.seconds)
                self.cores.append(cores)
            else:
                self.value = cost.value


def offered(build: Callable[..., Callable[[], Any]], *args: Any, **options: Any) -> Callable[[], Any]:
    """The callable that ``build`` makes, or, where building fails, one that fails for the same reason.

    So a peer that is not installed is a line of the results, and its imports stay outside the timing.
    """
    try:
        return build(*args, **options)
    except Exception as error:
        caught = error

        def fail() -> None:
            raise caught

        return fail


def measure(contest: Contest, *, rounds: int | None = None) -> list[dict[str, Any]]:
    """One result for each peer, in their order: JSON-able, without topic and environment.

    Args:
        contest: What to measure.
        rounds: How many timed rounds instead of the contest's own number.
    """
    load = round(os.getloadavg()[0], 2)
    ours = Entry(contest.ours)
    peers = {name: Entry(call) for name, call in contest.peers.items()}
    ours.run(timed=False)
    said = {name: compared(contest, ours, peer) for name, peer in peers.items()}
    ours.value = None
    everyone = [ours, *peers.values()]
    for number in range(contest.rounds if rounds is None else rounds):
        gc.collect()
        for entry in everyone if number % 2 == 0 else reversed(everyone):
            entry.run()
    return [
        {"work": contest.work, "peer": name, "same": said[name], **ratios(ours, peer)}
        | {"must": contest.must.get(name), "goal": contest.goal.get(name), "load": load}
        for name, peer in peers.items()
    ]


def compared(contest: Contest, ours: Entry, peer: Entry) -> str:
    """Run a peer untimed and say how its result compares with ours; a peer that disagrees has failed."""
    peer.run(timed=False)
    said = ""
    if ours.failed is None and peer.failed is None:
        try:
            said = contest.same(ours.value, peer.value)
        except AssertionError as error:
            peer.failed = f"the results disagree: {reason(error).removeprefix('AssertionError: ')}"
        except Exception as error:
            peer.failed = f"the results cannot be compared: {reason(error)}"
    peer.value = None  # nobody's result may crowd the memory while others are timed
    return said


def ratios(ours: Entry, peer: Entry) -> dict[str, Any]:
    """Median, quartiles and both ends of the rounds' ratios; without them, why there are none."""
    failed = f"our own code failed: {ours.failed}" if ours.failed else peer.failed
    if failed or not ours.seconds:
        return {"ratio": None, "failed": failed or "no round was asked for"}
    each = [theirs / own for theirs, own in zip(peer.seconds, ours.seconds, strict=True)]
    quartiles = statistics.quantiles(each, n=4, method="inclusive") if len(each) > 1 else [each[0]] * 3
    return {
        "ratio": _short(statistics.median(each)),
        "low": _short(min(each)),
        "high": _short(max(each)),
        "quartiles": [_short(quartiles[0]), _short(quartiles[2])],
        "rounds": len(each),
        "ours_seconds": _short(statistics.median(ours.seconds)),
        "their_seconds": _short(statistics.median(peer.seconds)),
        "cores": [round(statistics.median(entry.cores), 2) for entry in (ours, peer)],
        "failed": None,
    }


def clocked(call: Callable[[], Any]) -> tuple[Cost, float]:
    """What one call cost, and how many cores it kept busy; the garbage collector waits meanwhile."""
    gc.disable()
    try:
        settle(None)
        processor, start = time.process_time(), time.perf_counter()
        value = call()
        settle(value)
        seconds = time.perf_counter() - start
        cores = (time.process_time() - processor) / max(seconds, 1e-9)
    finally:
        gc.enable()
    return value if isinstance(value, Cost) else Cost(seconds, value), cores


def fastest(calls: list[Callable[[], Any]]) -> Callable[[], Any]:
    """The call with the shortest of three times, after one run of each to warm up."""
    for call in calls:
        call()
    return min(calls, key=lambda call: min(clocked(call)[0].seconds for _ in range(3)))


def settle(value: Any) -> None:
    """Wait for what is still being computed: CUDA and JAX hand results out before they have them."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        torch.cuda.synchronize()
    jax = sys.modules.get("jax")
    if jax is not None and value is not None:
        jax.block_until_ready(value)


def device_for(scale: str) -> torch.device:
    """Where the contests of a scale run: CUDA at gpu, else the CPU."""
    return torch.device("cuda" if scale == "gpu" else "cpu")


def reason(error: BaseException) -> str:
    """An error in one line of at most 300 characters."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words}"[:300] if words else type(error).__name__


def _short(value: float) -> float:
    """Four significant digits: more than any timing has."""
    return float(f"{value:.4g}")
