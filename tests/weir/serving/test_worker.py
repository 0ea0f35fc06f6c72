"""The parts of the worker that need no process; its end is tested with one in ``test_boot``."""

from __future__ import annotations

import logging
import sys

import gevent
import pytest

from weir.serving.worker import Idle, is_worth_a_line


def test_a_connection_waits_for_a_request_so_long_and_no_longer() -> None:
    idle: dict[gevent.greenlet, gevent.Timeout] = {}
    with Idle(idle, 0.01):
        gevent.sleep(30)
        raise AssertionError("it waited on")
    assert idle == {}


def test_an_end_of_the_worker_ends_who_waits() -> None:
    idle: dict[gevent.greenlet, gevent.Timeout] = {}

    def wait() -> str:
        with Idle(idle, 30):
            gevent.sleep(30)
        return "ended"

    waiting = gevent.spawn(wait)
    gevent.sleep(0)
    for greenlet, timeout in list(idle.items()):
        gevent.kill(greenlet, timeout)
    assert waiting.get(timeout=30) == "ended"


def test_another_error_passes() -> None:
    with pytest.raises(KeyError), Idle({}, 30):
        raise KeyError("x")


def test_a_client_that_fell_silent_leaves_no_line() -> None:
    def record(error: type[Exception]) -> logging.LogRecord:
        try:
            raise error
        except Exception:
            return logging.LogRecord("x", logging.ERROR, "", 0, "m", None, sys.exc_info())

    assert not is_worth_a_line(record(TimeoutError))
    assert is_worth_a_line(record(ConnectionError))
    assert is_worth_a_line(logging.LogRecord("x", logging.ERROR, "", 0, "m", None, None))
