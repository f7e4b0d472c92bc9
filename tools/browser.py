"""A browser that is already on this machine, and the built book served to it.

The tests of the site look at pages with it, and ``tools/book_pdf.py`` prints them. Nothing is downloaded.
"""

from __future__ import annotations

import functools
import http.server
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# As root, in a sandbox of its own, without calls home.
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
]
SWITCHES += ["--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"]
# Typeset mathematics and loaded fonts can change widths.
AT_REST = "async () => { await window.MathJax?.startup?.promise; await document.fonts.ready; }"


class Missing(RuntimeError):
    """There is no browser, or nothing to drive it with; the message says what to do."""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and keeps no log."""

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which a folder is served, on this machine only, until the block ends."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@contextmanager
def browser() -> Iterator[Any]:
    """A headless Chromium or Chrome: one on the PATH, else the one playwright has installed.

    Raises:
        Missing: If there is none, or no playwright.
    """
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise Missing('playwright is not installed: make test, or pip install -e ".[test]"') from None
    with sync_playwright() as playwright:
        found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
        executable = found or playwright.chromium.executable_path
        if not Path(executable).exists():
            raise Missing(
                f"no browser found; looked for {', '.join(BROWSERS)}. Install Chromium (on Debian and Ubuntu: "
                "apt install chromium) or let playwright fetch one: .venv/bin/playwright install chromium"
            )
        started = playwright.chromium.launch(executable_path=executable, args=SWITCHES)
        yield started
        started.close()
