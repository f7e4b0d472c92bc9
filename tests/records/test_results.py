"""The table of results: the grid's axes first, and nothing stacked that does not fit."""

import dataclasses

import pytest
import torch

from hdintuition.records.cell import Cell
from hdintuition.records.grid import grid_of
from hdintuition.records.results import Results


def results(over, value):
    grid = grid_of(over)
    cells = [Cell({"v": value(**s), "one": torch.tensor(1.0)}, {"seconds": "0.5"}) for s in grid.settings]
    return Results(grid, tuple(cells))


@pytest.fixture
def table():
    return results({"a": [1, 2], "b": [3, 4, 5]}, lambda a, b: torch.tensor([a, b]))


def test_axes_of_the_grid_come_first(table):
    assert table["v"].shape == (2, 3, 2)
    assert table["one"].shape == (2, 3)
    for i, a in enumerate(table.axes["a"]):
        for j, b in enumerate(table.axes["b"]):
            assert table["v"][i, j].tolist() == [a, b]


def test_a_list_has_one_axis():
    table = results([{"a": 1}, {"a": 3}, {"a": 2}], lambda a: torch.tensor(a))
    assert table["v"].tolist() == [1, 3, 2]


def test_cells_and_settings_go_together(table):
    assert len(table) == len(table.settings) == 6
    for settings, values in zip(table.settings, table, strict=True):
        assert values["v"].tolist() == list(settings.values())
    assert table[4]["v"].tolist() == [2, 4]
    assert table.names == ("one", "v")
    assert table.seconds.tolist() == [[0.5] * 3] * 2
    assert repr(table) == "Results(a (2) × b (3): one, v)"


def test_frozen(table):
    with pytest.raises(dataclasses.FrozenInstanceError):
        table.cells = ()
    table[0]["v"] = None
    assert table[0]["v"].tolist() == [1, 3]


def test_what_does_not_fit_is_named():
    table = results({"a": [1, 2]}, lambda a: torch.zeros(a))
    with pytest.raises(
        ValueError, match=r"'v' cannot be stacked: \(1,\) .* \{'a': 1\}, but \(2,\) .* \{'a': 2\}"
    ):
        table["v"]
    with pytest.raises(ValueError, match=r"float32 for .*int64 for"):
        results({"a": [1.0, 2]}, lambda a: torch.tensor(a))["v"]
    with pytest.raises(KeyError, match="has no 'w'; it has v, one"):
        table["w"]
    with pytest.raises(IndexError):
        table[2]
