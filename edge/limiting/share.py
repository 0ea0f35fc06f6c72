"""What one process may spend of a limit while it cannot ask: a ring of sub-windows by its own clock. Pure.

It counts like ``limit.lua``: tokens belong to a bucket and must be spent before it ends, and those of any buckets + 1
neighbouring buckets stay within the share, so that no window sees more.
"""

from __future__ import annotations

from typing import NamedTuple

BUCKETS = 10
PACED_S = 10.0
"""Up to this length of window the share comes evenly, a tenth in each bucket: a moment without an answer, which is no
outage, then opens a tenth of a share and not all of it."""


class Part(NamedTuple):
    """Tokens that may be spent until ``ends`` (seconds)."""

    tokens: int
    bucket: int
    ends: float


class Share:
    """Of a limit over ``window_s``. Times are seconds of one clock that never runs backwards."""

    __slots__ = ("_buckets", "_paced", "_sum", "_width")

    def __init__(self, window_s: float) -> None:
        self._paced = window_s <= PACED_S
        self._width = max(window_s / BUCKETS, 0.001)
        self._buckets: list[list[int]] = []
        """Pairs of number and tokens, oldest first; at most ``BUCKETS`` + 2."""
        self._sum = 0

    def take(self, now: float, want: int, least: int, most: int) -> Part:
        """Up to ``want``, or none if fewer than ``least`` are left of ``most``."""
        bucket = self._move(now)
        tokens = min(want, most - self._sum)
        if self._paced:
            here = self._buckets[-1][1] if self._buckets and self._buckets[-1][0] == bucket else 0
            tokens = min(tokens, max(least, -(-most // BUCKETS)) - here)
        if tokens < least:
            tokens = 0
        self._add(bucket, tokens)
        return Part(tokens, bucket, (bucket + 1) * self._width)

    def note(self, now: float, tokens: int) -> None:
        """``tokens`` were granted by somebody else; they count all the same."""
        self._add(self._move(now), tokens)

    def give_back(self, bucket: int, tokens: int) -> None:
        """Not spent; a bucket that counts no more is left alone."""
        for each in self._buckets:
            if each[0] == bucket:
                fewer = min(tokens, each[1])
                each[1] -= fewer
                self._sum -= fewer

    def wait_s(self, now: float) -> float:
        """Until the oldest tokens count no more; 0 without any."""
        self._move(now)
        oldest = next((bucket for bucket, tokens in self._buckets if tokens), None)
        return 0.0 if oldest is None else max(0.0, (oldest + BUCKETS + 1) * self._width - now)

    def used(self, now: float) -> int:
        """Tokens that count now."""
        self._move(now)
        return self._sum

    def _move(self, now: float) -> int:
        bucket = int(now / self._width)
        while self._buckets and self._buckets[0][0] < bucket - BUCKETS:
            self._sum -= self._buckets.pop(0)[1]
        return bucket

    def _add(self, bucket: int, tokens: int) -> None:
        if tokens <= 0:
            return
        if not self._buckets or self._buckets[-1][0] != bucket:
            self._buckets.append([bucket, 0])
        self._buckets[-1][1] += tokens
        self._sum += tokens
