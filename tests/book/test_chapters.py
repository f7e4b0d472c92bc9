"""Every chapter of _toc.yml at smoke scale, cell by cell: quick, silent, whole, words for every picture."""

import ast
import contextlib
import io
import os
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from hdintuition.evidence.claims import load, parts
from hdintuition.evidence.interval import Interval
from hdintuition.page.mime import MIME
from hdintuition.runner import cells

ROOT = Path(__file__).resolve().parents[2]
BOOK = ROOT / "book"
SECONDS = 10  # of computing, at smoke scale
SLACK = 3  # for a slower machine, and one that does other things too


def files_of_toc(node: Any) -> Iterator[str]:
    """Every file that _toc.yml names, in order."""
    if isinstance(node, dict):
        if "file" in node or "root" in node:
            yield node.get("file") or node["root"]
        for value in node.values():
            yield from files_of_toc(value)
    elif isinstance(node, list):
        for value in node:
            yield from files_of_toc(value)


def chapters() -> list[str]:
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    judged = {entry.slug for part in parts() for entry in part.chapters}
    return [name for name in files_of_toc(toc) if name in judged]


@dataclass
class Ran:
    """What a chapter showed."""

    bundles: list[dict[str, Any]] = field(default_factory=list)
    of_last_cell: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    said: str = ""


def shown(source: str, where: str, namespace: dict[str, Any]) -> Any:
    """Execute a cell; the value of its last expression, as a notebook would show it."""
    tree = ast.parse(source, where)
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, where, "exec"), namespace)
    return eval(compile(ast.Expression(last.value), where, "eval"), namespace) if last else None


def computing() -> float:
    """Seconds that this process and those it waited for have computed; what others do on the machine is left out."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


@cache
def run(slug: str) -> Ran:
    """Run a chapter once, as its kernel would; a warning is an error, since it would show in the book."""
    ran, namespace, heard = Ran(), {"__name__": "__main__"}, io.StringIO()
    start = computing()
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("error")
        patch.setenv("HDI_SCALE", "smoke")
        with contextlib.redirect_stderr(heard), contextlib.redirect_stdout(io.StringIO()):
            for number, source in enumerate(cells(BOOK / f"{slug}.md"), start=1):
                value = shown(source, f"book/{slug}.md, cell {number}", namespace)
                data = value._repr_mimebundle_() if hasattr(value, "_repr_mimebundle_") else {}
                ran.of_last_cell = data.get(MIME, {})
                if ran.of_last_cell:
                    ran.bundles.append(ran.of_last_cell)
    ran.seconds, ran.said = computing() - start, heard.getvalue()
    return ran


every_chapter = pytest.mark.parametrize("slug", chapters())


def test_there_are_chapters():
    assert len(chapters()) >= 3


@every_chapter
def test_it_runs_in_time(slug):
    assert run(slug).seconds <= SECONDS * SLACK, f"{slug} took {run(slug).seconds:.0f} s at smoke scale"


@every_chapter
def test_it_says_nothing_on_stderr(slug):
    """There it would stop the book. A cell may print: that is an output."""
    assert run(slug).said == ""


@every_chapter
def test_it_opens_with_its_claims_and_closes_with_one_verdict(slug):
    kinds = [bundle["kind"] for bundle in run(slug).bundles]
    assert kinds[0] == "claims"
    assert kinds.count("verdicts") == 1
    judged = [bundle for bundle in run(slug).bundles if bundle["kind"] == "verdicts"]
    assert judged[0]["record"]["slug"] == slug
    assert judged[0]["record"]["scale"] == "smoke"


@every_chapter
def test_no_check_of_an_instrument_fails(slug):
    """A check compares with an exact value on the page; too few draws to tell is fine, a contradiction is not."""
    (bundle,) = [bundle for bundle in run(slug).bundles if bundle["kind"] == "verdicts"]
    for name, claim in load(slug).items():
        for test in claim.tests.values():
            if test.reading == "check" and test.rule is not None:
                interval = Interval.of_json(bundle["record"]["claims"][name][test.name]["interval"])
                assert test.rule.outcome(interval) != "fail", (
                    f"{name}.{test.name}: {interval}, rule {test.rule.text}"
                )


@every_chapter
def test_every_picture_has_a_finding_and_words(slug):
    for bundle in run(slug).bundles:
        if bundle["kind"] in {"figure", "explorer"}:
            assert re.fullmatch(r"[a-z0-9-]+", bundle["id"])
            assert bundle["id"].startswith(slug.split("/")[-1])
            assert bundle["finding"].strip().endswith((".", "?")), (
                f"{bundle['id']}: the finding is a sentence"
            )
            assert len(bundle["caption"].split()) <= 60, f"{bundle['id']}: a caption has at most 60 words"
            for picture in bundle.get("frames", [bundle]):
                words = len(picture["alt"].split())
                assert 20 <= words <= 60, f"{bundle['id']}: alt text of {words} words: {picture['alt']}"


@every_chapter
def test_an_explorer_is_short_at_smoke_scale(slug):
    for bundle in run(slug).bundles:
        if bundle["kind"] == "explorer":
            assert len(bundle["frames"]) <= 2


@every_chapter
def test_a_kept_name_means_one_thing(slug):
    """The second would take the first one's place, in the text and in the record."""
    kept: dict[str, set[str]] = {}
    for source in cells(BOOK / f"{slug}.md"):
        for call in ast.walk(ast.parse(source)):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr == "keep"
            ):
                for keyword in call.keywords:
                    kept.setdefault(keyword.arg or "**", set()).add(ast.unparse(keyword.value))
    assert not {name for name, values in kept.items() if name != "**" and len(values) > 1}


@every_chapter
def test_it_has_the_parts_a_reader_looks_for(slug):
    text = (BOOK / f"{slug}.md").read_text(encoding="utf-8")
    for mark in (":::{predict}", ":::{takeaway}", "## Exercises", "## Further reading"):
        assert mark in text, f"{slug} has no {mark}"
    guess, explorer = text.index(":::{predict}"), text.index("ch.explorer(")
    assert guess < explorer, "the guess comes before the picture"
