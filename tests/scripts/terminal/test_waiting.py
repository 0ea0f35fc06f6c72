"""A line while something takes long."""

from __future__ import annotations

import io

import pytest

from scripts.terminal import waiting as module
from scripts.terminal.waiting import waiting
from tests.support.wait import wait_until


class Screen(io.StringIO):
    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        return self._is_terminal


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AFTER_S", 0.01)
    monkeypatch.setattr(module, "EVERY_S", 0.01)


@pytest.mark.parametrize("error", [None, KeyboardInterrupt])
def test_what_takes_long_is_said_and_the_line_is_gone_afterwards(error: type[BaseException] | None) -> None:
    screen = Screen(is_terminal=True)
    try:
        with waiting("checking", screen):
            wait_until(lambda: screen.getvalue().count("\rchecking… ") >= 2, what="the line")
            if error:
                raise error
    except KeyboardInterrupt:
        assert error is KeyboardInterrupt
    assert screen.getvalue().endswith(f"\r{' ' * len('checking… 0 s')}\r")


def test_what_is_done_soon_is_not_mentioned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "AFTER_S", 60.0)
    screen = Screen(is_terminal=True)
    with waiting("checking", screen):
        pass
    assert screen.getvalue() == ""


def test_a_file_gets_no_such_line() -> None:
    screen = Screen(is_terminal=False)
    with waiting("checking", screen):
        pass
    assert screen.getvalue() == ""
