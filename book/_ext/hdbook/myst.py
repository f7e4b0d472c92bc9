"""MyST made plain: the Markdown of a chapter as a notebook without Sphinx can show it.

Directives become quotes, headings or folds, roles become their text or a link to the page. Code, code spans and
mathematics are left alone. What a role or a link means is decided by the caller (:class:`Words`), so that this
module knows nothing of the book.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_FENCE = re.compile(
    r"(?P<indent>\s*)(?P<fence>`{3,}|~{3,}|:{3,})\s*(?:\{(?P<name>[\w:.+-]+)\})?\s*(?P<rest>.*)"
)
_SPAN = re.compile(  # code, in backticks; mathematics, in dollars
    r"(?<!`)(?P<ticks>`+)(?!`)(?P<code>.+?)(?<!`)(?P=ticks)(?!`)|(?P<dollars>\$\$?)[^$]+?(?P=dollars)",
    re.DOTALL,
)
_ROLE = re.compile(r"\{([\w:.+-]+)\}$")
_LINK = re.compile(r"(?<=\])\((?P<target>[^)\s]+)\)|<(?P<bare>(?:project|path):[^>\s]+|#[^>\s]+)>")
_LABEL = re.compile(r"\([\w:.-]+\)=\s*")
_MATHS_LABEL = re.compile(r"(?P<body>.*)\$\$\s*\((?P<label>[\w:.-]+)\)\s*")
_ATTRIBUTES = re.compile(r"(?<=[\])`])\{[.#][^}\n]*\}|^\{[.#][^}\n]*\}\n?", re.MULTILINE)
_TITLED = re.compile(r"(?P<title>.*?)\s*<(?P<target>[^>]+)>", re.DOTALL)
_ADMONITIONS = {"note", "tip", "hint", "important", "warning", "caution", "attention", "danger", "seealso"}
_DROPPED = {"bibliography", "tableofcontents", "toctree", "contents", "index"}


class Words(Protocol):
    """What the caller knows about the book."""

    def role(self, name: str, text: str) -> str:
        """The Markdown for a role."""

    def link(self, target: str) -> str:
        """The address for a link's target, such as ``../notation.md`` or ``#eq-p4``."""

    def number(self, label: str) -> str:
        """The number of an equation, or an empty string."""

    def page(self) -> str:
        """The address of the page itself."""


@dataclass
class Directive:
    """A fenced directive: ``:::{name} argument``, options, content."""

    name: str
    argument: str
    options: dict[str, str] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


def simplify(text: str, words: Words) -> str:
    """The text of a Markdown cell in plain Markdown."""
    return "\n\n".join(piece for piece in _pieces(text.splitlines(), words) if piece.strip()).strip("\n")


def titled(text: str) -> tuple[str, str]:
    """``"title <target>"`` as (title, target); without a title it is empty."""
    match = _TITLED.fullmatch(text)
    return (match["title"], match["target"]) if match else ("", text)


def _pieces(lines: list[str], words: Words) -> Iterator[str]:
    prose: list[str] = []
    for block in _blocks(lines):
        if isinstance(block, str):
            prose.append(block)
            continue
        yield _prose(prose, words)
        prose = []
        yield block.text if isinstance(block, Code) else _directive(block, words)
    yield _prose(prose, words)


@dataclass
class Code:
    """A fenced block that is not a directive: shown as it is."""

    text: str


def _blocks(lines: list[str]) -> Iterator[str | Code | Directive]:
    """Lines of prose, code fences and directives, in order; directives hold their own lines."""
    k = 0
    while k < len(lines):
        match = _FENCE.fullmatch(lines[k])
        if match is None or (match["fence"][0] == ":" and not match["name"]):
            yield lines[k]
            k += 1
            continue
        end = _end_of(lines, k, match["fence"], nested=match["name"] is not None)
        inside = lines[k + 1 : end]
        if match["name"] is None:
            yield Code("\n".join(lines[k : end + 1]))
        else:
            yield _with_options(Directive(match["name"], match["rest"].strip()), inside)
        k = end + 1


def _end_of(lines: list[str], start: int, fence: str, *, nested: bool) -> int:
    """The line that closes a fence; colon fences of the same length may be nested."""
    depth = 0
    for k in range(start + 1, len(lines)):
        match = _FENCE.fullmatch(lines[k])
        if match is None or match["fence"][0] != fence[0] or len(match["fence"]) < len(fence):
            continue
        if not match["name"] and not match["rest"]:
            if depth == 0:
                return k
            depth -= 1
        elif nested and match["name"] and fence[0] == ":" and len(match["fence"]) == len(fence):
            depth += 1
    return len(lines)


def _with_options(directive: Directive, inside: list[str]) -> Directive:
    while inside and (option := re.fullmatch(r"\s*:([\w-]+):\s*(.*)", inside[0])):
        directive.options[option[1]] = option[2]
        inside = inside[1:]
    directive.lines = inside
    return directive


def _prose(lines: list[str], words: Words) -> str:
    kept = []
    for line in lines:
        if _LABEL.fullmatch(line) or line.startswith("% ") or line == "%":
            continue
        match = _MATHS_LABEL.fullmatch(line)
        if match:
            number = words.number(match["label"])
            tag = rf"\tag{{{number}}}" if number else ""
            line = match["body"] + tag + ("\n$$" if tag and not match["body"].strip() else "$$")
        kept.append(line)
    return _inline("\n".join(kept).strip("\n"), words)


def _inline(text: str, words: Words) -> str:
    """Roles and links of a stretch of prose; code spans stay as they are."""
    done, position = [], 0
    for span in _SPAN.finditer(text):
        before = text[position : span.start()]
        role = _ROLE.search(before) if span["code"] else None
        if role:
            before = before[: role.start()]
        shown = words.role(role[1], " ".join(span["code"].split())) if role else span[0]
        done += [_links(before, words), shown]
        position = span.end()
    return _ATTRIBUTES.sub("", "".join([*done, _links(text[position:], words)]))


def _links(text: str, words: Words) -> str:
    def absolute(match: re.Match[str]) -> str:
        target = match["target"] or match["bare"]
        address = words.link(target.removeprefix("project:").removeprefix("path:"))
        return f"({address})" if match["target"] else f"<{address}>"

    return _LINK.sub(absolute, text)


def _directive(directive: Directive, words: Words) -> str:
    name = directive.name
    if name in _DROPPED:
        return ""
    if name == "math":
        body = "\n".join(line for line in directive.lines if line.strip())
        number = words.number(directive.options.get("label", ""))
        return f"$$\n{body}\n" + (f"\\tag{{{number}}}\n" if number else "") + "$$"
    if name in ("code-block", "code", "sourcecode"):
        return "\n".join([f"```{directive.argument}", *directive.lines, "```"])
    render = _SPECIAL.get(name, _quoted if name in _ADMONITIONS or directive.lines else _on_the_page)
    return render(directive, words)


def _body(lines: list[str], words: Words) -> str:
    return simplify("\n".join(lines), words)


def _halves(lines: list[str]) -> tuple[list[str], list[str]]:
    for k, line in enumerate(lines):
        if line.strip() == "---":
            return lines[:k], lines[k + 1 :]
    return lines, []


def _predict(directive: Directive, words: Words) -> str:
    choices, answer = _halves(directive.lines)
    question = _inline(directive.argument, words)
    return f"**Predict first.** {question}\n\n{_body(choices, words)}\n\n" + _fold(
        "Answer", _body(answer, words)
    )


def _takeaway(directive: Directive, words: Words) -> str:
    say, dont = _halves(directive.lines)
    return _quote(f"**Say.** {_body(say, words)}\n\n**Do not say.** {_body(dont, words)}")


def _dropdown(directive: Directive, words: Words) -> str:
    return _fold(_inline(directive.argument, words) or "More", _body(directive.lines, words))


def _fold(title: str, body: str) -> str:
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


def _picture(directive: Directive, words: Words) -> str:
    image = f"![{directive.options.get('alt', '')}]({words.link(directive.argument)})"
    return f"{image}\n\n{_body(directive.lines, words)}"


def _quoted(directive: Directive, words: Words) -> str:
    title = directive.argument if directive.name not in ("epigraph", "pull-quote") else ""
    if not title and directive.name in _ADMONITIONS:
        title = directive.name.capitalize()
    heading = f"**{_inline(title, words)}.** " if title else ""
    return _quote(heading + _body(directive.lines, words))


def _quote(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _on_the_page(directive: Directive, words: Words) -> str:
    return f"[{directive.argument or 'On the page'}]({words.page()})"


def _plain(directive: Directive, words: Words) -> str:
    return _body(directive.lines, words)


_SPECIAL: dict[str, Callable[[Directive, Words], str]] = {
    "predict": _predict,
    "takeaway": _takeaway,
    "dropdown": _dropdown,
    "figure": _picture,
    "image": _picture,
    "container": _plain,
    "div": _plain,
    "glossary": _plain,
}
