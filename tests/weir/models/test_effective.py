"""Timeouts: each part from the rule, else the upstream, else the defaults."""

from __future__ import annotations

from weir.models.condition import AnyRequest
from weir.models.effective import Pool, Route, Settings, Timeouts, timeouts_for, timeouts_over
from weir.models.rule_clauses import Respond, Timeout

BASE = Timeouts(connect_ms=1, try_ms=2, total_ms=3, idle_ms=4)


def route(timeout: Timeout | None) -> Route:
    return Route(name="a", condition=AnyRequest(), action=Respond(status=200), timeout=timeout)


def test_later_layers_win_part_by_part() -> None:
    assert timeouts_over(BASE) == timeouts_over(BASE, None, Timeout()) == BASE
    over = timeouts_over(BASE, Timeout(connect_ms=10, try_ms=20), None, Timeout(try_ms=200))
    assert over == Timeouts(connect_ms=10, try_ms=200, total_ms=3, idle_ms=4)


def test_the_rule_then_the_upstream_then_the_defaults() -> None:
    pool = Pool(name="u", targets=(), timeout=Timeout(try_ms=20, total_ms=30))
    settings = Settings(timeouts=BASE)
    found = timeouts_for(route(Timeout(total_ms=300)), pool, settings)
    assert found == Timeouts(connect_ms=1, try_ms=20, total_ms=300, idle_ms=4)
    assert timeouts_for(route(None), None, settings) == BASE


def test_the_built_in_values() -> None:
    assert timeouts_for(route(None), None, Settings()) == Timeouts(1_000, 30_000, None, 3_600_000)
