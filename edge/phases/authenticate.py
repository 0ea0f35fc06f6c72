"""authenticate: who calls, and may they? ``require`` of the rule says what must be shown.

The verdict of a head that came before is remembered with it; so is what the upstream gets of that head.
"""

from __future__ import annotations

from edge.answers import Pairs, Refusal
from edge.auth.denied import Denied
from edge.auth.identity_fields import identity_fields
from edge.auth.passed import remember
from edge.auth.requirement import Requirements
from edge.exchange import Exchange
from edge.telemetry.telemetry import ACCEPTED
from edge.versions.plan import Plan

ANONYMOUS = "anonymous"
AWAY_S = 1
"""When to come back while credentials cannot be looked up."""


def needed(plan: Plan) -> bool:
    return plan.requirements is not None


def run(exchange: Exchange, plan: Plan) -> None:
    """Raises Refusal."""
    requirements, engine = plan.requirements, exchange.downstream.engine
    if requirements is None:
        return
    generation, known = engine.auth.generation, exchange.known
    if known is not None:
        passed = known.passed
        if passed is not None and passed.holds(requirements, generation, exchange):
            passed.tell(exchange)
            if passed.caller is None:
                engine.telemetry.authenticated(ANONYMOUS, ACCEPTED)
            return
    query = exchange.query_string
    try:
        caller = requirements.judge(exchange)
    except Denied as denied:
        raise _refusal(exchange, requirements, denied) from None
    if caller is None:
        engine.telemetry.authenticated(ANONYMOUS, ACCEPTED)
    else:
        exchange.caller = caller
        exchange.fields = [*exchange.fields, *identity_fields(caller)]
        exchange.forget_values()
    remember(requirements, generation, query, exchange)


def _refusal(exchange: Exchange, requirements: Requirements, denied: Denied) -> Refusal:
    exchange.caller = denied.caller
    method = "none" if denied.method is None else denied.method.name
    exchange.downstream.engine.telemetry.authenticated(method, denied.code)
    return Refusal(denied.code, denied.detail, headers=_headers(requirements, denied))


def _headers(requirements: Requirements, denied: Denied) -> Pairs:
    pairs = [(b"WWW-Authenticate", value) for value in requirements.challenges(denied)]
    wait_s = denied.retry_after_s or (AWAY_S if denied.code == "credentials-unavailable" else 0)
    if wait_s:
        pairs.append((b"Retry-After", b"%d" % wait_s))
    return tuple(pairs)
