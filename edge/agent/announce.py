"""Says in the store that this node lives and what it serves, every few seconds and at once when that changes.

So whoever asks the store whether all nodes serve a version hears it within a fraction of a second of its being so.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from importlib.metadata import version

import gevent
import msgspec
from gevent.event import Event

from edge.agent.facts import Facts, reasons_of, workers_on
from edge.agent.load import Load
from edge.agent.throttle import Throttle
from weir.processes.ports import address_of
from weir.store.errors import StoreError
from weir.store.nodes import MAX_PROBLEM, MAX_PROBLEMS, NodeRecord, Nodes

EVERY_S = 5.0
"""The store forgets a node after 30 s."""
SOON_S = 1.0
"""And so often while the number of nodes changes: those that start together, or met the store together, soon know."""
LOOK_S = 0.5
"""How late a change is noticed that nobody tells of."""
LEAST_S = 0.1
"""Between two words, however fast things change."""
FEWER_S = 30.0
"""Fewer nodes than before are believed after so long: a store that lost its data first hears of one, then the next."""

log = logging.getLogger("weir.agent")


class Announcer:
    """``run`` it in a greenlet of its own, and ``wake`` it when something may have changed. While the store is away
    nothing is tried."""

    def __init__(
        self,
        node: str,
        status_listener: socket.socket,
        nodes: Nodes,
        facts: Facts,
        *,
        counted: Callable[[int], None] = lambda _nodes: None,
        load: Callable[[], Load] = Load,
    ) -> None:
        """``counted`` is told how many nodes live, whenever that is another number; ``load`` is since its last call."""
        self._node = node
        self._status_url = f"http://{address_of(status_listener)}"
        self._version = version("weir")
        self._nodes = nodes
        self._facts = facts
        self._counted = counted
        self._load = load
        self._changed = Event()
        self._started_ms = int(time.time() * 1000)
        self._in_step: tuple[str, int] | None = None
        """The version that all workers served once, and since when."""
        self._since_ms = 0
        self._throttle = Throttle(log)
        self._said: NodeRecord | None = None
        self._next = 0.0
        self._fewer_since = float("inf")

    def wake(self) -> None:
        """Something may have changed."""
        self._changed.set()

    def run(self) -> None:
        """For ever."""
        while True:
            self._changed.wait(LOOK_S)
            self._changed.clear()
            if self._facts.store == "up":
                self.settled()
            gevent.sleep(LEAST_S)

    def settled(self) -> None:
        """Announces when it is due; a failure is only logged, the next call tries again."""
        now = time.monotonic()
        record = self._record(now)
        if record == self._said and now < self._next:
            return
        try:
            self._nodes.announce(msgspec.structs.replace(record, **self._load()._asdict()))
            nodes = self._believed(max(1, self._nodes.count()), now)
        except StoreError as error:
            self._throttle.warning(f"this node could not announce itself: {error}")
            return
        self._said, self._next = record, now + (EVERY_S if nodes == self._facts.nodes else SOON_S)
        if nodes != self._facts.nodes:
            self._facts.nodes = nodes
            self._counted(nodes)

    def leave(self) -> None:
        """A last word before the end, if the store answers."""
        if self._facts.store == "up":
            self._next = 0.0
            self.settled()

    def _believed(self, nodes: int, now: float) -> int:
        """What is told of: ``nodes``, or for a while still more."""
        if nodes < self._facts.nodes and now < self._fewer_since + FEWER_S:
            self._fewer_since = min(self._fewer_since, now)
            return self._facts.nodes
        self._fewer_since = float("inf")
        return nodes

    def _record(self, now: float) -> NodeRecord:
        """Without the load, which is never the same."""
        facts, held = self._facts, self._facts.held
        reasons = reasons_of(facts, now)
        in_step = workers_on(facts.workers.values(), held)
        return NodeRecord(
            name=self._node,
            incarnation=held.incarnation if held else "",
            number=held.number if held else 0,
            state="draining" if facts.draining else reasons[0] if reasons else "ok",
            workers=len(facts.workers),
            version=self._version,
            status_url=self._status_url,
            since_ms=self._since(in_step),
            in_step=in_step,
            draining=facts.draining,
            store=facts.store_trouble or facts.store,
            config=facts.config,
            config_problems=tuple(line[:MAX_PROBLEM] for line in facts.config_problems[:MAX_PROBLEMS]),
            started_ms=self._started_ms,
        )

    def _since(self, in_step: int) -> int:
        """When all workers first served what is held; a worker that starts later does not change that."""
        held = (self._facts.held.incarnation, self._facts.held.number) if self._facts.held else None
        if self._in_step != held:
            self._in_step, self._since_ms = held, 0
        if not self._since_ms and held and in_step and in_step == len(self._facts.workers):
            self._since_ms = int(time.time() * 1000)
        return self._since_ms
