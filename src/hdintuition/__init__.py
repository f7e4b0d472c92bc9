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
    "all_apart": "mathematics.packing_search",
    "balls_fit": "mathematics.packing",
    "bch_generator": "mathematics.codes",
    "code_weights": "mathematics.codes",
    "descend": "mathematics.descent",
    "fewest_balls": "mathematics.packing",
    "log10_most_balls": "mathematics.packing",
    "log_ball_volume": "mathematics.packing",
    "log_central_share": "mathematics.packing",
    "most_balls": "mathematics.packing",
    "repel": "mathematics.packing_search",
    "two_balls_threshold": "mathematics.packing",
    "gaussian_surfaces": "mathematics.landscapes",
    "goe_density": "mathematics.spectral_density",
    "flat_points": "mathematics.random_matrices",
    "goe": "mathematics.random_matrices",
    "is_positive_definite": "mathematics.random_matrices",
    "minima_share": "mathematics.psd_odds",
    "psd_probability": "mathematics.psd_odds",
    "semicircle": "mathematics.spectral_density",
    "semicircle_above": "mathematics.spectral_density",
    "separable_wells": "mathematics.landscapes",
    "uphill_share": "mathematics.spectral_density",
    "gradient_descent": "mathematics.linear",
    "gradient_flow": "mathematics.linear",
    "interpolators": "mathematics.linear",
    "min_norm": "mathematics.linear",
    "ridge": "mathematics.linear",
    # networks
    "concat": "networks.ensemble",
    "guess_and_check": "networks.guessing",
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
