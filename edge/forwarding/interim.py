"""Interim answers of an upstream on their way to the client (RFC 9110 §15.2): 102, 103 and whatever comes later.

A client of HTTP/1.0 knows none. An upstream's 100 stays here: the edge itself says it, when it begins to read a body
that a client holds back. A header that the rule sets, adds or removes is left out; nothing is added.
"""

from __future__ import annotations

from edge.exchange import Exchange
from edge.forwarding.trailers import edited_names
from edge.http.connection_field import without_listed
from edge.http.head import ResponseHead
from edge.http.writer import response_head
from edge.versions.plan import Plan


def pass_on(exchange: Exchange, plan: Plan, head: ResponseHead) -> None:
    """Raises ClientGone."""
    if head.status == 100 or exchange.head.version != "1.1":
        return
    edited = edited_names(plan.response_edits)
    fields = without_listed(head.fields, head.connections)
    kept = [field for field in fields if field[0] not in edited]
    exchange.downstream.send(exchange, response_head(head.status, head.reason, kept, b""))
