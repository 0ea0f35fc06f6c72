"""What a rule is counted against, compiled once: its limits, how the key of each is read, and how they are shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from msgspec import structs

from edge.limiting.fields import MAX_INTEGER, MAX_POLICIES, NAMES, lines, policy, sf_string, template
from edge.limiting.verdict import Demand, Limit, Limiting, LimitSource, Verdict
from weir.models.effective import Counted, Route
from weir.routing.limit_keys import KeyOf, compile_key

if TYPE_CHECKING:
    from edge.exchange import Exchange


class _Use(NamedTuple):
    limit: Limit
    cost: int
    key_of: KeyOf | None
    demand: Demand
    """The whole demand where there is one key for all requests."""


class RuleLimits:
    """Of one rule; never empty. Counters are the limiter's and outlive this."""

    __slots__ = ("_limiter", "_only", "_template", "_uses", "are_edited", "names", "policies", "shown")

    def __init__(self, route: Route, owner: str, limiter: Limiting) -> None:
        self._limiter = limiter
        counted = _once(route.limits)
        self._uses = tuple(_use(each, route.name, owner, limiter) for each in counted)
        limits = [(id(use.limit), each) for use, each in zip(self._uses, counted, strict=True)]
        self.names = {place: each.name for place, each in limits}
        """By the ``id`` of a limit: as logs, metrics and clients see it."""
        told = [(place, each) for place, each in limits if not each.rate.shadow][:MAX_POLICIES]
        self.shown = {place: sf_string(each.name) for place, each in told}
        """Those that clients are told of, with the names that they have in header fields."""
        self.are_edited = any(
            edit.side == "response" and edit.name.lower().encode("ascii") in NAMES for edit in route.headers
        )
        """Whether the rule itself changes the fields that tell of limits."""
        self.policies = b", ".join(policy(each.name, each.rate.count, each.rate.per_ms) for _, each in told)

        is_plain = len(self._uses) == len(told) == 1 and counted[0].rate.count <= MAX_INTEGER
        self._only = self._uses[0] if is_plain and not self.are_edited else None
        self._template = b""
        if self._only is not None:
            self._template = template(self.policies, self.shown[id(self._only.limit)])

    def met(self, exchange: Exchange) -> str:
        """The name of the one limit, if it could be met at once and is told of; empty: all the rest is to be done."""
        use = self._only
        if use is None:
            return ""
        key = "" if use.key_of is None else use.key_of(exchange)
        found = self._limiter.spend(use.limit, key, use.cost)
        if found is None:
            return ""
        left, reset_s = found
        exchange.limit_lines = self._template % (left, math.ceil(reset_s) if reset_s > 0 else 0)
        return self.names[id(use.limit)]

    def demands(self, exchange: Exchange) -> list[Demand]:
        """What this request asks of each limit."""
        return [
            use.demand if use.key_of is None else Demand(use.limit, use.key_of(exchange), use.cost)
            for use in self._uses
        ]

    def check(self, demands: Sequence[Demand]) -> Verdict:
        """May switch to other greenlets."""
        return self._limiter.check(demands)

    def lines(self, verdict: Verdict) -> bytes:
        """Of every answer, unless the rule edits them."""
        return b"" if self.are_edited else lines(self.policies, self.shown, verdict.standings)

    def name(self, limit: Limit) -> str:
        return self.names[id(limit)]


def _use(counted: Counted, rule: str, owner: str, source: LimitSource) -> _Use:
    limit = source.limit_of(structs.replace(counted, name=f"{owner}/{counted.name}"))
    key_of = compile_key(counted.rate.by, rule)
    return _Use(limit, counted.cost, key_of, Demand(limit, "", counted.cost))


def _once(limits: tuple[Counted, ...]) -> list[Counted]:
    """A limit that a rule and its group both name counts a request once, at the higher cost."""
    found: dict[str, Counted] = {}
    for each in limits:
        before = found.get(each.name)
        if before is None or before.cost < each.cost:
            found[each.name] = each
    return list(found.values())
