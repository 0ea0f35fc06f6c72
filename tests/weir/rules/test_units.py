"""Numbers with units."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.documents import moderate
from weir.rules.bounds import MAX_INTEGER
from weir.rules.units import duration_ms, percent, print_duration, print_percent, print_size, size_bytes


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0ms", 0),
        ("1ms", 1),
        ("1.5s", 1_500),
        ("1m", 60_000),
        ("1h", 3_600_000),
        ("7d", 604_800_000),
        ("0.001s", 1),
        (f"{MAX_INTEGER}ms", MAX_INTEGER),
        (f"{MAX_INTEGER + 1}ms", None),
        ("0.0001s", None),
        ("1", None),
        ("1M", None),
        ("1min", None),
        ("1%", None),
        ("1 s", None),
        ("-1s", None),
        ("1e3s", None),
        ("١s", None),
        ("1" * 17 + "s", None),
        ("9999999999999999d", None),
        ("", None),
    ],
)
def test_durations(text: str, value: int | None) -> None:
    assert duration_ms(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0B", 0),
        ("1KiB", 1024),
        ("1.5MiB", 1_572_864),
        ("2GiB", 2**31),
        ("0.5B", None),
        ("1KB", None),
        ("1k", None),
    ],
)
def test_sizes(text: str, value: int | None) -> None:
    assert size_bytes(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [("0%", 0.0), ("100%", 100.0), ("0.0001%", 0.0001), ("0.00001%", None), ("100.1%", None), ("5", None)],
)
def test_percentages(text: str, value: float | None) -> None:
    assert percent(text) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0ms"), (999, "999ms"), (1_000, "1s"), (90_000, "90s"), (60_000, "1m"), (86_400_000, "1d")],
)
def test_durations_print_in_the_largest_unit_that_divides_them(value: int, text: str) -> None:
    assert print_duration(value) == text


@moderate
@given(st.integers(0, MAX_INTEGER), st.integers(0, 1_000_000))
def test_what_is_printed_reads_back(whole: int, parts: int) -> None:
    assert duration_ms(print_duration(whole)) == whole
    assert size_bytes(print_size(whole)) == whole
    assert percent(print_percent(parts / 10_000)) == parts / 10_000
