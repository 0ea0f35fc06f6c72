"""What a worker of ``weir admin`` counts, beyond its requests: publishes, refused attempts, open streams of events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias, get_args

from prometheus_client import CollectorRegistry, Gauge

from admin_api.call import Answer, Call
from weir.api.changes import Write, Written
from weir.api.operation import Operation
from weir.serving.metrics import RequestMetrics, counter_of

PREFIX = "weir_admin"
Published: TypeAlias = Literal[
    "published", "already-published", "unchanged", "stale", "refused", "unknown", "failed"
]
REFUSALS = (
    "unauthenticated",
    "wrong-credential",
    "expired-credential",
    "too-many-failures",
    "forbidden",
    "csrf",
    "cross-site",
)
"""Codes of what somebody tried who may not."""
_RESULTS: dict[str, Published] = {"stale": "stale", "outcome-unknown": "unknown"}
"""Of codes."""


class AdminMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = RequestMetrics(registry, PREFIX)
        self._publishes = counter_of(
            registry,
            f"{PREFIX}_publishes_total",
            "Writes of configuration that were no dry run, by result: published, already-published (a repetition), "
            "unchanged, stale (somebody else was faster), refused, unknown (the store did not say), failed.",
            "result",
            get_args(Published),
        )
        self._refused = counter_of(
            registry,
            f"{PREFIX}_refused_total",
            "Calls of operations by who may not, by the code of the refusal.",
            "code",
            REFUSALS,
        )
        self._streams = Gauge(
            f"{PREFIX}_event_streams",
            "Streams of events and of live requests that are open.",
            registry=registry,
            multiprocess_mode="livesum",
        )

    def refused(self, code: str) -> None:
        """Of every refusal."""
        if code in REFUSALS:
            self._refused.labels(code).inc()

    def called(self, operation: Operation, call: Call | None, answer: Answer, code: str) -> None:
        """Of every call; ``code`` is that of its refusal, or empty."""
        if issubclass(operation.query, Write) and call is not None and not call.query.dry_run:
            self._publishes.labels(result_of(answer, code)).inc()

    def open_while(self, stream: Iterator[bytes]) -> Iterator[bytes]:
        """The same stream, which counts from its first piece to its end."""
        self._streams.inc()
        try:
            yield from stream
        finally:
            self._streams.dec()


def result_of(answer: Answer, code: str) -> Published:
    result: Any = answer.result
    if isinstance(result, Written) and result.outcome != "dry-run":
        return result.outcome
    return _RESULTS.get(code) or ("failed" if (answer.status or 500) >= 500 else "refused")
