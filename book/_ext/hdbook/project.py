"""Where the book lives: folders, addresses and the state of the checkout.

Name, version and addresses are read from pyproject.toml, their one home; ``_config.yml`` need not repeat
them, and where it does, it has to agree.
"""

from __future__ import annotations

import subprocess
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sphinx.util import logging

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

logger = logging.getLogger(__name__)
THEIR_REPOSITORY = "https://github.com/executablebooks/jupyter-book"  # what jupyter-book fills in by default


@dataclass(frozen=True)
class Project:
    """What pyproject.toml and git say about the checkout that holds the book."""

    root: Path
    name: str
    version: str
    homepage: str
    repository: str

    @classmethod
    def of(cls, source: Path) -> Project:
        """The project whose pyproject.toml lies in ``source`` or the nearest folder above it."""
        for folder in (source, *source.parents):
            file = folder / "pyproject.toml"
            if file.is_file():
                data = tomllib.loads(file.read_text("utf8"))["project"]
                urls = {key.lower(): value for key, value in data["urls"].items()}
                return cls(folder, data["name"], data["version"], urls["homepage"], urls["repository"])
        raise FileNotFoundError(
            f"no pyproject.toml in {source} or above; the book takes its addresses from it"
        )

    @property
    def base_path(self) -> str:
        """The path under which the site is published: ``/hdintuition/``."""
        return urlsplit(self.homepage).path.rstrip("/") + "/"

    @property
    def owner_and_name(self) -> str:
        """``owner/name`` of the repository."""
        return urlsplit(self.repository).path.strip("/").removesuffix(".git")

    @cached_property
    def commit(self) -> str:
        """The full commit of the checkout; empty outside git or before the first commit."""
        return self._git("rev-parse", "--verify", "--quiet", "HEAD")

    @cached_property
    def changed(self) -> bool:
        """True if tracked files differ from that commit."""
        return bool(self._git("status", "--porcelain", "--untracked-files=no"))

    @property
    def short_commit(self) -> str:
        """``abc1234``, with ``+`` behind it if the checkout holds changes."""
        return self.commit and self.commit[:7] + ("+" if self.changed else "")

    @cached_property
    def revision(self) -> str:
        """What a notebook installs: the release's tag if this commit carries it, else the commit."""
        tag = f"v{self.version}"
        if not self.commit or tag in self._git("tag", "--points-at", "HEAD").split():
            return tag
        return self.commit

    def page(self, docname: str, anchor: str = "") -> str:
        """The public address of a page."""
        return f"{self.homepage.rstrip('/')}/{docname}.html" + (f"#{anchor}" if anchor else "")

    def _git(self, *arguments: str) -> str:
        try:
            done = subprocess.run(
                ["git", "-C", str(self.root), *arguments],
                capture_output=True,
                text=True,
                check=False,
                timeout=20,
            )
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return done.stdout.strip() if done.returncode == 0 else ""


def fill_in_addresses(app: Sphinx, config: Config) -> None:
    """Give Sphinx and the theme the project's addresses; warn where _config.yml says something else."""
    project = Project.of(Path(app.srcdir))
    options = config.html_theme_options
    given = {
        "html.baseurl": (config.html_baseurl, project.homepage),
        "repository.url": (options.get("repository_url") or "", project.repository),
    }
    for key, (said, meant) in given.items():
        if said.rstrip("/") not in ("", THEIR_REPOSITORY, meant.rstrip("/")):
            logger.warning("_config.yml: %s is %s, but pyproject.toml says %s; change one", key, said, meant)
    config.html_baseurl = project.homepage
    options["repository_url"] = project.repository
    if not config.overrides.get("ogp_site_url") and "ogp_site_url" in config:
        config.ogp_site_url = project.homepage
