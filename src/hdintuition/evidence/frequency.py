"""How often an event happens, counted over many random draws in blocks of a fixed size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hdintuition.evidence.estimates import wilson
from hdintuition.evidence.interval import Interval

BLOCK = {"cpu": 65_536, "cuda": 2**21}
"""Draws in a block, by device. Fixed, never by free memory: the blocks decide the random numbers."""


def frequency(event: Callable[..., Any], draws: int, *, generator: Any, **settings: Any) -> Interval:
    """The share of random draws in which ``event`` happens, with Wilson's 95 % interval.

    Args:
        event: ``event(n, generator, **settings)`` makes n draws and returns a one-dimensional boolean
            tensor: True where it happened. It may return fewer than n, if only draws that
            meet a condition count; the share is then of those.
        draws: How many draws to make, at least 1.
        generator: A ``torch.Generator``; its device decides the size of the blocks.
        settings: Passed on to the event.

    The counts stay on the device; one number is brought back at the end.

    Raises:
        ValueError: If draws < 1, the event returns anything but booleans, one a draw at most, or no
            draw met the condition.
    """
    if isinstance(draws, bool) or draws != int(draws) or draws < 1:
        raise ValueError(f"draws is a whole number of at least 1, got {draws!r}")
    block = BLOCK.get(getattr(getattr(generator, "device", None), "type", "cpu"), BLOCK["cpu"])
    happened: Any = 0
    counted = 0
    for start in range(0, int(draws), block):
        size = min(block, int(draws) - start)
        flags = event(size, generator, **settings)
        counted += _length(flags, size, event)
        happened = happened + flags.sum()
    if not counted:
        raise ValueError(f"none of {draws} draws met the condition of {_name(event)}; make more draws")
    return wilson(int(happened), counted)


def _length(flags: Any, size: int, event: Callable[..., Any]) -> int:
    shape, dtype = tuple(getattr(flags, "shape", ())), str(getattr(flags, "dtype", type(flags).__name__))
    if len(shape) != 1 or shape[0] > size or not dtype.endswith("bool"):
        raise ValueError(
            f"{_name(event)} was asked for {size} draws and must return at most that many booleans "
            f"in one dimension, got {dtype} of shape {shape}"
        )
    return int(shape[0])


def _name(event: Callable[..., Any]) -> str:
    return getattr(event, "__name__", repr(event))
