"""Small writes that wait until the turn of the event loop is over, and then go out one behind the other.

A write wakes whoever reads at its other end, and the kernel's part of it pushes the interpreter's out of the caches of
the processor. Under load, one turn of the event loop brings a dozen requests and answers: their writes are done
together, each warm from the one before, and whoever reads is woken once. With nothing else to do the turn is over at
once.
"""

from __future__ import annotations

import logging
from typing import Protocol

from gevent import get_hub

MAX_WAITING = 16
"""Writes that wait for each other: the first is late by what the others took to be made, some 20 to 30 µs each."""


log = logging.getLogger("weir.edge")


class Posted(Protocol):
    """Who has something to send."""

    def send_posted(self) -> None: ...


class Postbox:
    """Of one event loop. It is emptied at the end of the turn, or when it is full."""

    def __init__(self) -> None:
        self._waiting: list[Posted] = []

    def add(self, posted: Posted) -> None:
        """Its ``send_posted`` is called soon, here or in the hub; it must not block."""
        waiting = self._waiting
        if not waiting:
            get_hub().loop.run_callback(self.empty)
        waiting.append(posted)
        if len(waiting) >= MAX_WAITING:
            self.empty()

    def empty(self) -> None:
        """In the order in which they came."""
        waiting, self._waiting = self._waiting, []
        for posted in waiting:
            try:
                posted.send_posted()
            except Exception:  # the border: the others must go out all the same
                log.exception("what follows a write failed")
