"""cors: a browser's preflight is answered here, and never reaches the upstream.

The fields that say who may do what are added where every answer of the rule gets its edits (``edge/edits/cors.py``),
so they also stand on refusals and on what the upstream answers.
"""

from __future__ import annotations

from edge.answers import Answer
from edge.edits.cors import is_preflight
from edge.exchange import Exchange
from edge.versions.plan import Plan


def needed(plan: Plan) -> bool:
    return plan.cors is not None


def run(exchange: Exchange, _plan: Plan) -> Answer | None:
    """204 to a preflight of anybody: what the fields do not allow, the browser does not do."""
    return Answer(204, ()) if is_preflight(exchange.head) else None
