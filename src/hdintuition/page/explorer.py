"""Explorers: a grid of frames behind one or two native sliders.

All frames are drawn when the cell runs, so the page needs no kernel. The first frame stands without script
and in print; a few lines of script switch frames. With a kernel, :meth:`Explorer.live` redraws instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from itertools import product
from typing import TYPE_CHECKING, Any

from hdintuition.page.figure import check_name, explorer_targets, figure_id, frames
from hdintuition.page.mime import Shown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes

    from hdintuition.page.words import Words

MOST_FRAMES = 40


@dataclass(frozen=True)
class Slider:
    """Positions of one native slider; ``values[start]`` is where it stands at first."""

    values: tuple[Any, ...]
    label: str
    texts: tuple[str, ...]
    start: int


def slider(values: Sequence[Any], label: str = "", format: str = "{}", *, start: Any | None = None) -> Slider:
    """A slider for ``Chapter.explorer``.

    Args:
        values: At least two distinct values, in their order along the slider. Numbers that neither only rise nor
            only fall are sorted, so that the starting one may stand first.
        label: What stands beside the slider; by default the setting's name.
        format: How a value is shown and read aloud, e.g. ``"{} directions"``.
        start: The value to start at; by default the first one given.

    Raises:
        ValueError: If there are fewer than two values, one occurs twice, or the start is none of them.

    >>> slider([3, 1, 2]).values, slider(["few", "all"], start="all").start
    ((1, 2, 3), 1)
    """
    given = list(values)
    if len(given) < 2 or len(set(given)) < len(given):
        raise ValueError(f"a slider needs at least two distinct values, got {given}")
    start = given[0] if start is None else start
    if start not in given:
        raise ValueError(f"a slider starts at one of its values, {given}, got start={start!r}")
    words = any(isinstance(value, str) for value in given)
    keeps = words or given in (sorted(given), sorted(given, reverse=True))
    ordered = given if keeps else sorted(given)
    texts = tuple(
        format.format(v).replace("-", "\N{MINUS SIGN}", 1 if str(v).startswith("-") else 0) for v in ordered
    )
    return Slider(tuple(ordered), label, texts, ordered.index(start))


class Explorer(Shown):
    """An explorer as a cell shows it; ``live()`` gives one that recomputes."""

    def __init__(self, bundle: dict[str, Any], draw: Callable[..., str], sliders: dict[str, Slider]) -> None:
        super().__init__(bundle)
        self._draw, self._sliders = draw, sliders

    def draw_first(self, ax: Axes) -> str:
        """Draw the frame that is shown first."""
        return self._draw(ax, **{name: s.values[s.start] for name, s in self._sliders.items()})

    def live(self) -> Any:
        """An ipywidgets box whose sliders call ``draw`` again (needs a running kernel)."""
        import ipywidgets as widgets

        page, _ = explorer_targets()
        picture = widgets.HTML()
        controls = {
            name: widgets.SelectionSlider(
                options=list(zip(s.texts, s.values, strict=True)),
                value=s.values[s.start],
                description=s.label or name,
                continuous_update=False,
                style={"description_width": "initial"},
            )
            for name, s in self._sliders.items()
        }

        def redraw(_: object = None) -> None:
            setting = {name: control.value for name, control in controls.items()}
            drawn = frames([partial(self._draw, **setting)], page, name=self.bundle["name"], prefix="live")
            picture.value = drawn[0][1]

        for control in controls.values():
            control.observe(redraw, names="value")
        redraw()
        return widgets.VBox([*controls.values(), picture])


def explorer(
    slug: str,
    name: str,
    draw: Callable[..., str],
    words: Words,
    *,
    settings: dict[str, Slider | Sequence[Any]],
    shortened: bool = False,
) -> Explorer:
    """Draw all frames of an explorer.

    Args:
        slug: The chapter.
        name: The explorer's name within the chapter.
        draw: ``draw(ax, **setting)`` draws one frame and returns its alt text.
        words: What is said of it.
        settings: One or two settings, each a list of values or a :func:`slider`.
        shortened: Two positions a slider at most in the first setting, one in the second: smoke scale.

    Raises:
        ValueError: If there are no settings or more than two, more than 40 frames, or draw returns no text.
    """
    check_name(name)
    sliders = {key: value if isinstance(value, Slider) else slider(value) for key, value in settings.items()}
    if not 1 <= len(sliders) <= 2:
        raise ValueError(f"an explorer has one or two sliders, got {len(sliders)}: {', '.join(sliders)}")
    if shortened:
        sliders = {key: _shorten(s, 2 if k == 0 else 1) for k, (key, s) in enumerate(sliders.items())}
    grid = list(product(*(s.values for s in sliders.values())))
    if len(grid) > MOST_FRAMES:
        raise ValueError(f"explorer {name!r} has {len(grid)} frames; allowed: at most {MOST_FRAMES}")
    draws = [partial(draw, **dict(zip(sliders, point, strict=True))) for point in grid]
    identity = figure_id(slug, name)
    drawn = {target.name: frames(draws, target, name=name, prefix=identity) for target in explorer_targets()}
    bundle = {
        "kind": "explorer",
        "id": identity,
        "slug": slug,
        "name": name,
        **words.json(),
        "sliders": [
            {"name": key, "label": s.label or key, "texts": list(s.texts), "start": s.start}
            for key, s in sliders.items()
        ],
        "frames": [
            {"alt": page[0], "svg": {"page": page[1], "narrow": narrow[1]}}
            for page, narrow in zip(drawn["page"], drawn["narrow"], strict=True)
        ],
        "data": _rows([page[2].rows for page in drawn["page"]], list(sliders), grid),
    }
    return Explorer(bundle, draw, sliders)


def _rows(
    frames: list[list[dict[str, Any]]], names: list[str], grid: list[tuple[Any, ...]]
) -> list[dict[str, Any]]:
    """What all frames drew, each row with its setting; a series alike in all frames comes once, without one."""
    series = [_by_series(rows) for rows in frames]
    alike = {
        key
        for key, rows in series[0].items()
        if len(series) > 1 and all(one.get(key) == rows for one in series)
    }
    own = [
        dict(zip(names, point, strict=True)) | row
        for one, point in zip(series, grid, strict=True)
        for key, rows in one.items()
        if key not in alike
        for row in rows
    ]
    return own + [row for key in series[0] if key in alike for row in series[0][key]]


def _by_series(rows: list[dict[str, Any]]) -> dict[tuple[str, str], list[dict[str, Any]]]:
    found: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault((row["series"], row["role"]), []).append(row)
    return found


def _shorten(s: Slider, most: int) -> Slider:
    """The first ``most`` positions, the starting one always among them."""
    others = [k for k in range(len(s.values)) if k != s.start]
    keep = sorted([s.start, *others][:most])
    return Slider(
        tuple(s.values[k] for k in keep), s.label, tuple(s.texts[k] for k in keep), keep.index(s.start)
    )
