"""What to do after a failed attempt. Pure: values in, a decision out; spending and waiting are others' work.

A pooled connection that turns out to be closed is replaced once, whatever the rule says: that is no new load on a
struggling service, and RFC 9112 §9.3.1 allows it for requests that are safe to repeat. Everything else a rule must ask
for (``retry``), and then the table in ``weir/routing/repeats.py`` must allow it.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

from edge.retry.policy import MISDIRECTED, REQUEST_TIMEOUT, RetryPolicy
from edge.retry.pushback import SILENT, Pushback
from edge.upstream.errors import Cause, Sent, Side, Stage, UpstreamError
from weir.routing.repeats import ANYWAY, COSTS, EVENTS, Event, may_repeat

IDEMPOTENT: frozenset[str] = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})
"""RFC 9110 §9.2.2, of the methods that are passed on."""

BACKOFF_S, BACKOFF_CAP_S = 0.025, 0.25
"""Full jitter: up to the first for the first retry, twice that for the next, never more than the second."""
OVERLOADED: frozenset[Event] = frozenset({"503", "429"})
OVERLOAD_BACKOFF_S, OVERLOAD_CAP_S = 1.0, 4.0
"""The same for a service that says that it has too much to do."""
SPREAD = 0.1
"""Those who were told one moment to come back come within this share of the wait after it, or within the backoff up to
its cap if that is longer, spread evenly and not all at once."""

Outcome: TypeAlias = Literal[
    "granted", "replaced",
    "method", "body", "count", "deadline", "retry-after", "never", "tier", "client-gone", "concurrency", "no-target",
    "stopping",
    "cap", "ratio", "quarantine", "reserve", "away", "busy",
]  # fmt: skip
"""What became of an attempt that might have been repeated; those of the last line are the budget's."""


class Situation(NamedTuple):
    """What must be known besides the event."""

    method: str
    replayable: bool = True
    """Every byte of the request that was read is still at hand."""
    keyed: bool = False
    """It has an idempotency key, and the rule says that the upstream knows what that is."""
    repeated_before: bool = False
    """Another tier in front of this one repeats already."""
    retries: int = 0
    """How many were granted so far."""
    replaced: bool = False
    """A connection was replaced already."""
    left_s: float = float("inf")
    """Until the end of all attempts."""
    pushback: Pushback = SILENT


class Again(NamedTuple):
    """Try again, if the budget has ``cost``."""

    outcome: Outcome
    fresh: bool
    """On a new connection, which may be to the same target."""
    cost: int
    wait_s: float = 0.0


class GiveUp(NamedTuple):
    """The client gets what there is. ``outcome`` None: nobody asked for more."""

    outcome: Outcome | None
    reason: str


def decide(
    event: Event | None, policy: RetryPolicy | None, situation: Situation, chance: float
) -> Again | GiveUp:
    """``chance`` from 0 to 1 places the retry within its backoff."""
    if event in ANYWAY and situation.replaced:
        event = _without_pool(event)
    if event is None:
        return GiveUp(None, "not a failure that is retried")
    anyway = event in ANYWAY
    if not anyway and (policy is None or event not in policy.reasons):
        return GiveUp(None, "nobody asks for a retry of that")
    if situation.repeated_before:
        return GiveUp("tier", "another tier repeats this request already")
    put_timeout = policy is not None and policy.put_timeout
    if not may_repeat(situation.method, event, keyed=situation.keyed, put_timeout=put_timeout):
        return GiveUp("method", f"{situation.method} may have taken effect")
    if not situation.replayable:
        return GiveUp("body", "the request's body is not at hand any more")
    if not anyway and policy is not None and situation.retries >= policy.count:
        return GiveUp("count", "all attempts are used up")
    return _when(event, policy, situation, chance)


def may_be_replaced(error: UpstreamError) -> bool:
    """Whether it may merely have been a pooled connection that was closed: another one of the same target may do."""
    return event_of(error) in ANYWAY


def event_of(error: UpstreamError) -> Event | None:
    """None for what is never repeated: the client's fault, or an answer that could not be understood."""
    if error.side is Side.DOWNSTREAM:
        return None
    if _is_stale(error):
        return "unsent" if error.sent is Sent.NOTHING else "stale"
    if error.cause in (Cause.UNREACHABLE, Cause.CONNECT_TIMEOUT):
        return "connect"
    if error.cause is Cause.TIMEOUT and error.stage in (Stage.SEND, Stage.HEAD):
        return "timeout"
    if error.cause is Cause.BROKEN and error.stage in (Stage.SEND, Stage.HEAD):
        return "connect" if error.sent is Sent.NOTHING else "reset"
    return None


def event_of_answer(status: int, reused: bool) -> Event | None:
    """``reused``: over a connection that had served before, on which a 408 means that it waited too long."""
    if status == MISDIRECTED:
        return "misdirected"
    if status == REQUEST_TIMEOUT:
        return "stale" if reused else None
    return next((event for event in EVENTS if event == str(status)), None)


def backoff_s(event: Event, retries: int, chance: float) -> float:
    """Full jitter: anywhere from 0 to a bound that doubles."""
    base, cap = (OVERLOAD_BACKOFF_S, OVERLOAD_CAP_S) if event in OVERLOADED else (BACKOFF_S, BACKOFF_CAP_S)
    return float(chance * min(cap, base * 2**retries))


def speaks_of_target(error: UpstreamError) -> bool:
    """Whether the target did worse than it should: a closed pooled connection, or no time left for it, says nothing."""
    late_already = error.cause is Cause.TIMEOUT and error.stage is Stage.CONNECT
    return error.side is Side.UPSTREAM and not _is_stale(error) and not late_already


def _when(event: Event, policy: RetryPolicy | None, situation: Situation, chance: float) -> Again | GiveUp:
    pushback, left_s = situation.pushback, situation.left_s
    if pushback.never:
        return GiveUp("never", "the answer forbids it")
    left_s -= policy.typical_s if policy is not None else 0.0
    if left_s <= 0:
        return GiveUp("deadline", "no time is left for another attempt")
    if event in ANYWAY:
        return Again("replaced", True, COSTS[event])
    bound_s, after_s = backoff_s(event, situation.retries, 1.0), pushback.after_s
    if after_s is None:
        return Again("granted", False, COSTS[event], chance * min(bound_s, left_s))
    spread_s = max(min(bound_s, BACKOFF_CAP_S), SPREAD * after_s)
    wait_s = after_s + chance * min(spread_s, left_s - after_s)
    if wait_s >= left_s:
        return GiveUp("retry-after", "the wait that the answer asks for is longer than the time left")
    return Again("granted", False, COSTS[event], wait_s)


def _without_pool(event: Event | None) -> Event | None:
    """One replacement is enough: the next time it is a failure like any other."""
    if event == "unsent":
        return "connect"
    return "reset" if event == "stale" else None


def _is_stale(error: UpstreamError) -> bool:
    return error.reused and error.cause is Cause.BROKEN and error.stage in (Stage.SEND, Stage.HEAD)
