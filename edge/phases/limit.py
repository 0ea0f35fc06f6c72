"""limit: is the request within the limits of its rule? It is counted against all of them, or against none.

A limit in ``shadow`` counts and is recorded, and refuses nobody.
"""

from __future__ import annotations

import math

from edge.answers import Refusal
from edge.exchange import Exchange
from edge.limiting.rule_limits import RuleLimits
from edge.limiting.verdict import Verdict
from edge.versions.plan import Plan

JITTER, MOST_JITTER_S = 0.1, 30.0
"""Share of a wait that is added to it at most, so that clients do not come back all at once."""
AWAY_S = 1.0
"""When to come back while the store is away."""


def needed(plan: Plan) -> bool:
    return plan.limits is not None


def run(exchange: Exchange, plan: Plan) -> None:
    """Raises Refusal."""
    limits = plan.limits
    if limits is None or exchange.is_counted:
        return
    engine = exchange.downstream.engine
    if limits.is_plain and (lines := limits.spend(limits.key(exchange))):
        exchange.limit_lines = lines
        engine.telemetry.limited(*limits.met)
        return
    demands = limits.demands(exchange)
    verdict = limits.check(demands)
    exchange.standings = verdict.standings
    if verdict.waited_s:
        engine.telemetry.phase("limit", verdict.waited_s)
    exchange.limit_lines = limits.lines(verdict)
    if verdict.shadowed:
        exchange.shadowed = tuple(limits.name(limit) for limit in verdict.shadowed)
        for name in exchange.shadowed:
            engine.telemetry.limited(name, "shadow")
    if not verdict.allowed:
        raise _refusal(exchange, limits, verdict)
    for limit, _, _ in demands:
        if limit not in verdict.shadowed:
            engine.telemetry.limited(limits.name(limit), "allowed")


def _refusal(exchange: Exchange, limits: RuleLimits, verdict: Verdict) -> Refusal:
    engine = exchange.downstream.engine
    name = limits.name(verdict.refused_by) if verdict.refused_by is not None else ""
    exchange.limited = name
    engine.telemetry.limited(name, "uncounted" if verdict.store_needed else "refused")
    if verdict.store_needed:
        wait = _jittered(max(AWAY_S, verdict.retry_after_s), engine.random.random())
        return Refusal("limit-uncounted", f"limit {name} cannot be counted now", headers=_retry_after(wait))
    wait = _jittered(verdict.retry_after_s, engine.random.random())
    for limit, _, reset_s in verdict.standings:
        if limit is verdict.refused_by:  # Retry-After is not before the time that RateLimit gives
            wait = max(wait, math.ceil(reset_s))
    detail = f"limit {name} is used up; try again in {wait} s"
    return Refusal("rate-limited", detail, headers=_retry_after(wait), violated=(name,))


def _jittered(wait_s: float, chance: float) -> int:
    """Whole seconds; ``chance`` is between 0 and 1."""
    return max(1, math.ceil(wait_s + min(wait_s * JITTER, MOST_JITTER_S) * chance))


def _retry_after(seconds: int) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"Retry-After", b"%d" % seconds),)
