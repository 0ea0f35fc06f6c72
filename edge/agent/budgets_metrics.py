"""What ``/metrics`` says of the retry budgets, read at every scrape. Upstreams of one name in two documents add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, Protocol

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from edge.telemetry.families import MAX_SERIES

GAUGES = (
    ("cap", "weir_budget_cap", "Units that retries may cost in any window, cluster-wide."),
    ("credit", "weir_budget_credit", "Units that the traffic of the last window allows, cluster-wide."),
    (
        "available",
        "weir_budget_available",
        "Units that are left in this window, cluster-wide; as last heard.",
    ),
    (
        "reserve_of_node",
        "weir_budget_reserve",
        "Units that this node may spend in any window without the store.",
    ),
)


class Source(Protocol):
    """The part of ``budgets.Budgets`` that is read."""

    @property
    def refused(self) -> Mapping[tuple[str, str], int]: ...

    def state(self) -> list[dict[str, Any]]: ...


class BudgetMetrics(Collector):
    """Of one agent."""

    def __init__(self, registry: CollectorRegistry, budgets: Source) -> None:
        self._budgets = budgets
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        state = self._budgets.state()[:MAX_SERIES]
        names = [_name(entry["upstream"]) for entry in state]
        for field, name, text in GAUGES:
            gauge = GaugeMetricFamily(name, text, labels=["upstream"])
            for upstream, value in _sums(names, state, field).items():
                gauge.add_metric([upstream], value)
            yield gauge
        lent = CounterMetricFamily(
            "weir_budget_lent_units", "Units that this node lent to its workers.", labels=["upstream"]
        )
        for upstream, value in _sums(names, state, "lent").items():
            lent.add_metric([upstream], value)
        yield lent
        yield self._refused()

    def _refused(self) -> Metric:
        refused = CounterMetricFamily(
            "weir_budget_refused",
            "Times that this node lent nothing, by reason; workers ask once and remember for a while.",
            labels=["upstream", "why"],
        )
        times: Counter[tuple[str, str]] = Counter()
        for (upstream, why), count in self._budgets.refused.items():
            times[_name(upstream), why] += count
        for (upstream, why), count in islice(times.items(), MAX_SERIES):
            refused.add_metric([upstream, why], count)
        return refused


def _sums(names: list[str], state: list[dict[str, Any]], field: str) -> dict[str, float]:
    """By upstream, of those where it is known."""
    sums: dict[str, float] = {}
    for name, entry in zip(names, state, strict=True):
        value = entry[field]
        if value is not None:
            sums[name] = sums.get(name, 0) + value
    return sums


def _name(identity: str) -> str:
    """As the other metrics name an upstream: without its owner."""
    return identity.partition("/")[2]
