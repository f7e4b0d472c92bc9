"""What a chapter's outputs depend on, and the key under which they are kept.

A chapter depends on its code cells and on the modules of ours that the cells reach: those behind the
``hdi.<name>`` they use (looked up in the table ``WHERE`` of the package), and whatever these import in turn.
All of it is read from the syntax tree, without importing anything. The package's own ``__init__`` counts only
through that table, so that a new public name executes nothing.
"""

from __future__ import annotations

import ast
import hashlib
import json
import platform
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PACKAGE = "hdintuition"
VERSIONS = ("torch", "numpy", "scipy", "matplotlib")


class Library:
    """The modules of the package as they lie on disk; names are relative: ``"page.marks"``."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._imports: dict[str, frozenset[str]] = {}

    @cached_property
    def where(self) -> dict[str, str]:
        """The table of public names: name to module."""
        tree = ast.parse((self.folder / "__init__.py").read_text("utf8"))
        for node in tree.body:
            targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
            if any(isinstance(t, ast.Name) and t.id == "WHERE" for t in targets):
                return ast.literal_eval(node.value)
        raise ValueError(f"{self.folder / '__init__.py'} holds no table WHERE of public names")

    def file(self, module: str) -> Path | None:
        """The file of a module or of a package's ``__init__``, or None if there is none."""
        path = self.folder.joinpath(*module.split("."))
        return next((f for f in (path.with_suffix(".py"), path / "__init__.py") if f.is_file()), None)

    def reached(self, code: Iterable[str]) -> dict[str, Path]:
        """All modules that the code reaches, with their files.

        Args:
            code: The source of one program in pieces, such as a chapter's cells.
        """
        program = ast.Module(body=[node for piece in code for node in _parsed(piece)], type_ignores=[])
        todo = set(self._used(program, package=""))
        found: dict[str, Path] = {}
        while todo:
            module = todo.pop()
            file = self.file(module)
            if module in found or file is None:
                continue
            found[module] = file
            todo |= self._imported_by(module, file) - found.keys()
        return found

    def data_files(self, modules: Iterable[str]) -> list[Path]:
        """Files other than Python's in the packages of these modules (fonts, say); not the top folder's.

        Style sheets and scripts do not count: the book loads them beside its pages, outputs do not hold them.
        """
        folders = {
            module.split(".")[0] for module in modules if (self.folder / module.split(".")[0]).is_dir()
        }
        return sorted(
            file
            for folder in folders
            for file in (self.folder / folder).rglob("*")
            if file.is_file() and file.suffix not in (".py", ".pyc", ".pyi", ".css", ".js")
        )

    def _imported_by(self, module: str, file: Path) -> frozenset[str]:
        if module not in self._imports:
            package = module if file.name == "__init__.py" else module.rpartition(".")[0]
            used = set(self._used(ast.parse(file.read_text("utf8")), package=package))
            self._imports[module] = frozenset(used | set(_above(module)))
        return self._imports[module]

    def _used(self, tree: ast.AST, package: str) -> Iterator[str]:
        """The modules of ours that a syntax tree imports, or reaches as ``hdi.<name>``."""
        aliases = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for name in node.names:
                    top, _, rest = name.name.partition(".")
                    if top == PACKAGE:
                        aliases.add(name.asname if name.asname and not rest else PACKAGE)
                        yield from self._path(rest)
            elif isinstance(node, ast.ImportFrom):
                base = self._base(node, package)
                if base is not None:
                    yield from self._from(base, [name.name for name in node.names])
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and (chain := _chain(node)) and chain[0] in aliases:
                if chain[1] in self.where:
                    yield from self._path(self.where[chain[1]])
                else:
                    yield from self._path(".".join(chain[1:]))

    def _base(self, node: ast.ImportFrom, package: str) -> str | None:
        if node.level:
            parts = package.split(".") if package else []
            parts = parts[: len(parts) - node.level + 1]
            return ".".join([*parts, *([node.module] if node.module else [])])
        top, _, rest = (node.module or "").partition(".")
        return rest if top == PACKAGE else None

    def _from(self, base: str, names: list[str]) -> Iterator[str]:
        yield from self._path(base)
        for name in names:
            if not base and name == "*":
                for module in self.where.values():
                    yield from self._path(module)
            elif not base and name in self.where:
                yield from self._path(self.where[name])
            else:
                yield from self._path(f"{base}.{name}".lstrip("."))

    def _path(self, dotted: str) -> Iterator[str]:
        """The module itself, or the longest beginning of the path that is one, and the packages above it."""
        parts = dotted.split(".") if dotted else []
        while parts and self.file(".".join(parts)) is None:
            parts.pop()
        if parts:
            yield ".".join(parts)
            yield from _above(".".join(parts))


def ingredients(
    *, cells: str, code: list[str], slug: str, library: Library, root: Path, scale: str
) -> dict[str, str]:
    """Everything the outputs of a chapter depend on: a name to a digest or a word.

    Args:
        cells: The digest of the code cells and their metadata, as jupyter-cache takes it.
        code: The source of the code cells.
        slug: The chapter; names its reference record.
        library: The package.
        root: The folder of constraints.txt.
        scale: smoke, cpu or gpu.
    """
    modules = library.reached(code)
    reference = library.folder / "reference" / f"{slug}.json"
    parts = {"cells": cells, "scale": scale, "version of python": platform.python_version()}
    parts |= {f"version of {name}": _version(name) for name in VERSIONS}
    parts |= {
        name: _digest(file)
        for name, file in (("reference record", reference), ("constraints.txt", root / "constraints.txt"))
    }
    files = [*modules.values(), *library.data_files(modules)]
    return parts | {file.relative_to(library.folder).as_posix(): _digest(file) for file in files}


def key_of(parts: dict[str, str]) -> str:
    """16 hex digits that change when any part does."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]


def difference(before: dict[str, str], now: dict[str, str]) -> str:
    """What changed between two sets of ingredients, in words: the reason for executing again."""
    names = sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))
    shown = ", ".join(names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _above(module: str) -> list[str]:
    parts = module.split(".")[:-1]
    return [".".join(parts[: k + 1]) for k in range(len(parts))]


def _chain(node: ast.Attribute) -> list[str]:
    """``hdi.page.marks`` as ["hdi", "page", "marks"]; empty if it does not begin with a name."""
    names = [node.attr]
    while isinstance(node.value, ast.Attribute):
        node = node.value
        names.append(node.attr)
    return [node.value.id, *reversed(names)] if isinstance(node.value, ast.Name) else []


def _parsed(code: str) -> list[ast.stmt]:
    """The statements of a cell; lines of IPython's own (%, !) do not count, a cell that is no Python has none."""
    lines = ("pass" if line.lstrip().startswith(("%", "!")) else line for line in code.splitlines())
    try:
        return ast.parse("\n".join(lines)).body
    except SyntaxError:
        return []


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16] if file.is_file() else "none"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "none"
