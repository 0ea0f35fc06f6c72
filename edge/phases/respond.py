"""respond: rules that answer by themselves, with a text (``respond``) or another address (``redirect``)."""

from __future__ import annotations

from edge.answers import Answer
from edge.exchange import Exchange
from edge.http.framing import is_bodiless
from edge.versions.plan import Plan


def needed(plan: Plan) -> bool:
    return plan.respond is not None or plan.location is not None


def run(exchange: Exchange, plan: Plan) -> Answer | None:
    """Bodies are literal; only a redirect's address is a template."""
    if plan.location is not None:
        location = plan.location(exchange).encode("ascii", "replace")
        return Answer(plan.redirect_status, ((b"Location", location),))
    respond = plan.respond
    if respond is None:
        return None
    if is_bodiless(respond.status):
        return Answer(respond.status, ())
    headers = ((b"Content-Type", respond.content_type.encode("latin-1", "replace")),)
    return Answer(respond.status, headers, respond.body.encode())
