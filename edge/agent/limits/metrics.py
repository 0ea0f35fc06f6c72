"""What the node's holder of limits counts, for ``/metrics``. Labels are words of a fixed list."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

from edge.limiting.wire import AWAY, FULL, GRANTED, OPEN, Answer

OUTCOMES = (GRANTED, FULL, OPEN, AWAY)


class LimitMetrics:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._answers = Counter(
            "weir_limit_leases",
            "What workers got when they asked the node for tokens: granted, full (the limit is used up),"
            " open or away (the store is away).",
            ["outcome"],
            registry=registry,
        )
        self._by_outcome = {outcome: self._answers.labels(outcome) for outcome in OUTCOMES}
        self._asked = Counter("weir_limit_store_calls", "Script calls for limits.", registry=registry)
        self._lost = Counter(
            "weir_limit_quarantines",
            "Times that the store had forgotten what was granted, and the node fell back to its share.",
            registry=registry,
        )
        self._overflow = Gauge(
            "weir_limit_overflows",
            "Requests so far whose key shared the one for all keys above max_keys.",
            registry=registry,
        )
        self._keys = Gauge("weir_limit_keys", "Keys that limits count apart on this node.", registry=registry)

        self._nodes = Gauge(
            "weir_limit_nodes", "Nodes that share a limit while the store is away.", registry=registry
        )

    def watch(self, *, keys: Callable[[], float], nodes: Callable[[], float]) -> None:
        self._keys.set_function(keys)
        self._nodes.set_function(nodes)

    def answered(self, answer: Answer) -> None:
        self._by_outcome[answer.why].inc()

    def asked(self) -> None:
        self._asked.inc()

    def lost(self) -> None:
        self._lost.inc()

    def overflowed(self, times: int) -> None:
        self._overflow.set(times)
