"""Everything at ``/metrics``: the workers' counts summed, and what the agent knows itself, in one ordinary registry.

Counters and histograms are kept when a worker ends, as its requests did happen; its gauges go with its connection.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector

from edge.agent.facts import STORE_TROUBLES, Facts, workers_on
from edge.families import FAMILIES, MAX_SERIES, OTHER, Family
from edge.frames import FrameError

MAX_LABEL = 200
"""Characters of one label value."""

Labels = tuple[str, ...]


class WorkerMetrics:
    """The sums of what workers report, and counts of the agent's own work."""

    def __init__(self, registry: CollectorRegistry, families: Iterable[Family] = FAMILIES) -> None:
        self._families = {family.name: family for family in families}
        self._counters: dict[str, dict[Labels, float]] = {}
        self._histograms: dict[str, dict[Labels, list[float]]] = {}
        self._gauges: dict[str, dict[int, dict[Labels, float]]] = {}
        self.refused = Counter(
            "weir_config_refused", "Times that a worker could not load a version.", registry=registry
        )
        self.dropped = Counter(
            "weir_metrics_dropped", "Reported values of an unknown family or shape.", registry=registry
        )
        self.apply_seconds = Histogram(
            "weir_config_apply_seconds",
            "How long a worker took to load and compile a version.",
            buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
            registry=registry,
        )
        registry.register(_Sums(self))

    def take(self, connection: int, message: dict[str, Any]) -> None:
        """Adds one ``counters`` frame. Raises ``FrameError`` where it is not even lists; odd values are dropped."""
        for labels, values, family in self._entries(message, "counters", "counter", 1):
            series = self._counters.setdefault(family.name, {})
            key = _bounded(series, labels)
            series[key] = series.get(key, 0.0) + max(0.0, values[0])
        for labels, values, family in self._entries(message, "histograms", "histogram", 2):
            histogram = self._histograms.setdefault(family.name, {})
            key = _bounded(histogram, labels)
            sums = histogram.setdefault(key, [0.0] * len(values))
            histogram[key] = [before + max(0.0, more) for before, more in zip(sums, values, strict=True)]
        for labels, values, family in self._entries(message, "gauges", "gauge", 1):
            gauge = self._gauges.setdefault(family.name, {}).setdefault(connection, {})
            gauge[_bounded(gauge, labels)] = values[0]

    def applied(self, message: dict[str, Any]) -> None:
        """Notes how long the worker took; 0 says that it served the version already."""
        took = message.get("took_ms")
        if isinstance(took, int | float) and took > 0:
            self.apply_seconds.observe(took / 1000)

    def gone(self, connection: int) -> None:
        """The worker's gauges count no more."""
        for by_connection in self._gauges.values():
            by_connection.pop(connection, None)

    def collect(self) -> Iterator[Metric]:
        """Every family, in the table's order, also without any series yet."""
        for family in self._families.values():
            if family.kind == "counter":
                yield _counter(family, self._counters.get(family.name, {}))
            elif family.kind == "histogram":
                yield _histogram(family, self._histograms.get(family.name, {}))
            else:
                yield _gauge(family, self._gauges.get(family.name, {}).values())

    def _entries(
        self, message: dict[str, Any], field: str, kind: str, numbers: int
    ) -> Iterator[tuple[Labels, list[float], Family]]:
        """The sound entries of one list of a frame: labels, numbers (histogram: buckets, then the sum), family."""
        entries = message.get(field, [])
        if not isinstance(entries, list):
            raise FrameError(f"{field} is no list")
        for entry in entries:
            family = self._family(entry, kind, 2 + numbers)
            values = _numbers(entry, family) if family else None
            if family is None or values is None:
                self.dropped.inc()
            else:
                yield tuple(label[:MAX_LABEL] for label in entry[1]), values, family

    def _family(self, entry: object, kind: str, length: int) -> Family | None:
        if not isinstance(entry, list) or len(entry) != length or not isinstance(entry[0], str):
            return None
        family = self._families.get(entry[0])
        labels = entry[1]
        sound = isinstance(labels, list) and all(isinstance(label, str) for label in labels)
        if family is None or family.kind != kind or not sound or len(labels) != len(family.labels):
            return None
        return family


class StateMetrics(Collector):
    """What the agent knows, read at every scrape."""

    def __init__(self, registry: CollectorRegistry, facts: Facts) -> None:
        self._facts = facts
        self.store_failures = Counter(
            "weir_store_failures", "Looks at the store that failed or got no answer.", registry=registry
        )
        self.followed = Counter(
            "weir_config_followed", "Versions taken over from the store.", registry=registry
        )
        self.replaced = Counter(
            "weir_config_replaced", "Versions of the same number but other content.", registry=registry
        )
        self.published = Counter(
            "weir_config_file_published", "Times that the rules file was published.", registry=registry
        )
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        """Gauges of the present."""
        facts = self._facts
        yield _value("weir_store_up", "1 while the store answers.", facts.store == "up")
        state = GaugeMetricFamily(
            "weir_store_state", "1 for what is wrong with the store's version.", labels=["state"]
        )
        for trouble in STORE_TROUBLES:
            state.add_metric([trouble], float(facts.store_trouble == trouble))
        yield state
        number = facts.held.number if facts.held else 0
        yield _value("weir_config_version", "Number of the version on this node; 0 is none.", number)
        yield _value("weir_workers", "Workers that are connected to the agent.", len(facts.workers))
        current = workers_on(facts.workers.values(), facts.held)
        yield _value("weir_workers_current", "Workers that serve the version on this node.", current)
        yield _value("weir_draining", "1 once the node is stopping.", facts.draining)
        yield _value("weir_disk_error", "1 while the node's disk refuses.", bool(facts.disk_error))
        error = facts.config == "error"
        yield _value("weir_config_file_error", "1 while the rules file cannot be published as it is.", error)


class _Sums(Collector):
    def __init__(self, metrics: WorkerMetrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        return self._metrics.collect()


def _numbers(entry: list[Any], family: Family) -> list[float] | None:
    """The numbers of an entry in one list; None if one is missing, of another type, or not finite."""
    values = [*entry[2], entry[3]] if family.kind == "histogram" and isinstance(entry[2], list) else entry[2:]
    expected = len(family.buckets) + 2 if family.kind == "histogram" else 1
    sound = all(isinstance(value, int | float) and abs(value) < float("inf") for value in values)
    return [float(value) for value in values] if sound and len(values) == expected else None


def _bounded(series: dict[Labels, Any], labels: Labels) -> Labels:
    """``labels``, or the series of the rest where there are too many already."""
    return labels if labels in series or len(series) < MAX_SERIES else (OTHER,) * len(labels)


def _counter(family: Family, series: dict[Labels, float]) -> Metric:
    metric = CounterMetricFamily(family.name, family.help, labels=family.labels)
    for labels, value in series.items():
        metric.add_metric(labels, value)
    if not family.labels and not series:
        metric.add_metric((), 0.0)
    return metric


def _histogram(family: Family, series: dict[Labels, list[float]]) -> Metric:
    metric = HistogramMetricFamily(family.name, family.help, labels=family.labels)
    bounds = [*(str(bound) for bound in family.buckets), "+Inf"]
    for labels, values in series.items():
        total, buckets = 0.0, []
        for bound, count in zip(bounds, values[:-1], strict=True):
            total += count
            buckets.append((bound, total))
        metric.add_metric(labels, buckets, sum_value=values[-1])
    return metric


def _gauge(family: Family, workers: Iterable[dict[Labels, float]]) -> Metric:
    metric = GaugeMetricFamily(family.name, family.help, labels=family.labels)
    sums: dict[Labels, float] = {} if family.labels else {(): 0.0}
    for series in workers:
        for labels, value in series.items():
            before = sums.get(labels, 0.0)
            sums[labels] = max(before, value) if family.combine == "max" else before + value
    for labels, value in sums.items():
        metric.add_metric(labels, value)
    return metric


def _value(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))
