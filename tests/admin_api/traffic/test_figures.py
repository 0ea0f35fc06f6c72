"""Figures from numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_api.traffic.figures import figures, quantile_ms
from weir.models.usage import BOUNDS, COUNTS, FIRST_BUCKET, WIDTH


def entry(**counts: int) -> list[int]:
    numbers = [0] * WIDTH
    for name, number in counts.items():
        numbers[COUNTS.index(name)] = number
    return numbers


def test_nothing_counted_is_nothing_and_no_division_by_nothing() -> None:
    traffic = figures([0] * WIDTH, 0.0)
    assert (traffic.requests, traffic.per_second, traffic.error_ratio, traffic.mean_ms, traffic.p99_ms) == (
        0,
    ) * 5


def test_counts_come_with_what_is_made_of_them() -> None:
    numbers = entry(success=6, redirects=1, client_errors=1, server_errors=2, microseconds=50_000, retries=3)
    numbers[FIRST_BUCKET + 3] = 10
    traffic = figures(numbers, 5.0)
    assert (traffic.requests, traffic.per_second, traffic.error_ratio, traffic.mean_ms) == (10, 2.0, 0.2, 5.0)
    assert (traffic.retries, traffic.p50_ms) == (3, 7.5)


def test_a_failed_attempt_is_an_error_of_its_target_and_a_client_that_left_none_of_a_rule() -> None:
    numbers = entry(success=8, unanswered=2)
    assert figures(numbers, 1.0).error_ratio == 0.0
    assert figures(numbers, 1.0, of_target=True).error_ratio == 0.2


@pytest.mark.parametrize(
    ("place", "share", "expected"),
    [(0, 0.5, 0.5), (0, 1.0, 1.0), (1, 0.5, 1.75), (12, 0.99, 9950.0), (13, 0.5, 10_000.0)],
)
def test_a_quantile_lies_in_its_bucket(place: int, share: float, expected: float) -> None:
    buckets = [0] * (len(BOUNDS) + 1)
    buckets[place] = 100
    assert quantile_ms(buckets, share) == expected


@given(st.lists(st.integers(0, 1000), min_size=len(BOUNDS) + 1, max_size=len(BOUNDS) + 1))
def test_quantiles_never_fall_as_the_share_grows(buckets: list[int]) -> None:
    found = [quantile_ms(buckets, share / 20) for share in range(1, 21)]
    assert found == sorted(found)
    assert all(0.0 <= each <= 1000 * BOUNDS[-1] for each in found)
