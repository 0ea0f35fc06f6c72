"""``concurrency adaptive``: the limit that follows from how long answers take (gradient2, Netflix concurrency-limits).

Two averages of the time to an answer are compared: of the last moments, and of a long while. Where answers become
slower than they used to be, requests queue somewhere behind, and the limit goes down by the ratio, at most by half;
else it grows by a few, which is the queue that is allowed to be there. Pure: times are given.
"""

from __future__ import annotations

SMOOTHING = 0.2
"""By which share of the difference the limit moves with one window."""
QUEUE = 4
"""Requests by which the limit may grow where nothing became slower."""
LONG_WINDOWS = 600
"""Windows whose times the long average looks back on."""
WARM_UP = 10
"""Windows after which that is a moving average, and before which a plain one."""
WINDOW_S = 0.1
WINDOW_SAMPLES = 10
"""A window is over when it has lasted so long and has so many answers."""
FULL = 0.9
"""At this share of the limit, slowness may well be our own doing …"""
OWN_DOING = 20
"""… and becomes the usual so many times more slowly. Without that the limit creeps up for hours, as gradient2 does."""
AT_LEAST = 0.2
"""By which share of the difference it becomes the usual where the limit is as low as it may be: not our own doing."""
LEAST_GRADIENT = 0.5
DRIFT, RECOVERY = 2.0, 0.9
"""Where the long average is so many times the short one, it comes from a bad time and is pulled down."""


class Gradient:
    """``limit`` is what holds now."""

    __slots__ = (
        "_count",
        "_estimate",
        "_least",
        "_long_s",
        "_most",
        "_peak",
        "_since",
        "_sum_s",
        "_windows",
        "limit",
    )

    def __init__(self, least: int, most: int) -> None:
        self._least = least
        self._most = most
        self._estimate = float(least)
        self._long_s = 0.0
        self._windows = 0
        self._count = 0
        self._sum_s = 0.0
        self._peak = 0
        self._since = 0.0
        self.limit = least

    def bound(self, least: int, most: int) -> None:
        """Other bounds from now on."""
        self._least, self._most = least, most
        self._estimate = min(max(self._estimate, least), most)
        self.limit = int(self._estimate)

    def answered(self, seconds: float, in_flight: int, now: float) -> bool:
        """One answer took so long, while so many were in flight. Whether the limit may be another one now."""
        if self._count == 0:
            self._since = now
        self._count += 1
        self._sum_s += seconds
        self._peak = max(self._peak, in_flight)
        if self._count < WINDOW_SAMPLES or now - self._since < WINDOW_S:
            return False
        self._window(self._sum_s / self._count)
        self._count, self._sum_s, self._peak = 0, 0.0, 0
        return True

    def timed_out(self, seconds: float, in_flight: int, now: float) -> bool:
        """As ``answered``, of one that had no answer in so long. In less than the usual time, that says nothing."""
        return seconds > self._long_s and self.answered(seconds, in_flight, now)

    def _window(self, short_s: float) -> None:
        short_s = max(short_s, 1e-6)
        self._windows += 1
        weight = 1 / self._windows if self._windows <= WARM_UP else 2 / (LONG_WINDOWS + 1)
        if short_s > self._long_s and self._windows > WARM_UP and self._peak >= self._estimate * FULL:
            weight = AT_LEAST if self._estimate <= self._least + QUEUE else weight / OWN_DOING
        self._long_s += (short_s - self._long_s) * weight
        if self._long_s > DRIFT * short_s:
            self._long_s *= RECOVERY
        if self._peak < self._estimate / 2:
            return
        gradient = min(1.0, max(LEAST_GRADIENT, self._long_s / short_s))
        wanted = self._estimate * gradient + QUEUE
        estimate = self._estimate * (1 - SMOOTHING) + wanted * SMOOTHING
        self._estimate = min(max(estimate, self._least), self._most)
        self.limit = int(self._estimate)
