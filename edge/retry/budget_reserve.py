"""Units that may be spent without asking anybody: at most so many in any window, kept as an exact log. Pure.

Each node, and on it each worker, owns a fixed share of the reserve; the shares never add up to more than the reserve,
and the store never grants it. So nobody has to be right about whether the store is away.
"""

from __future__ import annotations

from collections import deque

ROUNDING_S = 0.001
"""Added to the window: clocks are compared as floats."""


class Reserve:
    """One owner's log; its length is bounded by the units of a window."""

    __slots__ = ("_log", "_spent")

    def __init__(self) -> None:
        self._log: deque[tuple[float, int]] = deque()
        self._spent = 0

    def take(self, now: float, cost: int, units: int, window_s: float) -> bool:
        """Spends ``cost`` if the window that ends now holds at most ``units`` with it."""
        self._forget(now - window_s - ROUNDING_S)
        if self._spent + cost > units:
            return False
        self._log.append((now, cost))
        self._spent += cost
        return True

    def _forget(self, before: float) -> None:
        while self._log and self._log[0][0] < before:
            self._spent -= self._log.popleft()[1]
