"""One docutils node for the HTML elements that docutils lacks (fieldset, legend, label, …).

Inside it stands ordinary content, so that questions and answers may hold mathematics and numbers of the run.
Writers other than HTML's pass through it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Tag(nodes.General, nodes.Inline, nodes.TextElement):
    """An HTML element: ``Tag("legend", classes=["x"], attributes={"role": "status"})``."""

    def __init__(self, tag: str = "div", *children: nodes.Node, **attributes: Any) -> None:
        super().__init__("", "", *children, tag=tag, **attributes)

    def copy(self) -> Tag:
        return self.__class__(**self.attributes)


def html(text: str) -> nodes.raw:
    """Ready HTML as a node."""
    return nodes.raw("", text, format="html")


def register(app: Sphinx) -> None:
    """Tell the writers about :class:`Tag`."""
    through = (_nothing, _nothing)
    app.add_node(Tag, html=(_open, _close), latex=through, text=through, man=through, texinfo=through)


def _open(self: Any, node: Tag) -> None:
    self.body.append(self.starttag(node, node["tag"], "", **node.get("html", {})))


def _close(self: Any, node: Tag) -> None:
    self.body.append(f"</{node['tag']}>\n")


def _nothing(self: Any, node: Tag) -> None:
    """Writers other than HTML's show the content alone."""
