"""A claim folder of two claims, for tests that must not depend on the book's own."""

from __future__ import annotations

from pathlib import Path

PARTS = """
[[part]]
folder = "walls"
roman = "I"
title = "Walls"
[[part.chapter]]
slug = "doors"
title = "Doors"
claims = ["W1", "W2"]
"""
SOURCES = """
[essay]
author = "A. Author"
title = "An essay"
link = "https://example.org/essay"
date = "2020-10-18"
"""
CLAIMS = """
[W1]
quote = "walls are rare"
source = "essay"
context = "In short, walls are rare <here>. Doors are not."
pilot = "2 draws"
[W1.test.share]
reading = "literal"
says = "Fewer than 1 in 10."
passes = "< 0.1"
unit = "%"
[W1.test.theorem]
reading = "charitable"
says = "Always less than one."
proof = "eq-one"
[W1.test.instrument]
reading = "check"
says = "Ratio to the exact value."
passes = "in [0.5, 1.5]"

[W2]
quote = "Doors are not."
source = "essay"
context = "In short, walls are rare <here>. Doors are not."
[W2.test.many]
reading = "literal"
says = "More than half."
passes = "> 0.5"
[W2.test.seen]
reading = "report"
says = "How many were seen."
"""


def write(folder: Path) -> Path:
    """Write the three files under ``folder`` and return it."""
    (folder / "walls").mkdir(parents=True, exist_ok=True)
    (folder / "parts.toml").write_text(PARTS, encoding="utf-8")
    (folder / "sources.toml").write_text(SOURCES, encoding="utf-8")
    (folder / "walls" / "doors.toml").write_text(CLAIMS, encoding="utf-8")
    return folder
