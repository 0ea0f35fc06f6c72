"""Which requests may take the fast path, and what they need on it.

A rule lets them if it has one upstream, and asks for nothing but what is decided at once, from what is at hand: a
verdict that is remembered, tokens of one limit, edits that come to the same for every request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from edge.answers import Refusal
from edge.phases import admit, authenticate, forward, limit, rewrite
from edge.upstream.decide import IDEMPOTENT

if TYPE_CHECKING:
    from edge.exchange import Exchange
    from edge.http.known_heads import KnownHead
    from edge.versions.plan import Plan, Share

PHASES = frozenset({admit.run, authenticate.run, limit.run, rewrite.run, forward.run})
"""A rule with another one is served by the pipeline."""


class Way(NamedTuple):
    """Of one request, or of all that are the same."""

    head: KnownHead
    plan: Plan
    share: Share
    sent_path: str
    """Empty: path and query as they came."""
    first_line: bytes


def fast_share_of(plan: Plan) -> Share | None:
    """Where its requests go, if they may go fast; worked out once, when the rule is published."""
    if not PHASES.issuperset(plan.phases) or not plan.answers_pass:
        return None
    if plan.allow is not None or plan.deny is not None:
        return None
    if not plan.edits_are_fixed or not plan.path_edit_is_fixed:
        return None
    if plan.requirements is not None and plan.requirements.queries:
        return None  # what such a query hides must be looked for every time
    if plan.limits is not None and not plan.limits.is_plain:
        return None
    share = plan.shares.only
    return share if share is not None and _may_go(share) else None


def way_of(exchange: Exchange) -> Way | None:
    """Behind ``match``; None if it is for the pipeline."""
    plan, head = exchange.plan, exchange.known
    if plan is None or head is None or plan.fast_share is None:
        return None
    method, path = exchange.method, exchange.path + exchange.query_string
    if method not in IDEMPOTENT or method == "HEAD":
        return None
    sent_path = ""
    if plan.path_edit is not None and exchange.path != "*":
        try:
            sent_path = path = plan.path_edit(exchange)
        except Refusal:
            return None
    return Way(head, plan, plan.fast_share, sent_path, f"{method} {path} HTTP/1.1\r\n".encode("ascii"))


def _may_go(share: Share) -> bool:
    upstream = share.upstream
    if upstream.sticky is not None or upstream.key is not None or upstream.gate is not None:
        return False
    return share.total_s is None and not any(target.is_encrypted for target in upstream.targets)
