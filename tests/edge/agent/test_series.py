"""Sums by labels: their text is what prometheus-client would write, and their number is bounded."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from edge.agent.series import IDLE_S, LOOK_EVERY_S, MAX_OTHER, Gauges, Series, lines_of
from edge.telemetry.families import OTHER, Family

HITS = Family(name="weir_hits_total", kind="counter", help="Hits.\\ \n.", labels=("rule", "status"))
WAITS = Family(name="weir_wait_seconds", kind="histogram", help="W.", labels=("rule",), buckets=(0.1, 1.0))
POOL = Family(name="weir_pool", kind="gauge", help="P.", labels=("upstream",))


class Clock:
    def __init__(self) -> None:
        self.now = 10_000.0

    def __call__(self) -> float:
        return self.now


def samples(text: bytes) -> dict[tuple[str, ...], float]:
    return {
        (sample.name, *dict(sorted(sample.labels.items())).values()): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


@settings(deadline=None)
@given(st.lists(st.tuples(st.text(max_size=8), st.integers(0, 9), st.floats(0, 1e18)), max_size=20))
def test_counters_read_as_those_of_prometheus_client(hits: list[tuple[str, int, float]]) -> None:
    series, registry = Series(HITS, 1000), CollectorRegistry()
    reference = Counter("weir_hits", HITS.help, HITS.labels, registry=registry)
    for rule, status, count in hits:
        series.add((rule, str(status)), [count])
        reference.labels(rule, str(status)).inc(count)
        series.text()
    reference_text = generate_latest(registry)
    found = {key: value for key, value in samples(reference_text).items() if "_created" not in key[0]}
    assert samples(series.text()) == found


def test_histograms_read_as_those_of_prometheus_client() -> None:
    series, registry = Series(WAITS, 1000), CollectorRegistry()
    reference = Histogram("weir_wait_seconds", "W.", ["rule"], buckets=WAITS.buckets, registry=registry)
    for value, buckets in ((0.05, [1, 0, 0]), (0.5, [0, 1, 0]), (7.0, [0, 0, 1])):
        reference.labels("a").observe(value)
        series.add(("a",), [*map(float, buckets), value])
    found = {
        key: value for key, value in samples(generate_latest(registry)).items() if "_created" not in key[0]
    }
    assert samples(series.text()) == found


def test_only_what_changed_is_written_anew_and_all_of_it_is_said() -> None:
    series = Series(HITS, 10)
    series.add(("a", "200"), [1.0])
    series.add(("b", "200"), [1.0])
    before = series.text()
    assert series.text() == before
    series.add(("a", "200"), [2.0])
    assert samples(series.text()) == {
        ("weir_hits_total", "a", "200"): 3.0,
        ("weir_hits_total", "b", "200"): 1.0,
    }


def test_lines_that_are_made_in_slices_are_the_same() -> None:
    sliced, whole = Series(HITS, 1000), Series(HITS, 1000)
    for round_number in range(2):
        for place in range(10):
            for series in (sliced, whole):
                series.add((f"r{place}", "200"), [place + round_number])
        sliced.render(4)
        assert (sliced.changed, whole.changed) == (6, 10)
        assert sliced.text() == whole.text()
        assert sliced.changed == 0


def test_what_is_over_the_bound_keeps_its_closed_labels_under_one_name() -> None:
    series = Series(HITS, 2)
    for number in range(5):
        series.add((f"r{number}", "200" if number else "404"), [1.0])
    assert samples(series.text()) == {
        ("weir_hits_total", "r0", "404"): 1.0,
        ("weir_hits_total", "r1", "200"): 1.0,
        ("weir_hits_total", OTHER, "200"): 3.0,
    }


def test_the_rest_is_bounded_too() -> None:
    series = Series(HITS, 1)
    for number in range(MAX_OTHER + 10):
        series.add((f"r{number}", str(number)), [1.0])
    found = samples(series.text())
    assert len(found) == 1 + MAX_OTHER + 1
    assert sum(found.values()) == MAX_OTHER + 10
    assert found["weir_hits_total", OTHER, OTHER] == 9


def test_a_histogram_counts_for_its_lines() -> None:
    series = Series(WAITS, 3 * lines_of(WAITS))
    for number in range(4):
        series.add((f"r{number}",), [1.0, 0.0, 0.0, 0.1])
    assert {key[-1] for key in samples(series.text())} == {"r0", "r1", "r2", OTHER}


def test_series_that_nobody_touches_make_room() -> None:
    clock = Clock()
    series = Series(HITS, 3, clock)
    series.add(("gone", "200"), [1.0])
    series.add(("gone", "404"), [1.0])
    clock.now += IDLE_S / 2
    series.add(("stays", "200"), [1.0])
    clock.now += IDLE_S / 2 - 0.1
    series.add(("late", "200"), [1.0])
    clock.now += LOOK_EVERY_S
    series.add(("new", "200"), [1.0])
    assert set(samples(series.text())) == {
        ("weir_hits_total", "stays", "200"),
        ("weir_hits_total", OTHER, "200"),
        ("weir_hits_total", "new", "200"),
    }


def test_gauges_over_the_bound_are_one() -> None:
    gauges = Gauges(POOL, 1)
    for name in "abc":
        gauges.set(1, (name,), 5.0)
    assert samples(gauges.text()) == {("weir_pool", "a"): 5.0, ("weir_pool", OTHER): 5.0}
