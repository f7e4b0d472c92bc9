"""What the cells of the miniature show."""

import json
from base64 import b64encode
from pathlib import Path

from hdintuition.page import shown

STAMP = {"scale": "smoke", "device": "cpu", "threads": 1, "seed": 0, "torch": "none"}
SVG = '<svg role="img" aria-label="{alt}" viewBox="0 0 10 10"><path d="M0 10L10 0"/></svg>'

PDF = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 960 540]>> endobj
xref
0 4
0000000000 65535 f\x20
0000000009 00000 n\x20
0000000056 00000 n\x20
0000000111 00000 n\x20
trailer <</Root 1 0 R /Size 4>>
startxref
180
%%EOF
"""


def cards(slug):
    return shown.Shown({"kind": "claims", "slug": slug, "stamp": STAMP})


def figure(slug, name, alt, claims, say="It rises by one."):
    drawn = SVG.format(alt=alt)
    identity = f"{slug.rpartition('/')[2]}-{name}"
    words = {"finding": "It rises.", "caption": "A line.", "say": say, "do_not_say": "“It always rises.”"}
    rows = [{"series": "line", "role": "ink", "x": x, "y": x} for x in (0.0, 0.25)]
    endings = (".svg", ".pdf", "-slide-white.png", "-slide-black.png", "-card-light.svg", "-card-dark.svg")
    files = {f"{identity}{ending}": b64encode(drawn.encode()).decode() for ending in endings}
    files[f"{identity}-slide.pdf"] = b64encode(PDF).decode()
    bundle = {"kind": "figure", "id": identity, "slug": slug, "name": name, **words, "claims": claims}
    return shown.Shown(
        bundle | {"alt": alt, "svg": {"page": drawn, "narrow": drawn}, "data": rows, "files": files}
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
