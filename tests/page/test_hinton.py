"""Squares: area in proportion, sign by filling, the numbers among the figure's data."""

import numpy as np
import pytest
from matplotlib.figure import Figure

import hdintuition as hdi
from hdintuition.page.sheet import sheet_of


def test_area_sign_and_data():
    ax = Figure().add_subplot()
    hdi.hinton(ax, [[1.0, -0.5], [0.25, 0.0]])
    plus, minus = ax.collections
    np.testing.assert_allclose(plus.get_sizes()[1] / plus.get_sizes()[0], 0.25)
    np.testing.assert_allclose(minus.get_sizes() / plus.get_sizes()[0], 0.5)
    assert (plus.get_offsets() == [[0, 0], [0, 1]]).all()
    assert len(plus.get_facecolor()) == 1
    assert len(minus.get_facecolor()) == 0
    assert [row["value"] for row in sheet_of(ax).rows] == [1.0, -0.5, 0.25, 0.0]


@pytest.mark.parametrize("bad", [[1.0, 2.0], [[float("nan")]]])
def test_what_is_no_matrix_is_refused(bad):
    with pytest.raises(ValueError, match="matrix of finite numbers"):
        hdi.hinton(Figure().add_subplot(), bad)
