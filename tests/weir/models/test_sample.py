"""What somebody asks to see."""

from __future__ import annotations

import pytest

from weir.models.sample import SampleFilter


@pytest.mark.parametrize(
    ("asked", "matches"),
    [
        (SampleFilter(), True),
        (SampleFilter(owner="api", rule="a"), True),
        (SampleFilter(owner="file"), False),
        (SampleFilter(rule="b"), False),
        (SampleFilter(status="5xx"), True),
        (SampleFilter(status="503"), True),
        (SampleFilter(status="502"), False),
        (SampleFilter(status="4xx"), False),
        (SampleFilter(min_ms=20), True),
        (SampleFilter(min_ms=20.5), False),
    ],
)
def test_a_filter_lets_through_what_meets_all_of_it(asked: SampleFilter, matches: bool) -> None:
    assert asked.matches("api", "a", 503, 20.0) is matches
