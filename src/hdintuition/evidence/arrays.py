"""What goes into an Interval and what comes out of it: float64, checked, read-only, or plain JSON values."""

from __future__ import annotations

from typing import Any

import numpy as np


def as_float64(value: Any) -> np.ndarray:
    """A number, a sequence, an array or a tensor on any device as a float64 array."""
    if hasattr(value, "detach"):  # a torch tensor; this package does not import torch
        value = value.detach().cpu().double().numpy()
    return np.asarray(value, dtype=np.float64)


def frozen_float64(value: Any, name: str) -> Any:
    """A float64 scalar, or a read-only one-dimensional copy.

    Raises:
        ValueError: If it has two dimensions or more.
    """
    number = np.array(as_float64(value))
    if number.ndim > 1:
        raise ValueError(f"{name} is one number or a one-dimensional stack, got shape {number.shape}")
    number.flags.writeable = False
    return number[()]


def checked_note(note: Any, shape: tuple[int, ...]) -> str | tuple[str, ...]:
    """The note, or one note for each of a stack.

    Raises:
        ValueError: If it is neither a string nor one string for each estimate of a stack.
    """
    if isinstance(note, str):
        return note
    notes = tuple(note)
    if shape != (len(notes),) or not all(isinstance(one, str) for one in notes):
        raise ValueError(f"note is a string, or one for each of a stack; got {note!r} for shape {shape}")
    return notes


def check_order(estimate: Any, low: Any, high: Any) -> None:
    """Refuse values that make no interval.

    Raises:
        ValueError: If shapes differ, a value is NaN, or not low <= estimate <= high.
    """
    values = {"estimate": estimate, "low": low, "high": high}
    if len({np.shape(value) for value in values.values()}) > 1:
        shapes = ", ".join(f"{name} {np.shape(value)}" for name, value in values.items())
        raise ValueError(f"estimate, low and high have one shape, got {shapes}")
    for name, value in values.items():
        if np.any(np.isnan(value)):
            raise ValueError(f"{name} is NaN; report what went wrong instead of an interval: {value}")
    if not (np.all(low <= estimate) and np.all(estimate <= high)):
        raise ValueError(f"low <= estimate <= high, got low {low}, estimate {estimate}, high {high}")


def plain(value: Any) -> Any:
    """A float, or a list of them; JSON has no infinity, so ``"inf"`` and ``"-inf"`` stand for it."""
    if np.ndim(value):
        return [plain(one) for one in value]
    return float(value) if np.isfinite(value) else str(float(value))
