"""What is told follows what was seen: later, but never faster, and all of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.agent.budgets_stream import LONGEST_S, NOTHING, Seen, Stream

RATE = 1000
gaps = st.lists(st.floats(0.001, LONGEST_S), min_size=1, max_size=30)


@given(gaps=gaps, looks=st.lists(st.floats(0.001, 2.0), min_size=1, max_size=30))
def test_even_traffic_is_told_evenly_however_reports_and_looks_fall(
    gaps: list[float], looks: list[float]
) -> None:
    stream, now, told_at, told = Stream(), 0.0, 0.0, 0
    events = sorted([(sum(gaps[: n + 1]), gap) for n, gap in enumerate(gaps)])
    events += [(sum(looks[: n + 1]), 0.0) for n, _ in enumerate(looks)]
    reported = 0
    for now, gap in sorted(events):
        if gap:
            stream.add(now, Seen(int(now * RATE) - reported, 0), gap)
            reported = int(now * RATE)
            continue
        attempts = stream.played(now).attempts
        assert told <= attempts <= told + (now - told_at) * RATE + 2
        assert attempts >= (now - 3 * LONGEST_S) * RATE - 2 or now > sum(gaps), (
            "nothing is kept back for long"
        )
        told_at, told = now, attempts
    assert stream.played(now + 3 * LONGEST_S) == Seen(reported, 0)
    assert stream.is_over


@given(steps=st.lists(st.tuples(st.floats(0.0, 3.0), st.integers(0, 9), st.booleans()), max_size=40))
def test_whatever_was_added_is_told_once_and_nothing_later_than_the_bound(
    steps: list[tuple[float, int, bool]],
) -> None:
    stream, now, added, told = Stream(), 0.0, 0, NOTHING
    for step, seen, waits in steps:
        now += step
        stream.add(now, Seen(seen, 2 * seen), step if waits else 0.0)
        added += seen
        played = stream.played(now)
        assert told.attempts <= played.attempts <= added
        assert told.credit <= played.credit <= 2 * added
        told = played
    in_time = all(step <= LONGEST_S / 2 for step, _, _ in steps)
    end = stream.played(now + LONGEST_S + 0.001)
    assert stream.is_over
    assert end == Seen(added, 2 * added) or not in_time


def test_a_report_is_told_in_the_time_that_it_took_to_gather() -> None:
    stream = Stream()
    stream.add(10.0, Seen(100, 1000), 1.0)
    assert [stream.played(at).attempts for at in (10.0, 10.25, 10.5, 11.0, 12.0)] == [0, 25, 50, 100, 100]
    stream.add(13.0, Seen(100, 1000), 1.0)
    stream.add(13.5, Seen(30, 30), 0.5)
    assert stream.played(14.0) == Seen(200, 2000), "one after the other"
    assert stream.played(14.25) == Seen(215, 2015)


def test_what_would_come_too_late_is_dropped_and_the_rest_comes_no_faster() -> None:
    stream = Stream()
    stream.add(10.0, Seen(3000, 9000), 30.0)
    assert stream.played(10.0 + LONGEST_S / 2).attempts == 100 * LONGEST_S / 2
    stream.add(10.0 + LONGEST_S / 2, Seen(400, 400), LONGEST_S)
    assert stream.played(10.0 + 2 * LONGEST_S) == Seen(400, int(300 * LONGEST_S) + 200)
    assert stream.is_over


@pytest.mark.parametrize("now", [10.0, 10.5, 20.0])
def test_nothing_takes_no_time(now: float) -> None:
    stream = Stream()
    stream.add(10.0, NOTHING, 1.0)
    assert stream.is_over
    stream.add(now, Seen(4, 4), 0.0)
    assert stream.played(now) == Seen(4, 4)
