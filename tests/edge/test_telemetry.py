"""What a worker counts."""

from __future__ import annotations

from edge.families import FAMILIES
from edge.frames import MAX_FRAME, pack
from edge.telemetry import MAX_ENTRIES, Telemetry
from weir.rules.bounds import MAX_NAME


def test_counts_are_differences_since_the_last_frame() -> None:
    telemetry = Telemetry()
    for _ in range(3):
        telemetry.request("a", 200, 5.0, 5.003)
    telemetry.request("a", 502, 0.0, 20.0)
    telemetry.attempt_failed("u", "connect", 0.001)
    telemetry.served.append(("u", 200, 5.0, 5.5, "http://t", True))
    telemetry.refused(400)
    (frame,) = telemetry.take()
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
    (second,) = telemetry.take()
    assert (second["counters"], second["histograms"]) == ([], [])


def test_many_rules_are_split_into_frames() -> None:
    telemetry = Telemetry()
    for number in range(MAX_ENTRIES + 1):
        telemetry.request(f"r{number}", 200, 0.0, 0.0)
    assert [len(frame["counters"]) for frame in telemetry.take()] == [MAX_ENTRIES, 1]


def test_every_family_is_in_the_agent_s_table_with_its_labels_and_buckets() -> None:
    telemetry = Telemetry()
    telemetry.request("a", 200, 0.0, 0.0)
    telemetry.attempt_failed("u", "head", 0.0)
    telemetry.broken_off("u")
    telemetry.refused(400)
    telemetry.looked_up("answered")
    telemetry.log_dropped = 1
    telemetry.gauge("weir_hub_lag_seconds", lambda: 0.5)
    table = {family.name: family for family in FAMILIES}
    (frame,) = telemetry.take()
    for name, labels, _ in frame["counters"] + frame["gauges"]:
        assert len(table[name].labels) == len(labels)
    for name, labels, buckets, _ in frame["histograms"]:
        assert len(table[name].labels) == len(labels)
        assert len(table[name].buckets) + 1 == len(buckets)


def test_names_as_long_as_they_may_be_still_fit_into_frames() -> None:
    telemetry = Telemetry()
    for number in range(MAX_ENTRIES):
        name = f"{number}/".ljust(MAX_NAME, "路")
        telemetry.request(f"{name}/{name}", 200, 0.0, 0.1)
    taken = telemetry.take()
    assert sum(len(frame["counters"]) for frame in taken) == MAX_ENTRIES
    assert all(len(pack(frame)) <= MAX_FRAME for frame in taken)
