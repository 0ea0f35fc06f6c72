"""What all event streams of a process share: looks at the store, at most so often however many watch, and their number.

A look that fails is tried again at the next one; until then nothing has happened.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from weir.api.counters import TargetHealth
from weir.api.events import MAX_STREAMS, CountersEvent, NodeEvent
from weir.store.feed import Changes, Feed

FEED_S = 0.25
PRESENT_S = 1.0
POLLED = 500
"""Changes read at a time."""


class Present(NamedTuple):
    """What streams compare with what they told last."""

    nodes: Mapping[str, NodeEvent]
    out: Mapping[tuple[str, str, str], TargetHealth]
    """By owner, upstream and URL."""
    counters: CountersEvent


class Position(NamedTuple):
    """In the feed."""

    seq: int
    incarnation: str


class Watching:
    """Raises StoreAway and StoreError."""

    def __init__(
        self, feed: Feed, present: Callable[[], Present], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``present`` reads it."""
        self._feed = feed
        self._read = present
        self._clock = clock
        self._lock = threading.Lock()
        self._feed_at = self._present_at = float("-inf")
        self._position = Position(0, "")
        self._present: Present | None = None
        self._streams = 0

    def enter(self) -> bool:
        """False: as many streams as may be are there; else ``leave`` must follow."""
        with self._lock:
            if self._streams >= MAX_STREAMS:
                return False
            self._streams += 1
            return True

    def leave(self) -> None:
        with self._lock:
            self._streams -= 1

    def position(self) -> Position:
        """The end of the feed, as it was at most ``FEED_S`` ago."""
        with self._lock:
            if self._clock() - self._feed_at >= FEED_S:
                found = self._feed.poll(self._position.seq, POLLED)
                while len(found.entries) >= POLLED:
                    found = self._feed.poll(found.seq, POLLED)
                self._position = Position(found.seq, found.incarnation)
                self._feed_at = self._clock()
            return self._position

    def changes(self, since: int) -> Changes:
        """In the feed, for one stream."""
        return self._feed.poll(since, POLLED)

    def present(self) -> Present:
        """As it was at most ``PRESENT_S`` ago."""
        with self._lock:
            if self._present is None or self._clock() - self._present_at >= PRESENT_S:
                self._present = self._read()
                self._present_at = self._clock()
            return self._present
