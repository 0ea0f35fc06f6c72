"""The page of a scrape: what prometheus-client would write, also when lines come from an earlier scrape."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from edge.agent.exposition import SLICE, Exposition
from edge.agent.metrics import WorkerMetrics
from edge.telemetry.families import Family

OPEN = Family(name="weir_open", kind="gauge", help="Open.")

Values = dict[tuple[str, str], float]


class Given(Collector):
    """Says what it was given."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.values: Values = {}
        registry.register(self)

    def collect(self) -> Iterator[Metric]:
        family = GaugeMetricFamily("weir_given", "Back\\slash\nand line.", labels=["z", "a"])
        for labels, value in self.values.items():
            family.add_metric(labels, value)
        yield family


def exposition(registry: CollectorRegistry) -> Exposition:
    return Exposition(registry, WorkerMetrics(CollectorRegistry(), ()))


names = st.text(max_size=4) | st.sampled_from(['"', "\\", "\n", "路"])

numbers = st.integers() | st.floats().map(lambda value: value + 0.0)
"""One zero only: a line is made again when its value is another."""


@settings(deadline=None, max_examples=25)
@given(st.lists(st.dictionaries(st.tuples(names, names), numbers, max_size=4), max_size=3))
def test_every_scrape_is_what_prometheus_client_would_write(scrapes: list[Values]) -> None:
    registry = CollectorRegistry()
    said, page = Given(registry), exposition(registry)
    for said.values in scrapes:
        assert page.text() == generate_latest(registry)


def test_all_kinds_read_as_those_of_prometheus_client() -> None:
    registry = CollectorRegistry()
    counter = Counter("weir_calls", "Calls.", ["kind"], registry=registry)
    plain = Counter("weir_plain", "Plain.", registry=registry)
    waits = Histogram("weir_wait_seconds", "Waits.", ["queue"], buckets=(0.1, 1.0), registry=registry)
    Gauge("weir_up", "Up.", registry=registry).set_function(lambda: float("inf"))
    registry.register(_Info())
    page = exposition(registry)
    for _ in range(2):
        counter.labels("a").inc(2_000_000)
        plain.inc(0.5)
        waits.labels("x").observe(0.2)
        assert page.text() == generate_latest(registry)


def test_what_is_said_no_more_is_not_kept() -> None:
    registry = CollectorRegistry()
    said, page = Given(registry), exposition(registry)
    said.values = {("a", "b"): 1.0}
    page.text()
    said.values = {}
    page.text()
    assert page._lines == {}


def test_the_workers_families_follow_and_everything_else_has_its_turn() -> None:
    registry, turns = CollectorRegistry(), []
    workers = WorkerMetrics(CollectorRegistry(), [OPEN])
    said = Given(registry)
    said.values = {(str(number), ""): 1.0 for number in range(3 * SLICE)}
    text = Exposition(registry, workers, lambda: turns.append(1)).text()
    assert text.endswith(b"# HELP weir_open Open.\n# TYPE weir_open gauge\nweir_open 0.0\n")
    assert len(turns) > 4


class _Info(Collector):
    def collect(self) -> Iterator[Metric]:
        family = InfoMetricFamily("weir_build", "Build.")
        family.add_metric([], {"version": "1"})
        yield family
