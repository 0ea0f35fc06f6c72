"""Says in the store that this node lives and what it serves, every few seconds and when that changes."""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable
from importlib.metadata import version

from edge.agent.facts import Facts, reasons_of
from edge.agent.throttle import Throttle
from weir.processes.ports import address_of
from weir.store.errors import StoreError
from weir.store.nodes import NodeRecord, Nodes

EVERY_S = 5.0
"""The store forgets a node after 30 s."""
FEWER_S = 30.0
"""Fewer nodes than before are believed after so long: a store that lost its data first hears of one, then the next."""

log = logging.getLogger("weir.agent")


class Announcer:
    """``settled`` is called after every good look at the store, so nothing is tried while it is away."""

    def __init__(
        self,
        node: str,
        status_listener: socket.socket,
        nodes: Nodes,
        facts: Facts,
        *,
        counted: Callable[[int], None] = lambda _nodes: None,
    ) -> None:
        """``counted`` is told how many nodes live, whenever that is another number."""
        self._node = node
        self._status_url = f"http://{address_of(status_listener)}"
        self._version = version("weir")
        self._nodes = nodes
        self._facts = facts
        self._counted = counted
        self._throttle = Throttle(log)
        self._said: NodeRecord | None = None
        self._next = 0.0
        self._fewer_since = float("inf")

    def settled(self) -> None:
        """Announces when it is due; a failure is only logged, the next look tries again."""
        now = time.monotonic()
        record = self._record(now)
        if record == self._said and now < self._next:
            return
        try:
            self._nodes.announce(record)
            nodes = self._believed(max(1, self._nodes.count()), now)
        except StoreError as error:
            self._throttle.warning(f"this node could not announce itself: {error}")
            return
        self._said, self._next = record, now + EVERY_S
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
        held = self._facts.held
        reasons = reasons_of(self._facts, now)
        return NodeRecord(
            name=self._node,
            incarnation=held.incarnation if held else "",
            number=held.number if held else 0,
            state="draining" if self._facts.draining else reasons[0] if reasons else "ok",
            workers=len(self._facts.workers),
            version=self._version,
            status_url=self._status_url,
        )
