"""What the agent tells of its own work on usage and samples, for ``/metrics``. Labels are words of a fixed list."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

PERIODS = ("minute", "day")
SAMPLED = ("brought", "dropped")


class TrafficMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._entries = Counter(
            "weir_usage_entries",
            "Counts of a rule, target or consumer that were brought to the store.",
            registry=registry,
        )
        self._lost = Counter(
            "weir_usage_lost_requests",
            "Requests whose counts the store did not get in time: of a minute (the day has them), or of a day.",
            ["period"],
            registry=registry,
        )
        self._odd = Counter(
            "weir_usage_dropped", "Counts or samples of a worker that could not be read.", registry=registry
        )
        self._waiting = Gauge(
            "weir_usage_waiting",
            "Counts of a rule, target or consumer that wait to be brought to the store.",
            registry=registry,
        )
        self._samples = Counter(
            "weir_samples",
            "Requests that somebody watches: brought, or dropped (too many in one second, or the store is away).",
            ["outcome"],
            registry=registry,
        )
        for period in PERIODS:
            self._lost.labels(period)
        for outcome in SAMPLED:
            self._samples.labels(outcome)

    def watch(self, waiting: Callable[[], float]) -> None:
        self._waiting.set_function(waiting)

    def brought(self, entries: int) -> None:
        self._entries.inc(entries)

    def lost(self, period: str, requests: int) -> None:
        """One of ``PERIODS``."""
        self._lost.labels(period).inc(requests)

    def odd(self) -> None:
        self._odd.inc()

    def samples(self, outcome: str, number: int) -> None:
        """One of ``SAMPLED``."""
        self._samples.labels(outcome).inc(number)
