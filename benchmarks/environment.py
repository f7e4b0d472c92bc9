"""Where a benchmark ran: the first line of every file of results."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
import subprocess
import tomllib
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import torch
from threadpoolctl import threadpool_info

ROOT = Path(__file__).resolve().parents[1]


def environment(scale: str) -> dict[str, Any]:
    """Date, device, processor, threads and the version of everyone who takes part, with a digest of it all."""
    found = {
        "kind": "environment",
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "scale": scale,
        "device": device_name(scale),
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "blas": blas(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions(),
        "commit": commit(),
    }
    text = json.dumps(found, sort_keys=True)
    return found | {"digest": hashlib.sha256(text.encode()).hexdigest()[:12]}


def device_name(scale: str) -> str:
    """``"cpu"``, or the name of the CUDA device."""
    return torch.cuda.get_device_name() if scale == "gpu" else "cpu"


def slug(where: dict[str, Any]) -> str:
    """The name of a device as part of a file name.

    >>> slug({"device": "cpu", "cpu": "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz"}), slug({"device": "NVIDIA H200"})
    ('cpu-intel-xeon-e5-2680-v4', 'nvidia-h200')
    """
    name = where["device"] if where["device"] != "cpu" else f"cpu {where['cpu']}"
    name = re.sub(r"\((?:r|tm)\)|@.*|\b(?:processor|\d+-core)\b", " ", name.lower())
    words = re.findall(r"[a-z0-9]+(?:[.-][a-z0-9]+)*", name)
    return "-".join(word for k, word in enumerate(words) if k == 0 or word != "cpu")


def cpu_model() -> str:
    """The processor as it names itself."""
    file = Path("/proc/cpuinfo")
    names = re.findall(r"^model name\s*:\s*(.+)$", file.read_text("utf8"), re.M) if file.is_file() else []
    return " ".join((names[0] if names else platform.processor() or platform.machine()).split())


def blas() -> str:
    """Who makes NumPy's matrix products here, and for which kind of processor: ``"openblas 0.3.31 SkylakeX"``."""
    found = {
        " ".join(
            str(library[part]) for part in ("internal_api", "version", "architecture") if library.get(part)
        )
        for library in threadpool_info()
        if library["user_api"] == "blas"
    }
    return ", ".join(sorted(found))


def versions() -> dict[str, str]:
    """The installed versions of what we compute with, and of every opponent in pyproject.toml's extra ``bench``."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf8"))["project"]
    opponents = [re.match(r"[\w.-]+", line)[0] for line in project["optional-dependencies"]["bench"]]
    return {name: _version(name) for name in ("torch", "numpy", "scipy", *opponents)}


def commit() -> str:
    """The commit that was measured, with a + where files differed from it; empty outside a checkout."""
    head, changes = (
        _git("rev-parse", "--short=10", "HEAD"),
        _git("status", "--porcelain", "src", "benchmarks/*.py"),
    )
    return head + ("+" if head and changes else "")


def _git(*words: str) -> str:
    try:
        asked = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True)
    except OSError:
        return ""
    return asked.stdout.strip() if asked.returncode == 0 else ""


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
