"""What every test shares: one torch thread, the checkout's folder and a seeded generator."""

import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# Read by torch when it is imported, and handed on to every process that a test starts. One thread: two cores
# may be shared with other work, and the sum of a reduction depends on how it was split.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("MPLBACKEND", "agg")

# A shell starts what runs in the background with Ctrl-C ignored, and children inherit that: a test that
# interrupts a run would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the checkout."""
    return ROOT


@pytest.fixture
def generator():
    """A CPU generator with a fixed seed, fresh for every test."""
    import torch

    return torch.Generator().manual_seed(20_221_124)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that need a CUDA device are skipped where there is none."""
    marked = [item for item in items if item.get_closest_marker("cuda")]
    if marked:
        import torch

        if not torch.cuda.is_available():
            for item in marked:
                item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


@pytest.fixture(autouse=True)
def no_open_figures() -> Iterator[None]:
    """A figure left open by one test would be drawn on, or warned about, in another."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
