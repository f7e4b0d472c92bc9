"""The same numbers wherever cells are run; workers that die, fail or are interrupted; and none left behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import psutil
import pytest
import torch
from distributed import Client, LocalCluster
from tests.records import works

from hdintuition.records.executors import check_executor, cpus, processes
from hdintuition.records.sweep import SweepError, sweep

GRID = {"width": [2, 3, 40], "rate": [0.1, 0.2]}


@pytest.fixture(scope="module")
def serial(tmp_path_factory):
    return sweep(works.draw, GRID, folder=tmp_path_factory.mktemp("serial"), code="1", workers=0)


@pytest.fixture(scope="module")
def client():
    """A scheduler and two worker processes, as dask starts them on one machine."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


def same(results, expected):
    """Bit for bit, in the order of the grid, and with one thread everywhere."""
    assert results.settings == expected.settings
    assert results.names == expected.names
    for cell, wanted in zip(results, expected, strict=True):
        for name in expected.names:
            assert cell[name].dtype == wanted[name].dtype
            assert cell[name].shape == wanted[name].shape
            assert cell[name].numpy().tobytes() == wanted[name].numpy().tobytes(), name


@pytest.mark.parametrize("workers", [None, 1])
def test_processes(tmp_path, serial, workers):
    same(sweep(works.draw, GRID, folder=tmp_path, code="1", workers=workers), serial)


@pytest.mark.parametrize(
    "make", [lambda: ThreadPoolExecutor(3), lambda: ProcessPoolExecutor(2, mp_context=get_context("fork"))]
)
def test_executors_of_the_standard_library(tmp_path, serial, make):
    with make() as executor:
        same(sweep(works.draw, GRID, folder=tmp_path, code="1", executor=executor), serial)
        assert executor.submit(abs, -1).result() == 1, "it is the caller's, and not shut down"


@pytest.mark.slow
def test_dask_on_two_workers(tmp_path, serial, client):
    executor = client.get_executor()
    same(sweep(works.draw, GRID, folder=tmp_path / "cells", code="1", executor=executor), serial)
    over = {"i": range(12), "folder": [str(tmp_path)]}
    results = sweep(works.noted, over, folder=tmp_path / "noted", code="1", executor=executor)
    assert results["i"].flatten().tolist() == list(range(12))
    workers = set(client.run(os.getpid).values())
    assert len(workers) == 2
    assert {process for _, process in works.calls(tmp_path)} == workers, "both were at work, and nobody else"


@pytest.mark.slow
def test_dask_failures(tmp_path, client):
    over = {"i": range(8), "folder": [str(tmp_path)]}
    with pytest.raises(SweepError, match="2 cells failed; 6 of 8 cells are kept") as caught:
        sweep(works.fussy, over, folder=tmp_path / "cells", code="1", executor=client.get_executor())
    assert 'raise TwoPartError("no", i)' in str(caught.value)


def test_order_of_completion_does_not_matter(tmp_path, serial):
    class Backwards(Executor):
        """Does nothing until all is submitted, then the last first."""

        def __init__(self):
            self.waiting = []

        def submit(self, fn, /, *args):
            self.waiting.append((Future(), fn, args))
            if len(self.waiting) == 6:
                for future, task, given in reversed(self.waiting):
                    future.set_result(task(*given))
            return self.waiting[-1][0]

    same(sweep(works.draw, GRID, folder=tmp_path, code="1", executor=Backwards()), serial)


def test_what_is_no_executor_is_refused(tmp_path):
    submitit = type("AutoExecutor", (), {"__module__": "submitit.auto.auto"})
    client = type("Client", (), {"get_executor": None})
    for thing, message in [
        (submitit(), "got a submitit.auto.auto.AutoExecutor; pass a dask cluster on the same queue"),
        (client(), r"pass client.get_executor\(\)"),
        (map, "pass a ProcessPoolExecutor"),
    ]:
        with pytest.raises(TypeError, match=message):
            sweep(works.identity, {"i": [1]}, folder=tmp_path / "cells", code="1", executor=thing)
    assert not (tmp_path / "cells").exists()


def test_processes_by_default_are_as_many_as_cores_allowed():
    if hasattr(os, "sched_getaffinity"):
        before = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(before)})
        try:
            assert cpus() == 1
        finally:
            os.sched_setaffinity(0, before)
    assert 1 <= cpus() <= os.cpu_count()


def test_our_processes_leave_ctrl_c_to_the_run_and_take_one_thread():
    with processes(1) as pool:
        assert pool.submit(signal.getsignal, signal.SIGINT).result() == signal.SIG_IGN
        assert pool.submit(os.getenv, "OPENBLAS_NUM_THREADS").result() == "1"


def test_a_subclass_is_an_executor():
    with ThreadPoolExecutor(1) as executor:
        check_executor(executor)


# ------------------------------------------------------------------------------------ what goes wrong


def test_failing_cells_in_processes(tmp_path):
    over = {"i": range(8), "folder": [str(tmp_path)]}
    with pytest.raises(SweepError, match="2 cells failed; 6 of 8 cells are kept") as caught:
        sweep(works.fussy, over, folder=tmp_path / "cells", code="1", workers=2)
    assert 'raise TwoPartError("no", i)' in str(caught.value)


def test_a_killed_worker_is_reported_and_the_sweep_goes_on_from_there(tmp_path):
    over = {"i": range(8), "folder": [str(tmp_path)]}
    with pytest.raises(SweepError, match=r"perhaps for want of memory.*of 8 cells are kept.*fewer workers"):
        sweep(works.killed, over, folder=tmp_path / "cells", code="1", workers=1)
    kept = len(list((tmp_path / "cells").glob("*.safetensors")))
    assert kept == 3
    (tmp_path / "mended").touch()
    (tmp_path / "calls").unlink()
    sweep(works.killed, over, folder=tmp_path / "cells", code="1", workers=2)
    assert sorted(i for i, _ in works.calls(tmp_path)) == [3, 4, 5, 6, 7]


def test_a_pool_that_is_broken_already(tmp_path):
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as executor:
        assert executor.submit(os._exit, 1).exception()
        with pytest.raises(SweepError, match="0 of 2 cells are kept"):
            sweep(works.identity, {"i": range(2)}, folder=tmp_path, code="1", executor=executor)


def test_what_is_not_begun_is_called_off(tmp_path, monkeypatch):
    """A run that ends early leaves nothing in somebody else's executor but what was begun."""
    over = {"i": range(40), "folder": [str(tmp_path)]}

    def full(*_):
        raise OSError("full")

    with ThreadPoolExecutor(1) as executor:
        monkeypatch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="full"):
            sweep(works.noted, over, folder=tmp_path / "cells", code="1", executor=executor)
    assert len(works.calls(tmp_path)) < 10


def test_a_function_that_others_cannot_import(tmp_path):
    code = textwrap.dedent(
        """
        import sys
        from hdintuition.records.sweep import sweep
        def work(i): return {"i": i}
        print(sweep(work, {"i": [1]}, folder=sys.argv[1], code="1", workers=0)["i"].tolist())
        sweep(work, {"i": [1, 2]}, folder=sys.argv[1], code="1")
        """
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True)
    assert done.stdout == "[1]\n"
    assert "other processes cannot import __main__:work. Put it into a module" in done.stderr


RUN = """
import sys
from hdintuition.records.sweep import sweep
from tests.records import works
over = {"i": range(8), "folder": [sys.argv[1]]}
sweep(works.endless, over, folder=sys.argv[1] + "/cells", code="1", workers=2)
"""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_processes_end_with_the_run(tmp_path, root, end):
    """Ctrl-C, which reaches all of them, or kill -9 of the run alone: workers in a long cell are soon gone."""
    arguments = [sys.executable, "-c", RUN, str(tmp_path)]
    options = {"cwd": root, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    with subprocess.Popen(arguments, **options) as run:
        while not (len(works.calls(tmp_path)) == 5 and len(list(tmp_path.glob("cells/*.safetensors"))) == 3):
            assert run.poll() is None, run.stderr.read()
            time.sleep(0.02)
        children = psutil.Process(run.pid).children(recursive=True)
        os.killpg(run.pid, end) if end == signal.SIGINT else run.kill()
        error = run.communicate(timeout=10)[1]
    assert run.returncode == -end
    if end == signal.SIGINT:
        assert "3 of 8 cells are kept" in error
    gone, alive = psutil.wait_procs(children, timeout=10)
    assert len(gone) >= 3, "a server and two workers"
    assert not alive
    assert len(list((tmp_path / "cells").glob("*.safetensors"))) == 3


@pytest.mark.cuda
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_tensors_come_home(tmp_path):
    here = sweep(works.on_cuda, {"seed": [1, 2]}, folder=tmp_path / "a", code="1", workers=0)
    there = sweep(works.on_cuda, {"seed": [1, 2]}, folder=tmp_path / "b", code="1", workers=1)
    same(there, here)
    assert here["x"].device.type == "cpu"
    torch.testing.assert_close(here["product"], here["x"] @ here["x"])
