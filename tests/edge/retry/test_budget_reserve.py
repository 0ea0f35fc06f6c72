"""The exact log of units that need nobody's leave."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.retry.budget_reserve import Reserve


@given(
    steps=st.lists(
        st.tuples(st.sampled_from([0.0, 0.001, 0.4, 0.999, 1.0, 1.001, 3.0]), st.integers(1, 3)), max_size=60
    ),
    units=st.integers(0, 6),
)
def test_no_closed_window_holds_more_than_the_units(steps: list[tuple[float, int]], units: int) -> None:
    reserve, now, taken = Reserve(), 1_000_000.0, list[tuple[float, int]]()
    for ahead, cost in steps:
        now += ahead
        if reserve.take(now, cost, units, 1.0):
            taken.append((now, cost))
    for begin, _ in taken:
        assert sum(cost for at, cost in taken if begin <= at <= begin + 1.0) <= units


def test_what_has_left_the_window_may_be_spent_again() -> None:
    reserve = Reserve()
    assert reserve.take(10.0, 2, 2, 1.0)
    assert not reserve.take(11.0, 1, 2, 1.0)
    assert reserve.take(11.002, 2, 2, 1.0)


def test_fewer_units_hold_at_once() -> None:
    reserve = Reserve()
    assert reserve.take(10.0, 2, 3, 1.0)
    assert not reserve.take(10.1, 1, 2, 1.0)
    assert reserve.take(10.1, 1, 3, 1.0)
