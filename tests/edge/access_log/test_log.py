"""The access log: order, bounds, a reader that is too slow, a disk that refuses, and the end."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest

from edge.access_log.bounds import MAX_LINES
from edge.access_log.log import SLICE, AccessLog, open_log
from edge.access_log.output import Output
from tests.support.in_process import InProcess

RULES = 'rule a { when any; respond 200 "" }'


@pytest.fixture
def edge(tmp_path: Path) -> InProcess:
    return InProcess(tmp_path / "versions", RULES)


def logging_to(edge: InProcess, path: Path | str, **options: int) -> tuple[AccessLog, list[int]]:
    dropped: list[int] = []
    log = edge.engine.access_log = AccessLog(Output(str(path)), on_dropped=dropped.append, **options)
    return log, dropped


def paths_in(text: str) -> list[str]:
    return [json.loads(line)["path"] for line in text.splitlines()]


def test_each_exchange_is_a_line_in_order(edge: InProcess, tmp_path: Path) -> None:
    log, _ = logging_to(edge, tmp_path / "log")
    for number in range(2 * SLICE + 1):
        edge.ask(f"/{number}")
    log.flush()
    assert paths_in((tmp_path / "log").read_text()) == [f"/{number}" for number in range(2 * SLICE + 1)]


def test_lines_over_the_bound_are_dropped_and_counted(edge: InProcess, tmp_path: Path) -> None:
    log, dropped = logging_to(edge, tmp_path / "log", max_lines=3)
    for number in range(5):
        edge.ask(f"/{number}")
    log.flush()
    assert dropped == [1, 1]
    assert paths_in((tmp_path / "log").read_text()) == ["/0", "/1", "/2"]


def test_the_bound_is_the_one_of_the_table(edge: InProcess, tmp_path: Path) -> None:
    log, dropped = logging_to(edge, tmp_path / "log")
    log._waiting = [()] * (MAX_LINES - 1)
    edge.ask("/")
    assert dropped == []
    edge.ask("/")
    assert dropped == [1]


def test_off_is_off() -> None:
    log = AccessLog(open_log("off"), on_dropped=lambda _: None)
    log.start()
    log.flush()
    log.reopen()
    log.close()
    assert not log.on


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
def test_lines_that_a_full_disk_refuses_are_counted_and_said_once(
    edge: InProcess, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("weir"), "propagate", True)
    log, dropped = logging_to(edge, "/dev/full")
    for _ in range(3):
        edge.ask("/")
        edge.ask("/")
        log.flush()
    assert dropped == [2, 2, 2]
    assert [record.getMessage() for record in caplog.records if record.name == "weir.access_log"] == [
        "lines of the access log are lost: [Errno 28] No space left on device"
    ]


def test_reopen_keeps_the_lines_of_before_in_the_old_file(edge: InProcess, tmp_path: Path) -> None:
    log, _ = logging_to(edge, tmp_path / "log")
    edge.ask("/before")
    (tmp_path / "log").rename(tmp_path / "log.1")
    log.reopen()
    edge.ask("/after")
    log.flush()
    assert paths_in((tmp_path / "log.1").read_text()) == ["/before"]
    assert paths_in((tmp_path / "log").read_text()) == ["/after"]


def test_close_writes_everything_also_while_a_flush_is_under_way(edge: InProcess, tmp_path: Path) -> None:
    log, _ = logging_to(edge, tmp_path / "log")
    log.start()
    for number in range(10 * SLICE):
        log._waiting.append(log._waiting[0]) if log._waiting else edge.ask("/")
        if number == 5 * SLICE:
            import gevent

            gevent.spawn(log.flush)
            gevent.sleep(0)
            edge.ask("/")
    log.close()
    assert len((tmp_path / "log").read_text().splitlines()) == 10 * SLICE + 1


def test_a_pipe_that_nobody_reads_does_not_hold_up_the_end(
    edge: InProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edge.access_log.log.CLOSE_S", 0.05)
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    log, _ = logging_to(edge, tmp_path / "pipe")
    log.start()
    edge.ask("/")
    log._waiting *= 2000
    log.close()
    os.close(reader)
