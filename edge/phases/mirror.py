"""mirror: some requests go to another upstream too, as copies whose answers nobody waits for."""

from __future__ import annotations

from edge.exchange import Exchange
from edge.versions.plan import Plan


def needed(plan: Plan) -> bool:
    return plan.mirror is not None and bool(plan.shares.items)


def run(exchange: Exchange, plan: Plan) -> None:
    """Never raises."""
    engine = exchange.downstream.engine
    if plan.mirror is not None and engine.random.random() < plan.mirror.chance:
        engine.mirrors.begin(exchange, plan.mirror.share)
