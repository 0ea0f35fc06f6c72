"""Waits between attempts."""

from __future__ import annotations

import time

import gevent
import pytest

from edge.retry.pause import Pause
from edge.upstream.errors import ClientGone


def test_it_lasts_as_long_as_it_is_told() -> None:
    began = time.monotonic()
    Pause().wait(0.02)
    assert time.monotonic() - began >= 0.02


def test_an_interrupt_ends_it() -> None:
    pause = Pause()
    gevent.spawn(pause.interrupt, ClientGone("gone"))
    with pytest.raises(ClientGone):
        pause.wait(60)


def test_an_interrupt_that_came_before_is_not_lost() -> None:
    pause = Pause()
    pause.interrupt(ClientGone("gone"))
    with pytest.raises(ClientGone):
        pause.wait(60)
