"""What a web process counts of its requests; one object for each worker, told to Prometheus through files.

Labels come from closed sets: an operation is one that the application has, never a path. With metrics turned off the
same things are counted in memory and nobody asks for them.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Iterable

from flask import Flask, Response, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram

NO_OPERATION = "none"
"""A request for something that is not there, or that was refused before it was known for what it is."""
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class RequestMetrics:
    """``prefix``: what the names begin with, such as ``weir_admin``."""

    def __init__(self, registry: CollectorRegistry, prefix: str) -> None:
        self._requests = Counter(
            f"{prefix}_requests_total",
            "Requests answered, by operation (none: there is no such thing) and class of the status.",
            ("operation", "status"),
            registry=registry,
        )
        self._seconds = Histogram(
            f"{prefix}_request_seconds",
            "From a complete request head to the beginning of the answer, by operation.",
            ("operation",),
            buckets=SECONDS,
            registry=registry,
        )

    def answered(self, operation: str, status: int, seconds: float) -> None:
        self._requests.labels(operation, f"{status // 100}xx").inc()
        self._seconds.labels(operation).observe(seconds)


def add_metrics(app: Flask, metrics: RequestMetrics) -> None:
    """Counts every request that ``app`` answers."""
    app.before_request(_begin)
    app.after_request(functools.partial(_answered, metrics))


def _begin() -> None:
    g.counted_from_s = time.monotonic()


def _answered(metrics: RequestMetrics, response: Response) -> Response:
    seconds = time.monotonic() - g.get("counted_from_s", time.monotonic())
    metrics.answered(request.endpoint or NO_OPERATION, response.status_code, seconds)
    return response


def counter_of(
    registry: CollectorRegistry, name: str, text: str, label: str, values: Iterable[str]
) -> Counter:
    """With one label whose values are all there is: they are at 0 before anything happens, so that a first event is
    seen as one."""
    counter = Counter(name, text, (label,), registry=registry)
    for value in values:
        counter.labels(value)
    return counter
