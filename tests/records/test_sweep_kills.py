"""Fifty times kill -9, in the middle of whatever a sweep was doing, and then the end of it.

Each run is a process group of its own, forked from a server that has imported everything, so that fifty of
them take seconds: the run, and two workers that it forks. The whole group is killed at a random moment: by the
clock, while it reads the folder or starts its workers; or some milliseconds after the first few new cells, while
it computes or writes.
"""

import os
import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from tests.records import works

from hdintuition.records.cell import decode
from hdintuition.records.sweep import sweep

KILLS = 50
CELLS = 600
SERVER = """
import os, sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from hdintuition.records.cell import optional
from hdintuition.records.sweep import sweep
from tests.records import works
optional("safetensors.torch"), optional("tqdm")
folder = sys.argv[1]
for line in sys.stdin:
    run = os.fork()
    if not run:
        os.setpgid(0, 0)
        os.environ["SWEEP_LOG"] = f"{folder}/log-{line.strip()}"
        with ProcessPoolExecutor(2, mp_context=get_context("fork")) as executor:
            sweep(works.bulky, {"i": range(CELLS)}, folder=f"{folder}/cells", code="1", executor=executor)
        os._exit(0)
    try:
        os.setpgid(run, run)  # whoever is first
    except OSError:
        pass
    print(run, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(run, 0)[1]), flush=True)
""".replace("CELLS", str(CELLS))


def cells_in(folder):
    """Name to inode and time of every finished cell."""
    stats = {path.name: path.stat() for path in folder.glob("*.safetensors")}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


def wait_a_while(moments, folder, cells):
    """Every third time by the clock, else until up to ten new cells are there, and a little longer."""
    if moments.random() < 1 / 3:
        time.sleep(moments.uniform(0, 0.05))
        return
    enough, give_up = cells + moments.randint(1, 10), time.monotonic() + 10
    while len(os.listdir(folder)) < enough and time.monotonic() < give_up:
        time.sleep(0.001)
    time.sleep(moments.uniform(0, 0.01))


@pytest.mark.slow
def test_fifty_kills_lose_nothing(tmp_path, root):
    whole = sweep(works.bulky, {"i": range(CELLS)}, folder=tmp_path / "undisturbed", code="1", workers=0)
    names = {decode(path.read_bytes()).metadata["settings"]: path.name
             for path in (tmp_path / "undisturbed").glob("*.safetensors")}  # fmt: skip
    moments = random.Random(20_221_124)
    folder = tmp_path / "cells"
    folder.mkdir()
    left_overs, progress = 0, []
    command = [sys.executable, "-c", SERVER, str(tmp_path)]
    with subprocess.Popen(
        command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:

        def start(number):
            server.stdin.write(f"{number}\n")
            server.stdin.flush()
            return int(server.stdout.readline())

        for number in range(KILLS):
            before = cells_in(folder)
            run = start(number)
            wait_a_while(moments, folder, len(before))
            os.killpg(run, signal.SIGKILL)
            assert int(server.stdout.readline()) == -signal.SIGKILL, "the run was to be killed, not to end"
            after = cells_in(folder)
            assert before.items() <= after.items(), "a finished cell is there for good, and not written again"
            log = tmp_path / f"log-{number}"
            ran = log.read_text().split() if log.exists() else []
            again = {names[f'{{"i":{i}}}'] for i in ran if i.isdigit() and int(i) < CELLS} & before.keys()
            assert not again, "a finished cell is not run again"
            left_overs += len(list(folder.glob(".*.part")))
            progress.append(len(after))
        assert 0 < progress[-1] < CELLS, "the kills were to fall into the sweep"
        start("last")
        assert int(server.stdout.readline()) == 0
        server.stdin.close()

    print(
        f"{KILLS} kills, {len(set(progress))} different states, {left_overs} left-overs, {progress[-1]} cells"
    )
    assert len(set(progress)) > KILLS // 2, "most kills were to fall among finished cells"
    assert cells_in(folder).items() >= after.items()
    assert {path.name for path in folder.iterdir()} == set(names.values()) | {".lock"}, "no left-overs"
    result = sweep(works.bulky, {"i": range(CELLS)}, folder=folder, code="1", workers=0)
    assert np.array_equal(result["x"].numpy(), whole["x"].numpy())
