"""Rates of the last seconds, from counts that only grow. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TypeAlias

Counts: TypeAlias = Mapping[str, int]
"""By what is counted, such as a rule."""

KEPT = 6
"""Looks: with one a second, a rate is that of the last five seconds."""


class Rates:
    """Takes counts as they are looked at, and says what came between the first and last look that are kept."""

    def __init__(self, kept: int = KEPT) -> None:
        self._looks: deque[tuple[float, Counts]] = deque(maxlen=kept)

    def look(self, seconds: float, counts: Counts) -> None:
        """``seconds`` of a clock that never goes back. Counts that fell began anew: at midnight, or in a new store."""
        if self._looks and sum(counts.values()) < sum(self._looks[-1][1].values()):
            self._looks.clear()
        self._looks.append((seconds, counts))

    def per_second(self, what: str) -> float | None:
        """None until there were two looks."""
        if len(self._looks) < 2:
            return None
        (first_at, first), (last_at, last) = self._looks[0], self._looks[-1]
        passed = last_at - first_at
        return max(0, last.get(what, 0) - first.get(what, 0)) / passed if passed > 0 else None
