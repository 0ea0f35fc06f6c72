"""One coarse deadline sweeper per worker, instead of a timer for each operation.

A deadline is a number on a transport; setting it costs an attribute. The sweeper looks at every transport ten times a
second, so a wait ends up to ``EVERY_S`` late. The same tick shows how late the event loop itself is.

After a pause (the process was stopped, or busy) what came meanwhile is in the sockets and nobody has looked at it
yet. So a sweep that is late by more than ``EVERY_S`` ends nothing, nor does any for another ``EVERY_S``: who answered
in time is not blamed for a pause of ours. The sweep behind that ends what is due even if it is late again, so a loop
that is always late still keeps its deadlines.
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
        self._spared_until = 0.0
        """Nothing ends before; 0: there was no pause since something could end."""

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
        lag = now - self._last - self._every_s
        self._worst_lag = max(self._worst_lag, lag)
        self._last = now
        if lag > self._every_s and not self._spared_until:
            self._spared_until = now + self._every_s
        if now < self._spared_until:
            return
        self._spared_until = 0.0
        for due in [one for one in self._watched if one.read_deadline <= now or one.write_deadline <= now]:
            due.expire(now)

    def take_worst_lag(self) -> float:
        """Seconds by which the event loop was late at worst since the last call."""
        worst, self._worst_lag = self._worst_lag, 0.0
        return max(0.0, worst)
