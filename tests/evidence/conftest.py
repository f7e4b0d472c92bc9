"""A small folder of claim files, whole and valid, for the loader's tests to read and to spoil."""

import pytest

PARTS = """\
[[part]]
folder = "walls"
roman = "I"
title = "Walls"

[[part.chapter]]
slug = "odds-of-walls"
title = "How likely is a wall"
claims = ["W2", "W6"]

[[part]]
folder = "queue"
roman = "II"
title = "The queue"

[[part.chapter]]
slug = "direction"
title = "Which way"
claims = ["Q7"]

[[part.chapter]]
slug = "later"
title = "Not yet written"
claims = ["Q8b"]
"""
SOURCES = """\
[essay]
author = "A. Writer"
title = "Why"
link = "https://example.org/why"
date = 2020-10-18

[thread]
author = "B. Reader"
title = "Why not"
link = "https://example.org/not"
date = "May 2022"
"""
WALLS = """\
# Rules first.
[W2]
quote = "you can walk through walls"
source = "essay"
context = "In 4 dimensions,\\n you can  walk through walls."
pilot = "8 draws"

[W2.test.walled_in]
reading = "literal"
says = "Fewer than 1 in 100."
passes = "< 0.01"
unit = "%"

[W2.test.coins]
reading = "charitable"
says = "Less than four coins."
proof = "eq-p4"

[W2.test.noise]
reading = "counterexample"
says = "Pure noise."
passes = "> 0.1"

[W2.test.agrees]
reading = "check"
says = "Share over the exact value."
passes = "in [0.9, 1.1]"
pilot = "2 draws"

[W2.test.seen]
reading = "report"
says = "How many."

[W6]
quote = "screw off"
source = "thread"
context = "all telling you to screw off and stop"
pointer = "A matter of taste."
"""
PLAIN = """\
[{}]
quote = "downhill"
source = "essay"
context = "all the way downhill"
"""


@pytest.fixture
def root(tmp_path):
    (tmp_path / "walls").mkdir()
    (tmp_path / "queue").mkdir()
    (tmp_path / "parts.toml").write_text(PARTS, encoding="utf-8")
    (tmp_path / "sources.toml").write_text(SOURCES, encoding="utf-8")
    (tmp_path / "walls/odds-of-walls.toml").write_text(WALLS, encoding="utf-8")
    (tmp_path / "queue/direction.toml").write_text(PLAIN.format("Q7"), encoding="utf-8")
    (tmp_path / "queue/later.toml").write_text(PLAIN.format("Q8b"), encoding="utf-8")
    return tmp_path
