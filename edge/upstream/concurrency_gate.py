"""``concurrency`` at work: who may go to an upstream now, who waits for it, who gets 503.

A limit is meant for the whole cluster and split among its workers, as many as are known: N requests in 8 workers are
N/8 for each, at least 1. Nobody is asked before a request, so this costs no time and no store can stop it; the price is
that a worker with more than its part of the load refuses while others have room. The queue is there for that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Iterator
from typing import Any, TypeVar

from edge.answers import Refusal
from edge.exchange import Exchange
from edge.retry.pause import Pause
from edge.upstream.balance.latency import ERROR, OVERLOADED
from edge.upstream.concurrency import Slots
from edge.upstream.concurrency_adaptive import Gradient
from edge.upstream.errors import Cause, UpstreamError
from weir.models.document import Owner
from weir.models.upstream_clauses import Concurrency

PoolId = tuple[Owner, str]
Result = TypeVar("Result")

LEAST, MOST = 20, 200
"""Of an adaptive limit: what it begins with and never goes below, for the cluster; what one worker never goes above."""
RETRY_AFTER = ((b"Retry-After", b"1"),)
NO_PLACE = "overloaded"
"""The code of a refusal."""

TOPIC = "nodes"
"""News of the agent: ``{"nodes": n}``."""


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
        """``run`` comes next, at once. Raises Refusal if there is no place before ``until``; ClientGone."""
        if not self.slots.try_enter():
            self._wait(exchange, until)

    def run(self, exchange: Exchange, attempt: Callable[[], Result]) -> Result:
        """``attempt`` as one of those in flight, which has entered; its place is free again then."""
        gradient = self._gradient
        try:
            return attempt() if gradient is None else self._measured(exchange, attempt, gradient)
        finally:
            self.slots.leave()

    def _measured(self, exchange: Exchange, attempt: Callable[[], Result], gradient: Gradient) -> Result:
        """A refusal comes fast and says nothing of how long answers take."""
        in_flight, began = self.slots.in_flight, time.monotonic()
        try:
            result = attempt()
        except UpstreamError as error:
            if error.cause is Cause.TIMEOUT:
                self._learn(time.monotonic() - began, in_flight, gradient)
            raise
        served = exchange.served
        if served is not None and served[1] < ERROR and served[1] != OVERLOADED:
            self._learn(served[3] - served[2], in_flight, gradient)
        return result

    def _learn(self, seconds: float, in_flight: int, gradient: Gradient) -> None:
        now = time.monotonic()
        if gradient.answered(seconds, in_flight, now) and gradient is self._gradient:
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
        except BaseException:
            slots.drop(place, time.monotonic())
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


class Gates:
    """Of one worker."""

    def __init__(
        self, count: Callable[[str, str], None] = lambda _name, _outcome: None, workers: int = 1
    ) -> None:
        """``workers``: of this node; all nodes are taken to have as many."""
        self._count = count
        self._of_node = workers
        self._workers = workers
        self._gates: dict[PoolId, tuple[Gate, Concurrency]] = {}
        self._left: dict[PoolId, Gate] = {}
        """Of upstreams that have no limit any more, with requests of the time before."""

    def made(self, identity: PoolId, clause: Concurrency | None) -> Gate | None:
        """The one at work, unchanged, or a new one, for ``take``; None without a clause."""
        if clause is None:
            return None
        known = self._gates.get(identity)
        if known is not None:
            return known[0]
        return self._left.get(identity) or Gate(identity[1], clause, self._workers, self._count)

    def take(self, identity: PoolId, gate: Gate | None, clause: Concurrency | None) -> None:
        """From now on the upstream has this one, with what the clause says."""
        if gate is None or clause is None:
            self._leave(identity)
            return
        self._left.pop(identity, None)
        gate.change(clause, self._workers)
        self._gates[identity] = (gate, clause)

    def retain(self, identities: Container[PoolId]) -> None:
        """The version in use has no others. Who comes back while requests are in flight has them still."""
        for identity in [identity for identity in self._gates if identity not in identities]:
            self._leave(identity)
        for identity in [identity for identity, gate in self._left.items() if gate.is_idle]:
            del self._left[identity]

    def _leave(self, identity: PoolId) -> None:
        known = self._gates.pop(identity, None)
        if known is not None and not known[0].is_idle:
            self._left[identity] = known[0]

    def hear(self, body: Any) -> None:
        """News of how many nodes live. Raises ValueError for what is none."""
        nodes = body.get("nodes") if isinstance(body, dict) else None
        if not isinstance(nodes, int) or nodes < 1:
            raise ValueError(f"news of nodes that are none: {body!r}")
        self._workers = self._of_node * nodes
        for gate, clause in self._gates.values():
            gate.change(clause, self._workers)

    def gauges(self) -> Iterator[list[Any]]:
        """What is in flight, what waits, and the limits of this worker."""
        for (_, name), (gate, _) in self._gates.items():
            slots = gate.slots
            yield ["weir_concurrency_limit", [name], float(slots.limit)]
            yield ["weir_concurrency_in_flight", [name], float(slots.in_flight)]
            yield ["weir_concurrency_waiting", [name], float(slots.waiting)]


def split(number: int, workers: int) -> int:
    """One worker's part: all parts together are never more than ``number``, unless there are more workers than that."""
    return max(1, number // workers)
