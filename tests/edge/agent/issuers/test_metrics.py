"""Gauges of issuers."""

from __future__ import annotations

from typing import Any

from prometheus_client import CollectorRegistry, generate_latest

from edge.agent.issuers.metrics import IssuerMetrics


class Issuers:
    def state(self) -> list[dict[str, Any]]:
        return [
            {"issuer": "https://a", "enabled": True, "keys": 2, "age_s": 7.5},
            {"issuer": "https://b", "enabled": True, "keys": 0, "age_s": None},
            {"issuer": "https://c", "enabled": False, "keys": 1, "age_s": 1.0},
        ]


def test_an_issuer_shows_its_keys_and_how_old_they_are() -> None:
    registry = CollectorRegistry()
    IssuerMetrics(registry, Issuers())
    said = generate_latest(registry).decode()
    assert 'weir_issuer_keys{issuer="https://a"} 2.0' in said
    assert 'weir_issuer_keys_age_seconds{issuer="https://a"} 7.5' in said
    assert 'weir_issuer_keys{issuer="https://b"} 0.0' in said
    assert 'age_seconds{issuer="https://b"}' not in said
    assert "https://c" not in said
