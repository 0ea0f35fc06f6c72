"""What the agent counts of checks and of the cluster's ejections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, Counter
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Verdicts = Callable[[], Iterable[tuple[str, str, bool]]]


class HealthMetrics(Collector):
    """Labels are names and URLs of a version, and words of a fixed list."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._probes = Counter(
            "weir_target_probes",
            "Probes of this node: passed, status, connect, timeout, broken, malformed.",
            ["upstream", "outcome"],
            registry=registry,
        )
        self._ejections = Counter(
            "weir_target_cluster_ejections",
            "Ejections for the whole cluster that this node's report brought about.",
            ["upstream"],
            registry=registry,
        )
        self._verdicts: Verdicts = tuple
        registry.register(self)

    def watch(self, verdicts: Verdicts) -> None:
        """Who knows (upstream, URL, healthy) of what is checked."""
        self._verdicts = verdicts

    def probed(self, upstream: str, outcome: str) -> None:
        self._probes.labels(upstream, outcome).inc()

    def ejected(self, members: Any) -> None:
        """The reply to a report."""
        for member in members:
            upstream = member.decode().rpartition(" ")[0]
            self._ejections.labels(upstream.partition("/")[2]).inc()

    def collect(self) -> Iterator[Metric]:
        """Of the present."""
        gauge = GaugeMetricFamily(
            "weir_target_healthy", "1 while the check of a target says so.", labels=["upstream", "target"]
        )
        seen: dict[tuple[str, str], bool] = {}
        for upstream, url, healthy in self._verdicts():
            seen[upstream, url] = seen.get((upstream, url), True) and healthy
        for labels, healthy in seen.items():
            gauge.add_metric(labels, float(healthy))
        yield gauge
