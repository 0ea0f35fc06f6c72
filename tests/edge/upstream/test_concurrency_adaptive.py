"""The limit that follows from times, on a clock of the tests' own."""

from __future__ import annotations

import math
import random

from hypothesis import given
from hypothesis import strategies as st

from edge.upstream.concurrency_adaptive import WINDOW_SAMPLES, Gradient


def window(gradient: Gradient, now: float, seconds: float, in_flight: int) -> float:
    """One window of equal answers; gives the time after it."""
    for number in range(WINDOW_SAMPLES):
        gradient.answered(seconds, in_flight, now + 0.02 * number)
    return now + 0.2


def test_it_grows_where_nothing_becomes_slower_and_all_of_it_is_used() -> None:
    gradient, now = Gradient(20, 200), 0.0
    for _ in range(1000):
        now = window(gradient, now, 0.05, gradient.limit)
    assert gradient.limit == 200


def test_it_does_not_grow_where_half_of_it_is_enough() -> None:
    gradient, now = Gradient(20, 200), 0.0
    for _ in range(1000):
        now = window(gradient, now, 0.05, gradient.limit // 2 - 1)
    assert gradient.limit == 20


def test_it_falls_where_answers_become_slower_and_comes_back() -> None:
    gradient, now = Gradient(20, 200), 0.0
    for _ in range(500):
        now = window(gradient, now, 0.05, gradient.limit)
    lowest = gradient.limit
    for _ in range(50):
        now = window(gradient, now, 0.5, gradient.limit)
        lowest = min(lowest, gradient.limit)
    assert lowest == 20
    for _ in range(1000):
        now = window(gradient, now, 0.05, gradient.limit)
    assert gradient.limit == 200


def test_a_window_needs_time_and_answers() -> None:
    gradient = Gradient(20, 200)
    assert not any(gradient.answered(0.05, 20, 0.0) for _ in range(50))
    assert gradient.answered(0.05, 20, 0.1)
    assert not any(gradient.answered(0.05, 20, number) for number in range(WINDOW_SAMPLES - 1))
    assert gradient.answered(0.05, 20, 99.0)


class Service:
    """Takes ``at_once`` requests at a time; whatever more is in flight only waits there. It has always more to do."""

    def __init__(self, least: int, at_once: int, seconds: float) -> None:
        self.gradient = Gradient(least, 200)
        self.at_once = at_once
        self.seconds = seconds
        self._now = 0.0
        self._chance = random.Random(7)

    def run(self, windows: int) -> list[int]:
        seen = []
        for _ in range(windows):
            in_flight = self.gradient.limit
            seconds = self.seconds * max(1.0, in_flight / self.at_once)
            for number in range(WINDOW_SAMPLES):
                varied = seconds * self._chance.uniform(0.9, 1.1)
                self.gradient.answered(varied, in_flight, self._now + 0.02 * number)
            self._now += 0.2
            seen.append(self.gradient.limit)
        return seen


def test_in_front_of_a_service_of_fixed_capacity_it_keeps_the_queue_short_for_an_hour() -> None:
    seen = Service(least=1, at_once=20, seconds=0.05).run(18_000)
    assert max(seen) <= 45
    assert min(seen[100:]) >= 20


def test_a_service_that_became_slower_for_good_is_not_held_back_for_long() -> None:
    service = Service(least=20, at_once=100, seconds=0.05)
    before = service.run(1_000)[-1]
    assert before >= 100
    service.seconds = 0.1
    assert min(service.run(100)) == 20
    assert service.run(900)[-1] >= 80


def test_a_timeout_counts_with_its_time_where_answers_are_quicker() -> None:
    gradient, now = Gradient(20, 200), 0.0
    for _ in range(500):
        now = window(gradient, now, 0.05, gradient.limit)
    lowest = gradient.limit
    assert lowest == 200
    for _ in range(50):
        for number in range(WINDOW_SAMPLES):
            gradient.timed_out(0.5, gradient.limit, now + 0.02 * number)
        now, lowest = now + 0.2, min(lowest, gradient.limit)
    assert lowest == 20


def test_a_timeout_in_less_than_the_usual_time_says_nothing() -> None:
    gradient, now = Gradient(1, 200), 0.0
    for _ in range(20):
        now = window(gradient, now, 0.05, gradient.limit)
    before = gradient.limit
    for _ in range(100):
        for number in range(WINDOW_SAMPLES):
            assert not gradient.timed_out(0.001, gradient.limit, now + 0.02 * number)
        now += 0.2
    for _ in range(20):
        now = window(gradient, now, 0.05, before // 2 - 1)
    window(gradient, now, 0.1, before)
    assert gradient.limit < before, "0.1 s are still twice the usual"


def test_a_bad_time_is_not_the_usual_for_long() -> None:
    """Else what is ten times slower than well would pass for quick after it."""
    gradient, now = Gradient(20, 200), 0.0
    for _ in range(300):
        now = window(gradient, now, 1.0, gradient.limit)
    for _ in range(50):
        now = window(gradient, now, 0.05, gradient.limit)
    assert gradient.limit == 200
    for _ in range(20):
        now = window(gradient, now, 0.5, gradient.limit)
    assert gradient.limit < 50


def test_slowness_with_places_left_becomes_the_usual_far_sooner_than_with_none() -> None:
    def limit_after(used: float) -> int:
        gradient, now = Gradient(1, 200), 0.0
        for _ in range(500):
            now = window(gradient, now, 0.05, gradient.limit)
        for _ in range(900):
            now = window(gradient, now, 0.1, math.ceil(used * gradient.limit))
        return gradient.limit

    assert limit_after(0.6) > 100
    assert limit_after(1.0) < 20


@given(
    st.integers(1, 20),
    st.integers(20, 300),
    st.lists(
        st.tuples(st.floats(0, 1e6, allow_nan=False), st.integers(0, 500), st.floats(0, 10)), max_size=200
    ),
)
def test_it_is_never_out_of_bounds(least: int, most: int, answers: list[tuple[float, int, float]]) -> None:
    gradient, now = Gradient(least, most), 0.0
    for seconds, in_flight, passed in answers:
        now += passed
        gradient.answered(seconds, in_flight, now)
        assert least <= gradient.limit <= most
        assert math.isfinite(gradient.limit)
