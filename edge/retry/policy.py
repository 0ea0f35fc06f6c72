"""``retry``, compiled for one upstream of one rule."""

from __future__ import annotations

from edge.access_log.attempt import Served
from weir.models.effective import Timeouts
from weir.models.rule_clauses import Retry
from weir.routing.repeats import Event

KEPT_BODY = 64 * 1024
"""Bytes of a request body that are kept for a repetition if the clause does not say."""
MISDIRECTED, REQUEST_TIMEOUT = 421, 408
SAMPLE = 16
"""Of so many answers the time of one is looked at."""
STEP = 0.05
"""By which share of itself the median moves with one answer."""
LEAST_S = 0.000_5


class RetryPolicy:
    """What the clause asks for. Changes only in what it learns of the usual time of an answer."""

    __slots__ = ("_seen", "body", "count", "keyed", "put_timeout", "reasons", "statuses", "typical_s")

    def __init__(self, retry: Retry) -> None:
        self.count = retry.count
        self.reasons: frozenset[Event] = frozenset(retry.on)
        self.keyed = retry.idempotency_key
        self.put_timeout = retry.put_timeout
        self.body = KEPT_BODY if retry.body is None else retry.body
        """Bytes."""
        self.statuses = frozenset(
            [int(reason) for reason in retry.on if reason.isdigit()] + [MISDIRECTED, REQUEST_TIMEOUT]
        )
        """With these an answer may not be the last word."""
        self.typical_s = 0.0
        """About the median of what an attempt takes to its answer; 0 while too little is known."""
        self._seen = 0

    def answered(self, served: Served | None, awaited_s: float = 0.0) -> None:
        """A first attempt was answered, which waited so long for the client's body; most calls cost an addition."""
        self._seen += 1
        if self._seen % SAMPLE == 0 and served is not None:
            self._learn(served[3] - served[2] - awaited_s)

    def _learn(self, seconds: float) -> None:
        step = max(LEAST_S, self.typical_s) * STEP
        self.typical_s = max(0.0, self.typical_s + (step if seconds > self.typical_s else -step))


def compile_policy(retry: Retry | None) -> RetryPolicy | None:
    """None where nothing is to be repeated."""
    return RetryPolicy(retry) if retry is not None and retry.count else None


def try_ms(timeouts: Timeouts, retry: Retry | None) -> float:
    """How long one attempt may be silent: where a timeout is repeated, never all of the time that there is."""
    total_ms = timeouts.total_ms
    if retry is None or "timeout" not in retry.on or total_ms is None or timeouts.try_ms < total_ms:
        return timeouts.try_ms
    return total_ms / 2
