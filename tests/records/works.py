"""Functions for sweeps to run; other processes import them from here."""

import os
import sys
import time
from pathlib import Path

import numpy as np
import torch


def draw(width, rate, generator, seed):
    """Everything that could depend on where it is run: a draw, a long sum, a small number."""
    x = torch.randn(width, 200, generator=generator)
    return {
        "mean": x.mean().item() * rate,
        "gram": x @ x.T,
        "trace": np.cumsum(x.numpy().astype(np.float32), axis=1)[0],
        "seed": seed,
        "threads": torch.get_num_threads(),
        "denormal": torch.full((), 2e-308, dtype=torch.float64) * 0.5,
        "odd": width % 2 == 1,
    }


def identity(i):
    return {"i": i}


def noted(i, folder):
    """Leaves a line about every call."""
    with open(Path(folder) / "calls", "a") as file:
        file.write(f"{i} {os.getpid()}\n")
    time.sleep(0.02)
    return {"i": i}


def calls(folder):
    """(i, process) of every call of `noted`."""
    path = Path(folder) / "calls"
    return [tuple(map(int, line.split())) for line in path.read_text().splitlines()] if path.exists() else []


class TwoPartError(Exception):
    """Pickles, but cannot be unpickled: this breaks a pool that sends it."""

    def __init__(self, one, two):
        super().__init__(f"{one} and {two}")


def fussy(i, folder):
    """Fails for 2 and 5 until the file `mended` is there."""
    noted(i, folder)
    if i in (2, 5) and not (Path(folder) / "mended").exists():
        raise TwoPartError("no", i)
    return {"i": i}


def gives_up(i):
    if i == 1:
        sys.exit("enough")
    return {"i": i}


def killed(i, folder):
    """The process of cell 3 is ended the hard way, as the system does when memory runs out."""
    noted(i, folder)
    if i == 3 and not (Path(folder) / "mended").exists():
        os._exit(137)
    return {"i": i}


def interrupted(i, folder):
    noted(i, folder)
    if i == 3 and not (Path(folder) / "mended").exists():
        raise KeyboardInterrupt
    return {"i": i}


def bulky(i, generator):
    """A cell of some milliseconds whose 32 kB take a moment to write."""
    x = torch.randn(4096, generator=generator, dtype=torch.float64)
    time.sleep(0.002)
    if log := os.environ.get("SWEEP_LOG"):
        with open(log, "a") as file:
            file.write(f"{i}\n")
    return {"x": x.sort().values}


def endless(i, folder):
    noted(i, folder)
    if i > 2:
        time.sleep(600)
    return {"x": np.zeros(1_000_000)}


def on_cuda(seed):
    device = torch.Generator(device="cuda").manual_seed(seed)
    x = torch.randn(64, 64, generator=device, device="cuda", dtype=torch.float64)
    return {"x": x, "product": x @ x}


def wrong(what):
    return {
        "none": None, "empty": {}, "text": {"a": "text"}, "number": {3: 1.0}, "objects": {"a": np.array([{}])},
        "sparse": {"a": torch.eye(2).to_sparse()}, "reserved": {"__metadata__": 1.0},
    }[what]  # fmt: skip
