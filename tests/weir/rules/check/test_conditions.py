"""Walking and measuring conditions."""

from __future__ import annotations

import pytest

from weir.models.condition import And, AnyRequest, Compare, Condition, Not, Or, Reference
from weir.rules.bounds import MAX_DEPTH
from weir.rules.check.conditions import MAX_TERMS, compare_issue, size_of, walk

A = AnyRequest()


def test_every_part_comes_with_its_path_and_depth() -> None:
    parts = [(path, depth) for _, path, depth in walk(And((Not(A), Or((A, A)))), "c")]
    assert parts == [
        ("c", 0),
        ("c.terms[0]", 1),
        ("c.terms[0].term", 2),
        ("c.terms[1]", 1),
        ("c.terms[1].terms[0]", 2),
        ("c.terms[1].terms[1]", 2),
    ]


def test_nothing_is_looked_at_below_the_bound() -> None:
    condition: Condition = A
    for _ in range(10 * MAX_DEPTH):
        condition = Not(condition)
    assert max(depth for _, _, depth in walk(condition, "")) == MAX_DEPTH + 1


@pytest.mark.parametrize(
    ("condition", "size"),
    [
        (A, 1),
        (Not(A), 1),
        (And((A, A)), 3),
        (And(()), 1),
        (Reference("big"), 1_500),
        (Or((Reference("big"), A)), 1_502),
        (Or((Reference("big"), Reference("big"))), MAX_TERMS + 1),
        (Reference("unknown"), 1),
    ],
)
def test_size_counts_what_references_stand_for_and_saturates(condition: Condition, size: int) -> None:
    assert size_of(condition, {"big": 1_500}) == size


@pytest.mark.parametrize(
    "compare",
    [
        Compare("host", "==", "*.example.com"),
        Compare("host", "==", "**.example.com"),
        Compare("host", "starts_with", "api."),
        Compare("path", "like", "/a/{b}/{c...}"),
        Compare("path", "ends_with", ".php"),
        Compare("method", "in", ("GET", "M-SEARCH")),
        Compare("port", "in", (80, 65_535)),
        Compare("ip", "in", ("::1", "10.0.0.0/8")),
        Compare("header", "!=", "", "X"),
        Compare("query", "exists", None, "any thing"),
    ],
)
def test_sound_comparisons(compare: Compare) -> None:
    assert compare_issue(compare) is None
