"""What the pipe counts is at /metrics, with every series from the start."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from edge.agent.pipe_metrics import ERRORS, PipeMetrics
from weir.store.errors import StoreAway, StoreError


def test_every_kind_of_error_is_there_before_the_first():
    registry = CollectorRegistry()
    PipeMetrics(registry).watch(queue=lambda: 3, is_open=lambda: True)
    page = generate_latest(registry).decode()
    for kind in ERRORS:
        assert f'weir_counters_errors_total{{kind="{kind}"}} 0.0' in page
    assert "weir_counters_queue 3.0" in page
    assert "weir_counters_up 0.0" in page


def test_replies_are_counted_by_what_they_are():
    registry = CollectorRegistry()
    metrics = PipeMetrics(registry)
    metrics.round_trip(0.001, [1, StoreError("no"), StoreAway("gone"), StoreAway("gone")])
    assert registry.get_sample_value("weir_counters_calls_total") == 4
    assert registry.get_sample_value("weir_counters_errors_total", {"kind": "refused"}) == 1
    assert registry.get_sample_value("weir_counters_errors_total", {"kind": "away"}) == 2
    assert registry.get_sample_value("weir_counters_round_trip_seconds_count") == 1
