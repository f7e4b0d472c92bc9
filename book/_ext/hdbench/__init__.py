"""The page of benchmarks, drawn from what ``make bench`` left under ``benchmarks/results``.

``{hd-benchmarks} overview`` says how many comparisons there are and draws them, ``{hd-benchmarks} environment``
says where they were made, ``{hd-benchmarks} training`` (or another topic) gives that topic's tables. Nothing on the
page is typed, and nothing measured can be left out of it: a topic without a place stops the build.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from hdbench import picture, tables
from hdbench.results import BadResults, Run, read
from hdbook.elements import html
from hdintuition.page.html import around_caption

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)
MARK = "hd_benchmarks"  # in a page's metadata: the topics it shows
NONE = (
    "Nothing has been measured yet: `make bench` does it, and the next build of the book shows the results."
)


class Benchmarks(SphinxDirective):
    """One part of the page: the overview, the environment, or the tables of a topic."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        part = self.arguments[0]
        try:
            runs = read(folder_of(self.env))
        except BadResults as error:
            raise self.error(str(error)) from error
        for run in runs:
            self.env.note_dependency(str(run.file))
        if part == "environment":
            return self._environment(runs)
        if part == "overview":
            return self._overview(runs)
        return self._topic(runs, part)

    def _overview(self, runs: list[Run]) -> list[nodes.Node]:
        if not runs:
            return self._parsed(NONE)
        words = self._parsed(tables.summary(runs))
        bundle = picture.picture(runs)
        if bundle is None:
            return words
        opening, closing = around_caption(bundle)
        identity = f"fig-{bundle['id']}"
        target = nodes.target("", "", ids=[identity], names=[identity])
        self.state.document.note_explicit_target(target, target)
        caption = self._parsed(f"**{bundle['finding']}** {bundle['caption']}")
        return [*words, target, html(opening), *caption, html(closing)]

    def _topic(self, runs: list[Run], topic: str) -> list[nodes.Node]:
        self.env.metadata[self.env.docname].setdefault(MARK, []).append(topic)
        shown = [tables.table(run, topic) for run in runs if run.of(topic)]
        return [html(one) for one in shown] or self._parsed("Not measured yet.")

    def _environment(self, runs: list[Run]) -> list[nodes.Node]:
        paragraphs = []
        for run in runs:
            file = (
                "/" + Path(os.path.relpath(run.file, self.env.srcdir)).as_posix()
            )  # as from the sources' folder
            link = addnodes.download_reference("", "", nodes.Text("Results, one JSON line each"), reftarget=file,
                                               refdoc=self.env.docname, refwarn=True)  # fmt: skip
            [paragraph] = self._parsed(tables.where(run))
            paragraph += [nodes.Text(" "), link, nodes.Text(".")]
            paragraphs.append(paragraph)
        return paragraphs or self._parsed(NONE)

    def _parsed(self, text: str) -> list[nodes.Node]:
        holder = nodes.container()
        self.state.nested_parse(
            StringList(text.splitlines(), source=self.env.docname), self.content_offset, holder
        )
        return holder.children


def folder_of(env: BuildEnvironment) -> Path:
    """Where the results lie: beside the folder of the sources."""
    return (Path(env.srcdir) / env.config.hd_benchmarks).resolve()


def nothing_left_out(app: Sphinx, env: BuildEnvironment) -> None:
    """A page of benchmarks shows every topic that was measured."""
    shown = {topic for one in env.metadata.values() for topic in one.get(MARK, [])}
    if shown:
        for run in read(folder_of(env)):
            for topic in sorted({result["topic"] for result in run.results} - shown):
                logger.error("no {hd-benchmarks} %s on any page: a measured topic may not be left out", topic,
                             location=str(run.file))  # fmt: skip


def setup(app: Sphinx) -> dict[str, Any]:
    app.setup_extension("hdbook")
    app.add_config_value("hd_benchmarks", "../benchmarks/results", "env", [str])
    app.add_directive("hd-benchmarks", Benchmarks)
    app.connect("env-check-consistency", nothing_left_out)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}
