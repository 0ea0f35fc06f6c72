"""Work in a thread beside the event loop."""

from __future__ import annotations

import threading

import gevent
import pytest

from weir.serving.off_loop import off_loop


def test_small_work_stays_where_it_is_and_large_work_goes_to_a_thread() -> None:
    here = threading.get_ident()
    assert off_loop(threading.get_ident, is_small=True) == here
    assert off_loop(threading.get_ident) != here


def test_others_go_on_meanwhile() -> None:
    turns: list[int] = []
    done = threading.Event()

    def others() -> None:
        turns.append(1)
        done.set()

    greenlet = gevent.spawn(others)
    assert off_loop(lambda: done.wait(30))
    greenlet.join()
    assert turns == [1]


def test_an_exception_comes_to_the_caller_and_nowhere_else(capfd: pytest.CaptureFixture[str]) -> None:
    def broken() -> None:
        raise ValueError("told once")

    with pytest.raises(ValueError, match="told once"):
        off_loop(broken)
    assert "told once" not in capfd.readouterr().err
