"""Days and files of exports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from weir.client.exports import days_of, write_whole

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("first", "last", "count", "expected"),
    [
        ("", "today", 30, (date(2026, 10, 25), TODAY)),
        ("", "today", 1, (TODAY, TODAY)),
        ("", "yesterday", 2, (date(2026, 11, 21), date(2026, 11, 22))),
        ("2026-01-01", "2026-02-01", 30, (date(2026, 1, 1), date(2026, 2, 1))),
    ],
)
def test_days_are_named_or_counted(first: str, last: str, count: int, expected: tuple[date, date]) -> None:
    assert days_of(first, last, count, TODAY) == expected


@pytest.mark.parametrize(
    ("first", "last", "count", "why"),
    [
        ("", "today", 0, "at least 1"),
        ("x", "today", 30, "isoformat"),
        ("2026-11-24", "today", 30, "after the last"),
    ],
)
def test_days_that_are_none_are_refused(first: str, last: str, count: int, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        days_of(first, last, count, TODAY)


def test_a_file_replaces_what_was_there_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    path.write_text("before")
    assert write_whole(path, [b"one", b"two"]) == 6
    assert path.read_bytes() == b"onetwo"


def test_what_breaks_off_is_no_file(tmp_path: Path) -> None:
    def pieces() -> Iterator[bytes]:
        yield b"half"
        raise OSError("broken")

    with pytest.raises(OSError, match="broken"):
        write_whole(tmp_path / "usage.csv", pieces())
    assert list(tmp_path.iterdir()) == []
