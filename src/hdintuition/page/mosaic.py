"""Equal squares in the colours of roles: which of many places are of which kind.

A picture of a few thousand squares is an image of as many pixels, which is a hundredth of the size of as many
drawn rectangles. Mark colours hold on light and dark paper, so that it needs no second version.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import to_rgba

from hdintuition.page.sheet import sheet_of
from hdintuition.page.style import role_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike

STRENGTH = {"muted": 0.45}  # context steps back


def mosaic(ax: Axes, kinds: ArrayLike, roles: Sequence[str]) -> None:
    """Draw a square for every entry of ``kinds``, one unit wide, the first row at the top.

    Args:
        ax: Where to draw; its limits are left to the caller.
        kinds: Whole numbers, shape (rows, columns): which role a square has; −1 draws nothing.
        roles: The names of the roles, at least one.

    Raises:
        ValueError: If ``kinds`` has another shape or names a role that is not given, or a role is unknown.
    """
    if hasattr(kinds, "detach"):
        kinds = kinds.detach().cpu()
    which = np.asarray(kinds)
    if which.ndim != 2 or not which.size or which.min() < -1 or which.max() >= len(roles):
        raise ValueError(
            f"kinds must have shape (rows, columns) with entries from −1 to {len(roles) - 1}, got shape {which.shape}"
            + (f" with {which.min()} to {which.max()}" if which.size else "")
        )
    colours = [to_rgba(role_of(name).mark, STRENGTH.get(name, 1.0)) for name in roles]
    palette = (255 * np.array([*colours, (0.0, 0.0, 0.0, 0.0)])).round().astype(np.uint8)
    rows, columns = which.shape
    ax.imshow(palette[which], extent=(0, columns, 0, rows), interpolation="none", aspect="equal", zorder=1)
    sheet = sheet_of(ax)
    sheet.roles.update(roles)
    for number, name in enumerate(roles):
        row, column = np.nonzero(which == number)
        sheet.note("square", name, row=row, column=column)
