"""Samples of requests, while somebody watches. ``Engine.sampler`` is None otherwise: ``record`` looks at nothing else.

The agent says what is watched for, again every few seconds; without a word it ends by itself.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from edge.access_log.attempt import milliseconds
from edge.link.asks import Asks
from edge.telemetry.redaction import shown_ip, shown_path, shown_text
from weir.models.sample import LiveRequest, SampleFilter

if TYPE_CHECKING:
    from edge.exchange import Exchange

TOPIC = "samples"
MOST_A_SECOND = 50.0
"""Samples of a worker; the agent has the same bound for the node."""
MAX_FILTERS = 32
LONGEST_S = 60.0
MAX_METHOD = 32

log = logging.getLogger("weir.sampler")


class _Watched(msgspec.Struct, frozen=True):
    """What the agent says."""

    filters: tuple[SampleFilter, ...]
    for_s: float


class Sampler:
    """``hear`` switches it on and off."""

    def __init__(
        self,
        asks: Asks,
        switch: Callable[[Sampler | None], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``switch`` puts it, or None, where ``record`` looks."""
        self._asks = asks
        self._switch = switch
        self._clock = clock
        self._filters: tuple[SampleFilter, ...] = ()
        self._until = 0.0
        self._left = MOST_A_SECOND
        self._at = 0.0

    def hear(self, body: Any) -> None:
        """News of the agent: filters and for how many seconds they hold; None: nobody watches."""
        if body is None:
            self._end()
            return
        try:
            watched = msgspec.convert(body, _Watched)
        except msgspec.ValidationError as error:
            log.warning("the node agent asks for samples in a way that is not understood: %s", error)
            self._end()
            return
        self._filters = watched.filters[:MAX_FILTERS]
        self._until = self._clock() + min(watched.for_s, LONGEST_S)
        self._switch(self if self._filters else None)

    def take(self, exchange: Exchange, ended: float) -> None:
        """Tells the agent of the exchange, if it is one that somebody watches for. ``ended``: monotonic seconds."""
        if ended > self._until:
            self._end()
            return
        plan = exchange.plan
        owner, _, rule = ("", "", "") if plan is None else plan.counted_as.partition("/")
        lasted_ms = milliseconds(ended - exchange.started)
        if not any(each.matches(owner, rule, exchange.status, lasted_ms) for each in self._filters):
            return
        if self._allowed():
            sample = sample_of(exchange, owner, rule, lasted_ms)
            self._asks.tell(TOPIC, msgspec.to_builtins(sample))

    def _end(self) -> None:
        self._filters = ()
        self._switch(None)

    def _allowed(self) -> bool:
        """At most ``MOST_A_SECOND``, spread over the second as they come."""
        now = self._clock()
        self._left = min(MOST_A_SECOND, self._left + (now - self._at) * MOST_A_SECOND)
        self._at = now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True


def sample_of(exchange: Exchange, owner: str, rule: str, lasted_ms: float) -> LiveRequest:
    """Redacted. Of a request that was not understood there is no path."""
    served = exchange.served
    method = exchange.method or exchange.head.method.decode("ascii", "replace")
    return LiveRequest(
        time_ms=int(time.time() * 1000 - lasted_ms),
        request_id=exchange.request_id,
        ip=shown_ip(exchange.ip),
        method=method[:MAX_METHOD],
        scheme=exchange.scheme,
        host=shown_text(exchange.host),
        path=shown_path(exchange.path, exchange.query_string),
        status=exchange.status,
        duration_ms=lasted_ms,
        upstream_ms=0.0 if served is None else milliseconds(served[3] - served[2]),
        owner=owner,
        rule=shown_text(rule),
        upstream=shown_text(exchange.upstream),
        target=_target(exchange),
        attempts=len(exchange.attempts) + (served is not None),
        bytes_in=exchange.bytes_in,
        bytes_out=exchange.bytes_out,
        code=exchange.code,
        limit=shown_text(exchange.limited),
        consumer="" if exchange.caller is None else shown_text(exchange.caller.consumer),
        flags=_flags(exchange),
    )


def _target(exchange: Exchange) -> str:
    """Of the last attempt."""
    if exchange.served is not None:
        return exchange.served[4]
    return exchange.attempts[-1].target if exchange.attempts else ""


def _flags(exchange: Exchange) -> tuple[str, ...]:
    attempts = exchange.attempts
    broken = bool(attempts) and attempts[-1].status > 0 and bool(attempts[-1].error)
    flags = {
        "shadowed": bool(exchange.shadowed),
        "retried": any(attempt.retry == "granted" for attempt in attempts),
        "broken": broken,
    }
    return tuple(flag for flag, is_so in flags.items() if is_so)
