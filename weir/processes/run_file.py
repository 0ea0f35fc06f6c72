"""``run.json``: what a running process says of itself, above all its real addresses.

Written whole or not at all, so a reader never meets half a file. Absent means: not running, or not ready yet. It may
be left over after a kill -9, so a reader compares its ``pid``.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

LONGEST = 1024 * 1024
"""Bytes that a reader accepts."""


def write(path: Path, content: Mapping[str, Any]) -> None:
    """Replaces ``path`` atomically; OSError if that cannot be done."""
    text = json.dumps(content, indent=2) + "\n"
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), 0o644)
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
        raise


def read(path: Path) -> dict[str, Any] | None:
    """What was written; None if the file is absent or is no JSON object."""
    try:
        with path.open("rb") as file:
            data = file.read(LONGEST + 1)
    except FileNotFoundError:
        return None
    if len(data) > LONGEST:
        return None
    try:
        content = json.loads(data)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def remove(path: Path) -> None:
    """No error if there is none."""
    path.unlink(missing_ok=True)
