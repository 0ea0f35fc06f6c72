"""``concurrency`` at work: who may go to an upstream now, who waits for it, who gets 503.

A limit is meant for the whole cluster and split among its workers, as many as are known: N requests in 8 workers are
N/8 for each, at least 1. Nobody is asked before a request, so this costs no time and no store can stop it; the price is
that a worker with more than its part of the load refuses while others have room. The queue is there for that.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from edge.answers import Refusal
from edge.exchange import Exchange
from edge.retry.pause import Pause
from edge.upstream.balance.latency import ERROR, OVERLOADED
from edge.upstream.concurrency import Slots
from edge.upstream.concurrency_adaptive import Gradient
from edge.upstream.errors import Cause, ClientGone, Side, Stage, UpstreamError
from weir.models.upstream_clauses import Concurrency

Result = TypeVar("Result")

LEAST, MOST = 20, 200
"""Of an adaptive limit: what it begins with and never goes below, for the cluster; what one worker never goes above."""
RETRY_AFTER = ((b"Retry-After", b"1"),)
NO_PLACE = "overloaded"
"""The code of a refusal."""


class Gate:
    """Of one upstream in one worker; it survives a publish, as those in flight do."""

    __slots__ = ("_clause", "_count", "_gradient", "_name", "slots")

    def __init__(
        self, name: str, clause: Concurrency, workers: int, count: Callable[[str, str], None]
    ) -> None:
        """``workers``: among how many the limit is split. ``count`` gets (upstream, outcome)."""
        self._name = name
        self._count = count
        self._gradient: Gradient | None = None
        self.slots = Slots(1, 0)
        self._clause = clause
        self.change(clause, workers)

    def change(self, clause: Concurrency, workers: int) -> None:
        """What the version in use says, and how many workers there are."""
        self._clause = clause
        room = split(clause.queue, workers) if clause.queue else 0
        if clause.limit is not None:
            self._gradient = None
            limit = split(clause.limit, workers)
        else:
            least = split(LEAST, workers)
            if self._gradient is None:
                self._gradient = Gradient(least, MOST)
            self._gradient.bound(least, MOST)
            limit = self._gradient.limit
        self.slots.change(limit, room, time.monotonic())

    @property
    def is_idle(self) -> bool:
        """Nobody is in flight, and nobody waits."""
        return not self.slots.in_flight and not self.slots.waiting

    def enter(self, exchange: Exchange, until: float) -> None:
        """``run`` comes next, at once; ``leave`` in the end. Raises Refusal if there is no place before ``until``;
        ClientGone."""
        if not self.slots.try_enter():
            self._wait(exchange, until)

    def run(self, exchange: Exchange, attempt: Callable[[], Result]) -> Result:
        """``attempt`` as one of those in flight, which has entered."""
        return attempt() if self._gradient is None else self._measured(exchange, attempt)

    def leave(self) -> None:
        """Its place is free again."""
        self.slots.leave()

    def answered(self, status: int, seconds: float, in_flight: int) -> None:
        """An attempt, as one of so many in flight, brought an answer after so long.

        A refusal comes fast and says nothing of how long answers take.
        """
        gradient = self._gradient
        if gradient is not None and status < ERROR and status != OVERLOADED:
            now = time.monotonic()
            self._learned(gradient.answered(seconds, in_flight, now), gradient, now)

    def failed(self, error: UpstreamError, seconds: float, in_flight: int) -> None:
        """It brought none. Where the time was over before all was sent, it was not the service that was too slow."""
        gradient = self._gradient
        was_sent = error.stage is not Stage.CONNECT and error.side is not Side.DOWNSTREAM
        if gradient is not None and error.cause is Cause.TIMEOUT and was_sent:
            now = time.monotonic()
            self._learned(gradient.timed_out(seconds, in_flight, now), gradient, now)

    def _measured(self, exchange: Exchange, attempt: Callable[[], Result]) -> Result:
        in_flight, began = self.slots.in_flight, time.monotonic()
        try:
            result = attempt()
        except UpstreamError as error:
            self.failed(error, time.monotonic() - began - exchange.awaited_s, in_flight)
            raise
        served = exchange.served
        if served is not None:
            self.answered(served[1], served[3] - served[2] - exchange.awaited_s, in_flight)
        return result

    def _learned(self, is_news: bool, gradient: Gradient, now: float) -> None:
        if is_news:
            self.slots.change(gradient.limit, self.slots.room, now)

    def _wait(self, exchange: Exchange, until: float) -> None:
        slots, now, pause = self.slots, time.monotonic(), Pause()
        place = slots.queue_up(now, pause.end)
        if place is None:
            raise self._refusal("full")
        downstream = exchange.downstream
        downstream.awaiting = pause
        downstream.transport.arm()
        try:
            pause.wait(min(place.until, until) - now)
        except BaseException as error:
            slots.drop(place, time.monotonic())
            if isinstance(error, ClientGone):
                self._count(self._name, "left")
            raise
        finally:
            downstream.awaiting = None
        if not place.admitted:
            slots.drop(place, time.monotonic())
            raise self._refusal("pushed-out" if place.shed else "too-long")
        self._count(self._name, "waited")

    def _refusal(self, outcome: str) -> Refusal:
        self._count(self._name, outcome)
        detail = f"as many requests as may be are at {self._name} already"
        return Refusal(NO_PLACE, detail, RETRY_AFTER)


def split(number: int, workers: int) -> int:
    """One worker's part: all parts together are never more than ``number``, unless there are more workers than that."""
    return max(1, number // workers)
