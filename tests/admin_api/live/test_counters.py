"""Budgets as arithmetic; the rest of ``live`` is tested through the API in ``test_live``."""

from __future__ import annotations

from typing import Any

import pytest

from admin_api.live.counters import budget_of, rings_of
from weir.store.budget import Ring
from weir.store.live import NodeBudget, NodeLive, RingNow

RING = Ring("file/u", 1000, 10)


def node(**said: Any) -> NodeBudget:
    fields: dict[str, Any] = {
        "upstream": "file/u",
        "width_ms": 1000,
        "buckets": 10,
        "cap": 100,
        "reserve": 20,
    }
    fields |= {"floor": 10, "state": "ok", "held": 0, "lent": 0, "attempts": 0}
    return NodeBudget(**(fields | said))


@pytest.mark.parametrize(
    ("now", "state", "left", "credit"),
    [
        (RingNow(5, 0, 0, 0, 0, 0), "ok", 10, 10),
        (RingNow(5, 10, 0, 0, 0, 0), "ratio", 0, 10),
        (RingNow(5, 30, 50_999, 400, 0, 0), "ok", 20, 50),
        (RingNow(5, 80, 500_000, 400, 0, 0), "cap", 0, 500),
        (RingNow(5, 79, 500_000, 400, 0, 0), "ok", 1, 500),
        (RingNow(5, 0, 500_000, 400, 0, 700), "quarantine", 0, 500),
        (RingNow(0, 0, 0, 0, 0, 0), "unknown", 0, 10),
        (None, "unknown", 0, 10),
    ],
)
def test_what_is_left_is_what_the_script_would_grant(
    now: RingNow | None, state: str, left: int, credit: int
) -> None:
    found = budget_of(RING, [node()], now)
    assert (found.state, found.left, found.credit) == (state, left, credit)


def test_a_cap_that_no_node_has_heard_yet_follows_the_peak() -> None:
    assert budget_of(RING, [node(cap=None)], RingNow(5, 0, 0, 0, 3000, 0)).cap == 300
    assert budget_of(RING, [node(cap=None)], None).cap == 100
    assert budget_of(RING, [node(cap=None), node(cap=70)], None).cap == 70


def test_a_budget_of_another_window_is_another_one() -> None:
    words = [NodeLive(time_ms=1, budgets=(node(), node(width_ms=500)))]
    assert [ring.width_ms for ring in rings_of(words)] == [500, 1000]
