"""docs/metrics.md, made from the table of families and from what the agent registers itself.

``python -m edge.agent.metrics_page > docs/metrics.md``
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from prometheus_client import CollectorRegistry

from edge.agent.budgets_metrics import BudgetMetrics
from edge.agent.credentials.metrics import CredentialMetrics
from edge.agent.drains_metrics import DrainMetrics
from edge.agent.facts import Facts
from edge.agent.health.metrics import HealthMetrics
from edge.agent.issuers.metrics import IssuerMetrics
from edge.agent.limits.metrics import LimitMetrics
from edge.agent.metrics import StateMetrics, WorkerMetrics
from edge.agent.pipe_metrics import PipeMetrics
from edge.agent.traffic.metrics import TrafficMetrics
from edge.telemetry.families import FAMILIES, OTHER, Family

HEAD = f"""\
# Metrics

<!-- Generated: python -m edge.agent.metrics_page > docs/metrics.md -->

`/metrics` of the status listener (`--status`) says everything about one node in the text format of Prometheus. Workers
report once a second and when they stop; the node agent adds them up, so counters go on when workers are replaced, and
begin at 0 when the agent starts.

Labels come from closed sets: names of rules and upstreams, targets of the configuration, statuses, and words of this
page. Nothing a client sends becomes a label. One family has at most `--metrics-series` lines (a histogram's buckets
count); when there is no room, series that did not change for an hour go, and what is still one too many is counted with
`{OTHER}` in place of its first label, so that sums stay right.

Latencies are those of requests that ended; event streams and tunnels count when they are over.

The admin API and the authorization server tell [their own](metrics-of-servers.md).

## Counted by the workers

| metric | kind | labels | what it is |
|---|---|---|---|
"""
OWN = """
## Known to the node agent

| metric | kind | labels | what it is |
|---|---|---|---|
"""
QUESTIONS = """
## Questions

| question | query |
|---|---|
| Which rules fail? | `sum by (rule) (rate(weir_requests_total{status=~"5.."}[5m]))` |
| Whose fault is it? | `sum by (upstream, outcome) (rate(weir_attempts_total[5m]))` |
| How slow is an upstream? | `histogram_quantile(0.99, rate(weir_upstream_seconds_bucket[5m]))` |
| Where does the time go? | `rate(weir_phase_seconds_sum[5m]) / rate(weir_phase_seconds_count[5m])` |
| Is the edge itself busy? | `max_over_time(weir_hub_lag_seconds[5m])`: above 0.05 its cores are too few |
| Are connections reused? | `rate(weir_phase_seconds_count{phase="connect"}[5m])`: new ones |
| Which limits refuse? | `sum by (limit) (rate(weir_limit_total{outcome="refused"}[5m]))` |
| Why were retries not made? | `rate(weir_retries_total{outcome!="granted"}[5m])`, less `replaced` |
| Does a budget refuse retries? | `sum by (upstream, why) (rate(weir_budget_refused_total[5m]))` |
| Which targets get no requests? | `weir_target_out == 1` |
| How old is what is known of credentials? | `max(weir_credentials_stale_seconds)`: seconds, or the store is away |
| Do all nodes have one version? | `max(weir_config_version) - min(weir_config_version)`: 0 |
"""


def page() -> str:
    """The whole page."""
    workers = "".join(_line(each.name, each.kind, each.labels, _help(each)) for each in FAMILIES)
    return HEAD + workers + OWN + "".join(_own()) + QUESTIONS


def _help(family: Family) -> str:
    worst = " The worst worker's." if family.combine == "max" and "worst" not in family.help else ""
    return family.help + worst


class _NoBudgets:
    """Of an agent that has not met an upstream: names and labels are the same."""

    refused: Mapping[tuple[str, str], int] = MappingProxyType({})

    def state(self) -> list[dict[str, Any]]:
        return []


class _Nothing:
    """Of an agent without drained targets and issuers."""

    def state(self) -> list[dict[str, Any]]:
        return []


def _own() -> Iterator[str]:
    """As a scrape shows them; a metric with labels says which when it was made."""
    registry = CollectorRegistry()
    WorkerMetrics(registry)
    StateMetrics(registry, Facts())
    PipeMetrics(registry)
    HealthMetrics(registry)
    LimitMetrics(registry)
    BudgetMetrics(registry, _NoBudgets())
    DrainMetrics(registry, _Nothing())
    IssuerMetrics(registry, _Nothing())
    TrafficMetrics(registry)
    CredentialMetrics(registry)
    labelled = dict(_labels(registry))
    for metric in registry.collect():
        name = metric.name + ("_total" if metric.type == "counter" else "")
        yield _line(name, metric.type, labelled.get(metric.name, ()), metric.documentation)


def _labels(registry: CollectorRegistry) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Of metrics with labels; prometheus-client tells them nowhere in public before there is a sample."""
    for collector in registry._collector_to_names:
        if labels := getattr(collector, "_labelnames", ()):
            yield collector._name, tuple(labels)  # type: ignore[attr-defined]
        else:
            for metric in collector.collect():
                yield metric.name, tuple(getattr(metric, "_labelnames", ()))


def _line(name: str, kind: str, labels: tuple[str, ...], text: str) -> str:
    shown = ", ".join(f"`{label}`" for label in labels)
    return f"| `{name}` | {kind} | {shown} | {text} |\n"


if __name__ == "__main__":
    sys.stdout.write(page())
