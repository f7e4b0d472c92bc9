"""Where cells are run: processes of our own, one torch thread each, or any executor that is handed in.

On Linux the processes are forked from a server that has imported torch once and started no thread: a worker
is there in milliseconds. Elsewhere each is started afresh. They end with the run that started them, however it
ends (:class:`~hdintuition.records.worker.Leash`).
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any

from hdintuition.records.worker import on_leash, start_worker

_THREADS = "OMP_NUM_THREADS MKL_NUM_THREADS OPENBLAS_NUM_THREADS VECLIB_MAXIMUM_THREADS".split()
_SERVED = ["hdintuition.records.worker"]  # what the server imports: with it comes torch


def cpus() -> int:
    """How many cores this process may use (``os.process_cpu_count``, which Python has since 3.13)."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def check_executor(executor: object) -> None:
    """Let through an executor.

    Raises:
        TypeError: If it is none; the message says what to pass instead.
    """
    if isinstance(executor, Executor):
        return
    kind = f"{type(executor).__module__}.{type(executor).__qualname__}"
    hint = "a ProcessPoolExecutor, a ThreadPoolExecutor or a dask Client's get_executor()"
    if hasattr(executor, "get_executor"):
        hint = "client.get_executor()"
    elif kind.startswith("submitit."):
        hint = "a dask cluster on the same queue (dask_jobqueue): submitit's jobs are no futures"
    raise TypeError(f"executor must be a concurrent.futures.Executor, got a {kind}; pass {hint}")


def check_picklable(work: Callable[..., Any]) -> None:
    """Let through a function that processes of our own can import.

    Raises:
        ValueError: If it lives in a notebook or a string of code, where no other process finds it.
    """
    main = sys.modules["__main__"]
    try:
        pickle.dumps(work)
        findable = work.__module__ != "__main__" or hasattr(main, "__file__")
    except (pickle.PicklingError, AttributeError):
        findable = False
    if not findable:
        raise ValueError(
            f"other processes cannot import {work.__module__}:{work.__qualname__}. Put it into a module, a .py "
            "file beside the notebook, and import it from there; or pass workers=0 to run in this process"
        )


@contextmanager
def processes(count: int) -> Iterator[Executor]:
    """A pool of ``count`` processes, gone when the block is left; at once, if it is left by an exception."""
    context: Any = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
    if sys.platform == "linux":
        context.set_forkserver_preload(_SERVED)
    end, leash = context.Pipe(duplex=False)
    pool = _Leashed(count, mp_context=context, initializer=start_worker, initargs=(end,))
    try:
        with _environment(dict.fromkeys(_THREADS, "1")):
            yield pool
    except BaseException:
        leash.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        leash.close()
        end.close()


class _Leashed(ProcessPoolExecutor):
    """A pool whose workers know when they are in the middle of a task."""

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Future[Any]:  # type: ignore[override]
        return super().submit(on_leash, fn, *args)


@contextmanager
def _environment(entries: Mapping[str, str]) -> Iterator[None]:
    """Environment variables for the processes started meanwhile: numerical libraries read them as they load."""
    before = {name: os.environ.get(name) for name in entries}
    os.environ.update(entries)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
