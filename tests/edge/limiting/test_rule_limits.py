"""A rule's limits compiled; what they do to requests is in phases/test_limit.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edge.limiting.rule_limits import RuleLimits
from edge.limiting.verdict import Demand, Verdict
from weir.models.condition import AnyRequest
from weir.models.effective import Counted, Route
from weir.models.rule_clauses import Respond
from weir.models.values import Rate


class Named:
    """Gives each limit back as what counts it."""

    def limit_of(self, counted: Counted) -> Any:
        return counted

    def spend(self, limit: object, key: str, cost: int) -> None:
        """Nothing is at hand."""

    def check(self, demands: Sequence[Demand]) -> Verdict:
        return Verdict(bool(demands))


def limits(*counted: Counted) -> RuleLimits:
    route = Route(name="a", condition=AnyRequest(), action=Respond(status=200), limits=counted)
    return RuleLimits(route, "one", Named())


def test_what_counts_knows_the_owner_and_clients_do_not():
    made = limits(Counted("gold", Rate(count=5, per_ms=1000)))
    (demand,) = made.demands(None)  # type: ignore[arg-type]  # the limit has no key
    assert demand.limit.name == "one/gold"
    assert made.policies == b'"gold";q=5;w=1'


def test_a_limit_in_shadow_is_not_shown():
    made = limits(Counted("gold", Rate(count=5, per_ms=1000, shadow=True)))
    assert (made.policies, made.shown) == (b"", {})
