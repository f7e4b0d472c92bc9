"""Results as tables and sentences; a comparison that is lost, or was not made, takes as much room as a won one."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from hdbench.results import by_work, is_floor
from hdintuition.evidence.numbers import significant

if TYPE_CHECKING:
    from hdbench.results import Result, Run

HEADS = ("Against", "Times faster", "Set in advance")
_POWER = re.compile(r"\b\d+(?:\.\d+)?e[+-]?\d+\b")
BARS = {"must": "asked", "goal": "hoped"}


def summary(runs: list[Run]) -> str:
    """How many comparisons were made, won and lost, and how many of the bars set in advance were reached."""
    results = [one for run in runs for one in run.results]
    rivals = [one for run in runs for one in run.rivals]
    lost, absent = sum(one["ratio"] < 1 for one in rivals), sum(one["ratio"] is None for one in results)
    words = (
        f"Our code was compared {len(rivals)} times with another library or another way of doing the same, and was "
        f"slower {_of(lost)}. Of the ratios asked for in advance {_reached(results, 'must')} are reached, of those "
        f"hoped for {_reached(results, 'goal')}."
    )
    one = "One comparison was not made: its table says why."
    many = f"{absent} comparisons were not made: their tables say why."
    return f"{words} {one if absent == 1 else many}" if absent else words


def _reached(results: list[Result], bar: str) -> str:
    bars = [one for one in results if one.get(bar) and one["ratio"] is not None]
    return f"{sum(reached(one, bar) for one in bars)} of {len(bars)}"


def where(run: Run) -> str:
    """Date, machine, versions, load and commit of a run, as MyST."""
    env = run.where
    machine = f"{run.machine}, " + ("" if run.on_gpu else f"{env['cores']} cores of which one is used, ")
    versions = ", ".join(f"{name} {version}" for name, version in env["versions"].items())
    loads = [one["load"] for one in run.results if one.get("load") is not None]
    load = f" Load average {significant(min(loads), 2)} to {significant(max(loads), 2)}." if loads else ""
    commit = f" Commit `{env['commit']}`." if env.get("commit") else ""
    blas = f" NumPy's products: {env['blas']}." if env.get("blas") else ""
    return f"{env['date']}: {machine}{env['system']}; Python {env['python']}, {versions}.{blas}{load}{commit}"


def table(run: Run, topic: str) -> str:
    """All comparisons of one topic on one device."""
    head = "".join(f'<th scope="col">{name}</th>' for name in HEADS)
    body = "".join(_work(work, results) for work, results in by_work(run.of(topic)).items())
    caption = f"{'GPU' if run.on_gpu else 'CPU, one thread'}: {escape(run.machine)}, {escape(run.where['date'][:10])}"
    return (
        f'<table class="hd-verdict hd-bench"><caption><span>{caption}</span></caption>'
        f"<thead><tr>{head}</tr></thead>{body}</table>"
    )


def reached(result: Result, bar: str) -> bool:
    """Whether the median reaches the bar."""
    return result["ratio"] >= result[bar]


def _work(work: str, results: list[Result]) -> str:
    rows = "".join(_row(one) for one in results)
    ours = next((one["ours_seconds"] for one in results if one["ratio"] is not None), None)
    took = "" if ours is None else _note(f"ours: {significant(ours)} s")
    head = f'<tr class="hd-work"><th scope="rowgroup" colspan="{len(HEADS)}">{escape(heading(work))}{took}</th></tr>'
    return f"<tbody>{head}{rows}</tbody>"


def _row(one: Result) -> str:
    peer = escape(one["peer"])
    if one["ratio"] is None:
        why = f'<td colspan="{len(HEADS) - 1}">not compared: {escape(one["failed"])}</td>'
        return f'<tr><th scope="row">{peer}</th>{why}</tr>'
    note = f"{significant(one['their_seconds'])} s; {one['same']}"
    name = f"{peer}{_note(note)}{_busy(one)}"
    bars = "".join(_bar(one, bar) for bar in BARS if one[bar])
    cells = zip(HEADS[1:], (_ratio(one), bars), strict=True)
    return f'<tr><th scope="row">{name}</th>' + "".join(
        f'<td data-l="{label}">{cell}</td>' for label, cell in cells
    ) + "</tr>"  # fmt: skip


def _ratio(one: Result) -> str:
    """``24.5 ×, 21 to 26``; for a floor how many times longer than it; a loss says so."""
    if is_floor(one):
        text, low, high = f"{significant(1 / one['ratio'])} × its time", 1 / one["high"], 1 / one["low"]
    else:
        text, low, high = (
            f"{significant(one['ratio'], 3 if one['ratio'] >= 1 else 2)} ×",
            one["low"],
            one["high"],
        )
        text += "" if one["ratio"] >= 1 else ", slower"
    return f"<strong>{text}</strong>{_note(f'{significant(low)} to {significant(high)}')}"


def _bar(one: Result, bar: str) -> str:
    asked = f"within {significant(1 / one[bar])} ×" if is_floor(one) else f"{significant(one[bar])} ×"
    return f'<span class="hd-asked">{BARS[bar]} {asked}: {"✓ reached" if reached(one, bar) else "✕ missed"}</span>'


def _busy(one: Result) -> str:
    """Who kept more than one core busy, which would be unfair: said where it happened."""
    pairs = zip(("we", "they"), one.get("cores") or (), strict=False)
    return "".join(_note(f"{who} kept {cores} cores busy") for who, cores in pairs if cores > 1.2)


def _note(words: str) -> str:
    """Small print: powers of ten as a reader writes them, and never broken at the sign."""
    words = _POWER.sub(lambda found: significant(float(found[0]), 2), words)
    words = words.replace(" × ", "\N{NO-BREAK SPACE}×\N{NO-BREAK SPACE}")
    return f'<span class="hd-note">{escape(words)}</span>' if words else ""


def _of(times: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(times, f"{times} times")


def heading(work: str) -> str:
    """The work as a title."""
    return work[:1].upper() + work[1:]
