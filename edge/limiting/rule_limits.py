"""What a rule is counted against, compiled once: its limits, how the key of each is read, and how they are shown."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from msgspec import structs

from edge.limiting.fields import MAX_INTEGER, MAX_POLICIES, NAMES, lines, policy, sf_string, template
from edge.limiting.verdict import Demand, Limit, Limiting, LimitSource, Verdict
from weir.models.effective import Counted, Route
from weir.routing.limit_keys import KeyOf, compile_key, fixed_key

if TYPE_CHECKING:
    from edge.exchange import Exchange
    from edge.limiting.holding import Holding


class _Use(NamedTuple):
    limit: Limit
    cost: int
    key_of: KeyOf | None
    """None where there is one key for all requests."""
    demand: Demand
    """The whole demand then."""


class RuleLimits:
    """Of one rule; never empty. Counters are the limiter's and outlive this."""

    __slots__ = (
        "_clock", "_cost", "_holding", "_key", "_limiter", "_only", "_template", "_uses", "are_edited",
        "fixed_key", "is_plain", "met", "names", "policies", "shown",
    )  # fmt: skip

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

        is_one = len(self._uses) == len(told) == 1 and counted[0].rate.count <= MAX_INTEGER
        self.is_plain = is_one and not self.are_edited
        """Whether there is one limit, which clients are told of in the same words: then ``spend`` may do for all."""
        self._only = self._uses[0]
        self.fixed_key = self._only.demand.key if self._only.key_of is None else None
        """What ``spend`` is told where it is the same for all requests."""
        self._cost, self._clock = self._only.cost, limiter.clock
        self.met = (self.names[id(self._only.limit)], "allowed")
        """As which a request counts whose cost was spent."""
        self._holding: Holding | None = None
        self._key = ""
        """What was spent from last, and for which key."""
        self._template = b""
        if self.is_plain:
            self._template = template(self.policies, self.shown[id(self._only.limit)])

    def key(self, exchange: Exchange) -> str:
        """What the one limit counts apart."""
        key_of = self._only.key_of
        return self._only.demand.key if key_of is None else key_of(exchange)

    def spend(self, key: str) -> bytes:
        """The lines of an answer, if the one limit could be met at once; empty: all the rest is to be done."""
        holding, cost = self._holding, self._cost
        if holding is None or key != self._key:
            holding = self._limiter.holding(self._only.limit, key)
            if holding is None:
                return b""
            self._holding, self._key = holding, key
        now = self._clock()
        is_low = holding.tokens - cost < holding.low or now >= holding.renew_at
        if is_low and not self._limiter.renewed(holding, self._only.limit, key, cost, now):
            self._holding = None
            return b""
        holding.asked += cost
        holding.tokens = tokens = holding.tokens - cost
        reset_s = holding.reset_at - now
        return self._template % (holding.left + tokens, math.ceil(reset_s) if reset_s > 0 else 0)

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
    fixed = fixed_key(counted.rate.by, rule)
    key_of = compile_key(counted.rate.by, rule) if fixed is None else None
    return _Use(limit, counted.cost, key_of, Demand(limit, fixed or "", counted.cost))


def _once(limits: tuple[Counted, ...]) -> list[Counted]:
    """A limit that a rule and its group both name counts a request once, at the higher cost."""
    found: dict[str, Counted] = {}
    for each in limits:
        before = found.get(each.name)
        if before is None or before.cost < each.cost:
            found[each.name] = each
    return list(found.values())
