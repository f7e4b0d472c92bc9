"""``python -m hdintuition``: chapters run outside Jupyter, records saved whole, errors explained."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
from tests import miniature

from hdintuition import __main__ as command_line
from hdintuition.evidence import claims as claim_files
from hdintuition.records.reference import load_reference
from hdintuition.runner import ChapterError, cells, find, run_chapter

CELLS = [
    "import hdintuition as hdi\nch = hdi.Chapter('walls/doors')\nch",
    "kept = ch.keep(n=[1, 2])",
    "ch.judge(W1=dict(share=hdi.wilson(5, 1000), instrument=hdi.exact(1)),\n"
    "         W2=dict(many=hdi.wilson(90, 100), seen=hdi.exact(3)))",
]


@pytest.fixture
def small_book(tmp_path, monkeypatch):
    folder = miniature.write(tmp_path / "claims")
    monkeypatch.setattr(claim_files, "_folder", lambda root=None: folder)
    monkeypatch.setenv("HDI_SCALE", "smoke")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def as_python(folder, *sources):
    path = folder / "doors.py"
    path.write_text("\n\n".join(f"# %% [markdown]\n# words\n\n# %%\n{source}" for source in sources))
    return path


def as_markdown(folder, *sources):
    path = folder / "doors.md"
    head = (
        "---\njupytext:\n  text_representation:\n    extension: .md\n    format_name: myst\n"
        "kernelspec:\n  name: python3\n  display_name: Python 3\n  language: python\n---\n\n# Doors\n\n"
    )
    path.write_text(head + "\n\n".join(f"```{{code-cell}}\n{source}\n```" for source in sources))
    return path


@pytest.mark.parametrize("write", [as_python, as_markdown])
def test_both_forms_give_the_same_record(small_book, write):
    outcome = run_chapter(write(small_book, *CELLS), commit="abc")
    assert outcome.record["claims"]["W2"]["many"]["interval"]["estimate"] == 0.9
    assert outcome.record["kept"] == {"n": {"value": [1, 2]}}
    assert outcome.record["commit"] == "abc"
    assert outcome.record["seconds"] >= 0
    assert outcome.verdicts.startswith("W1: Supported")


def test_markdown_cells_are_found(small_book):
    assert cells(as_markdown(small_book, *CELLS)) == CELLS


def test_a_failing_cell_is_named(small_book):
    path = as_markdown(small_book, CELLS[0], "x = 1\ny = x / 0")
    with pytest.raises(ChapterError, match=r"doors\.md, cell 2, line 2: ZeroDivisionError"):
        run_chapter(path)


def test_a_chapter_without_a_verdict_is_refused(small_book):
    with pytest.raises(ChapterError, match=r"its last cell must be ch\.judge"):
        run_chapter(as_python(small_book, CELLS[0]))


def test_save_writes_one_whole_record(small_book, capsys):
    as_python(small_book, *CELLS)
    status = command_line.main(
        ["run", "doors.py", "--scale", "smoke", "--save", "--out", "records", "--commit", "f00"]
    )
    assert status == 0
    record = load_reference("walls/doors", small_book / "records")
    assert record["commit"] == "f00"
    assert record["scale"] == "smoke"
    assert "chapter 1 of 1" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "walls/nowhere"], "no chapter 'walls/nowhere'"),
        (["run", "nothing.md"], "there is no file nothing.md"),
        (["run", "doors.py", "--scale", "huge"], "scale is 'huge'; allowed"),
        (["run", "doors.py", "--out", "x"], "give --save as well"),
        (["claims", "walls/nowhere"], "no chapter 'walls/nowhere'"),
    ],
)
def test_bad_input_is_explained(small_book, capsys, arguments, message):
    as_python(small_book, *CELLS)
    assert command_line.main(arguments) == 2
    assert message in capsys.readouterr().err


def test_claims_prints_the_rules(small_book, capsys):
    assert command_line.main(["claims", "walls/doors"]) == 0
    out = capsys.readouterr().out
    assert "walls are rare" in out
    assert "share (literal): Fewer than 1 in 10. [< 0.1]" in out
    assert "[proof eq-one]" in out


def test_a_chapter_of_the_book_is_found_by_its_slug():
    assert find("walls/odds-of-walls").name == "odds-of-walls.md"


def test_interrupted_run_leaves_the_old_record_whole(small_book):
    """The process is interrupted while the chapter runs: the record on disk is the old one, to the byte."""
    folder = small_book / "records"
    as_python(small_book, *CELLS)
    assert command_line.main(["run", "doors.py", "--save", "--out", str(folder)]) == 0
    before = (folder / "walls" / "doors.json").read_bytes()
    as_python(small_book, *CELLS[:2], "print('waiting', flush=True)\nimport time\ntime.sleep(60)", CELLS[2])
    code = (
        "import sys, pathlib\nfrom hdintuition.evidence import claims\n"
        "claims._folder = lambda root=None: pathlib.Path('claims')\n"
        "from hdintuition.__main__ import main\nsys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "run", "doors.py", "--save", "--out", str(folder)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ.copy()
    ) as process:
        for line in process.stdout:
            if b"waiting" in line:
                break
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=30)
    assert process.returncode != 0
    assert (folder / "walls" / "doors.json").read_bytes() == before
    assert [p.name for p in (folder / "walls").iterdir()] == ["doors.json"]
    assert json.loads(before)["slug"] == "walls/doors"
