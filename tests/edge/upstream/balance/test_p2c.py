"""Two are drawn, the cheaper one takes the request."""

from __future__ import annotations

import random
from heapq import heappop, heappush

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.upstream.balance.latency import FAILURE_S
from edge.upstream.balance.p2c import cost, draw_two, p2c
from edge.upstream.balance.turn import Turn


def simulate(turn: Turn, seconds: list[float], *, every_s: float, requests: int, seed: int = 1) -> list[int]:
    """How many requests each target got, if it answers after its seconds; one request comes every ``every_s``."""
    chance, now, got = random.Random(seed).random, 0.0, [0] * len(seconds)
    under_way: list[tuple[float, int]] = []
    for _ in range(requests):
        now += every_s
        while under_way and under_way[0][0] <= now:
            done, place = heappop(under_way)
            turn.items[place].in_flight -= 1
            turn.items[place].latency.answered(seconds[place], 200, done)
        target = p2c(turn, "", (), chance=chance, clock=lambda now=now: now)
        place = turn.items.index(target)
        target.in_flight += 1
        got[place] += 1
        heappush(under_way, (now + seconds[place], place))
    return got


def test_the_faster_target_is_preferred_and_the_slower_one_does_not_starve(fakes) -> None:
    fast, slow = simulate(fakes(1, 1), [0.005, 0.2], every_s=0.01, requests=20_000)
    assert fast > 20 * slow
    assert slow > 1


def test_among_many_the_slow_one_gets_the_least(fakes) -> None:
    got = simulate(fakes(1, 1, 1, 1, 1), [0.005, 0.005, 0.2, 0.005, 0.005], every_s=0.002, requests=20_000)
    assert min(got) == got[2]
    assert got[2] < 20_000 / 50


@pytest.mark.parametrize("every_s", [0.1, 0.0005], ids=["idle", "busy"])
def test_targets_that_are_alike_share_by_weight(fakes, every_s: float) -> None:
    heavy, light = simulate(fakes(3, 1), [0.01, 0.01], every_s=every_s, requests=8_000)
    assert 2.4 < heavy / light < 3.7


def test_what_is_in_flight_counts(fakes) -> None:
    turn = fakes(1, 1)
    for target in turn.items:
        target.latency.answered(0.01, 200, 0.0)
    turn.items[0].in_flight = 3
    assert {str(p2c(turn, "", (), clock=lambda: 0.0)) for _ in range(50)} == {"t1"}


def test_a_new_target_gets_one_request_to_show_itself(fakes) -> None:
    turn = fakes(1, 1)
    known, new = turn.items
    known.latency.answered(0.01, 200, 0.0)
    assert {p2c(turn, "", (), clock=lambda: 0.0) for _ in range(20)} == {new}
    new.in_flight = 1
    assert {p2c(turn, "", (), clock=lambda: 0.0) for _ in range(20)} == {known}
    assert cost(new, 1.0, 0.0) == FAILURE_S


def test_a_target_that_refuses_at_once_is_not_the_fastest(fakes) -> None:
    turn = fakes(1, 1)
    fine, broken = turn.items
    fine.latency.answered(0.05, 200, 0.0)
    broken.latency.answered(0.01, 200, 0.0)
    broken.latency.failed(0.0001, 0.0)
    assert {p2c(turn, "", (), clock=lambda: 0.0) for _ in range(50)} == {fine}


@settings(max_examples=200)
@given(
    weights=st.lists(st.integers(1, 1_000), min_size=2, max_size=8),
    points=st.tuples(*[st.floats(0, 1, exclude_max=True)] * 2),
)
def test_two_different_ones_are_drawn(weights: list[int], points: tuple[float, float]) -> None:
    chances = iter(points)
    first, second = draw_two(weights, range(len(weights)), lambda: next(chances))
    assert first != second
    assert {first, second} <= set(range(len(weights)))


@given(st.lists(st.integers(1, 20), min_size=2, max_size=5))
def test_the_first_is_drawn_exactly_by_weight(weights: list[int]) -> None:
    total = sum(weights)
    firsts = [
        draw_two(weights, range(len(weights)), lambda at=at: (at + 0.5) / total)[0] for at in range(total)
    ]
    assert [firsts.count(place) for place in range(len(weights))] == weights
