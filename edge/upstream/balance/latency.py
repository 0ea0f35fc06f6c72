"""What a target took lately: a moving average that rises at once and falls slowly (peak EWMA).

An answer slower than the average replaces it, so trouble is seen with the first slow answer; faster answers, and time
in which nothing is sent there, pull it down with the time constant ``DECAY_S``. So a target that was slow is tried
again by and by, and shows with one request whether it still is.

A failure counts as slow, whatever time it took: a target that refuses at once must not look like the fastest. Without
an answer it counts as ``FAILURE_S`` at once. An answer that says failure pulls the average up by its share of the time:
one in a hundred moves it by a hundredth of ``FAILURE_S``, so an error that one request brings on itself drives
nobody else away.
"""

from __future__ import annotations

from math import exp

DECAY_S = 10.0
"""After so long, a difference is a third of what it was."""
FAILURE_S = 1.0
"""What a failure counts as, at least."""

OVERLOADED = 429
ERROR = 500


class Latency:
    """Seconds from the start of an attempt to the head of its answer. ``now`` is monotonic."""

    __slots__ = ("_at", "_seconds", "known")

    def __init__(self) -> None:
        self.known = False
        """Whether anything was measured."""
        self._seconds = 0.0
        self._at = 0.0

    def seconds(self, now: float) -> float:
        """The average as it is now; 0 before the first measurement."""
        return self._seconds * exp((self._at - now) / DECAY_S) if self._seconds else 0.0

    def answered(self, seconds: float, status: int, now: float) -> None:
        """An answer came after ``seconds``."""
        failed = status >= ERROR or status == OVERLOADED
        if failed:
            seconds = max(seconds, FAILURE_S)
        self._measure(seconds, now, peak=not failed)

    def failed(self, seconds: float, now: float) -> None:
        """No answer came."""
        self._measure(max(seconds, FAILURE_S), now, peak=True)

    def _measure(self, seconds: float, now: float, peak: bool) -> None:
        if not self.known or (peak and seconds >= self._seconds):
            self._seconds = seconds
        else:
            kept = exp(min(0.0, self._at - now) / DECAY_S)
            self._seconds = self._seconds * kept + seconds * (1.0 - kept)
        self._at, self.known = now, True
