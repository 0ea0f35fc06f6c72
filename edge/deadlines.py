"""One coarse deadline sweeper per worker, instead of a timer for each operation.

A deadline is a number on a transport; setting it costs an attribute. The sweeper looks at every transport ten times a
second, so a wait ends up to ``EVERY_S`` late. The same tick shows how late the event loop itself is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from gevent import get_hub

EVERY_S = 0.1


class Watched(Protocol):
    """What has deadlines."""

    read_deadline: float
    write_deadline: float

    def expire(self, now: float) -> None: ...


class Sweeper:
    """Ends waits whose deadline is over."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, every_s: float = EVERY_S) -> None:
        self._clock = clock
        self._every_s = every_s
        self._watched: set[Any] = set()
        self._timer: Any = None
        self._last = 0.0
        self._worst_lag = 0.0

    def start(self) -> None:
        """From now on, until ``stop``."""
        self._last = self._clock()
        self._timer = get_hub().loop.timer(self._every_s, self._every_s)
        self._timer.start(self.sweep)

    def stop(self) -> None:
        """No deadline is enforced any more."""
        if self._timer is not None:
            self._timer.stop()
            self._timer.close()
            self._timer = None

    def add(self, watched: Watched) -> None:
        self._watched.add(watched)

    def remove(self, watched: Watched) -> None:
        self._watched.discard(watched)

    def sweep(self) -> None:
        """Runs in the hub; whoever is woken runs until it waits again."""
        now = self._clock()
        self._worst_lag = max(self._worst_lag, now - self._last - self._every_s)
        self._last = now
        for due in [one for one in self._watched if one.read_deadline <= now or one.write_deadline <= now]:
            due.expire(now)

    def take_worst_lag(self) -> float:
        """Seconds by which the event loop was late at worst since the last call."""
        worst, self._worst_lag = self._worst_lag, 0.0
        return max(0.0, worst)
