"""The agent's way to the counters of the store: many script calls of many greenlets in one round trip.

Nothing is sent twice; who asks decides whether to ask again. Every wait and every queue is bounded; a server that does
not answer is left alone by a breaker. In a cluster each server has a queue and a breaker of its own, so that one that
is away costs only the keys that it holds. They go when nobody asks it any more.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import gevent
from gevent.event import AsyncResult

from edge.agent.pipe_lane import Lane, Waiting
from edge.agent.pipe_metrics import PipeMetrics
from weir.store.connect import Client
from weir.store.errors import StoreAway, StoreError
from weir.store.script_calls import ScriptCall

ASK_S = 0.05
SUSPECT_EVERY_S = 1.0
"""The history of a server is read again at most that often."""
UNASKED_S = 60.0
"""A server of a cluster of which nobody wanted anything for that long is forgotten: its keys may lie elsewhere now."""
MAX_LANES = 256
"""Servers with a queue of their own; those of more share one."""

Done = Callable[[Any | None], None]


class StorePipe:
    """One per agent, with a client of its own. ``ask`` and ``later`` may be used by any greenlet after ``start``."""

    def __init__(
        self, client: Client, metrics: PipeMetrics, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._metrics = metrics
        self._clock = clock
        self._lanes: dict[str, Lane] = {}
        self._suspected: dict[str, float] = {}
        metrics.watch(
            queue=lambda: sum(len(lane) for lane in self._lanes.values()),
            is_open=self._is_open,
        )

    def start(self) -> None:
        self._lane("")

    def stop(self) -> None:
        """Whoever waits is told that the store is away."""
        for lane in self._lanes.values():
            lane.stop()
        self._lanes.clear()
        self._client.close()

    @property
    def available(self) -> bool:
        """Whether calls would be sent: a server answers as far as is known, or it is time to try one again."""
        # Where servers are told apart, nearly nothing goes by the lane of the start.
        alone = len(self._lanes) == 1
        return any(lane.available for place, lane in self._lanes.items() if place or alone)

    def ask(self, call: ScriptCall, timeout_s: float = ASK_S) -> Any:
        """The script's reply; blocks this greenlet. Raises StoreAway (``sent`` says whether the script may have run),
        StoreError."""
        answer: AsyncResult[Any] = AsyncResult()
        waiting, lane = Waiting(call, answer.set), self._lane_of(call)
        refusal = lane.refusal()
        if refusal is not None:
            raise refusal
        lane.put(waiting)
        try:
            reply = answer.get(timeout=timeout_s)
        except gevent.Timeout:
            self._metrics.error("timeout")
            reply = StoreAway(
                f"the store has not answered within {timeout_s * 1000:.0f} ms", sent=waiting.sent
            )
        finally:
            waiting.given_up = True
        if isinstance(reply, StoreError):
            raise reply
        return reply

    def later(self, call: ScriptCall, done: Done, unsent: Callable[[], None] | None = None) -> None:
        """Send it with the others; ``done`` gets the reply, or None if there is none, and must not block.

        ``unsent``, if given, is called in its place where the script surely did not run. They run in the greenlet that
        sends, or here if the call is refused at once.
        """

        def settle(reply: Any) -> None:
            if unsent is not None and isinstance(reply, StoreAway) and not reply.sent:
                unsent()
            else:
                done(None if isinstance(reply, StoreError) else reply)

        lane = self._lane_of(call)
        refusal = lane.refusal()
        if refusal is not None:
            settle(refusal)
        else:
            lane.put(Waiting(call, settle))

    def history(self, key: str) -> str:
        """``run_id:replid`` of the server that holds ``key``; "" as long as nothing was sent there.

        A call with the argument ``HISTORY`` (``weir.store.script_calls``) gets it at the moment of sending.
        """
        return self._client.history(key)

    def place(self, key: str) -> str:
        """``host:port`` of the cluster's server that holds ``key``, as far as is known; "" elsewhere."""
        return self._client.place(key)

    def suspect(self, key: str) -> None:
        """Have the history of the server that holds ``key`` read again; at most once a second for each server."""
        place, now = self._client.place(key), self._clock()
        if now - self._suspected.get(place, now - SUSPECT_EVERY_S) >= SUSPECT_EVERY_S:
            if len(self._suspected) >= MAX_LANES:
                self._suspected.clear()
            self._suspected[place] = now
            self._client.suspect_history(key)

    def _is_open(self) -> bool:
        """Whether a server does not answer of which something is wanted."""
        return any(lane.is_open and self._is_in_use(place, lane) for place, lane in self._lanes.items())

    def _is_in_use(self, place: str, lane: Lane) -> bool:
        return place == "" or self._clock() - lane.asked_at < UNASKED_S or not lane.is_idle

    def _lane_of(self, call: ScriptCall) -> Lane:
        return self._lane(self._client.place(call.key))

    def _lane(self, place: str) -> Lane:
        lane = self._lanes.get(place)
        if lane is None:
            self._forget_the_unasked()
            if len(self._lanes) >= MAX_LANES:
                return self._lanes[""]
            lane = self._lanes[place] = Lane(self._client, self._metrics, self._clock)
        return lane

    def _forget_the_unasked(self) -> None:
        for place, lane in list(self._lanes.items()):
            if not self._is_in_use(place, lane):
                self._lanes.pop(place).retire()
