"""The upstream of the real runs as a value: slots and a queue, in the time of whoever calls. Pure but for its dice.

Services follow each other without a gap: one that ended at 3.020 s is followed by one that begins then, even if the
timer that says so comes at 3.022 s. So the capacity is exact however busy the machine is.
"""

from __future__ import annotations

from collections import deque
from random import Random
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Service(NamedTuple, Generic[T]):
    item: T
    ends_at: float


class Full(Exception):
    """Nobody more may wait."""


class UpstreamQueue(Generic[T]):
    """First come, first served; nobody leaves the queue unserved."""

    def __init__(self, slots: int, service_s: float, limit: int, random: Random) -> None:
        self.speed = 1.0
        """Of services that begin from now on."""
        self._free = slots
        self._service_s = service_s
        self._limit = limit
        self._random = random
        self._waiting: deque[T] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def arrive(self, now: float, item: T) -> Service[T] | None:
        """The service that begins at once, if one does. Raises Full."""
        if self._free:
            self._free -= 1
            return self._begin(now, item)
        if len(self._waiting) >= self._limit:
            raise Full
        self._waiting.append(item)
        return None

    def ended(self, at: float) -> Service[T] | None:
        """A service was to end ``at``; the one that follows it, if somebody waits."""
        if not self._waiting:
            self._free += 1
            return None
        return self._begin(at, self._waiting.popleft())

    def _begin(self, at: float, item: T) -> Service[T]:
        return Service(item, at + self._random.expovariate(1.0) * self._service_s / self.speed)
