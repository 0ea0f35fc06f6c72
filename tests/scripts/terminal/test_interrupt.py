"""Ctrl-C ends a loop also where what it calls has swallowed it."""

from __future__ import annotations

import signal

import pytest

from scripts.terminal.interrupt import interruptible


def test_it_is_raised_at_once_and_again_where_it_was_swallowed() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible() as check:
        check()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            check()
    assert signal.getsignal(signal.SIGINT) is before
