"""Drained targets at /metrics: read at every scrape."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class Drained(Protocol):
    """What of ``DrainKeeper`` is used."""

    def state(self) -> list[dict[str, Any]]: ...


class DrainMetrics(Collector):
    """Labels are names and URLs of drains, at most 10 000."""

    def __init__(self, registry: CollectorRegistry, drained: Drained) -> None:
        self._drained = drained
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Of the present."""
        labels = ["upstream", "target"]
        drained = GaugeMetricFamily(
            "weir_target_drained", "1 while a person has drained a target.", labels=labels
        )
        in_flight = GaugeMetricFamily(
            "weir_target_drained_in_flight",
            "Requests that a drained target still has on this node.",
            labels=labels,
        )
        requests: defaultdict[tuple[str, str], int] = defaultdict(int)
        for one in self._drained.state():
            requests[one["upstream"].partition("/")[2], one["target"]] += one["in_flight"]
        for identity, under_way in requests.items():
            drained.add_metric(identity, 1.0)
            in_flight.add_metric(identity, float(under_way))
        yield drained
        yield in_flight
