"""The life of a request: the one ordered list of its phases (``docs/life-of-a-request.md`` has the same).

``guard`` and ``match`` run for every request, but for one that came before byte for byte (``known_requests``); of
``RULE_PHASES`` a rule uses those it asks for; ``record`` always runs, exactly once.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import ModuleType

from edge.answers import Answer, Refusal
from edge.downstream.own_answers import give, refuse
from edge.exchange import Exchange
from edge.phases import (
    admit,
    authenticate,
    cors,
    forward,
    guard,
    limit,
    match,
    mirror,
    record,
    respond,
    rewrite,
)
from edge.upstream.errors import ClientGone
from edge.versions.plan import Plan

RULE_PHASES: tuple[ModuleType, ...] = (
    cors,
    admit,
    authenticate,
    limit,
    respond,
    rewrite,
    mirror,
    forward,
)
PHASES: tuple[ModuleType, ...] = (guard, match, *RULE_PHASES, record)

RulePhase = Callable[[Exchange, Plan], Answer | None]

_BEGUN: tuple[RulePhase, ...] = (forward.run,)
"""Of an exchange that the fast path began."""

log = logging.getLogger("weir.edge")


def phases_of(plan: Plan) -> tuple[RulePhase, ...]:
    """Those that a rule uses, in order."""
    return tuple(phase.run for phase in RULE_PHASES if phase.needed(plan))


def run(exchange: Exchange) -> None:
    """Whatever happens, the exchange is answered or cut off, and recorded."""
    telemetry = exchange.downstream.engine.telemetry
    telemetry.in_flight += 1
    try:
        _run(exchange)
    except ClientGone as gone:
        exchange.gone(str(gone))
    finally:
        telemetry.in_flight -= 1
        if exchange.copy is not None:
            exchange.copy.drop("incomplete")
        exchange.snapshot.users -= 1
        if not exchange.posted:
            record.run(exchange)


def _run(exchange: Exchange) -> None:
    try:
        plan = exchange.plan
        if plan is None:
            guard.run(exchange)
            plan = match.run(exchange)
            if exchange.message.wire:
                exchange.downstream.engine.requests.came(exchange.message.wire, exchange)
        tracer = exchange.downstream.engine.tracer
        if tracer is not None and exchange.sent is None:
            tracer.begin(exchange)
        for phase in plan.phases if exchange.sent is None else _BEGUN:
            answer = phase(exchange, plan)
            if answer is not None:
                give(exchange, answer)
                return
    except Refusal as refusal:
        refuse(exchange, refusal)
    except ClientGone:
        raise
    except Exception:  # the border: whatever is wrong with one exchange must not end the worker
        log.exception("request %s failed", exchange.request_id)
        exchange.keep_alive = False
        refuse(exchange, Refusal("internal-error"))
