"""A histogram of latencies as a worker counts it, between two reports."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from edge.telemetry.families import LATENCY_BUCKETS


class Histogram:
    """Counts per bucket, not cumulated, and the sum of the values."""

    __slots__ = ("counts", "sum")

    def __init__(self) -> None:
        self.counts = [0] * (len(LATENCY_BUCKETS) + 1)
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(LATENCY_BUCKETS, seconds)] += 1
        self.sum += seconds

    def observe_all(self, values: list[float]) -> None:
        """Sorts ``values``: then a bucket is found once for all that is in it."""
        values.sort()
        self.sum += sum(values)
        counts, below, total = self.counts, 0, len(values)
        for place, bound in enumerate(LATENCY_BUCKETS):
            if below == total:
                return
            upto = bisect_right(values, bound, below)
            counts[place] += upto - below
            below = upto
        counts[-1] += total - below
