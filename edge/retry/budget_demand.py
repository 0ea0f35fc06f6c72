"""How many units a worker will probably need: what it spent, or would have, in the last seconds. Pure."""

from __future__ import annotations

import math

MEMORY_S = 2.0
"""Demand fades with this time."""
LIVELY_S = 3.0
"""Units are asked for ahead as long as there was demand within this time."""
HORIZON_S = 1.0
"""Units are asked for at most so long ahead."""
LEAST_DEMAND = 0.1
"""Units in the time asked for, below which nothing is asked for ahead."""
MOST_WANTED = 64
"""Units that one question asks for."""


class Demand:
    """Of one upstream at one worker; times never run backwards."""

    __slots__ = ("_rate", "at")

    def __init__(self) -> None:
        self.at = float("-inf")
        """When there was demand last."""
        self._rate = 0.0

    def note(self, now: float, cost: int) -> None:
        """``cost`` units were asked for, granted or not."""
        self._rate = self._faded(now) + cost / MEMORY_S
        self.at = now

    def is_lively(self, now: float) -> bool:
        return now - self.at <= LIVELY_S

    def expected(self, now: float, for_s: float) -> int:
        """Units for the next ``for_s``, with room for what chance adds; no more than one question may ask for.

        0 where there will hardly be any demand: units in the hands of many who do not need them are no one else's.
        """
        mean = self._faded(now) * min(for_s, HORIZON_S)
        return min(MOST_WANTED, math.ceil(mean + 2 * math.sqrt(mean))) if mean >= LEAST_DEMAND else 0

    def _faded(self, now: float) -> float:
        return self._rate * math.exp((self.at - now) / MEMORY_S) if self._rate else 0.0
