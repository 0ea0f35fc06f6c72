"""Which minutes and days an answer is about."""

from __future__ import annotations

from datetime import date
from typing import get_args

import pytest

from admin_api.traffic.times import DAYS, MINUTES, day_of, number_of, times_between, times_of
from weir.api.traffic import Window
from weir.store.usage_read import About

NOW = 20_000 * 86_400_000 + 3_630_000
"""Half a minute past one o'clock."""
LONG = About(NOW, 1, lost_minutes=5, lost_days=7)


def test_every_window_is_known() -> None:
    assert {*MINUTES, *DAYS} == set(get_args(Window))


def test_minutes_are_whole_ones_and_the_one_that_runs() -> None:
    times = times_of("5m", LONG)
    assert len(times.periods) == 6
    assert (times.span.seconds, times.span.until_ms - times.span.from_ms) == (330.0, 330_000)
    assert (times.span.until_ms, times.span.lost) == (NOW, 5)


def test_days_end_with_today() -> None:
    times = times_of("7d", LONG)
    assert [period.number for period in times.periods] == list(range(19_994, 20_001))
    assert times.span.seconds == 6 * 86_400 + 3630
    assert times.span.lost == 7


def test_time_before_the_first_count_is_no_time_of_traffic() -> None:
    assert times_of("1h", About(NOW, NOW - 90_000, 0, 0)).span.seconds == 90.0
    assert times_of("1h", About(NOW, 0, 0, 0)).span.seconds == 0.0


def test_days_that_are_over_or_still_to_come_count_as_far_as_they_passed() -> None:
    assert times_between("day", 19_990, 19_991, LONG).span.seconds == 2 * 86_400
    future = times_between("day", 20_001, 20_002, LONG)
    assert (future.span.seconds, future.span.until_ms >= future.span.from_ms) == (0.0, True)
    assert times_between("day", 5, 4, LONG).periods == ()


@pytest.mark.parametrize("day", [date(1970, 1, 1), date(2026, 11, 23), date(9999, 12, 31)])
def test_days_have_numbers(day: date) -> None:
    assert day_of(number_of(day)) == day
