"""What a worker counts."""

from __future__ import annotations

from edge.telemetry.families import FAMILIES, PHASES
from edge.telemetry.telemetry import MAX_PHASED, Telemetry


def test_counts_are_differences_since_the_last_frame() -> None:
    telemetry = Telemetry()
    for _ in range(3):
        telemetry.request("a", 200, 5.0, 5.003)
    telemetry.request("a", 502, 0.0, 20.0)
    telemetry.attempt_failed("u", "connect", 0.001)
    telemetry.served.append(("u", 200, 5.0, 5.5, "http://t", True))
    telemetry.refused(400)
    frame = next(telemetry.take())
    assert frame["counters"] == [
        ["weir_requests_total", ["a", "200"], 3],
        ["weir_requests_total", ["a", "502"], 1],
        ["weir_attempts_total", ["u", "connect"], 1],
        ["weir_attempts_total", ["u", "200"], 1],
        ["weir_malformed_total", ["400"], 1],
    ]
    family, labels, buckets, total = frame["histograms"][0]
    assert (family, labels, buckets[2], buckets[-1], sum(buckets)) == ("weir_request_seconds", [], 3, 1, 4)
    assert round(total, 6) == 20.009
    second = next(telemetry.take())
    assert (second["counters"], second["histograms"]) == ([], [])


def test_times_until_the_response_head_are_told_by_upstream() -> None:
    telemetry = Telemetry()
    telemetry.served += [("u", 200, 0.0, 0.3, "t", True), ("v", 200, 0.0, 0.003, "t", True)]
    telemetry.attempt_failed("u", "head", 9.0)
    frame = next(telemetry.take())
    found = {
        tuple(labels): (sum(buckets), round(total, 6)) for _, labels, buckets, total in frame["histograms"]
    }
    assert found == {("u",): (2, 9.3), ("v",): (1, 0.003)}


def test_the_phases_of_a_request_add_up_to_its_time() -> None:
    telemetry = Telemetry()
    telemetry.answered.append(("r", 200, 1.0, 2.0, ("u", 200, 1.25, 1.5, "t", True), "api/r", 0, 0))
    telemetry.answered.append(("r", 200, 1.0, 2.0, None, "api/r", 0, 0))
    telemetry.phase("connect", 0.125)
    frame = next(telemetry.take())
    phases = {
        labels[0]: total for name, labels, _, total in frame["histograms"] if name == "weir_phase_seconds"
    }
    assert phases == {"before": 0.25, "upstream": 0.25, "answer": 0.5, "connect": 0.125}
    assert set(phases) <= set(PHASES)


def test_of_many_requests_the_phases_of_some_are_looked_at() -> None:
    telemetry = Telemetry()
    telemetry.answered = [("r", 200, 1.0, 2.0, ("u", 200, 1.25, 1.5, "t", True), "api/r", 0, 0)] * (
        3 * MAX_PHASED
    )
    telemetry.fold()
    assert MAX_PHASED / 2 < sum(telemetry.phase_seconds["answer"].counts) <= MAX_PHASED
    assert telemetry.requests["r", 200] == 3 * MAX_PHASED


def test_every_family_is_in_the_agent_s_table_with_its_labels_and_buckets() -> None:
    telemetry = Telemetry()
    telemetry.request("a", 200, 0.0, 0.0)
    telemetry.attempt_failed("u", "head", 0.0)
    telemetry.broken_off("u")
    telemetry.phase("limit", 0.1)
    telemetry.accepted = 1
    telemetry.refused(400)
    telemetry.looked_up("answered")
    telemetry.log_dropped = 1
    telemetry.gauge("weir_hub_lag_seconds", lambda: 0.5)
    table = {family.name: family for family in FAMILIES}
    frame = next(telemetry.take())
    for name, labels, _ in frame["counters"] + frame["gauges"]:
        assert len(table[name].labels) == len(labels)
    for name, labels, buckets, _ in frame["histograms"]:
        assert len(table[name].labels) == len(labels)
        assert len(table[name].buckets) + 1 == len(buckets)


def test_targets_that_go_out_are_counted_and_values_with_labels_are_read_each_time() -> None:
    telemetry = Telemetry()
    telemetry.gauges(lambda: [["weir_target_out", ["u", "http://a"], 1.0]])
    telemetry.target_out("u", "http://a", "check")
    frame = next(telemetry.take())
    assert ["weir_target_ejections_total", ["u", "http://a", "check"], 1] in frame["counters"]
    assert ["weir_target_out", ["u", "http://a"], 1.0] in frame["gauges"]
    again = next(telemetry.take())
    assert again["counters"] == []
    assert ["weir_target_out", ["u", "http://a"], 1.0] in again["gauges"]
