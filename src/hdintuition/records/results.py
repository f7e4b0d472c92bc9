"""What a sweep gives back: a table of tensors, in the order of its grid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, overload

import torch
from torch import Tensor

from hdintuition.records.cell import Cell
from hdintuition.records.grid import Grid


@dataclass(frozen=True, eq=False, repr=False)
class Results:
    """The finished cells of a grid.

    ``results["loss"]`` is one tensor: the axes of the grid first, (len(widths), len(rates), …), or (cells, …)
    for a list of settings. ``results[i]`` is cell i, name to tensor, with the settings ``results.settings[i]``.

    Attributes:
        grid: Settings, axes and shape.
        cells: Values and metadata, in the order of the grid.
    """

    grid: Grid
    cells: tuple[Cell, ...]

    @property
    def settings(self) -> tuple[dict[str, Any], ...]:
        """One dict a cell, in the order of the grid."""
        return self.grid.settings

    @property
    def axes(self) -> dict[str, tuple[Any, ...]]:
        """Name to values of each axis, in order; empty for a list of settings."""
        return self.grid.axes

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the results, over all cells, sorted."""
        return tuple(sorted({name for cell in self.cells for name in cell.values}))

    @property
    def seconds(self) -> Tensor:
        """What each cell took where it was run, in seconds: float64, of the shape of the grid."""
        taken = [float(cell.metadata["seconds"]) for cell in self.cells]
        return torch.tensor(taken, dtype=torch.float64).reshape(self.grid.shape)

    def __len__(self) -> int:
        return len(self.cells)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        return (dict(cell.values) for cell in self.cells)

    @overload
    def __getitem__(self, which: int) -> dict[str, Tensor]: ...
    @overload
    def __getitem__(self, which: str) -> Tensor: ...
    def __getitem__(self, which: int | str) -> dict[str, Tensor] | Tensor:
        """Cell ``which``, or the result of that name over all cells.

        Raises:
            IndexError: If there is no such cell.
            KeyError: If a cell has no result of that name.
            ValueError: If its shape or dtype is not the same in all cells.
        """
        if isinstance(which, int):
            return dict(self.cells[which].values)
        parts = [self._value(place, which) for place in range(len(self))]
        for place, part in enumerate(parts):
            if (part.shape, part.dtype) != (parts[0].shape, parts[0].dtype):
                raise ValueError(
                    f"{which!r} cannot be stacked: {tuple(parts[0].shape)} {parts[0].dtype} for "
                    f"{self.settings[0]}, but {tuple(part.shape)} {part.dtype} for {self.settings[place]}. "
                    f"Take it cell by cell: results[i][{which!r}]"
                )
        return torch.stack(parts).reshape(*self.grid.shape, *parts[0].shape)

    def _value(self, place: int, name: str) -> Tensor:
        values = self.cells[place].values
        if name not in values:
            raise KeyError(f"the cell {self.settings[place]} has no {name!r}; it has {', '.join(values)}")
        return values[name]

    def __repr__(self) -> str:
        axes = " × ".join(f"{name} ({len(values)})" for name, values in self.axes.items())
        return f"Results({axes or f'{len(self)} cells'}: {', '.join(self.names)})"
