"""Gauges of drained targets."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, generate_latest

from edge.agent.drains_metrics import DrainMetrics


class Drained:
    def state(self) -> list[dict[str, Any]]:
        return [
            {"upstream": "file/u", "target": "http://a", "in_flight": 1},
            {"upstream": "api/u", "target": "http://a", "in_flight": 2},
        ]


def test_a_drained_target_is_there_once_with_what_it_has_in_flight() -> None:
    registry = CollectorRegistry()
    DrainMetrics(registry, Drained())
    said = generate_latest(registry).decode()
    assert 'weir_target_drained{target="http://a",upstream="u"} 1.0' in said
    assert 'weir_target_drained_in_flight{target="http://a",upstream="u"} 3.0' in said
