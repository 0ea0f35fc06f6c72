"""``budget.lua`` again, in Python and in other words: a list of events instead of sums by bucket.

Both are driven by the same calls and must answer the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from weir.store.budget import Allowance, Granted, Heard

HOUR_MS = 3_600_000


@dataclass
class Ring:
    """The state of one ring, its holders and its peaks. Keys do not run out here; tests stay below their TTL."""

    width: int
    buckets: int
    history: str | None = None
    clock: int = 0
    newest: int | None = None
    quarantine: int = 0
    granted: list[tuple[int, int]] = field(default_factory=list)
    """(bucket, units); what comes back is a negative entry."""
    earned: list[tuple[int, int]] = field(default_factory=list)
    attempts: list[tuple[int, int]] = field(default_factory=list)
    holders: dict[str, tuple[str, Heard, int]] = field(default_factory=dict)
    """History, what was said, and when by the ring's clock."""
    peaks: dict[int, int] = field(default_factory=dict)
    peak: int | None = None
    ends: dict[tuple[int, int], int] = field(default_factory=dict)
    """By width and buckets: when what such a ring granted is over. One for all rings of an upstream."""

    def call(
        self, holder: str, allowance: Allowance, heard: Heard, want: int, divisor: int, at: int, history: str
    ) -> Granted:
        now = max(at, self.clock)
        if self.history != history or now - at > self.width * self.buckets:
            self.granted, self.earned, self.attempts, self.peak, self.newest = [], [], [], None, None
            now = at
            self.quarantine = (now // self.width + self.buckets + 2) * self.width
        bucket = now // self.width
        self._note_peak(allowance, bucket, now // HOUR_MS)
        fresh = self._book(holder, heard, now, history)
        self.clock, self.history, self.newest = now, history, bucket
        wait = max(self.quarantine - now, self._others_end(at) + self.width * self.buckets - at)
        reply = self._decide(allowance, want, divisor, now, fresh, wait)
        if reply.units:
            self.ends[self.width, self.buckets] = at + reply.left_ms
        return reply

    def _others_end(self, at: int) -> int:
        """Nothing is over later than a bucket from now: then the clock was ahead when it was said."""
        for geometry, end in self.ends.items():
            self.ends[geometry] = min(end, at + geometry[0])
        mine = (self.width, self.buckets)
        return max((end for geometry, end in self.ends.items() if geometry != mine), default=0)

    def _note_peak(self, allowance: Allowance, bucket: int, hour: int) -> None:
        last = bucket if self.newest is None else self.newest
        if allowance.cap is not None or (bucket <= last and self.peak is not None):
            return
        ends = range(last - self.buckets, last + 1)
        seen = max(total(self.attempts, end - self.buckets + 1, end) for end in ends)
        of = last * self.width // HOUR_MS
        if seen > self.peaks.get(of, 0):
            self.peaks[of] = seen
        self.peaks = {at: most for at, most in self.peaks.items() if abs(hour - at) <= 24}
        self.peak = max(self.peaks.values(), default=0)

    def _book(self, holder: str, heard: Heard, now: int, history: str) -> bool:
        bucket = now // self.width
        known = self.holders.get(holder)
        first = known is None or known[0] != history
        if known is not None and not first:
            before = known[1]
            if heard.seq <= before.seq:
                return False
            since = min(known[2], now - heard.over_ms) if heard.over_ms else known[2]
            if since // self.width <= bucket:
                self.earned += self._spread(heard.credits - before.credits, since, now, 1)
                self.attempts += self._spread(heard.attempts - before.attempts, since, now, 2)
            if bucket - self.buckets <= heard.back_bucket <= bucket:
                there = total(self.granted, heard.back_bucket, heard.back_bucket)
                self.granted.append((heard.back_bucket, -min(heard.back, there)))
        self.holders[holder] = (history, heard, now)
        return True

    def _spread(self, units: int, since: int, now: int, windows: int) -> list[tuple[int, int]]:
        """Evenly over the time since then, but nothing before the last ``windows``."""
        parts, gone = list[tuple[int, int]](), 0
        for bucket in range(since // self.width, now // self.width + 1):
            passed = min(now, (bucket + 1) * self.width) - since
            # The same quotient as in the script: both are doubles.
            sum_ = max(0, units) if since >= now else math.floor(max(0, units) * (passed / (now - since)))
            parts.append((bucket, sum_ - gone))
            gone = sum_
        return [part for part in parts if part[0] > now // self.width - windows * self.buckets]

    def _decide(
        self, allowance: Allowance, want: int, divisor: int, now: int, fresh: bool, wait: int
    ) -> Granted:
        bucket = now // self.width
        cap = max(allowance.least_cap, (self.peak or 0) // 10) if allowance.cap is None else allowance.cap
        most = cap - allowance.reserve
        credit = max(allowance.floor, total(self.earned, bucket - self.buckets + 1, bucket) // 1000)
        oldest = bucket - self.buckets
        left = max(0, min(most, credit)) - total(self.granted, oldest, bucket)
        units, why, again = 0, "ok", (bucket + 1) * self.width - now
        if wait > 0:
            why, again = "quarantine", wait
        elif left <= 0:
            why = "ratio" if credit < most else "cap"
            used = [one for one in range(oldest, bucket + 1) if total(self.granted, one, one) > 0]
            if why == "cap" and used:
                again = (used[0] + self.buckets + 1) * self.width - now
        elif fresh and want:
            units = min(want, max(1, left // divisor))
            self.granted.append((bucket, units))
        ends = (bucket + 1) * self.width - now
        return Granted(units, bucket, ends, max(0, left - units), why, again, cap, now, credit)


def total(events: list[tuple[int, int]], first: int, last: int) -> int:
    """Units of the events whose bucket lies between the two, both included."""
    return sum(units for bucket, units in events if first <= bucket <= last)
