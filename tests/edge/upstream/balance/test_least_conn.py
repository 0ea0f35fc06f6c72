"""The fewest requests in flight for the weight."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.upstream.balance.least_conn import least_conn


def test_the_fewest_in_flight_for_the_weight_takes_it(fakes) -> None:
    turn = fakes(3, 1)
    heavy, light = turn.items
    heavy.in_flight, light.in_flight = 5, 2
    assert least_conn(turn, "", ()) is heavy
    heavy.in_flight = 7
    assert least_conn(turn, "", ()) is light


@given(weights=st.lists(st.integers(1, 9), min_size=1, max_size=6), rounds=st.integers(1, 3))
def test_what_stays_in_flight_has_exactly_the_ratio_of_the_weights(
    fakes, weights: list[int], rounds: int
) -> None:
    turn = fakes(*weights)
    for _ in range(sum(weights) * rounds):
        least_conn(turn, "", ()).in_flight += 1
    assert [target.in_flight for target in turn.items] == [weight * rounds for weight in weights]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=6))
def test_equals_take_turns_by_their_weights(fakes, weights: list[int]) -> None:
    turn = fakes(*weights)
    picked = [least_conn(turn, "", ()) for _ in range(sum(weights))]
    assert [picked.count(target) for target in turn.items] == weights
