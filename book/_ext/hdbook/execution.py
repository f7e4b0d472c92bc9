"""Chapters are executed before Sphinx reads a page, side by side, and kept under a key of our own.

Sphinx reads serially and jupyter-cache looks at the code cells alone. So every page that is a notebook gets a
cache folder ``.jupyter_cache/<page>/<key>``, where the key covers all that its outputs depend on
(:mod:`hdbook.closure`), and myst-nb is pointed to that folder when it reads the page: it then finds the
executed notebook and starts no kernel. Editing prose or a rule therefore executes nothing.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import shutil
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import nbformat
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from myst_nb.core.read import is_myst_markdown_notebook, read_myst_markdown_notebook
from nbclient import NotebookClient
from sphinx.util import logging

from hdbook.closure import Library, difference, ingredients, key_of
from hdbook.failures import Failure, find_failure
from hdintuition.page.downloads import ASKED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hdbook.project import Project

logger = logging.getLogger(__name__)
KEPT = 4  # executed versions kept of a page: going back to an edit, or to another scale, executes nothing
CPU_WORKERS = 2  # one thread each; more would not fit the memory of a free CI machine


@dataclass
class Page:
    """A page that is a notebook, and where its executed version lies."""

    docname: str
    file: Path
    notebook: nbformat.NotebookNode
    parts: dict[str, str]
    home: Path
    reason: str = ""
    failure: Failure | None = None
    run: dict[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return key_of(self.parts)

    @property
    def folder(self) -> Path:
        """The cache folder that myst-nb is pointed to; a failed run is shown once and never found again."""
        return self.home / ("failed" if self.failure else self.key)

    def executed(self) -> nbformat.NotebookNode:
        """The executed notebook; the bare one, if nothing was executed."""
        files = list((self.folder / "executed").glob("*/base.ipynb"))
        return nbformat.read(files[0], as_version=4) if files else self.notebook


def find_pages(
    docnames: Iterable[str], source: Path, cache: Path, library: Library, project: Project
) -> list[Page]:
    """The pages among ``docnames`` that are notebooks, each with what its outputs depend on."""
    scale = current_scale()
    pages = []
    for docname in docnames:
        file = source / f"{docname}.md"
        text = file.read_text("utf8") if file.is_file() else ""
        if not is_myst_markdown_notebook(text):
            continue
        notebook = read_myst_markdown_notebook(text, add_source_map=True, path=file)
        if all(cell.cell_type != "code" for cell in notebook.cells):
            continue
        home = cache / docname.replace("/", "--")
        code = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
        cells = get_cache(home).create_hashed_notebook(notebook)[1]
        parts = ingredients(
            cells=cells, code=code, slug=docname, library=library, root=project.root, scale=scale
        )
        pages.append(Page(docname, file, notebook, parts, home))
    return pages


def current_scale() -> str:
    """The scale that the kernels will run at."""
    from hdintuition.scale import resolve  # late: it imports torch

    return resolve()


def bring_up_to_date(pages: list[Page], *, scale: str, timeout: int, in_temp: bool = False) -> None:
    """Execute the pages whose key is not in the cache; load the facts of the run of every page.

    A page that fails keeps its :class:`Failure`; nothing is raised, so that all failures are seen in one build.
    """
    stale, took = [], {}
    for page in pages:
        if (page.folder / "run.json").is_file():
            page.run = json.loads((page.folder / "run.json").read_text("utf8"))
            os.utime(page.folder)
        else:
            before = _run_before(page)
            page.reason, took[page.docname] = _reason(page, before), before.get("seconds", math.inf)
            stale.append(page)
    stale.sort(
        key=lambda page: -took[page.docname]
    )  # the longest first, so that none is waited for at the end
    workers = 1 if scale == "gpu" else min(CPU_WORKERS, os.cpu_count() or 1, max(len(stale), 1))
    logger.info(
        "hdbook: %d of %d chapters to execute, %d at a time, %s scale", len(stale), len(pages), workers, scale
    )
    if stale:
        _execute_all(stale, workers, scale, timeout, in_temp)


def _execute_all(stale: list[Page], workers: int, scale: str, timeout: int, in_temp: bool) -> None:
    environment = {**os.environ, ASKED: "1"}
    if scale != "gpu":
        environment.setdefault(
            "OMP_NUM_THREADS", "1"
        )  # always, so that sums do not depend on who runs beside
    pool = ThreadPoolExecutor(workers)
    clients: list[NotebookClient] = []
    try:
        jobs = {pool.submit(execute, page, environment, timeout, in_temp, clients): page for page in stale}
        for done, job in enumerate(as_completed(jobs), start=1):
            page, (notebook, seconds) = jobs[job], job.result()
            page.run = {
                "seconds": round(seconds, 2),
                "date": datetime.now(UTC).isoformat(timespec="seconds"),
                "scale": scale,
                "parts": page.parts,
            }
            store(page, notebook)
            outcome = f"FAILED in line {page.failure.line}" if page.failure else f"{seconds:.1f} s"
            logger.info(
                "hdbook: chapter %d of %d · %s · %s%s", done, len(stale), page.docname, outcome, page.reason
            )
    except (
        BaseException
    ):  # Ctrl-C above all: do not wait for a minute of computing that nobody wants any more
        for client in clients:
            kill(client)
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def execute(
    page: Page, environment: dict[str, str], timeout: int, in_temp: bool, clients: list[NotebookClient]
) -> tuple[nbformat.NotebookNode, float]:
    """Run the page's cells in a fresh kernel; the executed notebook and the seconds it took."""
    notebook = nbformat.from_dict(page.notebook)
    begun = [next(k for k, cell in enumerate(notebook.cells) if cell.cell_type == "code")]
    started = time.perf_counter()
    with TemporaryDirectory() as scratch:
        where = scratch if in_temp else str(page.file.parent)
        client = NotebookClient(
            notebook,
            timeout=timeout,
            resources={"metadata": {"path": where}},
            record_timing=False,
            extra_arguments=["--IPKernelApp.log_level=40"],  # no word on TCP on one's own machine
            on_cell_execute=lambda cell, cell_index: begun.append(cell_index),
        )
        clients.append(client)
        try:
            client.execute(env=environment)
        except Exception as error:  # a failing cell, a timeout, a kernel that died or cannot start
            page.failure = find_failure(notebook, page.file, error, begun[-1])
        finally:
            clients.remove(client)
    return notebook, time.perf_counter() - started


def store(page: Page, notebook: nbformat.NotebookNode) -> None:
    """Put the executed notebook where myst-nb will look for it, whole or not at all."""
    fresh = page.home / "new"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    cache = get_cache(fresh)
    seconds = {"execution_seconds": page.run["seconds"]}
    cache.cache_notebook_bundle(
        CacheBundleIn(notebook, str(page.file), data=seconds), check_validity=False, overwrite=True
    )
    cache.db.dispose()
    (fresh / "run.json").write_text(json.dumps(page.run), "utf8")
    shutil.rmtree(page.folder, ignore_errors=True)
    os.replace(fresh, page.folder)
    for old in sorted(page.home.iterdir(), key=lambda f: f.stat().st_mtime, reverse=True)[KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def kill(client: NotebookClient) -> None:
    """End the process of a running kernel at once."""
    process = getattr(getattr(client.km, "provisioner", None), "process", None)
    if process is not None:
        process.kill()


def point_to(config: Any, page: Page) -> Any:
    """myst-nb's settings with the cache folder of this page."""
    return dataclasses.replace(config, execution_mode="cache", execution_cache_path=str(page.folder))


def _run_before(page: Page) -> dict[str, Any]:
    """The facts of the page's last run under any key; empty if there was none."""
    runs = sorted(page.home.glob("*/run.json"), key=lambda file: file.stat().st_mtime)
    return json.loads(runs[-1].read_text("utf8")) if runs else {}


def _reason(page: Page, before: dict[str, Any]) -> str:
    """Why the page is executed again."""
    if not before:
        return ""
    changed = difference(before["parts"], page.parts)
    return f" · changed: {changed}" if changed else " · failed before"
