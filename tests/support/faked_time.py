"""A clock of its own for a program: what it reads is what a file says, and the file may change under it."""

from __future__ import annotations

from pathlib import Path

from tests.support.parts import need


def faked_time(file: Path) -> dict[str, str]:
    """Its environment, for a ``file`` with a line such as ``+3600``; skips where faketime is not installed."""
    need("faketime")
    library = next(Path("/usr/lib").glob("**/faketime/libfaketime.so.1"))
    return {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(file),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "DONT_FAKE_MONOTONIC": "1",
    }
