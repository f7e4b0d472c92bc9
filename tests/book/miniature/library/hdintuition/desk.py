"""What the cells of the miniature show."""

import json
from pathlib import Path

from hdintuition.page import shown

STAMP = {"scale": "smoke", "device": "cpu", "threads": 1, "seed": 0, "torch": "none"}
SVG = '<svg role="img" aria-label="{alt}" viewBox="0 0 10 10"><path d="M0 10L10 0"/></svg>'


def cards(slug):
    return shown.Shown({"kind": "claims", "slug": slug, "stamp": STAMP})


def figure(name, alt):
    drawn = SVG.format(alt=alt)
    bundle = {"kind": "figure", "id": name, "slug": "one/first", "name": name, "finding": "It rises."}
    return shown.Shown(
        bundle | {"caption": "A line.", "alt": alt, "svg": {"page": drawn, "narrow": drawn}, "data": []}
    )


def interval(value):
    return {"estimate": value, "low": value - 0.01, "high": value + 0.01, "note": "8 draws"}


def judge(slug, **claims):
    judged = {
        claim: {test: {"interval": interval(value), "rule": "as it was"} for test, value in tests.items()}
        for claim, tests in claims.items()
    }
    odds = {"estimate": [0.5, 0.25], "low": [0.4, 0.2], "high": [0.6, 0.3], "note": ""}
    kept = {"share": interval(0.5), "odds": odds, "n": {"value": [1, 2]}}
    record = {"schema": 1, "slug": slug, **STAMP, "version": "0.1.0", "kept": kept, "claims": judged}
    reference = Path(__file__).parent / "reference" / f"{slug}.json"
    if reference.is_file():
        record["reference"] = json.loads(reference.read_text())
    return shown.Shown({"kind": "verdicts", "record": record})
