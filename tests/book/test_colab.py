"""The notebooks for Colab: what they install, what became of MyST, and that their code is the chapter's."""

import subprocess

import nbformat
import pytest
from bs4 import BeautifulSoup
from tests.book.mini_book import EXTENSION

SITE = "https://example.org/mini"


@pytest.fixture(autouse=True)
def extension(monkeypatch):
    monkeypatch.syspath_prepend(str(EXTENSION))


@pytest.fixture(scope="module")
def first(warm):
    return nbformat.read(warm[1].out / "notebooks/one/first.ipynb", as_version=4)


def text_of(notebook) -> str:
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return text.replace("\N{THIN SPACE}", " ")


def test_it_is_valid_bare_and_made_for_a_gpu(first):
    nbformat.validate(first)
    assert first.metadata.accelerator == "GPU"
    assert first.metadata.colab.gpuType == "T4"
    assert all(
        cell.outputs == [] and cell.execution_count is None for cell in first.cells if "outputs" in cell
    )


def test_the_first_cell_installs_this_release(first):
    cell = first.cells[0]
    assert '%pip install -q "hdintuition @ git+https://github.com/example/mini@v0.1.0"' in cell.source
    assert cell.source.startswith("#@title")
    assert cell.metadata.cellView == "form"
    assert cell.metadata.tags == ["install"], "tests that run it elsewhere leave this cell out"


@pytest.mark.parametrize(("tag", "at"), [("v0.1.0", "v0.1.0"), ("v0.0.9", None), (None, None)])
def test_it_installs_the_tag_or_else_the_commit(tmp_path, tag, at):
    from hdbook.project import Project

    def git(*arguments):
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        done = subprocess.run(
            ["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    git("init", "-q")
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "-q", "-m", "one")
    if tag:
        git("tag", tag)
    project = Project(tmp_path, "hdintuition", "0.1.0", f"{SITE}/", "https://github.com/example/mini")
    commit = git("rev-parse", "HEAD")
    assert project.revision == (at or commit)
    assert project.short_commit == commit[:7]
    (tmp_path / "file").write_text("2")
    changed = Project(tmp_path, "hdintuition", "0.1.0", f"{SITE}/", "https://github.com/example/mini")
    assert changed.short_commit == commit[:7] + "+"


def test_the_code_is_the_chapters(first, warm):
    from myst_nb.core.read import read_myst_markdown_notebook

    source = read_myst_markdown_notebook(warm[0].file("book/one/first.md").read_text("utf8"))
    theirs = [cell.source for cell in source.cells if cell.cell_type == "code"]
    ours = [cell.source for cell in first.cells[1:] if cell.cell_type == "code"]
    assert [code.removeprefix("#@title Show the solution\n") for code in ours] == theirs


def test_a_hidden_cell_is_a_form(first):
    (cell,) = [cell for cell in first.cells if "hdi.double" in cell.source]
    assert cell.source.startswith("#@title Show the solution\n")
    assert cell.metadata.cellView == "form"


def test_cell_ids_depend_on_order_alone(mini):
    mini.replace("book/one/first.md", "What comes first?", "What is first?")
    built = mini.build()
    again = nbformat.read(built.out / "notebooks/one/first.ipynb", as_version=4)
    assert [cell.id for cell in again.cells][:4] == ["install", "text-01", "code-02", "text-03"]


def test_text_is_plain_markdown(first):
    text = text_of(first)
    assert text.startswith("# First things\n\n*The chapter with its results")
    assert "**Predict first.** How many of $n$ coins show heads?\n\n- 1 in 2" in text
    assert "<summary>Answer</summary>\n\nIn this run 50.0 % (49.0 to 51.0 %), because $p = 1/2$." in text
    assert "<summary>Proof</summary>\n\nLet $x = 1 + 1$." in text
    assert f"[Wigner 1958]({SITE}/bibliography.html) has it" in text
    assert f"others ([Wigner 1958]({SITE}/bibliography.html))" in text
    assert f"[the second chapter]({SITE}/one/second.html)" in text
    assert f"({SITE}/one/first.html#equation-eq-two)" in text
    assert f"[X1: Supported]({SITE}/scorecard.html#X1)" in text
    assert "> **Say.** Coins fall." in text
    assert "measured 0.20 and 0.25 (0.20 to 0.30)" in text
    for left in ("{", ":::", "$$ (eq"):
        assert left not in text.replace(r"\tag{", "").replace(r"\begin{", "")


def test_claims_of_other_chapters_are_linked_where_they_stand(warm):
    text = text_of(nbformat.read(warm[1].out / "notebooks/one/second.ipynb", as_version=4))
    assert f"[(1)]({SITE}/one/first.html#equation-eq-two)" in text
    assert f"[X1]({SITE}/one/first.html#claim-x1)" in text
    assert f"[X4]({SITE}/scorecard.html#X4)" in text, "its chapter is not written yet"


def test_buttons_lead_to_the_notebook(warm):
    page = BeautifulSoup(warm[1].page("one/first"), "html.parser")
    links = [a["href"] for a in page.select(".article-header-buttons a")]
    assert (
        "https://colab.research.google.com/github/example/mini/blob/gh-pages/notebooks/one/first.ipynb"
        in links
    )
    assert "../notebooks/one/first.ipynb" in links
    assert "colab" not in warm[1].page("index"), "no notebook, no button"


# ------------------------------------------------------------------------------------------- MyST made plain


class Plain:
    """Words that show what was asked."""

    def role(self, name, text):
        return f"<{name}:{text}>"

    def link(self, target):
        return f"at:{target}"

    def number(self, label):
        return {"eq-a": "7.1"}.get(label, "")

    def page(self):
        return "at:page"


def folded(title, body):
    return f"<details>\n<summary>{title}</summary>\n\n{body}\n\n</details>"


@pytest.mark.parametrize(
    ("myst", "plain"),
    [
        ("a `{code}` b", "a `{code}` b"),
        ("{term}`noise`, {measured}`x[1]:%i`", "<term:noise>, <measured:x[1]:%i>"),
        ("{eq}`eq-a`\n", "<eq:eq-a>"),
        ("[a](b.md) and [c](#d)", "[a](at:b.md) and [c](at:#d)"),
        ("$f[0](x)$ stays", "$f[0](x)$ stays"),
        ("(label)=\n## Title", "## Title"),
        ("% a remark\ntext", "text"),
        ("$$\nx\n$$ (eq-a)", "$$\nx\n\\tag{7.1}\n$$"),
        ("$$ x $$ (eq-a)", "$$ x \\tag{7.1}$$"),
        ("$$\nx\n$$ (eq-b)", "$$\nx\n$$"),
        ("```python\n{term}`x`\n```", "```python\n{term}`x`\n```"),
        ("```{math}\n:label: eq-a\nx\n```", "$$\nx\n\\tag{7.1}\n$$"),
        (":::{note}\nMind {term}`x`.\n:::", "> **Note.** Mind <term:x>."),
        (":::{admonition} So it is\nA.\n\nB.\n:::", "> **So it is.** A.\n>\n> B."),
        ("::::{note}\n:::{tip}\nin\n:::\nout\n::::", "> **Note.** > **Tip.** in\n>\n> out"),
        (":::{dropdown} Proof\n:open:\nBy {term}`x`.\n:::", folded("Proof", "By <term:x>.")),
        (":::{div} hd-small\nSmall.\n:::", "Small."),
        ("{.hd-small}\nSmall [a](b.md){.button}.", "Small [a](at:b.md)."),
        ("```{figure} a.png\n:alt: A\nSeen.\n```", "![A](at:a.png)\n\nSeen."),
        ("```{bibliography}\n```", ""),
        ("```{hd-strip}\n```", "[On the page](at:page)"),
        ("before\n:::{predict} How many?\n- 1\n- 2\n---\nTwo.\n:::\nafter",
         "before\n\n**Predict first.** How many?\n\n- 1\n- 2\n\n" + folded("Answer", "Two.") + "\n\nafter"),
    ],
)  # fmt: skip
def test_simplify(myst, plain):
    from hdbook.myst import simplify

    assert simplify(myst, Plain()) == plain


def test_addresses_from_a_chapter():
    from pathlib import Path

    from hdbook.colab import BookWords
    from hdbook.project import Project

    project = Project(Path(), "hdintuition", "0.1.0", f"{SITE}/", "https://github.com/example/mini")
    words = BookWords(project, "one/first")
    assert words.link("second.md#x") == f"{SITE}/one/second.html#x"
    assert words.link("../notation.md") == f"{SITE}/notation.html"
    assert words.link("/verdicts") == f"{SITE}/verdicts.html"
    assert words.link("#here") == f"{SITE}/one/first.html#here"
    assert words.link("https://arxiv.org/abs/1") == "https://arxiv.org/abs/1"
    assert (
        words.role("term", "flat points <flat point>")
        == f"[flat points]({SITE}/glossary.html#term-flat-point)"
    )
    assert words.role("measured", "x") == "…"
