"""What a worker counts: plain integers in dicts, handed to the node agent as differences once a second.

Labels are names of rules and upstreams, statuses and words of fixed lists; nothing a client can make up. Families,
labels and bucket bounds are those of the agent's table (``edge/families.py``).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from edge.families import LATENCY_BUCKETS

MAX_ENTRIES = 8_000
"""Counters of one frame."""
MAX_BYTES = 768 * 1024
"""Bytes of the counters in one frame: with names as long as they may be, the bound of a frame comes before."""
ENTRY = 48
"""Bytes of a counter beside its labels, at most."""

Labels = tuple[str, ...]
Gauge = Callable[[], float]


class Histogram:
    """Counts per bucket, not cumulated, and the sum of the values."""

    __slots__ = ("counts", "sum")

    def __init__(self) -> None:
        self.counts = [0] * (len(LATENCY_BUCKETS) + 1)
        self.sum = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[bisect_left(LATENCY_BUCKETS, seconds)] += 1
        self.sum += seconds


class Telemetry:
    """Counts since the last ``take``."""

    def __init__(self) -> None:
        self.requests: dict[tuple[str, int], int] = {}
        """By rule and status."""
        self.attempts: dict[tuple[str, str], int] = {}
        """By upstream and outcome: a status, or the stage that failed."""
        self.malformed: dict[int, int] = {}
        """By status; of requests that never met a rule."""
        self.connections: dict[str, int] = {}
        """Turned away before their first request, by reason."""
        self.mirrors: dict[tuple[str, str], int] = {}
        """Copies of requests, by upstream and what became of them."""
        self.request_seconds = Histogram()
        self.upstream_seconds = Histogram()
        self.lookups: dict[str, int] = {}
        """Of names of targets, by outcome."""
        self.log_dropped = 0
        self.in_flight = 0
        self._gauges: list[tuple[str, Gauge]] = [("weir_requests_in_flight", lambda: self.in_flight)]

    def gauge(self, family: str, read: Gauge) -> None:
        """A value of the present, read at every ``take``."""
        self._gauges.append((family, read))

    def request(self, rule: str, status: int, seconds: float) -> None:
        """One answered request."""
        key = (rule, status)
        self.requests[key] = self.requests.get(key, 0) + 1
        self.request_seconds.observe(seconds)

    def refused(self, status: int) -> None:
        """One request that never met a rule."""
        self.malformed[status] = self.malformed.get(status, 0) + 1

    def connection_refused(self, reason: str) -> None:
        """One connection that was closed before its first request: ``proxy-protocol`` or ``per-address``."""
        self.connections[reason] = self.connections.get(reason, 0) + 1

    def looked_up(self, outcome: str) -> None:
        """One look-up of a name."""
        self.lookups[outcome] = self.lookups.get(outcome, 0) + 1

    def attempt(self, upstream: str, outcome: str, seconds: float) -> None:
        """One attempt, until its response head or its failure."""
        key = (upstream, outcome)
        self.attempts[key] = self.attempts.get(key, 0) + 1
        self.upstream_seconds.observe(seconds)

    def mirror(self, upstream: str, outcome: str) -> None:
        """One copy of a request that was asked for, sent or not."""
        key = (upstream, outcome)
        self.mirrors[key] = self.mirrors.get(key, 0) + 1

    def take(self) -> list[dict[str, Any]]:
        """The frames to send; counting starts anew."""
        parts = list(_parted(self._counters()))
        histograms = [
            [family, [], histogram.counts, histogram.sum]
            for family, histogram in (
                ("weir_request_seconds", self.request_seconds),
                ("weir_upstream_seconds", self.upstream_seconds),
            )
            if any(histogram.counts)
        ]
        self.requests, self.attempts, self.malformed, self.log_dropped = {}, {}, {}, 0
        self.connections, self.mirrors, self.lookups = {}, {}, {}
        self.request_seconds, self.upstream_seconds = Histogram(), Histogram()
        gauges = [[family, [], float(read())] for family, read in self._gauges]
        return [_frame(parts[0], histograms, gauges), *(_frame(part, [], []) for part in parts[1:])]

    def _counters(self) -> Iterable[list[Any]]:
        for (rule, status), count in self.requests.items():
            yield ["weir_requests_total", [rule, str(status)], count]
        for (upstream, outcome), count in self.attempts.items():
            yield ["weir_attempts_total", [upstream, outcome], count]
        for (upstream, outcome), count in self.mirrors.items():
            yield ["weir_mirrored_total", [upstream, outcome], count]
        for status, count in self.malformed.items():
            yield ["weir_malformed_total", [str(status)], count]
        for reason, count in self.connections.items():
            yield ["weir_connections_refused_total", [reason], count]
        for outcome, count in self.lookups.items():
            yield ["weir_dns_lookups_total", [outcome], count]
        if self.log_dropped:
            yield ["weir_access_log_dropped_total", [], self.log_dropped]


def _parted(counters: Iterable[list[Any]]) -> Iterator[list[Any]]:
    """One part at least; each fits into a frame."""
    part: list[Any] = []
    size = 0
    for counter in counters:
        cost = ENTRY + sum(len(label.encode()) + 5 for label in counter[1])
        if size + cost > MAX_BYTES or len(part) == MAX_ENTRIES:
            yield part
            part, size = [], 0
        part.append(counter)
        size += cost
    yield part


def _frame(counters: list[Any], histograms: list[Any], gauges: list[Any]) -> dict[str, Any]:
    return {"kind": "counters", "counters": counters, "histograms": histograms, "gauges": gauges}
