"""The access log: lines, bounds, and a reader that is too slow."""

from __future__ import annotations

import json
import os
from pathlib import Path

from edge.access_log import AccessLog, Attempt, Entry, Timestamps, milliseconds, open_log


def entry(path: str) -> Entry:
    return Entry(
        "t",
        "id",
        "ip",
        "GET",
        "http",
        "h",
        path,
        200,
        0,
        0,
        1.5,
        "r",
        "u",
        1,
        [Attempt("http://t", 1.0, 200)],
    )


def test_each_entry_is_a_line_of_json(tmp_path: Path) -> None:
    log = AccessLog(open_log(str(tmp_path / "log")), on_dropped=lambda: None)
    for number in range(1200):
        log.write(entry(f"/{number}"))
    log.flush()
    lines = [json.loads(line) for line in (tmp_path / "log").read_text().splitlines()]
    assert [line["path"] for line in lines] == [f"/{number}" for number in range(1200)]
    assert lines[0]["attempts"] == [{"target": "http://t", "ms": 1.0, "status": 200}]


def test_lines_over_the_bound_are_dropped_and_counted(tmp_path: Path) -> None:
    dropped: list[int] = []
    log = AccessLog(open_log(str(tmp_path / "log")), on_dropped=lambda: dropped.append(1), max_lines=3)
    for number in range(5):
        log.write(entry(f"/{number}"))
    log.flush()
    assert len(dropped) == 2
    assert len((tmp_path / "log").read_text().splitlines()) == 3


def test_off_is_off() -> None:
    assert not AccessLog(open_log("off"), on_dropped=lambda: None).on


def test_a_pipe_that_takes_little_gets_everything() -> None:
    reader, writer = os.pipe()
    log = AccessLog(writer, on_dropped=lambda: None)
    for number in range(10):
        log.write(entry(f"/{number}"))
    log.flush()
    os.close(writer)
    with os.fdopen(reader) as stream:
        assert len(stream.readlines()) == 10


def test_times_are_utc_with_milliseconds() -> None:
    stamps = Timestamps()
    assert stamps.text(0.0) == "1970-01-01T00:00:00.000Z"
    assert stamps.text(0.25) == "1970-01-01T00:00:00.250Z"
    assert stamps.text(61.999) == "1970-01-01T00:01:01.999Z"
    assert milliseconds(0.0012349) == 1.234
