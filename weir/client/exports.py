"""What scripts that save an export need: which days, and a file that is there only when it is whole."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple


class Days(NamedTuple):
    """Both inclusive."""

    first: date
    last: date


def days_of(first: str, last: str, count: int, today: date) -> Days:
    """From ``first``, or if that is empty ``count`` days, up to ``last``. Raises ValueError.

    Days are written as 2026-11-01, today or yesterday; ``today`` is that of UTC, as the API counts.
    """
    until = day_of(last, today)
    if count < 1:
        raise ValueError("the number of days must be at least 1")
    since = day_of(first, today) if first else until - timedelta(days=count - 1)
    if since > until:
        raise ValueError(f"the first day ({since}) is after the last ({until})")
    return Days(since, until)


def day_of(text: str, today: date) -> date:
    """Raises ValueError."""
    words = {"today": today, "yesterday": today - timedelta(days=1)}
    return words[text] if text in words else date.fromisoformat(text)


def write_whole(path: Path, pieces: Iterable[bytes]) -> int:
    """Bytes written. Atomic: the name has the old content or all of the new. Raises OSError."""
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            size = sum(file.write(piece) for piece in pieces)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
        return size
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
