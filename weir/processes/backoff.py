"""When a dead child is started again, and when a group gives up. Pure: the caller brings the clock."""

from __future__ import annotations

from collections import deque
from typing import NamedTuple


class Policy(NamedTuple):
    """Seconds, and how many deaths within how many seconds are too many."""

    first_s: float = 0.5
    longest_s: float = 30.0
    deaths: int = 5
    window_s: float = 60.0


class Restarts:
    """Deaths of one group's children."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._recent: deque[float] = deque(maxlen=policy.deaths)
        self._waits: dict[str, float] = {}

    def died(self, name: str, now: float, lived_s: float) -> float | None:
        """Seconds to wait before ``name`` is started again; None when the whole group must give up.

        Each further death of a child doubles its wait. One that had lived longer than the window starts over: its
        death is news, not the next of a series.
        """
        self._recent.append(now)
        if self._too_many(now):
            return None
        wait = self.policy.first_s
        if lived_s <= self.policy.window_s and name in self._waits:
            wait = min(self._waits[name] * 2, self.policy.longest_s)
        self._waits[name] = wait
        return wait

    def _too_many(self, now: float) -> bool:
        full = len(self._recent) == self.policy.deaths
        return full and now - self._recent[0] <= self.policy.window_s
