"""Everything at ``/metrics``: the workers' counts summed, and what the agent knows itself, in one ordinary registry.

Counters and histograms are kept when a worker ends, as its requests did happen; its gauges go with its connection. The
workers' families are many lines and have a text of their own (``series``); the registry has the agent's few.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from edge.agent.facts import STORE_TROUBLES, Facts, workers_on
from edge.agent.series import MAX_LABEL, Gauges, Labels, Series
from edge.link.frames import FrameError
from edge.telemetry.families import FAMILIES, MAX_SERIES, Family

REQUESTS = "weir_requests_total"
SLICE = 1000
"""Series whose lines are made at once: a millisecond or two."""
TAKEN = 250
"""Values that are added at once: 0.2 ms, where their series are known."""

Odd = (KeyError, TypeError, ValueError)
"""What comes of an entry that is not as it should be, or of a family that there is not."""


class WorkerMetrics:
    """The sums of what workers report, and counts of the agent's own work."""

    def __init__(
        self,
        registry: CollectorRegistry,
        families: Iterable[Family] = FAMILIES,
        max_series: int = MAX_SERIES,
    ) -> None:
        """``max_series``: of one family."""
        self._families = {family.name: family for family in families}
        kinds: dict[str, list[Family]] = {"counter": [], "histogram": [], "gauge": []}
        for family in self._families.values():
            kinds[family.kind].append(family)
        self._counters = {family.name: Series(family, max_series) for family in kinds["counter"]}
        self._histograms = {family.name: Series(family, max_series) for family in kinds["histogram"]}
        self._gauges = {family.name: Gauges(family, max_series) for family in kinds["gauge"]}
        self.requests = 0.0
        """Answered by the workers of this node since the agent began."""
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

    def take(
        self, connection: int, message: dict[str, Any], pause: Callable[[], None] = lambda: None
    ) -> None:
        """Adds one ``counters`` frame. Raises ``FrameError`` where it is not even lists; odd values are dropped.

        ``pause`` is called again and again meanwhile, for all else that the agent does; not among the gauges, of which
        a scrape would else find a part.
        """
        if message.get("anew"):
            self.gone(connection)
        self._set_gauges(connection, _entries(message, "gauges"))
        for field, add in (("counters", self._add_counts), ("histograms", self._add_buckets)):
            entries = _entries(message, field)
            for place in range(0, len(entries), TAKEN):
                add(entries[place : place + TAKEN])
                pause()

    def present(self, name: str) -> float:
        """The sum of a gauge without labels over all workers."""
        return self._gauges[name].value()

    def values(self, name: str) -> dict[Labels, float]:
        """Of a counter or a gauge, by labels."""
        return (self._counters.get(name) or self._gauges[name]).values()

    def applied(self, message: dict[str, Any]) -> None:
        """Notes how long the worker took; 0 says that it served the version already."""
        took = message.get("took_ms")
        if isinstance(took, int | float) and took > 0:
            self.apply_seconds.observe(took / 1000)

    def gone(self, connection: int) -> None:
        """The worker's gauges count no more."""
        for gauges in self._gauges.values():
            gauges.forget(connection)

    def parts(self, pause: Callable[[], None] = lambda: None) -> Iterator[bytes]:
        """Every family in the table's order, also without any series yet, in the text format of Prometheus.

        ``pause`` is called again and again meanwhile, for all else that the agent does.
        """
        for name in self._families:
            family = self._counters.get(name) or self._histograms.get(name) or self._gauges[name]
            for _ in range(family.changed // SLICE):
                family.render(SLICE)
                pause()
            yield family.text()
            pause()

    def _add_counts(self, entries: list[Any]) -> None:
        """Nearly all are sound and of a series that is known: those take the short way."""
        counters, now = self._counters, time.monotonic()
        for entry in entries:
            try:
                name, labels, value = entry
                known = type(labels) is list and counters[name].count(tuple(labels), value, now)
            except Odd:
                known = False
            if not known:
                self._add(entry, "counter", self._counters)
            if known and name == REQUESTS:
                self.requests += value

    def _add_buckets(self, entries: list[Any]) -> None:
        histograms, now = self._histograms, time.monotonic()
        for entry in entries:
            try:
                name, labels, buckets, total = entry
                known = type(labels) is list and histograms[name].observe(tuple(labels), buckets, total, now)
            except Odd:
                known = False
            if not known:
                self._add(entry, "histogram", self._histograms)

    def _add(self, entry: object, kind: str, series: Mapping[str, Series]) -> None:
        """The long way, of series that are new or values that are odd."""
        sound = self._sound(entry, kind)
        if sound is not None:
            name, labels, values = sound
            series[name].add(labels, values)
            if name == REQUESTS:
                self.requests += max(0.0, values[0])

    def _set_gauges(self, connection: int, entries: list[Any]) -> None:
        for entry in entries:
            try:
                name, labels, value = entry
                known = type(labels) is list and self._gauges[name].put(connection, tuple(labels), value)
            except Odd:
                known = False
            if not known and (sound := self._sound(entry, "gauge")) is not None:
                name, labels, values = sound
                self._gauges[name].set(connection, labels, values[0])

    def _sound(self, entry: object, kind: str) -> tuple[str, Labels, list[float]] | None:
        """Family, labels and numbers (histogram: buckets, then the sum) of an entry; None, counted, if it is odd."""
        family = self._family(entry, kind, 4 if kind == "histogram" else 3)
        if family is not None and isinstance(entry, list):
            values = _numbers(entry, family)
            if values is not None:
                return family.name, tuple(label[:MAX_LABEL] for label in entry[1]), values
        self.dropped.inc()
        return None

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


def _entries(message: Mapping[str, Any], field: str) -> list[Any]:
    """Raises FrameError."""
    entries = message.get(field, [])
    if not isinstance(entries, list):
        raise FrameError(f"{field} is no list")
    return entries


def _numbers(entry: list[Any], family: Family) -> list[float] | None:
    """The numbers of an entry in one list; None if one is missing, of another type, or not finite."""
    values = [*entry[2], entry[3]] if family.kind == "histogram" and isinstance(entry[2], list) else entry[2:]
    expected = len(family.buckets) + 2 if family.kind == "histogram" else 1
    sound = all(isinstance(value, int | float) and abs(value) < float("inf") for value in values)
    return [float(value) for value in values] if sound and len(values) == expected else None


def _value(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(name, text, value=float(value))
