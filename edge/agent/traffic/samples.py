"""Samples of requests, from workers to whoever watches: in one call a second, which also tells whether anybody does.

Workers hear what is watched for, again as long as it is; they stop by themselves when they hear nothing more.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import gevent
import msgspec

from edge.agent.store_pipe import StorePipe
from edge.agent.traffic.metrics import TrafficMetrics
from weir.models.sample import LiveRequest, SampleFilter
from weir.store.errors import StoreError
from weir.store.keys import Keys
from weir.store.samples import bring_call, read_asked

EVERY_S = 1.0
MOST_A_SECOND = 50
"""Samples of a node."""
ASK_S = 1.0
AGAIN_S = 4.0
FOR_S = 12.0
"""How long workers sample without being told again."""
TOPIC = "samples"

log = logging.getLogger("weir.agent")


class SampleKeeper:
    """A topic of the workers' link, and a loop."""

    def __init__(
        self,
        pipe: StorePipe,
        keys: Keys,
        node: str,
        announce: Callable[[str, Any], None],
        metrics: TrafficMetrics,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``announce`` tells all workers news of a topic."""
        self._pipe = pipe
        self._keys = keys
        self._node = node
        self._announce = announce
        self._metrics = metrics
        self._clock = clock
        self._waiting: list[LiveRequest] = []
        self._asked: tuple[SampleFilter, ...] = ()
        self._told_at = 0.0

    def answer(self, _connection: int, body: Any) -> None:
        """Takes a sample of a worker's."""
        if not self._asked:
            return
        if len(self._waiting) >= MOST_A_SECOND:
            self._metrics.samples("dropped", 1)
            return
        try:
            sample = msgspec.convert(body, LiveRequest)
        except msgspec.ValidationError:
            self._metrics.odd()
            return
        self._waiting.append(msgspec.structs.replace(sample, node=self._node))

    def gone(self, _connection: int) -> None:
        """What a worker told stays."""

    def run(self) -> None:
        """For ever."""
        while True:
            gevent.sleep(EVERY_S)
            self.step()

    def step(self) -> None:
        """Brings what waits and hears what is watched for. A store that is away watches nothing."""
        brought, self._waiting = self._waiting, []
        try:
            asked = read_asked(self._pipe.ask(bring_call(self._keys, brought), ASK_S))
        except StoreError as error:
            log.debug("samples were not brought: %s", error)
            asked = ()
        self._metrics.samples("brought" if asked else "dropped", len(brought))
        self._hear(asked)

    def _hear(self, asked: tuple[SampleFilter, ...]) -> None:
        now = self._clock()
        if asked and (set(asked) != set(self._asked) or now >= self._told_at + AGAIN_S):
            filters = [msgspec.to_builtins(each) for each in asked]
            self._announce(TOPIC, {"filters": filters, "for_s": FOR_S})
            self._told_at = now
        elif not asked and self._asked:
            self._announce(TOPIC, None)
        self._asked = asked
