"""The agent's way to the counters of the store: many script calls of many greenlets in one round trip.

One flusher sends what has gathered, waits for the answers, and sends what gathered meanwhile: batches grow with the
load by themselves and an idle pipe delays nothing. Nothing is sent twice; who asks decides whether to ask again.

* Every wait and the queue are bounded; a server that does not answer is left alone by a breaker.
* A call whose asker gave up before it was sent is not sent.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import AsyncResult, Event

from edge.agent.breaker import Breaker
from edge.agent.pipe_metrics import PipeMetrics
from weir.store.connect import Client
from weir.store.errors import StoreAway, StoreError
from weir.store.script_calls import ScriptCall

MAX_BATCH = 128
"""Calls of one round trip."""
MAX_QUEUE = 4096
"""Calls that wait to be sent; one more fails at once."""
ASK_S = 0.05
SUSPECT_EVERY_S = 1.0
"""The history of a server is read again at most that often."""

Done = Callable[[Any | None], None]

log = logging.getLogger("weir.agent.store_pipe")


class _Waiting:
    """One call in the queue; ``settle`` gets a reply or a StoreError."""

    __slots__ = ("call", "given_up", "sent", "settle")

    def __init__(self, call: ScriptCall, settle: Callable[[Any], None]) -> None:
        self.call = call
        self.settle = settle
        self.given_up = False
        self.sent = False


class StorePipe:
    """One per agent, with a client of its own. ``ask`` and ``later`` may be used by any greenlet."""

    def __init__(
        self, client: Client, metrics: PipeMetrics, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._metrics = metrics
        self._clock = clock
        self._breaker = Breaker()
        self._queue: deque[_Waiting] = deque()
        self._filled = Event()
        self._suspected_at = -SUSPECT_EVERY_S
        self._flusher: gevent.Greenlet[..., None] | None = None
        metrics.watch(queue=lambda: len(self._queue), is_open=lambda: self._breaker.is_open)

    def start(self) -> None:
        self._flusher = gevent.spawn(self._flush_for_ever)

    def stop(self) -> None:
        """Whoever waits is told that the store is away."""
        if self._flusher is not None:
            self._flusher.kill()
        away = StoreAway("the node agent stops", sent=False)
        while self._queue:
            self._settle(self._queue.popleft(), away)
        self._client.close()

    @property
    def available(self) -> bool:
        """Whether a call would be sent: the store answers, or it is time to try it again."""
        return self._breaker.allows(self._clock())

    def ask(self, call: ScriptCall, timeout_s: float = ASK_S) -> Any:
        """The script's reply; blocks this greenlet. Raises StoreAway (``sent`` says whether the script may have run),
        StoreError."""
        answer: AsyncResult[Any] = AsyncResult()
        waiting = _Waiting(call, answer.set)
        refused = self._refused()
        if refused is not None:
            raise refused
        self._put(waiting)
        try:
            reply = answer.get(timeout=timeout_s)
        except gevent.Timeout:
            self._metrics.error("timeout")
            raise StoreAway(
                f"no answer of the store within {timeout_s * 1000:.0f} ms", sent=waiting.sent
            ) from None
        finally:
            waiting.given_up = True
        if isinstance(reply, StoreError):
            raise reply
        return reply

    def later(self, call: ScriptCall, done: Done) -> None:
        """Send it with the others; ``done`` gets the reply, or None if there is none, and must not block.

        It runs in the flusher, or here if the call is refused at once.
        """
        if self._refused() is not None:
            done(None)
            return
        self._put(_Waiting(call, lambda reply: done(None if isinstance(reply, StoreError) else reply)))

    def history(self, key: str) -> str:
        """``run_id:replid`` of the server that holds ``key``; "" as long as nothing was sent there.

        A call with the argument ``HISTORY`` (``weir.store.script_calls``) gets it at the moment of sending.
        """
        try:
            return self._client.history(key)
        except StoreAway:
            return ""

    def suspect(self, key: str) -> None:
        """Have the history of the server that holds ``key`` read again; at most once a second."""
        now = self._clock()
        if now - self._suspected_at >= SUSPECT_EVERY_S:
            self._suspected_at = now
            try:
                self._client.suspect_history(key)
            except StoreAway as away:
                log.debug("no history is read again: %s", away)

    def _refused(self) -> StoreAway | None:
        if len(self._queue) >= MAX_QUEUE:
            self._metrics.error("full")
            return StoreAway(f"{MAX_QUEUE} calls wait for the store already", sent=False)
        if not self.available:
            self._metrics.error("open")
            return StoreAway("the store does not answer and is left alone for a moment", sent=False)
        return None

    def _put(self, waiting: _Waiting) -> None:
        self._queue.append(waiting)
        self._filled.set()

    def _flush_for_ever(self) -> None:
        while True:
            self._filled.wait()
            batch = self._batch()
            if batch:
                self._flush(batch)

    def _batch(self) -> list[_Waiting]:
        """What is sent next; while half open a single call, and nothing else waits for its outcome."""
        now = self._clock()
        most = 1 if self._breaker.is_open else MAX_BATCH
        batch: list[_Waiting] = []
        while self._queue and len(batch) < most:
            waiting = self._queue.popleft()
            if not waiting.given_up:
                batch.append(waiting)
        if self._breaker.is_open:
            self._turn_away()
        if not self._queue:
            self._filled.clear()
        return batch if self._breaker.allows(now) else self._all_turned_away(batch)

    def _turn_away(self) -> None:
        self._all_turned_away(list(self._queue))
        self._queue.clear()

    def _all_turned_away(self, batch: list[_Waiting]) -> list[_Waiting]:
        away = StoreAway("the store does not answer and is left alone for a moment", sent=False)
        for waiting in batch:
            self._metrics.error("open")
            self._settle(waiting, away)
        return []

    def _flush(self, batch: list[_Waiting]) -> None:
        """One round trip; every call of the batch is settled, whatever happens."""
        replies: list[Any] = []
        self._breaker.sending()
        for waiting in batch:
            waiting.sent = True
        started = self._clock()
        try:
            replies = self._client.pipeline([waiting.call for waiting in batch])
            self._breaker.succeeded()
        except StoreError as error:
            self._breaker.failed(self._clock())
            replies = [error] * len(batch)
            log.debug("a round trip to the store failed: %s", error)
        finally:
            self._metrics.round_trip(self._clock() - started, replies)
            lost = StoreAway("the round trip was given up")
            for waiting, reply in zip(batch, replies or [lost] * len(batch), strict=True):
                self._settle(waiting, reply)

    def _settle(self, waiting: _Waiting, reply: Any) -> None:
        try:
            waiting.settle(reply)
        except Exception:
            log.exception("what follows an answer of the store failed")
