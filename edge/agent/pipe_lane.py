"""The queue of script calls to one server, and the one greenlet that sends them: what has gathered, in one round trip.

Batches grow with the load by themselves, as calls gather while a round trip is under way; an idle lane delays nothing.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import Event

from edge.agent.breaker import Breaker
from edge.agent.pipe_metrics import PipeMetrics
from weir.store.connect import Client
from weir.store.errors import StoreAway, StoreError
from weir.store.script_calls import ScriptCall

MAX_BATCH = 128
"""Calls of one round trip."""
MAX_QUEUE = 4096
"""Calls that wait to be sent; one more fails at once."""

log = logging.getLogger("weir.agent.store_pipe")


class Waiting:
    """One call in the queue; ``settle`` gets a reply or a StoreError."""

    __slots__ = ("call", "given_up", "sent", "settle")

    def __init__(self, call: ScriptCall, settle: Callable[[Any], None]) -> None:
        self.call = call
        self.settle = settle
        self.given_up = False
        self.sent = False


class Lane:
    """Ends with ``stop`` or ``retire``. Every call that was put is settled exactly once."""

    def __init__(self, client: Client, metrics: PipeMetrics, clock: Callable[[], float]) -> None:
        self._client = client
        self._metrics = metrics
        self._clock = clock
        self._breaker = Breaker()
        self._queue: deque[Waiting] = deque()
        self._filled = Event()
        self._under_way = 0
        self.asked_at = clock()
        """When somebody last wanted to put a call, or did."""
        self._flusher = gevent.spawn(self._flush_for_ever)

    def __len__(self) -> int:
        return len(self._queue)

    @property
    def is_open(self) -> bool:
        """Whether the server did not answer and is left alone."""
        return self._breaker.is_open

    @property
    def is_idle(self) -> bool:
        """Whether nobody waits for it."""
        return not self._queue and not self._under_way

    @property
    def available(self) -> bool:
        """Whether a call would be sent now."""
        return self._breaker.allows(self._clock())

    def refusal(self) -> StoreAway | None:
        """Why a call cannot be put now."""
        now = self.asked_at = self._clock()
        if not self._breaker.allows(now):
            self._metrics.error("open")
            return _left_alone()
        if len(self._queue) >= MAX_QUEUE:
            self._metrics.error("full")
            return StoreAway(f"{MAX_QUEUE} calls wait for the store already", sent=False)
        return None

    def put(self, waiting: Waiting) -> None:
        self._queue.append(waiting)
        self._filled.set()

    def stop(self) -> None:
        """Whoever waits is told that the store is away."""
        self._flusher.kill()
        self._settle_all(self._queue, StoreAway("the node agent stops", sent=False))

    def retire(self) -> None:
        """The end of an idle lane; does not wait."""
        self._flusher.kill(block=False)

    def _flush_for_ever(self) -> None:
        while True:
            self._filled.wait()
            batch = self._batch()
            if batch and self.available:
                self._flush(batch)
            else:
                self._turn_away(batch)
            if self.is_open:
                self._turn_away(self._queue)
            if not self._queue:
                self._filled.clear()

    def _batch(self) -> list[Waiting]:
        """What is sent next, without calls that were given up; one call if it is the trial of a breaker."""
        most = 1 if self.is_open else MAX_BATCH
        batch: list[Waiting] = []
        while self._queue and len(batch) < most:
            waiting = self._queue.popleft()
            if not waiting.given_up:
                batch.append(waiting)
        return batch

    def _flush(self, batch: list[Waiting]) -> None:
        """One round trip; every call of the batch is settled, whatever happens."""
        self._breaker.sending()
        self._under_way = len(batch)
        for waiting in batch:
            waiting.sent = True
        started = self._clock()
        replies: list[Any] = [StoreAway("the round trip was broken off")] * len(batch)
        try:
            replies = self._client.pipeline([waiting.call for waiting in batch])
            self._breaker.succeeded()
        except StoreError as error:
            self._breaker.failed(self._clock())
            replies = [error] * len(batch)
            log.debug("a round trip to the store failed: %s", error)
        except Exception:
            self._breaker.failed(self._clock())
            log.exception("a round trip to the store failed in a way that nobody foresaw")
        finally:
            self._metrics.round_trip(self._clock() - started, replies)
            for waiting, reply in zip(batch, replies, strict=True):
                self._settle(waiting, reply)
            self._under_way = 0

    def _turn_away(self, waiting: deque[Waiting] | list[Waiting]) -> None:
        for _ in waiting:
            self._metrics.error("open")
        self._settle_all(waiting, _left_alone())

    def _settle_all(self, waiting: deque[Waiting] | list[Waiting], error: StoreAway) -> None:
        while waiting:
            self._settle(waiting.pop(), error)

    def _settle(self, waiting: Waiting, reply: Any) -> None:
        try:
            waiting.settle(reply)
        except Exception:
            log.exception("what follows an answer of the store failed")


def _left_alone() -> StoreAway:
    return StoreAway("the store does not answer and is left alone for a moment", sent=False)
