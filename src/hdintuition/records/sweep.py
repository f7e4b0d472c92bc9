"""A function over a grid of settings: in parallel, kept cell by cell, and taken up again where it stopped.

Each finished cell is written at once, as one safetensors file, by the process that called :func:`sweep`; where
the cells are run is an executor's business, and the machines need not share a disk. Calling again reads what is
there and runs what is missing. A cell's seed follows from its settings, so the numbers depend neither on the
order, nor on the executor, nor on how often the sweep was interrupted.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, as_completed
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hdintuition.records.cell import Cell, Identity, decode, optional
from hdintuition.records.executors import check_executor, check_picklable, cpus, processes
from hdintuition.records.folder import occupied, read_cells
from hdintuition.records.grid import Grid, grid_of
from hdintuition.records.results import Results
from hdintuition.records.store import write_whole
from hdintuition.records.worker import Failure, as_before, asked_for, failure, run_cell

_MOST_NAMED = 5


class SweepError(RuntimeError):
    """A sweep that is not finished; the message says what is kept and what to do.

    Attributes:
        failures: The cells that failed: their settings, and what went wrong.
    """

    def __init__(self, message: str, failures: Sequence[tuple[dict[str, Any], Failure]] = ()) -> None:
        super().__init__(message)
        self.failures = tuple(failures)


def sweep(
    work: Callable[..., Mapping[str, Any]],
    over: Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Any]],
    *,
    folder: str | Path,
    code: str,
    seed: int = 0,
    workers: int | None = None,
    executor: Executor | None = None,
    progress: bool | None = None,
) -> Results:
    """The results of ``work(**settings)`` for every cell of a grid, as tensors with the grid's axes first.

    ``work`` is run with one torch thread and denormal numbers flushed to zero. If it has a parameter ``seed``
    or ``generator`` that is no setting, it is given the cell's own: an int of 63 bits, or a CPU generator, both
    made of the settings and the root seed. What is drawn from them is the same wherever the cell is run; what
    is drawn from a global generator is not.

    Args:
        work: A function at the top level of a module; it returns a dict of tensors, arrays and numbers.
        over: Axes, of which the product is taken, ``{"width": [16, 64], "repeat": range(8)}``; or a list of
            settings. Settings are None, bools, ints, floats, strings and tuples of these.
        folder: Where the cells are kept; one folder holds one sweep. A grid may grow, and only its new cells
            are run.
        code: A word that the caller changes when ``work`` does, so that old numbers are not taken for new.
        seed: The root of all cells' seeds, an integer ≥ 0.
        workers: How many processes; by default one for each core that this process may use. 0: none, the cells
            are run here, one after another.
        executor: Where to run instead: any ``concurrent.futures.Executor``. It is not shut down.
        progress: Whether to show a bar; by default if standard error is a terminal.

    Raises:
        ModuleNotFoundError: If safetensors or tqdm is missing (``pip install "hdintuition[sweep]"``).
        TypeError, ValueError: If an argument is none of the above, or ``work`` does not take the settings.
        RecordError: If a file in the folder is damaged or belongs to another sweep; nothing is run then.
        SweepError: If cells failed, after all others have been run and kept; or if a worker was killed.
    """
    grid = grid_of(over)
    identity = Identity(_name_of(work), code, seed)
    _check(work, grid, code=code, seed=seed, workers=workers, executor=executor)
    bar = optional("tqdm").tqdm
    optional("safetensors.torch")
    folder = Path(folder)
    with occupied(folder):
        cells = read_cells(folder, identity, grid.settings)
        run = _Run(work, grid, identity, folder, cells)
        disable = None if progress is None else not progress  # None: tqdm asks whether there is a terminal
        if len(cells) < len(grid.settings):
            with bar(total=len(grid.settings), initial=len(cells), disable=disable, unit="cell") as shown:
                run.through(executor, workers, shown)
    return Results(grid, tuple(cells[place] for place in range(len(grid.settings))))


@dataclass(frozen=True)
class _Run:
    """One go at the cells that are missing; ``cells`` fills up."""

    work: Callable[..., Mapping[str, Any]]
    grid: Grid
    identity: Identity
    folder: Path
    cells: dict[int, Cell]

    def through(self, executor: Executor | None, workers: int | None, bar: Any) -> None:
        """Run what is missing, keep each cell as it is finished, and say at the end what failed."""
        failures: dict[int, Failure] = {}
        broken: BrokenExecutor | None = None
        try:
            with _outcomes(executor, workers, self._tasks()) as outcomes:
                for place, outcome in outcomes:
                    if isinstance(outcome, bytes):
                        self._keep(place, outcome)
                        bar.update()
                    elif isinstance(outcome, BrokenExecutor):
                        broken = outcome
                    else:
                        failures[place] = outcome
                        bar.set_postfix(failed=len(failures))
        except BaseException as error:
            error.add_note(f"{self._kept()}; the same call goes on from there")
            raise
        self._report(dict(sorted(failures.items())), broken)

    def _tasks(self) -> dict[int, tuple[Any, ...]]:
        """The arguments of ``run_cell`` for every cell that is missing."""
        return {
            place: (self.work, settings, self.identity.seed, self.identity.stamp(settings))
            for place, settings in enumerate(self.grid.settings)
            if place not in self.cells
        }

    def _keep(self, place: int, data: bytes) -> None:
        cell = decode(data)
        write_whole(self.folder / self.identity.file_name(self.grid.settings[place]), data)
        self.cells[place] = cell

    def _kept(self) -> str:
        return f"{len(self.cells)} of {len(self.grid.settings)} cells are kept in {self.folder}"

    def _report(self, failures: dict[int, Failure], broken: BrokenExecutor | None) -> None:
        named = [(self.grid.settings[place], failed) for place, failed in failures.items()]
        lines = [f"  {settings}: {failed.line}" for settings, failed in named[:_MOST_NAMED]]
        if len(named) > _MOST_NAMED:
            lines.append(f"  … and {len(named) - _MOST_NAMED} more, in this error's .failures")
        if named:
            lines.append(f"The first one's traceback:\n{named[0][1].traceback}")
        if broken:
            message = (
                f"a worker process ended in the middle of a cell ({broken}) It was killed, perhaps for want of "
                f"memory, or crashed; or a script calls sweep outside of if __name__ == '__main__'. {self._kept()}; "
                "the same call goes on from there, perhaps with fewer workers"
            )
            raise SweepError("\n".join([message, *lines]), named) from broken
        if named:
            message = (
                f"{len(named)} cells failed; {self._kept()}. Mend the cause: the same call runs only these"
            )
            raise SweepError("\n".join([message, *lines]), named)


@contextmanager
def _outcomes(
    executor: Executor | None, workers: int | None, tasks: Mapping[int, tuple[Any, ...]]
) -> Iterator[Iterator[tuple[int, bytes | Failure | BrokenExecutor]]]:
    """Place and outcome of every task, as they come; what is not begun is called off if the block is left."""
    if executor is not None:
        with as_before(), closing(_from_executor(executor, tasks)) as outcomes:
            yield outcomes
    elif workers == 0:
        with as_before():
            yield ((place, run_cell(*task)) for place, task in tasks.items())
    else:
        count = min(workers or cpus(), len(tasks))
        with processes(count) as pool, closing(_from_executor(pool, tasks)) as outcomes:
            yield outcomes


def _from_executor(
    executor: Executor, tasks: Mapping[int, tuple[Any, ...]]
) -> Generator[tuple[int, bytes | Failure | BrokenExecutor], None, None]:
    futures: dict[Future[Any], int] = {}
    try:
        for place, task in tasks.items():
            try:
                futures[executor.submit(run_cell, *task)] = place
            except BrokenExecutor as error:  # as early as that; what was finished before can still be had
                yield place, error
                break
        for future in as_completed(list(futures)):
            yield futures.pop(future), _outcome(future)
    finally:
        for future in futures:
            future.cancel()


def _outcome(future: Future[Any]) -> Any:
    try:
        return future.result()
    except BrokenExecutor as error:
        return error
    except (Exception, CancelledError) as error:
        return failure(error)


def _name_of(work: object) -> str:
    if not inspect.isfunction(work) or "<" in work.__qualname__:
        raise TypeError(
            f"work must be a function at the top level of a module, got {work!r}: a sweep is known by its "
            "name, and other processes must be able to import it"
        )
    return f"{work.__module__}:{work.__qualname__}"


def _check(
    work: Callable[..., Any],
    grid: Grid,
    *,
    code: str,
    seed: int,
    workers: int | None,
    executor: Executor | None,
) -> None:
    if not isinstance(code, str) or not code:
        raise ValueError(f"code must be a word for the state of the code, such as '1'; got {code!r}")
    if not isinstance(seed, int) or seed < 0:
        raise ValueError(f"seed must be an integer >= 0, got {seed!r}")
    if workers is not None and (executor is not None or workers < 0):
        given = "an executor, too" if executor is not None else workers
        raise ValueError(f"workers must be a number of processes >= 0, without an executor; got {given}")
    for settings in grid.settings:
        try:
            inspect.signature(work).bind(**settings, **dict.fromkeys(asked_for(work, settings)))
        except TypeError as error:
            raise TypeError(
                f"{work.__qualname__} cannot be called with the settings {settings}: {error}"
            ) from None
    if executor is not None:
        check_executor(executor)
    elif workers != 0:
        check_picklable(work)
