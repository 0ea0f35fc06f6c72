"""What the status listener says of requests in flight."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from edge.agent.concurrency_page import concurrency_page
from edge.agent.metrics import WorkerMetrics


def test_each_limited_upstream_has_its_numbers_of_all_workers_and_why_somebody_was_refused() -> None:
    metrics = WorkerMetrics(CollectorRegistry())
    for connection in (1, 2):
        metrics.take(
            connection,
            {
                "gauges": [
                    ["weir_concurrency_limit", ["orders"], 2.0],
                    ["weir_concurrency_in_flight", ["orders"], 1.0],
                    ["weir_concurrency_waiting", ["orders"], 0.0],
                ],
                "counters": [
                    ["weir_concurrency_total", ["orders", "full"], 3],
                    ["weir_concurrency_total", ["gone", "full"], 3],
                ],
            },
        )
    orders = {
        "upstream": "orders",
        "limit": 4,
        "in_flight": 2,
        "waiting": 0,
        "found_no_place": {"full": 6},
    }
    assert concurrency_page(metrics) == {"upstreams": [orders]}
    metrics.gone(1)
    assert concurrency_page(metrics)["upstreams"][0]["limit"] == 2


def test_without_a_limit_there_is_nothing_to_say() -> None:
    assert concurrency_page(WorkerMetrics(CollectorRegistry())) == {"upstreams": []}
