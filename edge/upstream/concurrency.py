"""Requests in flight at one upstream, at most so many, and a short queue in front. Pure: times may be given.

The queue is kept short in time as well as in length, as CoDel does for packets: while it was empty at some moment of
the last ``INTERVAL_S``, a request may wait so long, which takes up a burst. Once it has stood for that time, it does
not drain by itself: now the newest goes first and nobody who comes waits longer than ``TARGET_S``. So in overload some
are served at once and the others are told at once, instead of everybody waiting for an answer that comes too late.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

TARGET_S = 0.005
INTERVAL_S = 0.1


class Place:
    """In the queue: one of ``admitted`` and ``shed`` becomes true, or the one who waits gives up at ``until``."""

    __slots__ = ("admitted", "shed", "until", "wake")

    def __init__(self, until: float, wake: Callable[[], None]) -> None:
        self.until = until
        self.wake = wake
        self.admitted = False
        self.shed = False


class Slots:
    """``try_enter``, else ``queue_up``; who was admitted calls ``leave``, whoever gives up waiting ``drop``."""

    __slots__ = ("_queue", "_standing_since", "in_flight", "limit", "room")

    def __init__(self, limit: int, room: int) -> None:
        """``room``: how many may wait."""
        self.limit = limit
        self.room = room
        self.in_flight = 0
        self._queue: deque[Place] = deque()
        self._standing_since = 0.0
        """Since when somebody waits."""

    @property
    def waiting(self) -> int:
        return len(self._queue)

    def try_enter(self) -> bool:
        """At once, or not."""
        if self.in_flight < self.limit and not self._queue:
            self.in_flight += 1
            return True
        return False

    def queue_up(self, now: float, wake: Callable[[], None]) -> Place | None:
        """None: there is no room. ``wake`` is called when the wait is over, and must not block."""
        overloaded = self.is_overloaded(now)
        if len(self._queue) >= self.room:
            if not overloaded or not self._queue:
                return None
            self._shed(self._queue.popleft())
        if not self._queue:
            self._standing_since = now
        place = Place(now + (TARGET_S if overloaded else INTERVAL_S), wake)
        self._queue.append(place)
        self.admit(now)
        return place

    def leave(self, now: float | None = None) -> None:
        """One who was admitted is done. ``now`` None: the clock is looked at if somebody waits."""
        self.in_flight -= 1
        if self._queue:
            self.admit(time.monotonic() if now is None else now)

    def drop(self, place: Place, now: float) -> None:
        """One who waited does not wait any more, whatever became of him."""
        if place.admitted:
            self.leave(now)
        elif not place.shed:
            self._queue.remove(place)

    def change(self, limit: int, room: int, now: float) -> None:
        """Who is in flight stays so; who waits beyond the new room is told to go, the oldest first."""
        self.limit, self.room = limit, room
        while len(self._queue) > room:
            self._shed(self._queue.popleft())
        self.admit(now)

    def admit(self, now: float) -> None:
        """As many of those who wait as there is room for."""
        while self._queue and self.in_flight < self.limit:
            place = self._queue.pop() if self.is_overloaded(now) else self._queue.popleft()
            self.in_flight += 1
            place.admitted = True
            place.wake()

    def is_overloaded(self, now: float) -> bool:
        """Somebody was waiting all the time lately."""
        return bool(self._queue) and now - self._standing_since >= INTERVAL_S

    def _shed(self, place: Place) -> None:
        place.shed = True
        place.wake()
