"""The Sphinx extension of this book.

In the order of a build: addresses are filled in (``project``) and the theme is put right (``theme``); chapters
are executed into the cache (``execution``, ``closure``, ``failures``); their results are read (``results``) and
checked (``checks``); pages are read with our ``directives``, ``roles``, ``lists``, ``scorecard`` and ``gallery``;
every chapter gets its ``head`` and every figure (``figures``, ``citing``) its ``figure_page``; at the end come the
notebooks (``myst``, ``colab``), the ``decks`` and what else lies beside the pages (``publish``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sphinx.errors import ExtensionError

from hdbook import (
    checks,
    colab,
    directives,
    elements,
    execution,
    figure_page,
    gallery,
    head,
    lists,
    project,
    publish,
    results,
    roles,
    scorecard,
    theme,
)
from hdbook.closure import Library
from hdintuition.evidence.claims import ClaimFileError

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_config_value(
        "hdbook_package", "", "env", [str]
    )  # where the library lies; by default, as imported
    elements.register(app)
    for name, directive in {
        "predict": directives.Predict,
        "takeaway": directives.Takeaway,
        "hd-strip": lists.Strip,
        "hd-chapters": lists.Chapters,
        "hd-colophon": lists.Colophon,
        "hd-gallery": gallery.Gallery,
        "hd-scorecard": scorecard.Scorecard,
    }.items():
        app.add_directive(name, directive)
    for name, role in {
        "measured": roles.Measured(),
        "verdict": roles.VerdictRole(),
        "claim": roles.ClaimRole(),
    }.items():
        app.add_role(name, role)

    app.connect("config-inited", project.fill_in_addresses, priority=400)
    app.connect("config-inited", theme.tidy_assets, priority=400)
    app.connect("config-inited", theme.drop_thebe)
    app.connect("config-inited", theme.keep_numfig, priority=900)
    app.connect("builder-inited", theme.bring_our_assets)
    app.connect("builder-inited", run_chapters, priority=600)  # myst-nb makes its settings at 500
    app.connect("source-read", point_to_cache)
    app.connect("doctree-read", head.add_head)
    app.connect("env-check-consistency", checks.check_book)
    app.connect("doctree-resolved", head.finish_html)
    app.connect("html-collect-pages", figure_page.figure_pages)
    app.connect("html-page-context", theme.page_scripts)
    app.connect("html-page-context", theme.mend_body)
    app.connect("html-page-context", theme.drop_unused, priority=900)
    app.connect("html-page-context", colab.buttons, priority=900)  # the theme makes its buttons at 501
    app.connect("build-finished", publish.publish)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": True}


def run_chapters(app: Sphinx) -> None:
    """Execute what is out of date, read all results, and say what is wrong with them."""
    source = Path(app.srcdir)
    config = app.env.mystnb_config
    docnames = [name.removesuffix(".md") for name in app.config.external_site_map]
    library = Library(Path(app.config.hdbook_package) if app.config.hdbook_package else _installed())
    mine = project.Project.of(source)
    cache = Path(config.execution_cache_path)
    try:
        scale = execution.current_scale()
        pages = execution.find_pages(docnames, source, cache, library, mine)
        if config.execution_mode != "off":
            execution.bring_up_to_date(
                pages, scale=scale, timeout=config.execution_timeout, in_temp=config.execution_in_temp
            )
        app.hdbook = results.Book(mine, pages, set(docnames))
        checks.check_runs(app.hdbook)
    except (ClaimFileError, ValueError) as error:
        raise ExtensionError(str(error)) from error
    app.env.hd_results = app.hdbook.records
    app.hdbook_settings = config


def point_to_cache(app: Sphinx, docname: str, content: list[str]) -> None:
    """Let myst-nb find the executed notebook of the page it is about to read."""
    run = app.hdbook.runs.get(docname)
    if run is not None and app.hdbook_settings.execution_mode != "off":
        app.env.mystnb_config = execution.point_to(app.hdbook_settings, run.page)
    else:
        app.env.mystnb_config = app.hdbook_settings


def _installed() -> Path:
    import hdintuition

    return Path(hdintuition.__file__).parent
