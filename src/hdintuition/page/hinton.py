"""A matrix as squares: area for size, filled for plus and open for minus, so that it reads without colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hdintuition.page.marks import _array
from hdintuition.page.sheet import sheet_of
from hdintuition.page.style import role_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import ArrayLike


def hinton(ax: Axes, matrix: ArrayLike, *, largest: float = 1.0) -> None:
    """Draw a matrix, row 0 on top: one square for each number, its area in proportion to the number's size.

    Args:
        ax: Where to draw; entry (i, j) stands at x = j, y = i. Limits are left to the caller.
        matrix: The numbers, (rows, columns); positive ones are filled, negative ones open.
        largest: The size whose square just fills its place.

    Raises:
        ValueError: If it is no matrix, or has an entry that is not finite.
    """
    values = np.atleast_1d(_array(matrix))
    if values.ndim != 2 or values.size == 0 or not np.isfinite(values).all():
        raise ValueError(f"hinton draws a matrix of finite numbers, got one of shape {values.shape}")
    sheet = sheet_of(ax)
    target = sheet.target
    place = 0.88 * 72 * min(target.plot * target.height, 0.675 * target.width) / max(values.shape)  # points
    grid = np.indices(values.shape)
    rows, columns = grid[0], grid[1]
    for role, there in (("measured", values > 0), ("counter", values < 0)):
        style = role_of(role)
        side = place * np.sqrt(np.abs(values[there]) / largest)
        kept = side > 0.5  # points; a smaller one is not seen
        ax.scatter(
            columns[there][kept],
            rows[there][kept],
            s=np.square(side[kept]),
            marker="s",
            facecolors=style.mark if role == "measured" else "none",
            edgecolors=style.mark,
            linewidths=0.0 if role == "measured" else 0.8 * target.line,
        )
    sheet.note("entry", "measured", x=columns.ravel(), y=rows.ravel(), value=values.ravel())
