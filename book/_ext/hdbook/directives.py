"""The boxes of a chapter: predict first, and take away."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from hdbook.elements import Block, Tag, html

if TYPE_CHECKING:
    from docutils.statemachine import StringList

RULE = "---"  # the line between the two halves of a box


class Box(SphinxDirective):
    """A directive whose content has two halves, parted by a line ``---``."""

    has_content = True

    def halves(self) -> tuple[tuple[StringList, int], tuple[StringList, int]]:
        """Both halves, each with the line of the source it begins after."""
        for k, line in enumerate(self.content):
            if line.strip() == RULE:
                first, second = self.content[:k], self.content[k + 1 :]
                return (first, self.content_offset), (second, self.content_offset + k + 1)
        raise self.error(f"{{{self.name}}} needs a line {RULE} between its two halves, and this one has none")

    def parse(self, half: tuple[StringList, int]) -> list[nodes.Node]:
        lines, offset = half
        holder = nodes.container()
        self.state.nested_parse(lines, offset, holder)
        return holder.children


class Predict(Box):
    """A question with a number as its answer; any choice opens the answer, by CSS alone.

    The argument is the question, a list gives the choices, and below ``---`` stands the answer.
    """

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        choices, answer = self.halves()
        items = [item for node in self.parse(choices) for item in node.findall(nodes.list_item)]
        if not 2 <= len(items) <= 6:
            raise self.error(f"{{predict}} takes a list of 2 to 6 choices, got {len(items)}")
        question, messages = self.state.inline_text(self.arguments[0], self.lineno)
        name = f"hd-predict-{self.env.new_serialno('hd-predict')}"
        form = Block(
            "form",
            Block(
                "fieldset",
                Tag("legend", *question, classes=["hd-question"]),
                Block(
                    "div", *(_choice(item, name, k) for k, item in enumerate(items)), classes=["hd-choices"]
                ),
            ),
            Tag(
                "p",
                nodes.Text("Choose before you scroll. Your answer stays on this page."),
                classes=["hd-hint"],
            ),
            Block("div", *self.parse(answer), classes=["hd-answer"], html={"role": "status"}),
            classes=["hd-predict"],
            html={"autocomplete": "off"},  # or a reload would keep the choice and show the answer
        )
        self.set_source_info(form)
        return [form, *messages]


class Takeaway(Box):
    """What a reader may repeat, and, below ``---``, what they must not."""

    _columns: ClassVar[tuple[tuple[str, str], ...]] = (("Say", "hd-say"), ("Do not say", "hd-dont"))

    def run(self) -> list[nodes.Node]:
        columns = [
            Block("div", Tag("p", nodes.Text(label), classes=["hd-label"]), *self.parse(half), classes=[name])
            for (label, name), half in zip(self._columns, self.halves(), strict=True)
        ]
        box = Block("div", *columns, classes=["hd-takeaway"])
        self.set_source_info(box)
        return [box]


def _choice(item: nodes.list_item, name: str, number: int) -> Tag:
    """``<label><input type=radio> text</label>``, the text being the list item's first paragraph."""
    text = item.next_node(nodes.paragraph)
    words = text.children if text is not None else [nodes.Text(item.astext())]
    radio = html(f'<input type="radio" name="{name}" value="{number + 1}">')
    return Tag("label", radio, Tag("span", *words), classes=["hd-choice"])
