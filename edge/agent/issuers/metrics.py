"""Issuers at /metrics: read at every scrape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class Issuers(Protocol):
    """What of ``IssuerKeeper`` is used."""

    def state(self) -> list[dict[str, Any]]: ...


class IssuerMetrics(Collector):
    """Labels are URLs of issuers, at most 256."""

    def __init__(self, registry: CollectorRegistry, issuers: Issuers) -> None:
        self._issuers = issuers
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Of the present."""
        keys = GaugeMetricFamily(
            "weir_issuer_keys",
            "Public keys that this node has of a foreign issuer; 0: its tokens get 503.",
            labels=["issuer"],
        )
        age = GaugeMetricFamily(
            "weir_issuer_keys_age_seconds",
            "Since a foreign issuer last showed its keys; at 24 h they are given up.",
            labels=["issuer"],
        )
        for one in self._issuers.state():
            if one["enabled"]:
                keys.add_metric([one["issuer"]], float(one["keys"]))
                if one["age_s"] is not None:
                    age.add_metric([one["issuer"]], one["age_s"])
        yield keys
        yield age
