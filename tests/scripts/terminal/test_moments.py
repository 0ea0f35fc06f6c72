from __future__ import annotations

import pytest

from scripts.terminal.moments import ago, clock, lasting_s, now_ms, span


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 s"),
        (59_999, "59 s"),
        (60_000, "1 min"),
        (3_599_000, "59 min"),
        (3_600_000, "1 h"),
        (86_399_000, "23 h"),
        (86_400_000, "1 d"),
        (86_400_000 * 1000, "1000 d"),
        (-5, "0 s"),
    ],
)
def test_a_span_is_said_in_its_largest_unit(milliseconds: int, text: str) -> None:
    assert span(milliseconds) == text


@pytest.mark.parametrize(
    ("time_ms", "text"),
    [(0, "10 min ago"), (599_500, "just now"), (602_000, "just now"), (720_000, "in 2 min")],
)
def test_a_moment_is_said_from_now_also_by_a_clock_that_is_behind(time_ms: int, text: str) -> None:
    assert ago(time_ms, 600_000) == text


def test_a_clock_time_names_its_offset() -> None:
    assert len(clock(now_ms())) == len("2026-01-01 00:00:00+00:00")


@pytest.mark.parametrize(("text", "seconds"), [("30d", 2_592_000), ("12h", 43_200), ("5m", 300), ("0s", 0)])
def test_a_length_of_time_is_read(text: str, seconds: int) -> None:
    assert lasting_s(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "d", "-5m", "5 m", "1w", "9999999s", "٣d"])
def test_what_is_no_length_of_time_is_said(text: str) -> None:
    with pytest.raises(ValueError, match="no length of time"):
        lasting_s(text)
