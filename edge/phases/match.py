"""match: which rule is this request's? The match is final; nothing later falls through to another rule."""

from __future__ import annotations

from edge.answers import Refusal
from edge.exchange import Exchange
from edge.versions.plan import Plan


def run(exchange: Exchange) -> Plan:
    """The plan of the rule; raises Refusal where there is none."""
    snapshot = exchange.snapshot
    match = snapshot.table.match(exchange)
    if match is None:
        if not snapshot.loaded:
            raise Refusal("no-version", "the gateway has just started and knows no configuration")
        raise Refusal("no-rule")
    plan = snapshot.plan(match)
    exchange.plan = plan
    exchange.captures = match.captures
    exchange.body_limit = plan.body_limit
    return plan
