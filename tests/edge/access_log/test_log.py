"""The access log: order, bounds, and a reader that is too slow."""

from __future__ import annotations

import json
import os
from pathlib import Path

from edge.access_log.log import AccessLog, open_log
from tests.support.in_process import InProcess

RULES = 'rule a { when any; respond 200 "" }'


def paths_in(text: str) -> list[str]:
    return [json.loads(line)["path"] for line in text.splitlines()]


def test_each_exchange_is_a_line_in_order(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES)
    edge.engine.access_log = AccessLog(open_log(str(tmp_path / "log")), on_dropped=lambda: None)
    for number in range(600):
        edge.ask(f"/{number}")
    edge.engine.access_log.flush()
    assert paths_in((tmp_path / "log").read_text()) == [f"/{number}" for number in range(600)]


def test_lines_over_the_bound_are_dropped_and_counted(tmp_path: Path) -> None:
    dropped: list[int] = []
    edge = InProcess(tmp_path, RULES)
    log = edge.engine.access_log = AccessLog(
        open_log(str(tmp_path / "log")), on_dropped=lambda: dropped.append(1), max_lines=3
    )
    for number in range(5):
        edge.ask(f"/{number}")
    log.flush()
    assert len(dropped) == 2
    assert paths_in((tmp_path / "log").read_text()) == ["/0", "/1", "/2"]


def test_off_is_off() -> None:
    assert not AccessLog(open_log("off"), on_dropped=lambda: None).on


def test_a_pipe_that_takes_little_gets_everything(tmp_path: Path) -> None:
    edge = InProcess(tmp_path, RULES)
    reader, writer = os.pipe()
    log = edge.engine.access_log = AccessLog(writer, on_dropped=lambda: None)
    for _ in range(10):
        edge.ask("/")
    log.flush()
    os.close(writer)
    with os.fdopen(reader) as stream:
        assert len(stream.readlines()) == 10
