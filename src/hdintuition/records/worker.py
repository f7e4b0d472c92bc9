"""What happens where a cell is run: one torch thread, a seed of its own, and errors that travel as text.

Nothing but bytes and strings goes back. Tensors handed from process to process would share memory through
file descriptors, and an exception that cannot be unpickled would bring a whole pool down.
"""

from __future__ import annotations

import inspect
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

import torch

from hdintuition.records.cell import encode
from hdintuition.records.grid import canonical
from hdintuition.seeds import generator, seed_of

GRACE = 2.0  # seconds in which a worker without a master may still hand over a result
_RANDOMNESS: dict[str, Callable[..., Any]] = {"generator": generator, "seed": seed_of}


@dataclass(frozen=True)
class Failure:
    """An exception that ended a cell: in one line, and with its traceback."""

    line: str
    traceback: str


def failure(error: BaseException) -> Failure:
    """The failure that this exception is."""
    line = "".join(traceback.format_exception_only(error)).strip()
    return Failure(line, "".join(traceback.format_exception(error)))


def run_cell(
    work: Callable[..., Any], settings: Mapping[str, Any], seed: int, stamp: Mapping[str, str]
) -> bytes | Failure:
    """The bytes of a cell's file, or why there are none.

    Args:
        work: Called with the settings as keywords, and with ``generator`` and ``seed`` where it asks for them.
        settings: Of this cell.
        seed: The root seed of the sweep.
        stamp: Metadata for the file; the seconds that ``work`` took are added.
    """
    try:
        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        keywords = {**settings, **randomness(work, settings, seed)}
        start = time.perf_counter()
        values = work(**keywords)
        seconds = time.perf_counter() - start
        return encode(values, {**stamp, "seconds": f"{seconds:.6g}"})
    except (Exception, SystemExit) as error:
        return failure(error)


def asked_for(work: Callable[..., Any], settings: Mapping[str, Any]) -> list[str]:
    """Which of ``generator`` and ``seed`` are parameters of ``work`` and no settings."""
    parameters = inspect.signature(work).parameters
    return [name for name in _RANDOMNESS if name in parameters and name not in settings]


def randomness(work: Callable[..., Any], settings: Mapping[str, Any], root: int) -> dict[str, Any]:
    """The keywords that ``work`` has asked for.

    They follow from the settings and the root alone, whoever runs the cell, and when.
    """
    key = canonical(settings)
    return {name: _RANDOMNESS[name](key, root=root) for name in asked_for(work, settings)}


@contextmanager
def as_before() -> Iterator[None]:
    """Puts back this thread's number of torch threads and its way with denormal numbers."""
    threads, flushed = torch.get_num_threads(), _flushes_denormals()
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(flushed)


def _flushes_denormals() -> bool:
    return bool((torch.full((1,), 2e-308, dtype=torch.float64) * 0.5 == 0).item())


class Leash:
    """Ends a worker process once the run that started it has let go of the other end of a pipe.

    A run lets go when it is interrupted, and, whatever killed it, when it dies. A worker in the middle of a
    cell then ends at once. One that is handing over a result does so first: half a message in the pipe would
    make a master that is still there wait for ever for the rest.
    """

    def __init__(self, end: Connection) -> None:
        self._end = end
        self._gate = threading.Lock()
        self._computing = False
        threading.Thread(target=self._follow, daemon=True).start()

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Marks the time in which the process may be ended."""
        self._computing = True
        try:
            yield
        finally:
            with self._gate:
                self._computing = False

    def _follow(self) -> None:
        wait([self._end])  # nothing is ever sent: this is the end of the file
        until = time.monotonic() + GRACE
        while time.monotonic() < until:
            with self._gate:
                if self._computing:
                    os._exit(1)
            time.sleep(0.02)
        os._exit(1)


_leash: Leash | None = None  # a process has one master


def start_worker(end: Connection) -> None:
    """Prepares a fresh worker process: on its leash, and deaf to Ctrl-C, which is the master's to answer."""
    global _leash
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _leash = Leash(end)


def on_leash(function: Callable[..., Any], *arguments: Any) -> Any:
    """What ``function`` returns, computed in a process prepared by :func:`start_worker`."""
    if _leash is None:
        raise RuntimeError("on_leash is for processes that start_worker has prepared")
    with _leash.computing():
        return function(*arguments)
