"""A worker's part of the reserve."""

from __future__ import annotations

import pytest

from edge.retry.budget_share import Share
from edge.retry.budget_terms import terms_of
from weir.models.upstream_clauses import Budget

TERMS = terms_of(Budget(percent=10.0, max=100, per_ms=10_000))


@pytest.mark.parametrize(
    ("divisor", "now", "units"),
    [
        (0, 155.0, 0),
        (3, 155.0, 6),
        (20, 155.0, 1),
        (21, 155.0, 0),
        (3, 110.0, 0),
        (3, 110.1, 6),
        (3, 160.0, 0),
    ],
)
def test_it_holds_a_window_after_another_had_it_until_its_end(divisor: int, now: float, units: int) -> None:
    share = Share()
    share.divisor, share.since, share.until = divisor, 100.0, 160.0
    assert share.units(now, TERMS) == units
