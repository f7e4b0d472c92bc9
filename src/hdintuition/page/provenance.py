"""Whose work a figure is, which version, and where it lives: written into every file that leaves the book."""

from __future__ import annotations

from functools import cache
from importlib import metadata

TITLE = "High-dimensional intuition"
LICENCE = "CC BY 4.0"
LICENCE_ADDRESS = "https://creativecommons.org/licenses/by/4.0/"


@cache
def authors() -> str:
    """The authors, as pyproject.toml names them."""
    return str(metadata.metadata("hdintuition")["Author"])


@cache
def homepage() -> str:
    """The address of the book, with a slash at its end."""
    urls = metadata.metadata("hdintuition").get_all("Project-URL") or []
    named = dict(entry.split(", ", 1) for entry in urls)
    return named["Homepage"].rstrip("/") + "/"


@cache
def version() -> str:
    """The version of the book."""
    return metadata.version("hdintuition")


def permalink(identity: str) -> str:
    """The address of a figure's own page, to be cited: it does not change."""
    return f"{homepage()}figures/{identity}/"


def of_svg(identity: str, title: str) -> dict[str, str]:
    """Dublin Core terms, as matplotlib writes them into an SVG."""
    return {
        "Title": title,
        "Creator": authors(),
        "Rights": f"{LICENCE}, {LICENCE_ADDRESS}",
        "Identifier": permalink(identity),
        "Source": f"{TITLE}, version {version()}",
    }


def of_png(identity: str, title: str) -> dict[str, str]:
    """Text chunks of a PNG."""
    return {
        "Title": title,
        "Author": authors(),
        "Copyright": f"{LICENCE}, {LICENCE_ADDRESS}",
        "Source": permalink(identity),
        "Software": f"{TITLE}, version {version()}",
    }


def of_pdf(identity: str, title: str) -> dict[str, str]:
    """The document information of a PDF."""
    return {
        "Title": title,
        "Author": authors(),
        "Subject": permalink(identity),
        "Keywords": f"{LICENCE}, {LICENCE_ADDRESS}",
        "Creator": f"{TITLE}, version {version()}",
    }
