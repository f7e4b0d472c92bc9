"""``python -m benchmarks``: what it prints, what it writes, and when it complains."""

import hashlib
import json
import re
import sys
import tomllib
import types
from pathlib import Path

import pytest
from benchmarks import __main__ as command
from benchmarks import environment
from benchmarks.harness import Contest, Cost
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def topic(monkeypatch):
    """A topic named ``sums``; the test says what its contests are."""
    made = types.ModuleType("benchmarks.sums")
    made.contests = lambda scale: [made_of("add", quick=2.0, slow=8.0, must={"quick": 3, "slow": 4})]
    monkeypatch.setitem(sys.modules, "benchmarks.sums", made)
    monkeypatch.setattr(command, "topics", lambda: ["sums"])
    return made


def made_of(work, must=None, same=lambda ours, theirs: "equal", **seconds):
    peers = {name: (lambda cost=cost: Cost(cost)) for name, cost in seconds.items()}
    return Contest(work=work, ours=lambda: Cost(1.0), peers=peers, same=same, must=must or {}, rounds=2)


def lines(file):
    return [json.loads(line) for line in file.read_text("utf8").splitlines()]


def test_every_topic_is_found_and_nothing_else():
    found = command.topics()
    assert "training" in found
    assert not command.NO_TOPICS & set(found)
    for name in found:
        assert "\ndef contests(scale" in (ROOT / "benchmarks" / f"{name}.py").read_text("utf8"), name


def test_the_table_says_what_is_reached_and_what_is_missed(topic, capsys):
    assert command.main(["--scale", "cpu"]) == 0, "a missed bar is a result, not a failure"
    said = capsys.readouterr().out
    assert re.search(r"2 × \(2 to 2\) +quick +must 3 ×: missed", said)
    assert re.search(r"8 × \(8 to 8\) +slow +must 4 ×: reached", said)
    assert "Comparisons: 2, of which lost: 0. Not made: 0. Bars set in advance: 2, reached: 1." in said


def test_a_loss_is_counted_and_a_floor_is_no_rival(topic, capsys):
    topic.contests = lambda scale: [made_of("add", peer=0.5, **{"a floor": 0.25}, must={"a floor": 1 / 6})]
    command.main(["--scale", "cpu"])
    said = capsys.readouterr().out
    assert "4 × it (4 to 4)" in said
    assert "must within 6 ×: reached" in said
    assert "Comparisons: 1, of which lost: 1." in said


def test_one_line_a_result_after_one_of_the_environment(topic, tmp_path):
    command.main(["--scale", "cpu", "--out", str(tmp_path)])
    [file] = tmp_path.iterdir()
    where, *results = lines(file)
    assert file.name == f"{environment.slug(where)}.jsonl"
    assert where["kind"] == "environment"
    digest = where.pop("digest")
    assert digest == hashlib.sha256(json.dumps(where, sort_keys=True).encode()).hexdigest()[:12]
    assert where["threads"] == 1
    assert where["blas"], "the kernels behind NumPy's products"
    assert {"torch", "jax", "scikit-learn", "curvlinops-for-pytorch"} <= where["versions"].keys()
    assert [one["peer"] for one in results] == ["quick", "slow"]
    for one in results:
        assert {"topic", "work", "ratio", "low", "high", "rounds", "ours_seconds", "their_seconds", "same",
                "must", "goal", "load"} <= one.keys()  # fmt: skip
        assert (one["scale"], one["device"], one["environment"]) == ("cpu", "cpu", digest)
    assert str(Path.home()) not in file.read_text("utf8")


def test_whole_or_not_at_all(topic, tmp_path):
    file = tmp_path / "kept.jsonl"
    file.write_text("as it was")

    def interrupted(scale):
        yield made_of("add", quick=2.0)
        raise KeyboardInterrupt

    topic.contests = interrupted
    with pytest.raises(KeyboardInterrupt):
        command.main(["--scale", "cpu", "--out", str(file)])
    assert file.read_text() == "as it was"
    assert [one.name for one in tmp_path.iterdir()] == ["kept.jsonl"]


def test_a_topic_that_breaks_is_a_line_and_an_exit_status(topic, tmp_path, capsys):
    def broken(scale):
        yield made_of("add", quick=2.0)
        raise RuntimeError("no more")

    topic.contests = broken
    file = tmp_path / "out.jsonl"
    assert command.main(["--scale", "cpu", "--out", str(file)]) == 1
    assert lines(file)[2]["failed"] == "the topic broke: RuntimeError: no more"
    assert "the topic broke" in capsys.readouterr().out


def test_disagreement_is_an_exit_status(topic):
    def same(ours, theirs):
        raise AssertionError("far apart")

    topic.contests = lambda scale: [made_of("add", quick=2.0, same=same)]
    assert command.main(["--scale", "cpu"]) == 1


@pytest.mark.parametrize(
    ("pattern", "left"), [("slow", ["slow"]), ("^add$", ["quick", "slow"]), ("none", [])]
)
def test_only_what_matches(topic, tmp_path, pattern, left):
    file = tmp_path / "out.jsonl"
    command.main(["--scale", "cpu", "--only", pattern, "--out", str(file)])
    assert [one["peer"] for one in lines(file)[1:]] == left


def test_smoke_scale_asks_for_nothing(topic, tmp_path):
    file = tmp_path / "out.jsonl"
    command.main(["--scale", "smoke", "--rounds", "1", "--out", str(file)])
    assert [(one["must"], one["rounds"]) for one in lines(file)[1:]] == [(None, 1), (None, 1)]


def test_gpu_scale_needs_a_gpu(topic, monkeypatch, capsys):
    monkeypatch.setattr(command.torch.cuda, "is_available", lambda: False)
    assert command.main(["--scale", "gpu"]) == 2
    assert "choose smoke or cpu" in capsys.readouterr().err


def test_no_rounds_are_refused(topic, capsys):
    with pytest.raises(SystemExit):
        command.main(["--rounds", "0"])
    assert "at least one round, got 0" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ({"device": "cpu", "cpu": "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz"}, "cpu-intel-xeon-e5-2680-v4"),
        ({"device": "cpu", "cpu": "AMD Ryzen 9 7950X 16-Core Processor"}, "cpu-amd-ryzen-9-7950x"),
        ({"device": "NVIDIA H200", "cpu": "AMD EPYC"}, "nvidia-h200"),
    ],
)
def test_the_name_of_a_file(where, name):
    assert environment.slug(where) == name


def test_the_opponents_are_pinned():
    """Unpinned, one of them replaces torch by a CUDA build of several GB."""
    pins = dict(
        line.split("==")
        for line in (ROOT / "constraints.txt").read_text("utf8").splitlines()
        if "==" in line and not line.startswith("#")
    )
    pins = {canonicalize_name(name): pinned for name, pinned in pins.items()}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]["optional-dependencies"]
    for line in [*extras["bench"], "torchvision"]:
        wanted = Requirement(line)
        assert wanted.specifier.contains(pins[canonicalize_name(wanted.name)], prereleases=True), line


def test_committed_results_are_complete():
    for file in (ROOT / "benchmarks" / "results").glob("*.jsonl"):
        where, *results = lines(file)
        assert file.name == f"{environment.slug(where)}.jsonl"
        assert where["scale"] in ("cpu", "gpu"), "smoke scale is for trying out"
        assert {one["environment"] for one in results} == {where["digest"]}
        assert {one["topic"] for one in results} == set(command.topics()), "run all topics: make bench"
