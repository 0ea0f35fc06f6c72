"""The numbers of ejection, panic and slow start."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.upstream.health_policy import (
    Policy,
    allowed,
    ejection_s,
    is_panic,
    policy_of,
    share_of_weight,
    times_in_a_row,
    watches,
)
from weir.models.effective import Pool
from weir.models.upstream_clauses import Check, Eject, SlowStart, Target

TWO = (Target(url="http://a"), Target(url="http://b"))
POLICY = Policy(5, 30.0, 10.0, 0.0)


def test_ejection_is_on_by_default() -> None:
    assert policy_of(Pool(name="u", targets=TWO)) == Policy(5, 30.0, 10.0, 0.0)


def test_clauses_change_what_they_say_and_nothing_else() -> None:
    pool = Pool(name="u", targets=TWO, eject=Eject(after=3, for_ms=5000), slow_start=SlowStart(for_ms=20_000))
    assert policy_of(pool) == Policy(3, 5.0, 10.0, 20.0)
    assert policy_of(Pool(name="u", targets=TWO, eject=Eject(after=1, max_percent=50.0))) == Policy(
        1, 30.0, 50.0, 0.0
    )


@pytest.mark.parametrize(
    ("pool", "expected"),
    [
        (Pool(name="u", targets=TWO), True),
        (Pool(name="u", targets=TWO[:1]), False),
        (Pool(name="u", targets=TWO, eject=Eject(after=0)), False),
        (
            Pool(
                name="u",
                targets=TWO,
                eject=Eject(after=0),
                check=Check(method="GET", path="/", every_ms=1000),
            ),
            True,
        ),
        (Pool(name="u", targets=TWO, eject=Eject(after=0), slow_start=SlowStart(for_ms=1)), True),
    ],
)
def test_what_can_never_be_out_is_not_watched(pool: Pool, expected: bool) -> None:
    assert watches(pool) is expected


@pytest.mark.parametrize(
    ("targets", "percent", "expected"),
    [
        (1, 100.0, 0),
        (2, 10.0, 1),
        (19, 10.0, 1),
        (20, 10.0, 2),
        (29, 10.0, 2),
        (30, 10.0, 3),
        (4, 100.0, 4),
        (3, 50, 1),
    ],
)
def test_one_of_two_or_more_may_be_ejected_and_else_the_percentage(
    targets: int, percent: float, expected: int
) -> None:
    assert allowed(Policy(5, 30.0, percent, 0.0), targets) == expected


@pytest.mark.parametrize(
    ("times", "chance", "seconds"),
    [(1, 0.0, 30.0), (2, 0.0, 60.0), (10, 0.0, 300.0), (11, 0.0, 300.0), (1, 0.5, 31.5)],
)
def test_the_nth_ejection_takes_n_times_as_long_up_to_five_minutes(
    times: int, chance: float, seconds: float
) -> None:
    assert ejection_s(POLICY, times, chance) == pytest.approx(seconds)


def test_a_clause_longer_than_five_minutes_holds_but_does_not_grow() -> None:
    assert ejection_s(Policy(5, 600.0, 10.0, 0.0), 3, 0.0) == 600.0


@given(st.integers(1, 1000), st.floats(0, 1, exclude_max=True))
def test_jitter_is_at_most_a_tenth(times: int, chance: float) -> None:
    exact = ejection_s(POLICY, times, 0.0)
    assert exact <= ejection_s(POLICY, times, chance) <= exact * 1.1


@pytest.mark.parametrize(
    ("before", "served_s", "expected"), [(0, 0.0, 1), (1, 0.0, 2), (3, 29.0, 4), (3, 31.0, 3), (3, 1e9, 1)]
)
def test_time_in_service_is_forgiven(before: int, served_s: float, expected: int) -> None:
    assert times_in_a_row(POLICY, before, served_s) == expected


@pytest.mark.parametrize(
    ("healthy", "targets", "expected"),
    [(0, 1, True), (1, 2, False), (1, 3, True), (2, 4, False), (49, 100, True)],
)
def test_fewer_than_half_is_a_panic(healthy: int, targets: int, expected: bool) -> None:
    assert is_panic(healthy, targets) is expected


def test_slow_start_begins_with_a_tenth_and_ends_with_all() -> None:
    slow = Policy(5, 30.0, 10.0, 20.0)
    shares = [share_of_weight(slow, seconds) for seconds in (0.0, 2.0, 5.0, 10.0, 19.9, 20.0, 1e9)]
    assert shares == pytest.approx([0.1, 0.1, 0.25, 0.5, 0.995, 1.0, 1.0])
    assert share_of_weight(POLICY, 0.0) == 1.0
