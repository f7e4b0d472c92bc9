"""Tiles: as many pixels as squares, in the roles' colours, and refusals that say what is allowed."""

import base64
import io
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.image import imread

import hdintuition as hdi
from hdintuition.page.figure import figure_bundle
from hdintuition.page.style import ROLES
from hdintuition.page.words import Words


def bundle_of(kinds, roles):
    def draw(ax):
        hdi.mosaic(ax, kinds, roles)
        return "Squares."

    return figure_bundle("spaces/squares", "squares", draw, Words("Squares."))


@pytest.mark.parametrize("target", ["page", "narrow"])
def test_one_pixel_a_square_in_the_colours_of_the_roles(target):
    svg = bundle_of([[0, 1, -1], [1, 1, 0]], ["measured", "counter"])["svg"][target]
    ET.fromstring(svg)
    found = re.search(r'href="data:image/png;base64,([^"]+)"', svg)
    pixels = imread(io.BytesIO(base64.b64decode(found[1])), format="png")
    assert pixels.shape == (2, 3, 4)
    assert pixels[0, 2, 3] == 0
    for place, role in (((0, 0), "measured"), ((0, 1), "counter"), ((1, 2), "measured")):
        assert np.allclose(pixels[place][:3], to_rgb(ROLES[role].mark), atol=1 / 255)
        assert pixels[place][3] == 1


@pytest.mark.parametrize("kinds", [[0, 1], [[0, 2]], [[-2, 0]], np.empty((0, 3))])
def test_other_shapes_and_kinds_are_refused(kinds):
    with pytest.raises(ValueError, match="entries from −1 to 1, got shape"):
        bundle_of(kinds, ["measured", "muted"])


def test_an_unknown_role_is_refused():
    with pytest.raises(ValueError, match="role must be one of"):
        bundle_of([[0]], ["blue"])
