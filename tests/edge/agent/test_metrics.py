"""Workers' counts are summed; what is odd is dropped; series are bounded."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from edge.agent import metrics as module
from edge.agent.facts import Facts, WorkerFacts
from edge.agent.metrics import StateMetrics, WorkerMetrics
from edge.link.frames import FrameError
from edge.telemetry.families import Family
from edge.versions.files import Identity

FAMILIES = (
    Family(name="weir_hits_total", kind="counter", help="Hits.", labels=("rule",)),
    Family(name="weir_plain_total", kind="counter", help="Plain."),
    Family(name="weir_wait_seconds", kind="histogram", help="Waits.", buckets=(0.1, 1.0)),
    Family(name="weir_open", kind="gauge", help="Open."),
    Family(name="weir_pool", kind="gauge", help="Pool.", labels=("upstream",)),
    Family(name="weir_lag", kind="gauge", help="Lag.", combine="max"),
)


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def workers(registry) -> WorkerMetrics:
    return WorkerMetrics(registry, FAMILIES)


def value(workers: WorkerMetrics, name: str, labels: dict[str, str] | None = None) -> float | None:
    """As a scraper reads it."""
    for family in text_string_to_metric_families(b"".join(workers.parts()).decode()):
        for sample in family.samples:
            if (sample.name, sample.labels) == (name, labels or {}):
                return sample.value
    return None


def counted(**lists) -> dict:
    return {"kind": "counters", **lists}


def test_counters_of_several_workers_are_one_sum(registry, workers):
    workers.take(1, counted(counters=[["weir_hits_total", ["a"], 2], ["weir_hits_total", ["b"], 1]]))
    workers.take(2, counted(counters=[["weir_hits_total", ["a"], 3]]))
    assert value(workers, "weir_hits_total", {"rule": "a"}) == 5
    assert value(workers, "weir_hits_total", {"rule": "b"}) == 1


def test_a_worker_that_goes_takes_its_gauges_but_not_its_counts(registry, workers):
    for connection in (1, 2):
        frame = counted(counters=[["weir_hits_total", ["a"], 1]], gauges=[["weir_open", [], 10 * connection]])
        workers.take(connection, frame)
    assert value(workers, "weir_open") == 30
    workers.gone(1)
    assert value(workers, "weir_open") == 20
    assert value(workers, "weir_hits_total", {"rule": "a"}) == 2


def test_a_gauge_is_the_latest_word_of_a_worker(registry, workers):
    workers.take(1, counted(gauges=[["weir_open", [], 10]]))
    workers.take(1, counted(gauges=[["weir_open", [], 4]]))
    assert value(workers, "weir_open") == 4


def test_gauges_that_a_worker_does_not_say_again_are_gone(workers):
    workers.take(1, counted(anew=True, gauges=[["weir_pool", ["a"], 2], ["weir_pool", ["b"], 3]]))
    workers.take(2, counted(anew=True, gauges=[["weir_pool", ["a"], 1]]))
    workers.take(1, counted(anew=True, gauges=[["weir_pool", ["a"], 4]]))
    workers.take(1, counted(gauges=[["weir_pool", ["c"], 6]]))
    found = [value(workers, "weir_pool", {"upstream": name}) for name in "abc"]
    assert found == [5, None, 6]


def test_some_gauges_are_the_worst_workers(registry, workers):
    workers.take(1, counted(gauges=[["weir_lag", [], 0.2]]))
    workers.take(2, counted(gauges=[["weir_lag", [], 0.1]]))
    assert value(workers, "weir_lag") == 0.2


def test_histograms_add_up_and_their_buckets_are_cumulative(registry, workers):
    workers.take(1, counted(histograms=[["weir_wait_seconds", [], [1, 2, 3], 9.5]]))
    workers.take(2, counted(histograms=[["weir_wait_seconds", [], [1, 0, 0], 0.5]]))
    buckets = [value(workers, "weir_wait_seconds_bucket", {"le": le}) for le in ("0.1", "1.0", "+Inf")]
    assert buckets == [2, 4, 7]
    assert value(workers, "weir_wait_seconds_count") == 7
    assert value(workers, "weir_wait_seconds_sum") == 10


@pytest.mark.parametrize(
    "lists",
    [
        {"counters": [["weir_unknown_total", [], 1]]},
        {"counters": [["weir_hits_total", [], 1]]},
        {"counters": [["weir_hits_total", ["a", "b"], 1]]},
        {"counters": [["weir_hits_total", [7], 1]]},
        {"counters": [["weir_hits_total", ["a"], "x"]]},
        {"counters": [["weir_hits_total", ["a"], float("inf")]]},
        {"counters": [["weir_hits_total", ["a"], float("nan")]]},
        {"counters": [["weir_hits_total", ["a"]]]},
        {"counters": [["weir_open", [], 1]]},
        {"counters": ["x"]},
        {"histograms": [["weir_wait_seconds", [], [1, 2], 1]]},
        {"histograms": [["weir_wait_seconds", [], 1, 1]]},
    ],
)
def test_odd_values_are_dropped_and_counted(registry, workers, lists):
    workers.take(1, counted(**lists))
    assert registry.get_sample_value("weir_metrics_dropped_total") == 1
    assert list(text_string_to_metric_families(b"".join(workers.parts()).decode()))


ODD = (
    {"counters": [["weir_hits_total", "a", 1]]},
    {"counters": [["weir_hits_total", ["a"], None]]},
    {"counters": [["weir_hits_total", ["a"], float("inf")]]},
    {"counters": [["weir_hits_total", [["a"]], 1]]},
    {"counters": [[["weir_hits_total"], ["a"], 1]]},
    {"histograms": [["weir_wait_seconds", [], [1, 2], 1]]},
    {"histograms": [["weir_wait_seconds", [], [1, 2, "x"], 1]]},
    {"histograms": [["weir_wait_seconds", [], [1, 2, float("inf")], 1]]},
    {"histograms": [["weir_wait_seconds", [], [1, 2, 3], float("nan")]]},
    {"gauges": [["weir_pool", "a", 1]]},
    {"gauges": [["weir_pool", [7], 1]]},
    {"gauges": [["weir_pool", ["a"], float("nan")]]},
    {"gauges": [["weir_pool", ["a", "b"], 1]]},
    {"gauges": [7]},
)


@pytest.mark.parametrize("lists", ODD)
def test_odd_values_of_series_that_are_known_are_dropped_too(registry, workers, lists):
    sound = counted(
        counters=[["weir_hits_total", ["a"], 1]],
        histograms=[["weir_wait_seconds", [], [1, 0, 0], 0.5]],
        gauges=[["weir_pool", ["a"], 3]],
    )
    workers.take(1, sound)
    before = b"".join(workers.parts())
    workers.take(1, counted(**lists))
    assert registry.get_sample_value("weir_metrics_dropped_total") == 1
    assert b"".join(workers.parts()) == before


def test_what_is_said_again_adds_up_as_it_did_the_first_time(workers):
    frame = counted(histograms=[["weir_wait_seconds", [], [1, 2, 0], 0.5]], gauges=[["weir_open", [], True]])
    workers.take(1, frame)
    workers.take(1, frame)
    text = b"".join(workers.parts()).decode()
    assert 'weir_wait_seconds_bucket{le="1.0"} 6.0\n' in text
    assert "weir_wait_seconds_sum 1.0\n" in text
    assert "weir_open 1.0\n" in text


def test_the_requests_of_all_workers_are_one_number():
    workers = WorkerMetrics(CollectorRegistry())
    for connection in (1, 1, 2):
        frame = counted(counters=[["weir_requests_total", ["a", "200"], 2]])
        workers.take(connection, frame)
    assert workers.requests == 6


def test_everything_else_has_its_turn_while_a_long_frame_is_taken(workers):
    turns = []
    many = [["weir_hits_total", [str(number)], 1] for number in range(3 * module.TAKEN)]
    workers.take(1, counted(counters=many), lambda: turns.append(1))
    assert len(turns) == 3


def test_a_frame_without_lists_breaks_the_protocol(workers):
    with pytest.raises(FrameError, match="no list"):
        workers.take(1, counted(counters={"a": 1}))


def test_a_counter_never_goes_down(registry, workers):
    workers.take(1, counted(counters=[["weir_plain_total", [], 5]]))
    workers.take(1, counted(counters=[["weir_plain_total", [], -3]]))
    assert value(workers, "weir_plain_total") == 5


def test_a_long_label_is_cut(registry, workers):
    workers.take(1, counted(counters=[["weir_hits_total", ["x" * (module.MAX_LABEL + 1)], 1]]))
    assert value(workers, "weir_hits_total", {"rule": "x" * module.MAX_LABEL}) == 1


def test_every_family_of_the_table_can_be_scraped_before_anything_happened():
    registry = CollectorRegistry()
    workers = WorkerMetrics(registry)
    StateMetrics(registry, Facts())
    text = b"".join([generate_latest(registry), *workers.parts()]).decode()
    assert list(text_string_to_metric_families(text))
    assert "# HELP weir_requests_total" in text
    assert "weir_config_version 0.0" in text


def test_the_state_of_the_node_is_read_at_the_scrape(registry):
    facts = Facts()
    StateMetrics(registry, facts)
    facts.store, facts.store_trouble, facts.held = "up", "store_behind", Identity("inc", 7, "h")
    facts.workers[1] = WorkerFacts(pid=1, worker=1, since=0.0, applied=("inc", 7))
    facts.workers[2] = WorkerFacts(pid=2, worker=2, since=0.0)
    values = {
        name: registry.get_sample_value(name)
        for name in ("weir_store_up", "weir_config_version", "weir_workers", "weir_workers_current")
    }
    assert list(values.values()) == [1, 7, 2, 1]
    assert registry.get_sample_value("weir_store_state", {"state": "store_behind"}) == 1
    assert registry.get_sample_value("weir_store_state", {"state": "store_empty"}) == 0


def test_the_time_to_apply_is_observed_unless_nothing_was_applied(registry, workers):
    workers.applied({"took_ms": 0})
    workers.applied({"took_ms": 40})
    workers.applied({})
    assert registry.get_sample_value("weir_config_apply_seconds_count") == 1
