"""Sampling on a request's path, and the queue of what was recorded; a greenlet sends it on.

The queue is bounded: what comes while it is full is dropped and counted, and requests go on.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import gevent

from edge.access_log.credentials import without_secrets
from edge.tracing.context import is_chosen, parent_of
from edge.tracing.trace_context import TRACEPARENT

if TYPE_CHECKING:
    from edge.exchange import Exchange

MAX_WAITING = 2048
"""Requests."""
BATCH = 64
"""Requests that are encoded and sent at once: a few milliseconds of work."""
EVERY_S = 1.0
CLOSE_S = 2.0
"""How long the last ones may take at the end of a worker."""
MAX_AGENT = 256
"""Characters of a User-Agent."""

Send = Callable[[Sequence[tuple[Any, ...]], float], None]
"""Encodes and sends; gets Unix time when the monotonic clock was 0. Raises OSError."""
Count = Callable[[str, int], None]
"""Told of outcomes: exported, failed, dropped."""

log = logging.getLogger("weir.tracing")


class Tracer:
    """``begin`` behind guard, ``end`` in record; ``start`` and ``close`` with the worker."""

    def __init__(self, ratio: float, send: Send, count: Count) -> None:
        """``ratio``: the share that is sampled of traces that begin here, 0 to 1."""
        self._ratio = ratio
        self._send = send
        self._count = count
        self._waiting: list[tuple[Any, ...]] = []
        self._greenlet: gevent.Greenlet[[], None] | None = None
        self._is_failing = False

    def begin(self, exchange: Exchange) -> None:
        """Decides, and makes the edge the parent of what follows if the decision is yes."""
        if exchange.span_id:
            exchange.sampled = is_chosen(exchange.trace_id, self._ratio)
            exchange.trace_flags = "01" if exchange.sampled else "00"
            return
        (value,) = (value for name, _, value in exchange.fields if name == TRACEPARENT)
        parent = parent_of(value)
        exchange.sampled = parent.sampled
        if parent.sampled:
            exchange.parent_id = parent.span_id
            exchange.span_id = f"{exchange.downstream.engine.random.getrandbits(64) or 1:016x}"
            exchange.fields = [field for field in exchange.fields if field[0] != TRACEPARENT]

    def end(self, exchange: Exchange, ended: float) -> None:
        """Takes what the spans need, or drops it. What was not understood has no trace."""
        if exchange.sampled is None and exchange.trace_id:
            self.begin(exchange)
        if not exchange.sampled:
            return
        if len(self._waiting) >= MAX_WAITING:
            self._count("dropped", 1)
        else:
            self._waiting.append(taken(exchange, ended))

    def start(self) -> None:
        self._greenlet = gevent.spawn(self._send_always)

    def flush(self) -> None:
        """Sends what waits; what is refused is counted as failed."""
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            try:
                self._send(batch, time.time() - time.monotonic())
            except OSError as error:
                self._count("failed", len(batch))
                if not self._is_failing:
                    log.warning("spans are lost: %s", error)
                self._is_failing = True
                return
            self._is_failing = False
            self._count("exported", len(batch))

    def close(self) -> None:
        """The last spans; a collector that is slow does not hold up the end."""
        if self._greenlet is None:
            return
        self._greenlet.kill()
        with gevent.Timeout(CLOSE_S, False):  # type: ignore[arg-type]  # False ends the block silently
            self.flush()
        self._count("dropped", len(self._waiting))

    def _send_always(self) -> None:
        while True:
            gevent.sleep(EVERY_S)
            self.flush()


def taken(exchange: Exchange, ended: float) -> tuple[Any, ...]:
    """For ``spans.request_of``, in its order."""
    plan, head = exchange.plan, exchange.head
    agent = next((value for name, _, value in head.fields if name == b"user-agent"), b"")
    return (
        exchange.trace_id,
        exchange.span_id,
        exchange.parent_id,
        exchange.started,
        ended,
        exchange.method,
        exchange.scheme,
        exchange.host,
        exchange.port,
        without_secrets(exchange.path),
        head.version,
        agent[:MAX_AGENT].decode("latin-1"),
        exchange.ip,
        exchange.status,
        exchange.code,
        exchange.request_id,
        plan.name if plan is not None else "",
        exchange.upstream,
        exchange.snapshot.number,
        exchange.attempts,
        exchange.served,
        exchange.caller,
    )
