"""Docutils nodes for the HTML elements that docutils lacks (fieldset, legend, label, …).

Inside it stands ordinary content, so that questions and answers may hold mathematics and numbers of the run.
Writers other than HTML's pass through it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Tag(nodes.General, nodes.Inline, nodes.TextElement):
    """An HTML element that holds text: ``Tag("legend", nodes.Text("…"), classes=["x"])``.

    ``html`` gives further attributes: ``html={"role": "status"}``.
    """

    def __init__(self, tag: str = "span", *children: nodes.Node, **attributes: Any) -> None:
        super().__init__("", "", *children, tag=tag, **attributes)

    def copy(self) -> Tag:
        return self.__class__(**self.attributes)


class Block(nodes.General, nodes.Element):
    """An HTML element that holds paragraphs and the like: ``Block("form", …)``.

    Not a text element: the quotation marks of its paragraphs would else be curled as one run of text.
    """

    def __init__(self, tag: str = "div", *children: nodes.Node, **attributes: Any) -> None:
        super().__init__("", *children, tag=tag, **attributes)

    def copy(self) -> Block:
        return self.__class__(**self.attributes)


def html(text: str) -> nodes.raw:
    """Ready HTML as a node."""
    return nodes.raw("", text, format="html")


def register(app: Sphinx) -> None:
    """Tell the writers about both."""
    through = (_nothing, _nothing)
    for node in (Tag, Block):
        app.add_node(node, html=(_open, _close), latex=through, text=through, man=through, texinfo=through)


def _open(self: Any, node: Tag | Block) -> None:
    self.body.append(self.starttag(node, node["tag"], "", **node.get("html", {})))


def _close(self: Any, node: Tag | Block) -> None:
    self.body.append(f"</{node['tag']}>\n")


def _nothing(self: Any, node: Tag | Block) -> None:
    """Writers other than HTML's show the content alone."""
