"""What the agent tells of its own work on usage and samples."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from edge.agent.traffic.metrics import PERIODS, SAMPLED, TrafficMetrics


def test_every_label_is_there_from_the_beginning_and_counts_add_up() -> None:
    registry = CollectorRegistry()
    metrics = TrafficMetrics(registry)
    metrics.watch(lambda: 3.0)
    metrics.brought(2)
    metrics.brought(5)
    metrics.lost("day", 4)
    metrics.samples("dropped", 6)
    metrics.odd()
    value = registry.get_sample_value
    assert value("weir_usage_entries_total") == 7
    assert [value("weir_usage_lost_requests_total", {"period": period}) for period in PERIODS] == [0, 4]
    assert [value("weir_samples_total", {"outcome": outcome}) for outcome in SAMPLED] == [0, 6]
    assert (value("weir_usage_waiting"), value("weir_usage_dropped_total")) == (3, 1)
