"""Cells in order, as plain values, and none of them twice."""

import numpy as np
import pytest

from hdintuition.records.grid import canonical, grid_of


def test_the_last_axis_runs_fastest():
    grid = grid_of({"a": [1, 2], "b": "x y z".split()})
    assert grid.shape == (2, 3)
    assert [tuple(cell.values()) for cell in grid.settings] == [(a, b) for a in (1, 2) for b in "xyz"]
    assert grid.axes == {"a": (1, 2), "b": ("x", "y", "z")}


def test_a_list_is_taken_as_it_stands():
    grid = grid_of([{"a": 1}, {"a": 1, "b": [2, [3]]}])
    assert grid.shape == (2,)
    assert grid.axes == {}
    assert grid.settings == ({"a": 1}, {"a": 1, "b": (2, (3,))})


def test_numbers_of_numpy_become_pythons():
    grid = grid_of({"a": np.linspace(0, 1, 3), "b": np.arange(2), "c": [np.bool_(True)]})
    assert {type(value) for cell in grid.settings for value in cell.values()} == {float, int, bool}
    assert canonical(grid.settings[1]) == '{"a":0.0,"b":1,"c":true}'


def test_canonical_text_forgets_the_order_of_names_only():
    assert canonical({"a": 1, "b": (1, "ü")}) == canonical({"b": [1, "ü"], "a": 1})
    assert len({canonical({"a": value}) for value in (1, 1.0, True, "1", None, (1,))}) == 6


@pytest.mark.parametrize(
    ("over", "message"),
    [
        ({"a": 3}, "axis 'a' must be a list of values, such as"),
        ({"a": "adam"}, r"such as \['adam'\]"),
        ({"a": []}, "axis 'a' has no values"),
        ([], "the list of settings is empty"),
        ("grid", "a grid is a dict of axes"),
        ([1], "a grid is a dict of axes"),
        ({"a": [1, 2, 1]}, "twice: {'a': 1}"),
        ([{"a": (1,)}, {"a": [1]}], "stand in the grid twice"),
        ({"a": [float("nan")]}, "'a' must be finite, got nan"),
        ({"a": [object]}, "'a' must be None, a bool, int"),
        ({"a": [{"b": 1}]}, "'a' must be None, a bool, int"),
        ([{3: 1}], "must be a string, got 3"),
    ],
)
def test_refused(over, message):
    with pytest.raises((TypeError, ValueError), match=message):
        grid_of(over)
