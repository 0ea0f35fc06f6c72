"""Whose turn it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.upstream.balance.turn import Turn


def test_turns_are_smooth() -> None:
    turn = Turn([("a", 5), ("b", 1), ("c", 1)])
    assert "".join(turn.next() or "-" for _ in range(7)) == "aabacaa"


@given(st.lists(st.integers(0, 9), min_size=1, max_size=8))
def test_every_round_gives_exactly_the_weights(weights: list[int]) -> None:
    turn = Turn(list(enumerate(weights)))
    for _ in range(3):
        picked = [turn.next() for _ in range(sum(weights))]
        assert [picked.count(item) for item in range(len(weights))] == weights


def test_nobody_is_none() -> None:
    assert Turn([]).next() is None
    assert Turn([("a", 0)]).next() is None


def test_the_excluded_are_passed_over() -> None:
    turn = Turn([("a", 1), ("b", 1)])
    assert {turn.next(exclude={"a"}) for _ in range(5)} == {"b"}
    assert turn.next(exclude={"a", "b"}) is None
    assert Turn([("a", 1)]).next(exclude={"a"}) is None


def test_parts_of_weights_hold_until_they_are_taken_back() -> None:
    turn = Turn([("a", 4), ("b", 2), ("off", 0)])
    turn.scale([0.5, 1.0])
    assert (turn.weights, turn.total) == ((2.0, 2.0), 4.0)
    assert [turn.next() for _ in range(100)].count("a") == 50
    turn.scale(None)
    assert (turn.weights, turn.total) == ((4, 2), 6)
