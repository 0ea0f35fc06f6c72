"""Counts and gauges at /metrics."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from edge.agent.health.metrics import HealthMetrics


def test_probes_ejections_and_verdicts_are_there() -> None:
    registry = CollectorRegistry()
    metrics = HealthMetrics(registry)
    metrics.probed("u", "passed")
    metrics.ejected([b"file/u http://a:1", b"api/v http://b:1"])
    metrics.watch(lambda: [("u", "http://a:1", True), ("u", "http://b:1", False), ("u", "http://a:1", False)])
    said = generate_latest(registry).decode()
    assert 'weir_target_probes_total{outcome="passed",upstream="u"} 1.0' in said
    assert 'weir_target_cluster_ejections_total{upstream="v"} 1.0' in said
    assert 'weir_target_healthy{target="http://a:1",upstream="u"} 0.0' in said
