"""Records: whole or not at all, and an unreadable one is named, never overwritten."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from hdintuition.records import store
from hdintuition.records.reference import RecordError, load_reference, save_record


@pytest.fixture
def record():
    interval = {"estimate": 0.1, "low": 0.05, "high": 0.2, "note": "1 of 10"}
    return {
        "schema": 1, "slug": "walls/odds", "scale": "cpu", "device": "cpu", "threads": 1, "seed": 0,
        "torch": "2.13.0", "version": "0.1.0", "kept": {"n": {"value": [1, 2]}},
        "claims": {"W2": {"walled_in": {"interval": interval, "rule": "abc"}}},
    }  # fmt: skip


def test_round_trip(tmp_path, record):
    path = save_record(record, tmp_path)
    assert path == tmp_path / "walls" / "odds.json"
    assert load_reference("walls/odds", tmp_path) == record


def test_absent_is_none(tmp_path):
    assert load_reference("walls/odds", tmp_path) is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 2}, "schema 2 is not 1"),
        ({"slug": "walls/other"}, "belongs to chapter 'walls/other'"),
        ({"kept": []}, "field 'kept' must be a dict"),
        ({"claims": {"W2": {"t": {"interval": {"estimate": 1}, "rule": "a"}}}}, "W2.t is no interval"),
    ],
)
def test_malformed_record_is_named(tmp_path, record, change, message):
    path = tmp_path / "walls" / "odds.json"
    path.parent.mkdir()
    path.write_text(json.dumps(record | change))
    with pytest.raises(RecordError, match=message) as caught:
        load_reference("walls/odds", tmp_path)
    assert str(path) in str(caught.value)


def test_truncated_file_is_named_and_left_alone(tmp_path, record):
    path = save_record(record, tmp_path)
    half = path.read_text()[:100]
    path.write_text(half)
    with pytest.raises(RecordError, match="not a readable record"):
        load_reference("walls/odds", tmp_path)
    assert path.read_text() == half


def test_too_large_is_refused_and_nothing_written(tmp_path, record):
    record["kept"]["samples"] = {"value": list(range(100_000))}
    with pytest.raises(RecordError, match="allowed: 100000"):
        save_record(record, tmp_path)
    assert list(tmp_path.rglob("*.json")) == []


def test_nan_is_refused(tmp_path, record):
    record["kept"]["n"] = {"value": [float("nan")]}
    with pytest.raises(ValueError, match="JSON"):
        save_record(record, tmp_path)


def test_failure_before_the_replacement_keeps_the_old_file(tmp_path, monkeypatch):
    target = tmp_path / "a.json"
    store.write_whole(target, "old")

    def fails(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fails)
    with pytest.raises(OSError, match="disk full"):
        store.write_whole(target, "new")
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_killed_writer_leaves_the_old_record_whole(tmp_path):
    """A process is killed in the middle of writing: the target still holds one whole text."""
    target = tmp_path / "a.json"
    code = textwrap.dedent(
        """
        import sys, pathlib
        from hdintuition.records.store import write_whole
        target = pathlib.Path(sys.argv[1])
        print("ready", flush=True)
        k = 0
        while True:
            write_whole(target, chr(97 + k % 26) * 2_000_000)
            k += 1
        """
    )
    for _ in range(5):
        with subprocess.Popen([sys.executable, "-c", code, str(target)], stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            while not target.exists():
                pass
            process.send_signal(signal.SIGKILL)
        text = target.read_text()
        assert len(text) == 2_000_000
        assert len(set(text)) == 1
