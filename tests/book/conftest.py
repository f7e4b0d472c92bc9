"""The miniature book, executed once; every test gets its own copy with a warm cache."""

import shutil

import pytest
from tests.book.mini_book import Miniature

collect_ignore = ["miniature"]  # its modules belong to the miniature's kernels


def at_home(book: Miniature, patch: pytest.MonkeyPatch) -> Miniature:
    """Let the kernels import the miniature's library, and the extension read the miniature's claims."""
    from hdintuition.evidence import claims

    patch.setenv("PYTHONPATH", str(book.file("library")))
    patch.setenv("HDI_SCALE", "smoke")
    patch.setattr(claims, "_folder", lambda root: book.file("library/hdintuition/claims"))
    return book


@pytest.fixture(scope="session")
def warm(tmp_path_factory: pytest.TempPathFactory):
    """The miniature as built for the first time, and what that build said."""
    with pytest.MonkeyPatch.context() as patch:
        book = at_home(Miniature.fresh(tmp_path_factory.mktemp("warm")), patch)
        return book, book.build()


@pytest.fixture
def mini(warm, tmp_path, monkeypatch) -> Miniature:
    """A copy of it, chapters executed, pages not yet built."""
    shutil.copytree(warm[0].folder, tmp_path / "mini", ignore=shutil.ignore_patterns("html", ".doctrees"))
    return at_home(Miniature(tmp_path / "mini"), monkeypatch)
