"""What a worker saw is told to the store at the pace at which it was seen: evenly, one report later. Pure.

A report comes once a second, or with a question, and the store is told once a second, or with a question. If each were
passed on as it comes, the store would now and then hear of two seconds at once, which is twice the traffic for a window
of a second. So every report is played again in as much time as it took to gather, after the one before it. What would
come more than ``LONGEST_S`` late is dropped: else all would be late for ever after the agent stood still.
"""

from __future__ import annotations

from typing import NamedTuple

LONGEST_S = 2.0
"""Of what is not yet played. Reports come twice as often."""
ROUNDING_S = 1e-6
"""Sums of floats are not exact."""


class Seen(NamedTuple):
    attempts: int
    credit: int

    def plus(self, other: Seen) -> Seen:
        return Seen(self.attempts + other.attempts, self.credit + other.credit)


NOTHING = Seen(0, 0)


class Stream:
    """Of one worker; ``now`` never runs backwards."""

    def __init__(self) -> None:
        self._over = NOTHING
        """Played to its end."""
        self._playing = self._next = NOTHING
        self._begin = self._end = 0.0
        """Of what is playing."""
        self._next_s = 0.0
        """How long it took to gather what comes next."""

    def add(self, now: float, seen: Seen, gathered_s: float) -> None:
        self.played(now)
        if seen == NOTHING and self.is_over:
            return
        self._next = self._next.plus(seen)
        self._next_s += max(0.0, gathered_s)
        self._drop(LONGEST_S - max(0.0, self._end - now))
        if now >= self._end:
            self._turn(now)

    def played(self, now: float) -> Seen:
        """Everything until now; it never falls."""
        while now >= self._end and not self.is_over:
            self._turn(self._end)
        if self._playing == NOTHING:
            return self._over
        part = (now - self._begin) / (self._end - self._begin)
        attempts, credit = self._playing
        return self._over.plus(Seen(int(attempts * part), int(credit * part)))

    @property
    def is_over(self) -> bool:
        """Whether nothing plays, as of the last look."""
        return self._playing == NOTHING and self._next == NOTHING

    def _drop(self, room_s: float) -> None:
        """Of what comes next, evenly, what takes longer than this."""
        if self._next_s > room_s + ROUNDING_S:
            part = max(0.0, room_s) / self._next_s
            attempts, credit = self._next
            self._next, self._next_s = Seen(int(attempts * part), int(credit * part)), max(0.0, room_s)

    def _turn(self, begin: float) -> None:
        """What was playing is over, and what was gathered meanwhile begins."""
        self._over = self._over.plus(self._playing)
        self._playing, self._next = self._next, NOTHING
        self._begin, self._end, self._next_s = begin, begin + self._next_s, 0.0
