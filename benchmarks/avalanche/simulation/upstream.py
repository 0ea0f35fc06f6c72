"""An upstream of fixed capacity that does not notice that somebody gave up: first come, first served, wasted or not.

Since the order is that of arrival, an attempt's end is known when it arrives: there is no event per queue step.
"""

from __future__ import annotations

import heapq
from collections import deque
from random import Random

from benchmarks.avalanche.setting import Setting

FINE, ERROR, FULL = 200, 502, 503


class Upstream:
    """Attempts arrive in the order of time."""

    def __init__(self, setting: Setting, random: Random) -> None:
        self._setting = setting
        self._random = random
        self._free_at = [0.0] * setting.slots
        self._starts: deque[float] = deque()
        """Of those that waited when they came and may still wait, in their order."""

    def arrive(self, now: float) -> tuple[float, int]:
        """When it is answered, and with which status; 503 at once with the queue full."""
        starts, setting = self._starts, self._setting
        while starts and starts[0] <= now:
            starts.popleft()
        if len(starts) >= setting.queue:
            return now, FULL
        start = max(now, self._free_at[0])
        end = start + self._random.expovariate(1.0) * setting.service_s / setting.speed(start)
        heapq.heapreplace(self._free_at, end)
        if start > now:
            starts.append(start)
        is_error = setting.error_rate and self._random.random() < setting.error_rate
        return end, ERROR if is_error else FINE
