"""What may be repeated: the table, spelt out once more by hand."""

from __future__ import annotations

import pytest

from weir.routing.repeats import COSTS, EVENTS, TABLE, may_repeat

Y, P, K, N = "always", "with put_timeout", "with a key", "never"


@pytest.mark.parametrize(
    ("event", "safe", "put", "post"),
    [
        ("connect", Y, Y, Y),
        ("unsent", Y, Y, Y),
        ("stale", Y, Y, K),
        ("misdirected", Y, Y, Y),
        ("reset", Y, Y, K),
        ("timeout", Y, P, K),
        ("500", Y, Y, K),
        ("502", Y, Y, K),
        ("503", Y, Y, K),
        ("504", Y, Y, K),
        ("429", Y, Y, K),
    ],
)
@pytest.mark.parametrize("keyed", [False, True])
@pytest.mark.parametrize("put_timeout", [False, True])
def test_every_cell(event, safe: str, put: str, post: str, keyed: bool, put_timeout: bool) -> None:
    needs = {Y: True, P: put_timeout, K: keyed, N: False}
    for methods, cell in (
        (("GET", "HEAD", "OPTIONS", "TRACE"), safe),
        (("PUT", "DELETE"), put),
        (("POST", "PATCH", "PROPFIND", "get", ""), post),
    ):
        for method in methods:
            assert may_repeat(method, event, keyed=keyed, put_timeout=put_timeout) is needs[cell]


def test_every_event_has_a_row_and_a_cost() -> None:
    assert set(TABLE) == set(COSTS) == set(EVENTS)
    assert {event for event, cost in COSTS.items() if cost == 2} == {"timeout", "504"}
    assert set(COSTS.values()) == {1, 2}
