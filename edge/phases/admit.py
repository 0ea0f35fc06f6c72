"""admit: may this address use the rule (``allow ip``, ``deny ip``), and is the body not too large?"""

from __future__ import annotations

from edge.answers import Refusal
from edge.exchange import Exchange
from edge.versions.plan import Plan


def needed(plan: Plan) -> bool:
    """Every rule has a bound for bodies."""
    return plan.body_limit >= 0


def run(exchange: Exchange, plan: Plan) -> None:
    """Raises Refusal. What is denied is denied although it is also allowed."""
    length = exchange.head.length
    if length is not None and length > plan.body_limit:
        raise Refusal("body-too-large", f"a body has at most {plan.body_limit} bytes here")
    if plan.deny is not None and exchange.address() in plan.deny:
        raise Refusal("forbidden")
    if plan.allow is not None and exchange.address() not in plan.allow:
        raise Refusal("forbidden")
