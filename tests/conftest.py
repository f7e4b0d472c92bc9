"""What every test shares: one torch thread, the checkout's folder and a seeded generator."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

# Before torch is imported: its thread pool is made once. One thread makes sums, and so results, repeatable.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "agg")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Two cores may be shared with other work, and the sum of a reduction depends on how it was split."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the checkout."""
    return ROOT


@pytest.fixture
def generator():
    """A CPU generator with a fixed seed, fresh for every test."""
    import torch

    return torch.Generator().manual_seed(20_221_124)


@pytest.fixture(autouse=True)
def no_open_figures() -> Iterator[None]:
    """A figure left open by one test would be drawn on, or warned about, in another."""
    yield
    import sys

    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
