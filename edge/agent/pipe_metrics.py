"""What ``StorePipe`` counts, for ``/metrics``. Labels are words of a fixed list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from weir.store.errors import StoreAway, StoreError

ERRORS = ("away", "refused", "timeout", "full", "open")
"""away: no answer; refused: an error answer; timeout: the asker gave up; full: the queue; open: the breaker."""
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25)


class PipeMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "weir_counters_round_trip_seconds",
            "Round trips to the store of the counters.",
            buckets=BUCKETS,
            registry=registry,
        )
        self._calls = Counter(
            "weir_counters_calls", "Script calls sent to the store of the counters.", registry=registry
        )
        self._errors = Counter(
            "weir_counters_errors",
            "Script calls without a good answer: away, refused, timeout, full (queue), open (breaker).",
            ["kind"],
            registry=registry,
        )
        for kind in ERRORS:
            self._errors.labels(kind)
        self._queue = Gauge(
            "weir_counters_queue", "Script calls that wait to be sent to the store.", registry=registry
        )
        self._up = Gauge(
            "weir_counters_up",
            "1 while the store of the counters answers; 1 before it was asked. In a cluster: while every server does "
            "that was asked in the last minute.",
            registry=registry,
        )

    def watch(self, *, queue: Callable[[], float], is_open: Callable[[], bool]) -> None:
        self._queue.set_function(queue)
        self._up.set_function(lambda: float(not is_open()))

    def error(self, kind: str) -> None:
        """One of ``ERRORS``."""
        self._errors.labels(kind).inc()

    def round_trip(self, seconds: float, replies: Sequence[Any]) -> None:
        self._seconds.observe(seconds)
        self._calls.inc(len(replies))
        for reply in replies:
            if isinstance(reply, StoreAway):
                self.error("away")
            elif isinstance(reply, StoreError):
                self.error("refused")
