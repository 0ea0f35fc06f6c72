"""Which minutes or days an answer is about. Pure; times come in as milliseconds of the store's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import NamedTuple

from weir.api.traffic import Span, Window
from weir.store.usage import Period
from weir.store.usage_read import About

MINUTE_MS, DAY_MS = 60_000, 86_400_000
MINUTES: dict[str, int] = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120}
DAYS: dict[str, int] = {"1d": 1, "7d": 7, "30d": 30, "90d": 90, "365d": 365}
MAX_DAYS = 400
EPOCH = date(1970, 1, 1)


class Times(NamedTuple):
    """Periods of one kind that follow one another, the earliest first."""

    periods: tuple[Period, ...]
    span: Span


def times_of(window: Window, about: About) -> Times:
    """Whole minutes and the one that runs, or days up to today."""
    if window in MINUTES:
        now, count = about.now_ms // MINUTE_MS, MINUTES[window] + 1
        return times_between("minute", now - count + 1, now, about)
    today = about.now_ms // DAY_MS
    return times_between("day", today - DAYS[window] + 1, today, about)


def times_between(kind: str, first: int, last: int, about: About) -> Times:
    """Both inclusive."""
    periods = tuple(Period(kind, number) for number in range(first, last + 1))
    length = length_ms(kind)
    start, end = first * length, min((last + 1) * length, about.now_ms)
    return Times(
        periods,
        Span(
            from_ms=start,
            until_ms=max(start, end),
            seconds=seconds_counted(start, end, about),
            counting_since_ms=about.since_ms,
            lost=about.lost_minutes if kind == "minute" else about.lost_days,
        ),
    )


def length_ms(kind: str) -> int:
    return MINUTE_MS if kind == "minute" else DAY_MS


def seconds_counted(start_ms: int, end_ms: int, about: About) -> float:
    """Of this time those that have passed, and in which counting went on; counts come in by the minute."""
    since = about.since_ms // MINUTE_MS * MINUTE_MS if about.since_ms else about.now_ms
    return max(0, min(end_ms, about.now_ms) - max(start_ms, since)) / 1000


def day_of(number: int) -> date:
    return datetime.fromtimestamp(number * DAY_MS / 1000, UTC).date()


def number_of(day: date) -> int:
    return (day - EPOCH).days
