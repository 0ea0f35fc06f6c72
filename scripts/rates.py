"""Rates of the last seconds, from counts that only grow. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

Counts: TypeAlias = Mapping[str, int]
"""By what is counted, such as a rule."""

KEPT = 5
"""Times between looks: with one look a second, a rate is that of the last five seconds."""


class Look(NamedTuple):
    at: float
    since: int
    counts: Counts


class Came(NamedTuple):
    """What came between two looks."""

    seconds: float
    counts: Counts


class Rates:
    """Takes counts as they are looked at, and says what came between looks, of the last that are kept."""

    def __init__(self, kept: int = KEPT) -> None:
        self._last: Look | None = None
        self._came: deque[Came] = deque(maxlen=kept)

    def look(self, at: float, counts: Counts, since: int = 0) -> None:
        """``at``: seconds of a clock that never goes back; ``since``: where counting begins.

        Counts of another beginning say nothing together with those before; the time between the two is left out, and
        the rate goes on as it was. Counts that fell began anew too, in another store.
        """
        last, self._last = self._last, Look(at, since, counts)
        if last is None or last.since != since or at <= last.at:
            return
        if sum(counts.values()) < sum(last.counts.values()):
            self._came.clear()
            return
        self._came.append(
            Came(at - last.at, {what: count - last.counts.get(what, 0) for what, count in counts.items()})
        )

    def per_second(self, what: str) -> float | None:
        """None until there were two looks."""
        if not self._came:
            return None
        came = sum(max(0, each.counts.get(what, 0)) for each in self._came)
        return came / sum(each.seconds for each in self._came)
