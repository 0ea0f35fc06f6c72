"""What the node knows and does about credentials, for ``/metrics``. Labels are words of a fixed list."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

SOURCES = ("memory", "store", "suspect", "unknown", "odd")
DROPS = ("changed", "suspect", "all", "room")
FAILURES = ("away", "refused", "timeout", "full", "open")
BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class CredentialMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._answers = Counter(
            "weir_credentials_answers",
            "Questions of workers: answered from memory, after a read of the store, as known before a gap in the feed "
            "(suspect), not at all (unknown: the store is needed and away), or not understood (odd).",
            ["source"],
            registry=registry,
        )
        self._dropped = Counter(
            "weir_credentials_dropped",
            "Verifiers no more believed: changed, a gap in the feed (suspect), another store (all), no room (room).",
            ["why"],
            registry=registry,
        )
        self._reads = Counter(
            "weir_credentials_reads", "Credentials that were read from the store.", registry=registry
        )
        self._seconds = Histogram(
            "weir_credentials_read_seconds",
            "Calls to the store that read credentials, many in one.",
            buckets=BUCKETS,
            registry=registry,
        )
        self._again = Counter(
            "weir_credentials_reads_again",
            "Reads that were made again as something changed meanwhile.",
            registry=registry,
        )
        self._failures = Counter(
            "weir_credentials_read_failures",
            "Reads without a good answer: away, refused, timeout (the asker gave up), full (too many), open (breaker).",
            ["kind"],
            registry=registry,
        )
        self._uses_lost = Counter(
            "weir_credentials_uses_lost", "Last uses of credentials that had no room here.", registry=registry
        )
        self._disk_failures = Counter(
            "weir_credentials_disk_failures",
            "Times that what is known of credentials could not be kept on the node's disk.",
            registry=registry,
        )
        self._gauges = _gauges(registry)
        for counter, words in ((self._answers, SOURCES), (self._dropped, DROPS), (self._failures, FAILURES)):
            for word in words:
                counter.labels(word)

    def watch(self, **gauges: Callable[[], float]) -> None:
        """``known``, ``suspects``, ``revoked``, ``stale``."""
        for name, value in gauges.items():
            self._gauges[name].set_function(value)

    def answered(self, source: str) -> None:
        """One of ``SOURCES``."""
        self._answers.labels(source).inc()

    def dropped(self, why: str, number: int) -> None:
        """One of ``DROPS``."""
        self._dropped.labels(why).inc(number)

    def read(self, number: int, seconds: float) -> None:
        self._reads.inc(number)
        self._seconds.observe(seconds)

    def read_again(self) -> None:
        self._again.inc()

    def failed(self, kind: str) -> None:
        """One of ``FAILURES``."""
        self._failures.labels(kind).inc()

    def use_lost(self, number: int) -> None:
        self._uses_lost.inc(number)

    def disk_failed(self) -> None:
        self._disk_failures.inc()


def _gauges(registry: CollectorRegistry) -> dict[str, Gauge]:
    """By the names of ``watch``."""
    return {
        "known": Gauge("weir_credentials_known", "Verifiers that this node keeps.", registry=registry),
        "suspects": Gauge(
            "weir_credentials_suspects",
            "Verifiers that are read anew after a gap in the feed.",
            registry=registry,
        ),
        "revoked": Gauge(
            "weir_credentials_revoked",
            "Revoked tokens and sign-ins that this node knows.",
            registry=registry,
        ),
        "stale": Gauge(
            "weir_credentials_stale_seconds",
            "Since the store last confirmed all that this node knows of credentials; -1: it never did.",
            registry=registry,
        ),
    }
