"""Checks of one clause: bounds, exactly."""

from __future__ import annotations

import pytest

from weir.models.default_clauses import MaxStale
from weir.models.node import Clause
from weir.models.rule_clauses import InlineLimit, MaxSize, Mirror, Priority, Retry, Tag, Timeout, UseLimit
from weir.models.upstream_clauses import Budget, Check, Concurrency, Eject, SlowStart, Target
from weir.models.values import Rate
from weir.rules.bounds import MAX_INTEGER, MAX_LIST
from weir.rules.check.clauses import MAX_DURATION_MS, issues_of

DAY = 86_400_000


def codes(clause: Clause) -> list[str]:
    return [issue.code for issue in issues_of(clause, frozenset())]


def rate(**fields: object) -> InlineLimit:
    return InlineLimit(rate=Rate(**{"count": 10**12, "per_ms": 1_000} | fields))  # type: ignore[arg-type]


BOUNDS: list[tuple[str, list[Clause], list[Clause]]] = [
    ("bad-duration", [Timeout(try_ms=1), Timeout(idle_ms=MAX_DURATION_MS)], [Timeout(try_ms=0)]),
    ("bad-duration", [MaxStale(for_ms=366 * DAY)], [MaxStale(for_ms=366 * DAY + 1), MaxStale(for_ms=-1)]),
    ("bad-duration", [SlowStart(for_ms=1)], [SlowStart(for_ms=0)]),
    (
        "bad-duration",
        [rate(per_ms=12), rate(per_ms=12, window="calendar"), rate(per_ms=1, window="smooth")],
        [rate(per_ms=11), rate(per_ms=11, window="calendar")],
    ),
    ("bad-duration", [rate(per_ms=366 * DAY)], [rate(per_ms=366 * DAY + 1), rate(per_ms=-1)]),
    (
        "bad-number",
        [Priority(value=0), Priority(value=1_000_000)],
        [Priority(value=-1), Priority(value=1_000_001)],
    ),
    ("bad-number", [UseLimit(name="a", cost=1_000_000)], [UseLimit(name="a", cost=1_000_001)]),
    (
        "bad-number",
        [rate(), rate(cost=1_000_000)],
        [rate(count=10**12 + 1), rate(cost=1_000_001), rate(cost=0)],
    ),
    ("bad-number", [rate(window="smooth", burst=1)], [rate(window="smooth", burst=0), rate(max_keys=0)]),
    (
        "bad-number",
        [Retry(count=10, on=("503",))],
        [Retry(count=11, on=("503",)), Retry(count=-1, on=("503",))],
    ),
    ("bad-number", [Target(url="http://a", weight=1_000_000)], [Target(url="http://a", weight=1_000_001)]),
    ("bad-number", [Eject(after=0), Eject(after=10_000)], [Eject(after=-1), Eject(after=10_001)]),
    ("bad-number", [Budget(percent=1, max=MAX_INTEGER)], [Budget(percent=1, max=-1)]),
    (
        "bad-number",
        [Concurrency(limit=1), Concurrency(queue=1_000_000)],
        [Concurrency(limit=0), Concurrency(queue=-1)],
    ),
    (
        "bad-number",
        [Check(method="GET", path="/", every_ms=100, expect=(100, 599))],
        [Check(method="GET", path="/", every_ms=100, expect=(600,))],
    ),
    (
        "bad-duration",
        [Check(method="GET", path="/", every_ms=100, timeout_ms=100)],
        [
            Check(method="GET", path="/", every_ms=99),
            Check(method="GET", path="/", every_ms=100, timeout_ms=101),
        ],
    ),
    (
        "bad-percent",
        [Mirror(percent=100, to="a"), Mirror(percent=0.0001, to="a")],
        [Mirror(percent=0.00001, to="a")],
    ),
    ("bad-percent", [Eject(after=1, max_percent=0.0)], [Eject(after=1, max_percent=-0.1)]),
    ("bad-size", [MaxSize(part="head", bytes=1024)], [MaxSize(part="head", bytes=1023)]),
    ("bad-size", [MaxSize(part="head", bytes=1024**2)], [MaxSize(part="head", bytes=1024**2 + 1)]),
    ("bad-size", [MaxSize(part="body", bytes=0)], [MaxSize(part="body", bytes=1024**4 + 1)]),
    ("too-large", [Tag(tags=("a",) * MAX_LIST)], [Tag(tags=("a",) * (MAX_LIST + 1))]),
]


@pytest.mark.parametrize(("code", "inside", "beyond"), BOUNDS)
def test_the_bound_is_inside_and_one_more_is_not(
    code: str, inside: list[Clause], beyond: list[Clause]
) -> None:
    assert [codes(clause) for clause in inside] == [[] for _ in inside]
    assert [codes(clause) for clause in beyond] == [[code] for _ in beyond]
