"""What ``budget`` means in numbers."""

from __future__ import annotations

from typing import Any

import pytest

from edge.retry.budget_terms import UNIT, heard_terms, terms_of
from weir.models.upstream_clauses import Budget


def test_a_fifth_of_the_share_is_earned_by_attempts_and_four_fifths_by_successes() -> None:
    terms = terms_of(Budget(percent=10.0, max=100, per_ms=10_000))
    assert terms.earned(1000, 0, 0) == 20 * UNIT
    assert terms.earned(1000, 1000, 0) == 100 * UNIT
    assert terms.earned(0, 0, 4) == 2 * UNIT


def test_the_smallest_percentage_earns_exactly() -> None:
    assert terms_of(Budget(percent=0.0001)).earned(1_000_000, 1_000_000, 0) == UNIT


def test_nothing_said_is_ten_percent_of_ten_seconds() -> None:
    assert terms_of(None) == terms_of(Budget(percent=10.0, max=None, per_ms=10_000))


@pytest.mark.parametrize(("most", "reserve"), [(None, 20), (100, 20), (4, 0), (5, 1), (0, 0)])
def test_a_fifth_of_the_cap_is_the_reserve_and_of_a_cap_that_follows_the_peak_a_fifth_of_the_least(
    most: int | None, reserve: int
) -> None:
    assert terms_of(Budget(percent=10.0, max=most)).reserve == reserve


@pytest.mark.parametrize(("per_ms", "width"), [(10_000, 1000), (1, 1), (1001, 101)])
def test_buckets_cover_the_window(per_ms: int, width: int) -> None:
    terms = terms_of(Budget(percent=10.0, per_ms=per_ms))
    assert terms.width_ms == width
    assert terms.window_s * 1000 >= per_ms


def test_what_is_spoken_is_heard() -> None:
    for terms in (terms_of(None), terms_of(Budget(percent=0.5, max=7, per_ms=60_000))):
        assert heard_terms(terms.spoken()) == terms


@pytest.mark.parametrize(
    "spoken", [None, [], [1, 2, 3], [1, 2, 0, None], [1, -2, 3, 4], [1, True, 3, 4], [1, 2, 3, "4"]]
)
def test_anything_else_is_not_understood(spoken: Any) -> None:
    assert heard_terms(spoken) is None
