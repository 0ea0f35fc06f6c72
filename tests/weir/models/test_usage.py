"""Which number of an entry means what."""

from __future__ import annotations

import pytest

from weir.models.usage import COUNTS, FIRST_BUCKET, WIDTH, added, class_of, requests_of


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (0, "unanswered"),
        (101, "success"),
        (200, "success"),
        (304, "redirects"),
        (404, "client_errors"),
        (429, "client_errors"),
        (499, "unanswered"),
        (500, "server_errors"),
        (599, "server_errors"),
        (999, "server_errors"),
    ],
)
def test_a_status_counts_in_one_class(status: int, name: str) -> None:
    assert COUNTS[class_of(status)] == name


def test_sums_are_made_in_place_and_requests_are_the_sum_of_the_classes() -> None:
    sums = [0] * WIDTH
    added(sums, [1, 2, 3, 4, 5, 100])
    added(sums, [1])
    assert sums[:6] == [2, 2, 3, 4, 5, 100]
    assert requests_of(sums) == 16
    assert len(sums) - FIRST_BUCKET == 14
