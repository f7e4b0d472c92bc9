"""hdintuition: claims about high-dimensional spaces and deep learning, measured and judged.

Everything a chapter needs is reachable as ``hdi.<name>``. Names are imported when they are first
used; the table below is also what the book reads to know which modules a chapter depends on.
"""

from __future__ import annotations

import importlib
from importlib.metadata import version
from typing import Any

WHERE = {
    "Chapter": "chapter",
    "Desk": "chapter",
    # evidence
    "Interval": "evidence.interval",
    "exact": "evidence.estimates",
    "mean": "evidence.estimates",
    "stack": "evidence.estimates",
    "wilson": "evidence.estimates",
    "frequency": "evidence.frequency",
    # page
    "band": "page.marks",
    "dots": "page.marks",
    "headline": "page.marks",
    "histogram": "page.marks",
    "line": "page.marks",
    "region": "page.marks",
    "spaghetti": "page.marks",
    "slider": "page.explorer",
    # mathematics
    "descend": "mathematics.descent",
    "gaussian_surfaces": "mathematics.landscapes",
    "goe": "mathematics.random_matrices",
    "is_positive_definite": "mathematics.random_matrices",
    "psd_probability": "mathematics.random_matrices",
    "semicircle": "mathematics.random_matrices",
    "semicircle_above": "mathematics.random_matrices",
    "separable_wells": "mathematics.landscapes",
    "gradient_descent": "mathematics.linear",
    "min_norm": "mathematics.linear",
    # networks
    "concat": "networks.ensemble",
    "mlp": "networks.ensemble",
    "mnist_pair": "networks.data",
    "train": "networks.training",
}

__version__ = version("hdintuition")
__all__ = sorted(WHERE)


def __getattr__(name: str) -> Any:
    if name not in WHERE:
        raise AttributeError(f"module 'hdintuition' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"hdintuition.{WHERE[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *WHERE])
