"""The cells of a sweep: the product of named settings, or a list of them written out.

A cell *is* its settings. Their canonical JSON names its file and seeds its randomness, so settings are plain
values: what JSON can hold, and no two cells alike.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Grid:
    """Cells in order.

    Attributes:
        settings: One dict a cell; for a product, the last axis runs fastest.
        axes: Name to values of every axis of a product; empty for a list of cells.
        shape: Lengths of the axes; for a list, the number of cells.
    """

    settings: tuple[dict[str, Any], ...]
    axes: dict[str, tuple[Any, ...]]
    shape: tuple[int, ...]


def grid_of(over: Mapping[str, Iterable[Any]] | Sequence[Mapping[str, Any]]) -> Grid:
    """The grid of a product, ``{"width": [16, 64], "rate": [0.1, 0.3]}``, or of a list of settings.

    NumPy's numbers become Python's, and lists become tuples, so that no cell can change another's.

    Raises:
        TypeError: If a setting is no plain value, or an axis no list of them.
        ValueError: If there is no cell, a number is not finite, or two cells are the same.

    >>> grid_of({"width": [16, 64], "rate": [0.1, 0.3]}).settings[1]
    {'width': 16, 'rate': 0.3}
    """
    if isinstance(over, Mapping):
        axes = {name: _axis(name, values) for name, values in over.items()}
        cells = [dict(zip(axes, values, strict=True)) for values in product(*axes.values())]
        shape = tuple(map(len, axes.values()))
    elif isinstance(over, Sequence) and all(isinstance(cell, Mapping) for cell in over):
        axes = {}
        cells = [{name: _plain(name, value) for name, value in cell.items()} for cell in over]
        shape = (len(cells),)
    else:
        raise TypeError(
            "a grid is a dict of axes, {'width': [16, 64]}, or a list of settings, [{'width': 16}, …]; "
            f"got {type(over).__name__}"
        )
    _refuse_twins(cells)
    return Grid(tuple(cells), axes, shape)


def canonical(settings: Mapping[str, Any]) -> str:
    """The one JSON text of these settings: names sorted, no spaces, numbers as Python prints them.

    >>> canonical({"width": 16, "rate": 0.1})
    '{"rate":0.1,"width":16}'
    """
    return json.dumps(settings, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _axis(name: str, values: Iterable[Any]) -> tuple[Any, ...]:
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise TypeError(f"axis {name!r} must be a list of values, such as [{values!r}]; got {values!r}")
    axis = tuple(_plain(name, value) for value in values)
    if not axis:
        raise ValueError(f"axis {name!r} has no values, so there is nothing to run")
    return axis


def _plain(name: str, value: Any) -> Any:
    """The value as None, a bool, int, float, str or a tuple of these."""
    if not isinstance(name, str):
        raise TypeError(f"the name of a setting must be a string, got {name!r}")
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"setting {name!r} must be finite, got {value}; leave it to work what None means")
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, (list, tuple)):
        return tuple(_plain(name, part) for part in value)
    raise TypeError(
        f"setting {name!r} must be None, a bool, int, float or str, or a list or tuple of these; got {value!r} "
        f"({type(value).__name__}). Pass a name or a number, and let work make the object"
    )


def _refuse_twins(cells: list[dict[str, Any]]) -> None:
    if not cells:
        raise ValueError("the list of settings is empty, so there is nothing to run")
    seen: set[str] = set()
    for cell in cells:
        text = canonical(cell)
        if text in seen:
            raise ValueError(
                f"the same settings stand in the grid twice: {cell}. For repeats, add an axis 'seed'"
            )
        seen.add(text)
