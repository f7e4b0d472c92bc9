"""Draws .github/picture.svg, the README's picture: one quote, its exact odds, and where its rule was set.

    python .github/picture.py

Only exact values are drawn, so that the file is the same on every machine; a test compares it. Fonts are the
reader's own, and the reader's colour scheme picks ink and paper.
"""

import math
from html import escape
from pathlib import Path

import hdintuition as hdi
from hdintuition.evidence.claims import load, sources

FILE = Path(__file__).with_name("picture.svg")
WIDTH, HEIGHT = 880, 400
LEFT, RIGHT, TOP, BOTTOM = 70, 620, 118, 352  # the plot box
DIRECTIONS = range(1, 9)
LOWEST = -9  # exponent at the foot of the axis

STYLE = """
  text { font: 15px 'Source Sans 3', 'Segoe UI', Helvetica, Arial, sans-serif; fill: #1b1f24 }
  .quote { font: 25px 'Source Serif 4', Georgia, 'Times New Roman', serif }
  .soft { fill: #4a515b } .strong { font-weight: 600 }
  .ink { stroke: #1b1f24; fill: none } .axis { stroke: #858b94; fill: none } .bar { fill: #1b1f24 }
  .dot { fill: #1b1f24 } .zone { fill: #858b94; opacity: .16 }
  @media (prefers-color-scheme: dark) {
    text, .bar, .dot { fill: #e8eaed } .soft { fill: #b4bac3 } .ink { stroke: #e8eaed }
  }"""


def x(n: float) -> str:
    return f"{LEFT + (n - 1) / (max(DIRECTIONS) - 1) * (RIGHT - LEFT):.1f}"


def y(probability: float) -> str:
    return f"{TOP + math.log10(probability) / LOWEST * (BOTTOM - TOP):.1f}"


def text(at_x: float | str, at_y: float | str, words: str, kind: str = "", *, anchor: str = "start") -> str:
    where = f'x="{at_x}" y="{at_y}" text-anchor="{anchor}"'
    return f'<text class="{kind}" {where}>{escape(words, quote=False)}</text>'


def curve(values: list[float]) -> str:
    points = " ".join(f"{x(n)},{y(p)}" for n, p in zip(DIRECTIONS, values, strict=True))
    return f'<polyline class="ink" stroke-width="2" points="{points}"/>'


def axes() -> list[str]:
    lines = [f'<path class="axis" d="M{LEFT - 14} {TOP - 6}V{BOTTOM + 8}H{RIGHT + 10}"/>']
    powers = {0: "1", -3: "10⁻³", -6: "10⁻⁶", -9: "10⁻⁹"}
    lines += [
        text(LEFT - 22, float(y(10.0**e)) + 5, name, "soft", anchor="end") for e, name in powers.items()
    ]
    lines += [text(x(n), BOTTOM + 27, str(n), "soft", anchor="middle") for n in DIRECTIONS]
    lines.append(text(RIGHT + 22, BOTTOM + 27, "directions", "soft"))
    return lines


def odds(share: float) -> str:
    return f"1 in {1 / share:.0f}"


def picture() -> str:
    """The picture as SVG."""
    claim = load("walls/odds-of-walls")["W2"]
    rule = claim.tests["flat_point"].rule.high
    curves = {
        "pure noise": [1 / (n + 1) for n in DIRECTIONS],
        "flat point of a random surface": [float(p) for p in hdi.minima_share(DIRECTIONS)],
        "random symmetric Hessian": [float(p) for p in hdi.psd_probability(DIRECTIONS)],
    }
    at_four = [values[3] for values in curves.values()]
    alt = (
        f"The quote “{claim.quote}” above the exact chance that every direction goes uphill, for 1 to 8 "
        f"directions. At four it is {odds(at_four[0])} for pure noise, {odds(at_four[1])} at a flat point of a random "
        f"surface, {odds(at_four[2])} for a random symmetric Hessian; the rule asks for less than {odds(rule)}."
    )
    size = f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(alt)}"'
    zone = f'x="{float(x(4)) - 20:.1f}" y="{y(rule)}" height="{BOTTOM + 8 - float(y(rule)):.1f}"'
    author = sources()[claim.source].author
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        f"<style>{STYLE}\n</style>",
        '<rect class="bar" x="20" y="24" width="4" height="46"/>',
        text(40, 46, f"“{claim.quote}”", "quote"),
        text(40, 70, f"{author}. The chance that every direction goes uphill, exactly:", "soft"),
        f'<rect class="zone" width="40" {zone}/>',
        *axes(),
        *map(curve, curves.values()),
        *[f'<circle class="dot" cx="{x(4)}" cy="{y(share)}" r="5"/>' for share in at_four],
        text(float(x(4)), float(y(at_four[0])) - 13, odds(at_four[0]), "strong", anchor="middle"),
        text(float(x(4)) + 28, float(y(at_four[1])) + 24, odds(at_four[1]), "strong"),
        text(float(x(4)) - 28, float(y(at_four[2])) + 26, odds(at_four[2]), "strong", anchor="end"),
        *[text(RIGHT + 22, float(y(values[-1])) + 5, name, "strong") for name, values in curves.items()],
        text(float(x(4)) - 28, BOTTOM - 30, "grey: the rule for flat points", "soft", anchor="end"),
        text(float(x(4)) - 28, BOTTOM - 12, f"asks for less than {odds(rule)}", "soft", anchor="end"),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    FILE.write_text(picture(), encoding="utf-8")
