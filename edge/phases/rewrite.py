"""rewrite: the path that is sent, and edits of the request's headers.

The fields that say where the request came from are part of what a rule may edit, so they are made here when it does;
without edits ``forward`` writes them as prepared bytes.
"""

from __future__ import annotations

from edge.exchange import Exchange
from edge.forwarded import forwarding_fields
from edge.header_edits import apply_edits
from edge.plan import Plan


def needed(plan: Plan) -> bool:
    return plan.path_edit is not None or bool(plan.request_edits)


def run(exchange: Exchange, plan: Plan) -> None:
    """Raises Refusal for a path that would climb."""
    if plan.path_edit is not None and exchange.path != "*":
        exchange.sent_path = plan.path_edit(exchange)
    if plan.request_edits:
        peer = exchange.downstream.peer
        added = forwarding_fields(exchange.origin, peer, exchange.host_sent, exchange.request_id)
        exchange.fields = apply_edits(plan.request_edits, exchange.fields + added, exchange)
        exchange.forwarding_written = True
