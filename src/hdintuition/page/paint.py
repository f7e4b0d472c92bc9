"""The stand-in colours of a drawing, exchanged for those of white or black paper."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import to_rgba, to_rgba_array
from matplotlib.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from matplotlib.figure import Figure

_KINDS = ("color", "edgecolor", "facecolor", "markeredgecolor", "markerfacecolor")


class Paint:
    """Every place of a finished figure where a stand-in colour stands; found once, painted as often as wanted.

    Args:
        figure: Drawn inside ``with styled(target)`` and finished: ticks must be there.
        stand_ins: The colours to look for.
    """

    def __init__(self, figure: Figure, stand_ins: Mapping[str, str]) -> None:
        self._keys = {to_rgba(colour)[:3]: colour for colour in stand_ins}
        self._places = list(self._find(figure))

    def apply(self, palette: Mapping[str, str]) -> None:
        """Give every place the colour that ``palette`` has for its stand-in; transparency stays."""
        for put, colours, stand_ins in self._places:
            painted = colours.copy()
            for row, stand_in in stand_ins.items():
                painted[row, :3] = to_rgba(palette[stand_in])[:3]
            put(painted if len(painted) > 1 else tuple(painted[0]))

    def _find(self, figure: Figure) -> Iterator[tuple[Callable[..., Any], np.ndarray, dict[int, str]]]:
        for artist in figure.findobj():
            ground = artist.get_bbox_patch() if isinstance(artist, Text) else None
            for part in (artist, getattr(artist, "arrow_patch", None), ground):
                for kind in _KINDS if part is not None else ():
                    get, put = getattr(part, f"get_{kind}", None), getattr(part, f"set_{kind}", None)
                    if get is None or put is None:
                        continue
                    colours = to_rgba_array(get())
                    found = {k: self._keys.get(tuple(colour[:3])) for k, colour in enumerate(colours)}
                    there = {k: colour for k, colour in found.items() if colour is not None}
                    if there:
                        yield put, colours, there
