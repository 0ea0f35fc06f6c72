"""Frames of what was counted: all of it, within the bounds, the first one anew."""

from __future__ import annotations

from edge.link.frames import MAX_FRAME, pack
from edge.telemetry.families import LATENCY_BUCKETS
from edge.telemetry.frames import MAX_ENTRIES, frames_of

HISTOGRAM = [1_000_000_000] * (len(LATENCY_BUCKETS) + 1)


def test_nothing_is_one_frame_that_says_so() -> None:
    lists = {"counters": [], "histograms": [], "gauges": []}
    assert list(frames_of(lists)) == [{"kind": "counters", "anew": True, **lists}]


def test_everything_is_said_once_and_in_order_gauges_first() -> None:
    counters = [["c", [str(number)], 1] for number in range(MAX_ENTRIES)]
    gauges = [["g", [], 1.0], ["g", ["x"], 1.0]]
    first, second = frames_of({"counters": counters, "histograms": [], "gauges": gauges})
    assert (first["counters"], first["gauges"], first["anew"]) == (counters[:-2], gauges, True)
    assert (second["counters"], second["gauges"], "anew" in second) == (counters[-2:], [], False)


def test_names_as_long_as_they_may_be_still_fit() -> None:
    long = ["路" * 200]
    lists = {
        "counters": [["weir_requests_total", long, 2**63]] * 2000,
        "histograms": [["weir_upstream_seconds", long, HISTOGRAM, 1e300]] * 2000,
        "gauges": [["weir_upstream_connections", long, 1e300]] * 2000,
    }
    frames = list(frames_of(lists))
    assert all(len(pack(frame)) <= MAX_FRAME for frame in frames)
    assert [sum(len(frame[name]) for frame in frames) for name in lists] == [2000] * 3
