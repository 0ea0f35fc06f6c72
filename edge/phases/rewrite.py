"""rewrite: the path that is sent, and edits of the request's headers.

The fields that say where the request came from are part of what a rule may edit, so they are made here when it does;
without edits, or with such that come to the same for every request, ``forward`` writes prepared bytes.
"""

from __future__ import annotations

from edge.edits.headers import apply_edits
from edge.exchange import Exchange
from edge.versions.plan import Plan


def needed(plan: Plan) -> bool:
    return plan.path_edit is not None or bool(plan.request_edits)


def run(exchange: Exchange, plan: Plan) -> None:
    """Raises Refusal for a path that would climb."""
    if plan.path_edit is not None and exchange.path != "*":
        exchange.sent_path = plan.path_edit(exchange)
    if plan.request_edits and (exchange.known is None or not plan.edits_are_fixed):
        exchange.known = None
        exchange.fields = apply_edits(plan.request_edits, exchange.fields + exchange.added_fields(), exchange)
        exchange.forwarding_written = True
