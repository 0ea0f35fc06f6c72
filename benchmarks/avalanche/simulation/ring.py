"""The store's side of Weir's budget: what the budget script decides, in Python, with the time given by the caller.

Units are counted in the bucket (1 s) in which they were granted, and the sum is taken over one bucket more than the
window has. A grant ends with its bucket, so whatever is spent was counted where it was spent. What a holder earned is
spread over the time since its last word.
"""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.avalanche.policies import Cluster

BUCKET_S = 1.0
BUCKETS = 10


class Reply(NamedTuple):
    granted: int
    bucket: int
    hint_s: float
    """With nothing granted: how long asking again is useless."""
    quarantined: bool = False


class Ring:
    """Quarantined for a window and a bucket from ``since`` on, as after a loss of data."""

    def __init__(self, budget: Cluster, holders: int, since: float = 0.0) -> None:
        self.from_store = budget.cap - int(budget.cap * budget.reserve)
        self._floor = budget.floor
        self._divisor = max(2, -(-holders // 2))
        self._quarantined_until = since + (BUCKETS + 1) * BUCKET_S
        self._granted: dict[int, int] = {}
        self._credits: dict[int, int] = {}
        self._heard: dict[int, tuple[float, int]] = {}
        """By holder: when, and what it had earned until then."""

    def call(self, now: float, holder: int, earned: int, give_back: tuple[int, int], want: int) -> Reply:
        """Books what came to ``earned`` (thousandths, since the holder began), takes back (bucket, units) that were not
        spent, grants up to ``want``. A holder's first word is where counting begins."""
        bucket = int(now / BUCKET_S)
        self._forget(bucket)
        since, before = self._heard.get(holder, (now, earned))
        self._heard[holder] = now, earned
        self._book(since, now, earned - before)
        returned_to, units = give_back
        if units and returned_to in self._granted:
            self._granted[returned_to] -= min(units, self._granted[returned_to])
        if now < self._quarantined_until:
            return Reply(0, bucket, self._quarantined_until - now, quarantined=True)
        budget = self._budget(bucket)
        available = budget - sum(self._granted.values())
        if want <= 0 or available <= 0:
            return Reply(0, bucket, self._hint(now, bucket, budget))
        granted = min(want, max(1, available // self._divisor))
        self._granted[bucket] = self._granted.get(bucket, 0) + granted
        return Reply(granted, bucket, 0.0)

    def _book(self, since: float, now: float, milli: int) -> None:
        def until(edge: float) -> int:
            return int(milli * min(1.0, max(0.0, edge - since) / (now - since))) if now > since else milli

        last = int(now / BUCKET_S)
        for bucket in range(max(last - BUCKETS + 1, int(since / BUCKET_S)), last + 1):
            begin = bucket * BUCKET_S
            part = until(begin + BUCKET_S) - (until(begin) if begin > since else 0)
            self._credits[bucket] = self._credits.get(bucket, 0) + part

    def _budget(self, bucket: int) -> int:
        all_earned = sum(amount for at, amount in self._credits.items() if at > bucket - BUCKETS) // 1000
        return min(self.from_store, max(self._floor, all_earned))

    def _hint(self, now: float, bucket: int, budget: int) -> float:
        """With the cap reached, until the oldest grants leave; else new credits may help in the next bucket."""
        oldest = min((at for at, units in self._granted.items() if units), default=bucket)
        leaves = oldest + BUCKETS + 1 if budget == self.from_store else bucket + 1
        return max(leaves * BUCKET_S - now, 0.001)

    def _forget(self, bucket: int) -> None:
        for counts in (self._granted, self._credits):
            for old in [at for at in counts if at < bucket - BUCKETS]:
                del counts[old]
