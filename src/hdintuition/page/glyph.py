"""Signs: the verdict disc (how much of the sentence is left standing) and the mark of a reading."""

from __future__ import annotations

from html import escape

_FULL = '<circle cx="10" cy="10" r="8.5" fill="currentColor"/>'
_RING = '<circle cx="10" cy="10" r="8" fill="none" stroke="currentColor" stroke-width="1.6"/>'
_STROKE = 'fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"'

_DISCS = {
    "Supported": _FULL,
    "Supported with limits": _RING + '<path d="M10 10V2A8 8 0 1 0 18 10Z" fill="currentColor"/>',
    "Holds as meant": _RING + '<path d="M10 2A8 8 0 0 0 10 18Z" fill="currentColor"/>',
    "Mixed": _RING + '<path d="M10 10H2A8 8 0 0 0 10 18Z" fill="currentColor"/>',
    "Contradicted": _RING + f'<path d="M6.6 6.6l6.8 6.8M13.4 6.6l-6.8 6.8" {_STROKE}/>',
    "Inconclusive": _RING + f'<path d="M5.6 11c1.5-2.6 3-2.6 4.4-1s2.9 1.6 4.4-1" {_STROKE}/>',
    "Not tested": (
        '<circle cx="10" cy="10" r="8" fill="none" stroke="currentColor" stroke-width="1.6" '
        'stroke-dasharray="2.2 2.6"/>'
    ),
}
_SIGNS = {
    "literal": '<path d="M2 2h8v8H2z" fill="currentColor"/>',
    "charitable": '<path d="M6 1.5l5 9H1z" fill="currentColor"/>',
    "counterexample": '<path d="M6 .5l5.5 5.5L6 11.5.5 6z" fill="currentColor"/>',
    "check": '<path d="M1.5 6.5l3 3 6-7" fill="none" stroke="currentColor" stroke-width="1.8"/>',
    "report": '<circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" stroke-width="1.6"/>',
}


def disc(word: str, *, label: str | None = None) -> str:
    """The 20 × 20 disc of a verdict as inline SVG.

    Args:
        word: One of the seven verdicts, as :class:`hdintuition.evidence.verdict.Word` spells them.
        label: An accessible name; without one the disc is decoration beside its word.

    Raises:
        ValueError: If the word is no verdict.
    """
    if str(word) not in _DISCS:
        raise ValueError(f"verdict must be one of {', '.join(_DISCS)}, got {str(word)!r}")
    return _svg("hd-disc", 20, _DISCS[str(word)], label)


def sign(reading: str) -> str:
    """The 12 × 12 sign of a reading: square, triangle, diamond, tick or ring; always beside its name."""
    if reading not in _SIGNS:
        raise ValueError(f"reading must be one of {', '.join(_SIGNS)}, got {reading!r}")
    return _svg(f"hd-sign hd-sign-{reading}", 12, _SIGNS[reading], None)


def _svg(classes: str, size: int, inner: str, label: str | None) -> str:
    name = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true" focusable="false"'
    box = f'viewBox="0 0 {size} {size}" width="{size}" height="{size}"'
    return f'<svg class="{classes}" {box} {name}>{inner}</svg>'
