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
    """Tests that need a CUDA device are skipped where there is none; what shares costly work stays together."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(company(item)))
    marked = [item for item in items if item.get_closest_marker("cuda")]
    if marked:
        import torch

        if not torch.cuda.is_available():
            for item in marked:
                item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))


def company(item: pytest.Item) -> str:
    """The name that a test shares with those to be run in the same process, where several share the work.

    All that looks at one chapter, or at one page, is together, for it is run or opened once; so are the tests
    around the small book in tests/book; else the tests of a file.
    """
    asked = getattr(item, "callspec", None)
    for name in ("slug", "address", "with_explorer", "with_guess"):
        if asked and name in asked.params:
            return f"{item.path.parent.name} {asked.params[name]}"
    inside = item.path.relative_to(ROOT).as_posix() if item.path.is_relative_to(ROOT) else str(item.path)
    return "tests/book" if inside.startswith("tests/book/") else inside


@pytest.fixture(autouse=True)
def no_open_figures() -> Iterator[None]:
    """A figure left open by one test would be drawn on, or warned about, in another."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")
