"""A run's kept numbers as one plain table."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from hdintuition.evidence.interval import Interval
from hdintuition.evidence.numbers import significant

if TYPE_CHECKING:
    from collections.abc import Mapping


def kept_table(kept: Mapping[str, Any]) -> str:
    """What ``Chapter.keep`` shows: a column for every name, a row for every entry of the stacks.

    Args:
        kept: Names to interval records or ``{"value": …}``, as a record holds them.
    """
    columns = {name: _column(value) for name, value in kept.items()}
    length = max((len(column) for column in columns.values()), default=0)
    head = "".join(f"<th scope=col>{escape(name.replace('_', ' '))}</th>" for name in columns)
    rows = []
    for k in range(length):
        cells = "".join(f"<td>{column[k] if k < len(column) else ''}</td>" for column in columns.values())
        rows.append(f"<tr>{cells}</tr>")
    name = escape(f"Measured: {', '.join(kept)}".replace("_", " "))
    return (
        f'<div class="hd-scroll" tabindex="0" role="region" aria-label="{name}">'
        f'<table class="hd-kept"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>'
    )


def kept_text(kept: Mapping[str, Any]) -> str:
    """The same as lines of text."""
    return "\n".join(
        f"{name}: {'; '.join(_plain(v) for v in _values(value))}" for name, value in kept.items()
    )


def _values(value: Mapping[str, Any]) -> list[Any]:
    if "value" in value:
        plain = value["value"]
        return plain if isinstance(plain, list) else [plain]
    interval = Interval.of_json(dict(value))
    return list(interval) if interval.is_stack else [interval]


def _column(value: Mapping[str, Any]) -> list[str]:
    return [v._repr_html_() if isinstance(v, Interval) else escape(_plain(v)) for v in _values(value)]


def _plain(value: Any) -> str:
    return significant(float(value), 6) if isinstance(value, (int, float)) else str(value)
