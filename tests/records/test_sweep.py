"""A sweep from its first cell to its last: kept, taken up again, and suspicious of what it finds."""

import io
import os
import subprocess
import sys

import pytest
import torch
from tests.records import works

from hdintuition.records.cell import Identity, optional
from hdintuition.records.folder import occupied
from hdintuition.records.reference import RecordError
from hdintuition.records.sweep import SweepError, sweep
from hdintuition.seeds import generator, seed_of

GRID = {"width": [2, 3, 4], "rate": [0.1, 0.2]}
SERIAL = {"code": "1", "workers": 0}


def files(folder):
    """Name, inode and time of every cell's file: what changes when one is written again."""
    stats = {path.name: path.stat() for path in folder.glob("*.safetensors")}
    return {name: (stat.st_ino, stat.st_mtime_ns) for name, stat in stats.items()}


def test_results_are_those_of_the_function(tmp_path):
    results = sweep(works.draw, GRID, folder=tmp_path, **SERIAL)
    key = '{"rate":0.2,"width":3}'
    expected = works.draw(3, 0.2, generator(key), seed_of(key))
    assert torch.equal(results[3]["gram"], expected["gram"])
    assert results["mean"].shape == (3, 2)
    assert results["mean"][1, 1] == expected["mean"]
    assert results["seed"].unique().numel() == 6
    assert results["odd"].tolist() == [[False] * 2, [True] * 2, [False] * 2]
    assert results["denormal"].count_nonzero() == 0
    assert (results["threads"] == 1).all()


def test_a_second_call_reads_and_runs_nothing(tmp_path):
    over = {"i": range(3), "folder": [str(tmp_path)]}
    first = sweep(works.noted, over, folder=tmp_path / "cells", **SERIAL)
    before = files(tmp_path / "cells")
    second = sweep(works.noted, over, folder=str(tmp_path / "cells"), **SERIAL)
    assert [i for i, _ in works.calls(tmp_path)] == [0, 1, 2]
    assert torch.equal(first["i"], second["i"])
    assert torch.equal(first.seconds, second.seconds)
    assert files(tmp_path / "cells") == before


def test_a_grid_may_grow_and_shrink(tmp_path):
    cells = tmp_path / "cells"
    for numbers in ([1, 2], [3, 2, 1], [2]):
        over = {"i": numbers, "folder": [str(tmp_path)]}
        assert sweep(works.noted, over, folder=cells, **SERIAL)["i"][:, 0].tolist() == numbers
    assert [i for i, _ in works.calls(tmp_path)] == [1, 2, 3]


def test_a_cells_numbers_do_not_hang_on_its_grid(tmp_path):
    whole = sweep(works.draw, GRID, folder=tmp_path / "a", **SERIAL)
    alone = sweep(works.draw, [{"rate": 0.2, "width": 4}], folder=tmp_path / "b", **SERIAL)
    assert torch.equal(whole[5]["gram"], alone[0]["gram"])
    other = sweep(works.draw, GRID, folder=tmp_path / "c", seed=1, **SERIAL)
    assert not torch.equal(whole[5]["gram"], other[5]["gram"])


def test_a_seed_among_the_settings_is_the_callers(tmp_path):
    grid = {"width": [2], "rate": [1.0], "seed": [7, 8]}
    results = sweep(works.draw, grid, folder=tmp_path, **SERIAL)
    assert results["seed"].tolist() == [[[7, 8]]]
    assert not torch.equal(results[0]["gram"], results[1]["gram"])


def test_this_threads_settings_come_back(tmp_path):
    threads = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        sweep(works.draw, GRID, folder=tmp_path, **SERIAL)
        assert torch.get_num_threads() == 2
        assert torch.full((), 2e-308, dtype=torch.float64) * 0.5 > 0
    finally:
        torch.set_num_threads(threads)


# ------------------------------------------------------------------------------------ what goes wrong


def test_the_others_are_finished_and_the_failures_named(tmp_path):
    over = {"i": range(8), "folder": [str(tmp_path)]}
    with pytest.raises(SweepError) as caught:
        sweep(works.fussy, over, folder=tmp_path / "cells", **SERIAL)
    message = str(caught.value)
    assert "2 cells failed; 6 of 8 cells are kept" in message
    assert "'i': 2" in message
    assert "tests.records.works.TwoPartError: no and 5" in message
    assert 'raise TwoPartError("no", i)' in message, "the traceback leads to the line"
    assert [settings["i"] for settings, _ in caught.value.failures] == [2, 5]
    (tmp_path / "mended").touch()
    (tmp_path / "calls").unlink()
    results = sweep(works.fussy, over, folder=tmp_path / "cells", **SERIAL)
    assert results["i"].flatten().tolist() == list(range(8))
    assert [i for i, _ in works.calls(tmp_path)] == [2, 5]


@pytest.mark.parametrize("what", ["none", "empty", "text", "number", "objects", "sparse", "reserved"])
def test_a_result_that_cannot_be_kept_is_a_failure(tmp_path, what):
    with pytest.raises(SweepError, match=r"TypeError: .* must"):
        sweep(works.wrong, {"what": [what]}, folder=tmp_path, **SERIAL)
    assert files(tmp_path) == {}


def test_leaving_python_is_a_failure_of_the_cell(tmp_path):
    with pytest.raises(SweepError, match="SystemExit: enough"):
        sweep(works.gives_up, {"i": range(3)}, folder=tmp_path, **SERIAL)
    assert len(files(tmp_path)) == 2


def test_ctrl_c_keeps_what_is_finished(tmp_path):
    over = {"i": range(8), "folder": [str(tmp_path)]}
    with pytest.raises(KeyboardInterrupt) as caught:
        sweep(works.interrupted, over, folder=tmp_path / "cells", **SERIAL)
    assert "3 of 8 cells are kept" in caught.value.__notes__[0]
    (tmp_path / "mended").touch()
    sweep(works.interrupted, over, folder=tmp_path / "cells", **SERIAL)
    assert [i for i, _ in works.calls(tmp_path)] == [0, 1, 2, 3, 3, 4, 5, 6, 7]


def test_a_full_disk_ends_the_sweep_and_says_what_is_kept(tmp_path, monkeypatch):
    replace, count = os.replace, iter(range(100))

    def full(*arguments):
        if next(count) == 2:
            raise OSError(28, "No space left on device")
        replace(*arguments)

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space left") as caught:
        sweep(works.identity, {"i": range(5)}, folder=tmp_path, **SERIAL)
    assert "2 of 5 cells are kept" in caught.value.__notes__[0]
    assert sorted(path.suffix for path in tmp_path.iterdir()) == ["", ".safetensors", ".safetensors"]


def named(i):
    return {"i": i}


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"work": lambda i: {"i": i}}, TypeError, "top level of a module"),
        ({"work": int}, TypeError, "top level of a module"),
        ({"over": {"j": [1]}}, TypeError, r"identity cannot be called with the settings \{'j': 1\}: missing"),
        ({"over": {"i": [1], "j": [1]}}, TypeError, "unexpected keyword argument 'j'"),
        ({"code": ""}, ValueError, "code must be a word"),
        ({"code": 1}, ValueError, "code must be a word"),
        ({"seed": -1}, ValueError, "seed must be an integer >= 0, got -1"),
        ({"workers": -1}, ValueError, "workers must be a number of processes >= 0"),
        ({"executor": object()}, ValueError, "without an executor"),
    ],
)
def test_refused_before_anything_is_written(tmp_path, change, error, message):
    arguments = {"work": works.identity, "over": {"i": [1]}, "folder": tmp_path / "cells", **SERIAL, **change}
    with pytest.raises(error, match=message):
        sweep(arguments.pop("work"), arguments.pop("over"), **arguments)
    assert not (tmp_path / "cells").exists()


def test_settings_that_stand_twice_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"twice: {'i': 1}"):
        sweep(works.identity, {"i": [1, 1]}, folder=tmp_path, **SERIAL)


# ------------------------------------------------------------------------------- what lies in the folder


@pytest.fixture
def kept(tmp_path):
    sweep(works.identity, {"i": range(4)}, folder=tmp_path, **SERIAL)
    return tmp_path


def path_of(folder, i):
    return folder / Identity("tests.records.works:identity", "1", 0).file_name({"i": i})


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"code": "2"}, "code '1', and this one has code '2'"),
        ({"seed": 3}, "seed '0', and this one has seed '3'"),
    ],
)
@pytest.mark.parametrize("numbers", [range(4), range(10, 12)])
def test_one_folder_holds_one_sweep(kept, change, key, numbers):
    with pytest.raises(RecordError, match=f"belongs to a sweep with {key}.*choose another folder"):
        sweep(works.identity, {"i": numbers}, folder=kept, **SERIAL | change)
    with pytest.raises(RecordError, match=r"belongs to a sweep with work 'tests.records.works:identity'"):
        sweep(named, {"i": numbers}, folder=kept, **SERIAL)
    assert len(files(kept)) == 4


def test_damaged_files_are_named_and_left_alone(kept):
    cut, changed = path_of(kept, 1), path_of(kept, 2)
    cut.write_bytes(cut.read_bytes()[:-3])
    changed.write_bytes(changed.read_bytes()[:-1] + b"\1")
    before = files(kept)
    with pytest.raises(RecordError, match="Move it away or delete it") as caught:
        sweep(works.identity, {"i": range(5)}, folder=kept, **SERIAL)
    assert f"{cut}: not whole" in str(caught.value)
    assert f"{changed}: changed since it was written" in str(caught.value)
    assert files(kept) == before
    cut.unlink()
    changed.rename(kept / "aside")
    assert sweep(works.identity, {"i": range(5)}, folder=kept, **SERIAL)["i"].tolist() == [0, 1, 2, 3, 4]


def test_a_damaged_file_outside_the_grid_is_named_too(kept):
    path_of(kept, 3).write_bytes(b"")
    with pytest.raises(RecordError, match="not whole: the header is cut short"):
        sweep(works.identity, {"i": range(2)}, folder=kept, **SERIAL)


def test_a_renamed_cell_is_not_taken_for_another(kept):
    path_of(kept, 1).rename(path_of(kept, 9))
    with pytest.raises(RecordError, match=r'holds the settings {"i":1}; it was renamed'):
        sweep(works.identity, {"i": [0, 9]}, folder=kept, **SERIAL)


def test_foreign_files_are_named(kept):
    optional("safetensors.torch").save_file({"w": torch.ones(3)}, kept / "model.safetensors")
    (kept / "notes.txt").write_text("mine")
    with pytest.raises(RecordError, match=r"model.safetensors: a safetensors file, but not one that a sweep"):
        sweep(works.identity, {"i": range(4)}, folder=kept, **SERIAL)
    (kept / "model.safetensors").unlink()
    sweep(works.identity, {"i": range(4)}, folder=kept, **SERIAL)
    assert (kept / "notes.txt").read_text() == "mine"


def test_many_faults_are_counted(kept):
    sweep(works.identity, {"i": range(6)}, folder=kept, **SERIAL)
    with pytest.raises(RecordError, match="… and 1 more"):
        sweep(works.identity, {"i": range(6)}, folder=kept, **SERIAL | {"code": "2"})


def test_only_dead_runs_left_overs_are_removed(kept):
    ours, other = kept / f".{path_of(kept, 9).name}.abc123.part", kept / ".somebody.else.part"
    ours.write_bytes(b"half")
    other.write_bytes(b"half")
    with occupied(kept):
        pass
    assert not ours.exists()
    assert other.exists()


def test_a_live_runs_left_overs_are_not_removed_by_another(kept):
    part = kept / f".{path_of(kept, 9).name}.abc123.part"
    code = (
        "import sys, pathlib; from hdintuition.records.folder import occupied\n"
        "with occupied(pathlib.Path(sys.argv[1])):\n    print('in', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(kept)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as live:
        assert live.stdout.readline() == b"in\n"
        part.write_bytes(b"half")
        sweep(works.identity, {"i": range(5)}, folder=kept, **SERIAL)
        assert part.exists(), "another run was still there"
        live.kill()
        live.wait()
        sweep(works.identity, {"i": range(6)}, folder=kept, **SERIAL)
        assert not part.exists(), "it is dead now"


# --------------------------------------------------------------------------------------- what is shown


@pytest.mark.parametrize(("progress", "shown"), [(None, False), (True, True), (False, False)])
def test_a_bar_is_shown_when_asked_for(tmp_path, capsys, progress, shown):
    sweep(works.identity, {"i": range(2)}, folder=tmp_path, **SERIAL)
    sweep(works.identity, {"i": range(5)}, folder=tmp_path, progress=progress, **SERIAL)
    assert ("5/5" in capsys.readouterr().err) == shown


def test_a_bar_is_shown_on_a_terminal(tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    sweep(works.identity, {"i": range(2)}, folder=tmp_path, **SERIAL)
    assert "2/2" in sys.stderr.getvalue()


def test_the_package_needs_none_of_it():
    code = (
        "import sys\nfor name in ('safetensors', 'tqdm', 'dask', 'distributed'): sys.modules[name] = None\n"
        "import hdintuition.records.sweep as s, textwrap\n"
        "try: s.sweep(textwrap.dedent, {'text': ['a']}, folder='never made', code='1', workers=0)\n"
        "except ModuleNotFoundError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 'pip install "hdintuition[sweep]"' in done.stdout
