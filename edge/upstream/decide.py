"""What to do after a failed attempt. Pure: values in, a decision out.

Today one case is tried again: a pooled connection turned out to be closed. The target had closed it before, or while,
the request went out; nothing of an answer came. That is no new load on a struggling service, and RFC 9112 §9.3.1 allows
it for requests that are safe to repeat. Whatever else a rule asks for is decided here, within its budget.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from edge.upstream.errors import Cause, Sent, Side, Stage, UpstreamError

IDEMPOTENT: frozenset[str] = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""RFC 9110 §9.2.2, of the methods that are passed on."""

MAX_STALE = 1
"""How often a closed pooled connection is replaced in one exchange; the second try takes a new connection."""


class Repeatable(Protocol):
    """What must be known of a request."""

    @property
    def method(self) -> str: ...

    @property
    def replayable(self) -> bool:
        """Whether every byte of it is still at hand."""


class Budget(Protocol):
    """What may still be spent on further attempts."""

    def take(self) -> bool:
        """Whether one more attempt is granted; it is charged then."""


class Again(NamedTuple):
    """Try again."""

    fresh: bool
    """On a new connection."""


class GiveUp(NamedTuple):
    """Answer with the failure."""

    reason: str


def decide(error: UpstreamError, request: Repeatable, attempt: int, budget: Budget | None) -> Again | GiveUp:
    """``attempt`` counts from 0. ``budget`` None: the rule grants no retries; a stale connection needs none."""
    if error.side is not Side.UPSTREAM:
        return GiveUp("not the upstream's failure")
    if not _is_stale(error):
        return GiveUp("no retry is asked for" if budget is None else "not a failure that is retried")
    if attempt >= MAX_STALE:
        return GiveUp("a new connection failed too")
    if not request.replayable:
        return GiveUp("the request's body is gone")
    if error.sent is not Sent.NOTHING and request.method not in IDEMPOTENT:
        return GiveUp(f"{request.method} may have taken effect")
    return Again(fresh=True)


def speaks_of_target(error: UpstreamError) -> bool:
    """Whether the target did worse than it should: a closed pooled connection, or no time left for it, says nothing."""
    late_already = error.cause is Cause.TIMEOUT and error.stage is Stage.CONNECT
    return error.side is Side.UPSTREAM and not _is_stale(error) and not late_already


def _is_stale(error: UpstreamError) -> bool:
    return error.reused and error.cause is Cause.BROKEN and error.stage in (Stage.SEND, Stage.HEAD)
