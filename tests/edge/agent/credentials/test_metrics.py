"""What /metrics says of credentials."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, generate_latest

from edge.agent.credentials.metrics import DROPS, FAILURES, SOURCES, CredentialMetrics


def test_every_word_is_there_from_the_start_and_gauges_are_of_the_present():
    registry = CollectorRegistry()
    metrics = CredentialMetrics(registry)
    known = [1.0]
    metrics.watch(known=lambda: known[0], suspects=lambda: 0, revoked=lambda: 0, stale=lambda: -1.0)
    metrics.dropped("changed", 3)
    known[0] = 7.0
    text = generate_latest(registry).decode()
    for label, words in (("source", SOURCES), ("why", DROPS), ("kind", FAILURES)):
        for word in words:
            assert f'{{{label}="{word}"}}' in text
    assert 'weir_credentials_dropped_total{why="changed"} 3.0' in text
    assert "weir_credentials_known 7.0" in text
    assert "weir_credentials_stale_seconds -1.0" in text
