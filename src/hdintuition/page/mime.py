"""One bundle for every cell output, shown three ways.

In a notebook a bundle carries its own HTML. In the book, :class:`BundleRenderer` (an entry point of
myst-nb) turns it into docutils nodes, so that captions are parsed, figures can be referred to, and verdicts
follow today's rules rather than those of the run. Elsewhere its text stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from hdintuition.page import html

if TYPE_CHECKING:
    from docutils import nodes

MIME = "application/vnd.hdintuition.v1+json"


class Shown:
    """Base of what a cell displays: holds a JSON-able bundle, a dict with a ``kind``."""

    def __init__(self, bundle: dict[str, Any]) -> None:
        self.bundle = bundle

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        return {MIME: self.bundle, "text/html": html.standalone(self.bundle), "text/plain": repr(self)}

    def __repr__(self) -> str:
        return html.plain(self.bundle)


class BundleRenderer:
    """Renders bundles under Sphinx; registered as ``myst_nb.mime_renderers``."""

    mime_priority_overrides: ClassVar[list[tuple[str, str, int]]] = [("*", MIME, 1)]

    @staticmethod
    def handle_mime(renderer: Any, data: Any, inline: bool) -> list[nodes.Element] | None:
        """Docutils nodes of one bundle, or None if the output is not ours."""
        if inline or data.mime_type != MIME:
            return None
        bundle = data.content
        env = renderer.renderer.sphinx_env
        results = getattr(env, "hd_results", {}) if env is not None else {}
        if bundle["kind"] in {"figure", "explorer"}:
            up = "../" * env.docname.count("/") if env is not None else None
            return _figure_nodes(renderer.renderer, bundle, data.line, up)
        return [_raw(html.embedded(bundle, results))]


def _figure_nodes(
    markdown: Any, bundle: dict[str, Any], line: int | None, up: str | None
) -> list[nodes.Element]:
    """Target, opening HTML, caption parsed as MyST, closing HTML."""
    from docutils import nodes

    name = f"fig-{bundle['id']}"
    target = nodes.target("", "", ids=[name], names=[name])
    markdown.document.note_explicit_target(target, target)
    caption = nodes.container(classes=["hd-caption"])
    with markdown.current_node_context(caption):
        markdown.nested_render_text(html.caption_text(bundle), line or 0)
    opening, closing = html.around_caption(bundle, up)
    return [target, _raw(opening), *caption.children, _raw(closing)]


def _raw(text: str) -> nodes.raw:
    from docutils import nodes

    return nodes.raw("", text, format="html")
