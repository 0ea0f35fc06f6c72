from __future__ import annotations

import pytest

from weir.models.condition import AnyRequest
from weir.models.effective import Counted, Route
from weir.models.rule_clauses import Respond
from weir.models.values import LimitKey, Rate
from weir.routing.counted import counted
from weir.routing.facts import RequestFacts

FACTS = RequestFacts("h", "/a", ip="2001:db8::7", headers=[("X-Tenant", "acme")])
SHARE = "while the store is away it allows this node's share of it"


def said(*limits: Counted) -> list[str]:
    route = Route(name="orders", condition=AnyRequest(), action=Respond(status=200), limits=limits)
    return list(counted(route, FACTS))


def test_every_limit_is_named_with_what_it_allows_and_what_the_request_counts_as() -> None:
    gold = Rate(count=100, per_ms=60_000, by=(LimitKey("ip"),))
    assert said(Counted("gold", gold), Counted("orders#1", Rate(count=5, per_month=True), cost=3)) == [
        f'limit gold: 100 per 1m by ip; counted as "2001:0db8:0000:0000::/64"; {SHARE}',
        f"limit orders#1: 5 per month; counted with all its requests at a cost of 3; {SHARE}",
    ]


@pytest.mark.parametrize(
    ("mode", "allowed"),
    [("open", "every request"), ("closed", "no request"), ("share strict", "may be nothing")],
)
def test_it_says_what_holds_without_the_store(mode: str, allowed: str) -> None:
    rate = Rate(count=1, per_ms=1000, on_store_failure=mode)  # type: ignore[arg-type]
    assert said(Counted("a#0", rate))[0].endswith(allowed)


def test_it_says_that_a_limit_in_shadow_refuses_nobody() -> None:
    assert "in shadow: it refuses nobody" in said(Counted("a#0", Rate(count=1, per_ms=1000, shadow=True)))[0]


def test_it_says_whom_a_limit_by_consumer_counts() -> None:
    rate = Rate(count=1, per_ms=1000, by=(LimitKey("consumer"),))
    facts = RequestFacts("a.test", "/", consumer="acme")
    (sentence,) = counted(
        Route(name="a", condition=AnyRequest(), action=Respond(status=200), limits=(Counted("a#0", rate),)),
        facts,
    )
    assert 'counted as "=acme"' in sentence
    assert 'counted as ""' in said(Counted("a#0", rate))[0]
