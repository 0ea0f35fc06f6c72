"""A rule's limits compiled; what they do to requests is in phases/test_limit.py."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from edge.limiting.rule_limits import RuleLimits
from edge.limiting.verdict import Demand, Verdict
from weir.models.condition import AnyRequest
from weir.models.effective import Counted, Route
from weir.models.rule_clauses import Respond
from weir.models.values import LimitKey, Rate


class Named:
    """Gives each limit back as what counts it."""

    def clock(self) -> float:
        return 0.0

    def limit_of(self, counted: Counted) -> Any:
        return counted

    def holding(self, limit: object, key: str) -> None:
        """Nothing is at hand."""

    def renewed(self, *_: object) -> bool:
        return False

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


def test_a_rules_own_counter_is_known_without_a_request():
    made = limits(Counted("gold", Rate(count=5, per_ms=1000, by=(LimitKey("rule"),))))
    assert [demand.key for demand in made.demands(None)] == ["a"]  # type: ignore[arg-type]
    assert (made.fixed_key, made.key(None)) == ("a", "a")  # type: ignore[arg-type]
    assert limits(Counted("gold", Rate(count=5, per_ms=1000, by=(LimitKey("ip"),)))).fixed_key is None


def test_a_limit_in_shadow_is_not_shown():
    made = limits(Counted("gold", Rate(count=5, per_ms=1000, shadow=True)))
    assert (made.policies, made.shown) == (b"", {})


def held(tokens: int) -> SimpleNamespace:
    return SimpleNamespace(left=5, tokens=tokens, low=0, renew_at=1.0, asked=0, reset_at=0.3)


class Holdings(Named):
    """So many tokens of each key."""

    def __init__(self) -> None:
        self.kept = {"a": held(2), "b": held(9)}
        self.looked_up: list[str] = []

    def holding(self, limit: object, key: str) -> Any:
        self.looked_up.append(key)
        return self.kept.get(key)


def test_the_tokens_of_the_last_key_are_at_hand_and_looked_for_again_once_they_are_spent() -> None:
    holdings = Holdings()
    route = Route(
        name="a",
        condition=AnyRequest(),
        action=Respond(status=200),
        limits=(Counted("gold", Rate(count=5, per_ms=1000)),),
    )
    made = RuleLimits(route, "one", holdings)
    told = [made.spend(key) for key in ("a", "a", "a", "b", "a", "c")]
    assert [b'RateLimit: "gold";r=6;t=1' in each for each in told] == [
        True,
        False,
        False,
        False,
        False,
        False,
    ]
    assert [bool(each) for each in told] == [True, True, False, True, False, False]
    assert holdings.looked_up == ["a", "b", "a", "c"]
    holdings.kept["a"] = held(1)
    assert made.spend("a")
