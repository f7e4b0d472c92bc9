"""Faults of the theme and of jupyter-book that are mended here rather than lived with."""

from __future__ import annotations

import re
import shutil
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hdbook.results import book_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

# The package's own, the same in the book and in a notebook; the last is loaded by chapters alone.
OURS = STYLE, SCRIPT, VERDICTS = "hdintuition.css", "hdintuition.js", "verdicts.js"
# Script to the mark of the page that needs it.
ON_ITS_PAGE = {"scorecard.js": "hd_scorecard", "gallery.js": "hd_gallery"}
# What extensions load on every page, by a class that stands on a page that needs it.
WHERE_USED = {
    r"sd-tab-set": ["design-tabs.js"],
    r"sd-": ["sphinx-design.min.css"],
    r'(toggle|admonition\b[^"]*\bdropdown)\b': ["togglebutton.js", "togglebutton.css"],
    r"highlight": ["clipboard.min.js", "copybutton.js", "copybutton.css"],
}


def tidy_assets(app: Sphinx, config: Config) -> None:
    """Load what lies at the top of _static, once.

    jupyter-book adds every style sheet and script below _static to every page, vendored ones too, and
    twice if the folder is named twice.
    """
    for name in ("html_css_files", "html_js_files"):
        kept: list[Any] = []
        for entry in config[name]:
            file = entry if isinstance(entry, str) else entry[0]
            ours = file is None or file.startswith(("http:", "https:")) or "/" not in file
            if ours and file not in ON_ITS_PAGE and entry not in kept:
                kept.append(entry)
        config[name] = kept


def drop_thebe(app: Sphinx, config: Config) -> None:
    """sphinx-thebe puts its script on every page twice, which is an error there, and nothing here uses it."""
    for name in ("builder-inited", "env-before-read-docs", "doctree-resolved"):
        listeners = app.events.listeners.get(name, [])
        listeners[:] = [one for one in listeners if one.handler.__module__ != "sphinx_thebe"]
    app.registry.css_files[:] = [one for one in app.registry.css_files if one[0] != "sphinx-thebe.css"]


def keep_numfig(app: Sphinx, config: Config) -> None:
    """sphinx-jupyterbook-latex switches numfig on, and equations are then counted through the whole book."""
    config.numfig = config.overrides.get("numfig", False)


def bring_our_assets(app: Sphinx) -> None:
    """Style sheet and script of the package, from the package."""
    folder = Path(app.outdir).parent / ".hdbook"
    folder.mkdir(parents=True, exist_ok=True)
    assets = files("hdintuition.page") / "assets"
    for name in OURS:
        shutil.copyfile(str(assets / name), folder / name)
    app.config.html_static_path.append(str(folder))
    listed = [entry if isinstance(entry, str) else entry[0] for entry in app.config.html_css_files]
    if STYLE not in listed:
        app.add_css_file(STYLE, priority=400)  # before the book's own sheet, which may refine it
    app.add_js_file(SCRIPT, loading_method="defer")


def page_scripts(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Scripts that not every page needs are loaded where they are needed."""
    if pagename in book_of(app).chapters:
        app.add_js_file(VERDICTS, loading_method="defer")
    for script, mark in ON_ITS_PAGE.items():
        if app.env.metadata.get(pagename, {}).get(mark):
            app.add_js_file(script, loading_method="defer")


def drop_unused(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """A page does without the style sheets and scripts of what it does not have, such as tabs."""
    body = context.get("body", "")
    unused = set()
    for sign, names in WHERE_USED.items():
        if not re.search(rf'class="[^"]*\b{sign}', body):
            unused.update(names)
    for files_of in ("script_files", "css_files"):
        context[files_of] = [
            file
            for file in context[files_of]
            if str(getattr(file, "filename", file)).rpartition("/")[2] not in unused
        ]


def mend_body(app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Accessible names and roles that docutils and myst-nb get wrong.

    A folded cell's ``summary`` is named by its words, and the entries of a bibliography, a list, are items.
    """
    if "body" in context:
        context["body"] = (
            context["body"]
            .replace(' aria-label="Toggle hidden content"', "")
            .replace('role="doc-biblioentry"', 'role="listitem"')
        )
