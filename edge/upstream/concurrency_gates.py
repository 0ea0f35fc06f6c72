"""The limits of all upstreams of one worker: what becomes of them over a publish, and when nodes come and go."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from typing import Any

from gevent.event import Event

from edge.upstream.concurrency_gate import Gate
from weir.models.document import Owner
from weir.models.upstream_clauses import Concurrency

PoolId = tuple[Owner, str]

TOPIC = "nodes"
"""News of the agent: ``{"nodes": n}``."""


class Gates:
    """Of one worker."""

    def __init__(
        self,
        count: Callable[[str, str], None] = lambda _name, _outcome: None,
        workers: int = 1,
        max_nodes: int = 1,
    ) -> None:
        """``workers``: of this node; all nodes are taken to have as many. Until it is heard how many nodes live, there
        are as many as there may be."""
        self._count = count
        self._of_node = workers
        self._workers = workers * max_nodes
        self._heard = Event()
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
        self._heard.set()
        for gate, clause in self._gates.values():
            gate.change(clause, self._workers)

    def wait(self, seconds: float) -> None:
        """Until it was heard how many nodes live, if there is any limit to split; at most so long."""
        if self._gates:
            self._heard.wait(seconds)

    def gauges(self) -> Iterator[list[Any]]:
        """What is in flight, what waits, and the limits of this worker; names that two owners use are summed up."""
        sums: dict[str, tuple[int, int, int]] = {}
        for (_, name), (gate, _) in self._gates.items():
            slots, (limit, in_flight, waiting) = gate.slots, sums.get(name, (0, 0, 0))
            sums[name] = (limit + slots.limit, in_flight + slots.in_flight, waiting + slots.waiting)
        for name, (limit, in_flight, waiting) in sums.items():
            yield ["weir_concurrency_limit", [name], float(limit)]
            yield ["weir_concurrency_in_flight", [name], float(in_flight)]
            yield ["weir_concurrency_waiting", [name], float(waiting)]
