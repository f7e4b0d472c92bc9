"""Files that are either whole or not there: written beside their target, then put in its place."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Write ``content`` to ``path`` so that no reader and no interruption ever sees half of it.

    The content goes to a temporary file in the same folder, is flushed to disk, and replaces the target in
    one step (``os.replace``). If anything goes wrong before that step, the old file stays as it was. A writer
    that is killed leaves its temporary file, ``.<name>.….part``, behind.
    """
    data = content.encode() if isinstance(content, str) else content
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
