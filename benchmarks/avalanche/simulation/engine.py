"""Runs one policy: clients that send whether answers come or not, gateways that try again, one queue of events.

A retry asks its node's budget, for Weir's it may wait up to 20 ms for the store, then it waits for its backoff. The
gateways themselves cost no time, and the network none but the way to the store.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count
from random import Random
from typing import Any, NamedTuple

from benchmarks.avalanche.budgets import Local, Unlimited
from benchmarks.avalanche.policies import Cluster, Policy
from benchmarks.avalanche.record import Attempt, Grant, Record, Request
from benchmarks.avalanche.setting import Setting
from benchmarks.avalanche.simulation.holder import Call, Holder
from benchmarks.avalanche.simulation.ring import BUCKET_S, BUCKETS, Ring
from benchmarks.avalanche.simulation.upstream import FINE, FULL, Upstream

TIMEOUT = 504
BACKOFF_S, OVERLOAD_BACKOFF_S = (0.025, 0.25), (1.0, 4.0)
"""Full jitter: up to the first at the first retry, twice that at the next, never above the second. Later: after 503."""
QUARANTINE_S = (BUCKETS + 1) * BUCKET_S
"""The store is not new when a run begins."""
PATIENCE_S = 0.02
"""How long a retry waits for the store's answer."""


class Delays(NamedTuple):
    """Of Weir's budget. ``away``: from when to when the store answers nobody."""

    round_trip_s: float = 0.002
    flush_s: float = 1.0
    away: tuple[float, float] = (0.0, 0.0)


class Flight(NamedTuple):
    """One request of a client, at one of its attempts."""

    node: int
    due: float
    retries: int = 0

    def again(self) -> Flight:
        return Flight(self.node, self.due, self.retries + 1)


class Simulation:
    """``run`` it once."""

    def __init__(
        self, policy: Policy, nodes: int, setting: Setting, seed: int, delays: Delays | None = None
    ) -> None:
        self.now = 0.0
        self._setting = setting
        self._policy = policy
        self._nodes = nodes
        self._random = Random(f"{seed} load")
        self._jitter = Random(f"{seed} jitter")
        self._upstream = Upstream(setting, Random(f"{seed} service"))
        self._events: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self._numbers = count()
        self._record = Record([], [], [])
        self._budgets: _Locals | _Cluster = (
            _Locals(self, policy, nodes)
            if policy.cluster is None
            else _Cluster(self, policy.cluster, nodes, delays or Delays(), Random(f"{seed} flush"))
        )

    def run(self) -> Record:
        self.at(self._random.expovariate(self._setting.rate), self._arrive)
        events = self._events
        while events:
            self.now, _, act, arguments = heapq.heappop(events)
            act(*arguments)
        return self._record

    def at(self, when: float, act: Callable[..., None], *arguments: Any) -> None:
        heapq.heappush(self._events, (when, next(self._numbers), act, arguments))

    @property
    def is_over(self) -> bool:
        """No new requests come; those on the way are still finished."""
        return self.now >= self._setting.duration_s

    def _arrive(self) -> None:
        if self.is_over:
            return
        self.at(self.now + self._random.expovariate(self._setting.rate), self._arrive)
        flight = Flight(self._random.randrange(self._nodes), self.now)
        self._budgets.attempted(flight.node)
        self._send(flight)

    def _send(self, flight: Flight) -> None:
        self._record.attempts.append(Attempt(self.now, flight.retries > 0))
        end, status = self._upstream.arrive(self.now)
        if end > self.now + self._setting.try_s:
            self.at(self.now + self._setting.try_s, self._failed, flight, TIMEOUT)
        elif status == FINE:
            self.at(end, self._succeeded, flight)
        else:
            self.at(end, self._failed, flight, status)

    def _succeeded(self, flight: Flight) -> None:
        self._budgets.succeeded(flight.node, flight.retries > 0)
        self._finish(flight, True)

    def _failed(self, flight: Flight, why: int) -> None:
        self._budgets.failed(flight.node)
        if flight.retries >= self._policy.retries:
            self._finish(flight, False)
        else:
            self._ask(flight, why, self.now + PATIENCE_S)

    def _ask(self, flight: Flight, why: int, until: float) -> None:
        """First the budget, then the backoff, as the edge does it; ``until``: how long the store is waited for."""
        cost = self._budgets.cost(why == TIMEOUT)
        if self._budgets.granted(flight.node, cost):
            self._record.grants.append(Grant(self.now, cost))
            self.at(self.now + self._backoff(flight.retries, why), self._send, flight.again())
        elif (answer_at := self._budgets.answer_at(flight.node, cost)) is not None and answer_at <= until:
            self.at(answer_at, self._ask, flight, why, until)
        else:
            self._finish(flight, False)

    def _backoff(self, retries: int, why: int) -> float:
        if not self._policy.backoff:
            return 0.0
        base, longest = OVERLOAD_BACKOFF_S if why == FULL else BACKOFF_S
        return self._jitter.random() * min(longest, base * float(2**retries))

    def _finish(self, flight: Flight, ok: bool) -> None:
        self._record.requests.append(Request(flight.due, self.now - flight.due, ok))


class _Locals:
    """Each node has a budget of its own."""

    def __init__(self, simulation: Simulation, policy: Policy, nodes: int) -> None:
        def clock() -> float:
            return simulation.now

        make = policy.local
        self._budgets: list[Local] = [make(clock, nodes) if make else Unlimited() for _ in range(nodes)]

    def attempted(self, node: int) -> None:
        self._budgets[node].attempted()

    def succeeded(self, node: int, retry: bool) -> None:
        self._budgets[node].succeeded(retry=retry)

    def failed(self, node: int) -> None:
        self._budgets[node].failed()

    def cost(self, timed_out: bool) -> int:  # noqa: ARG002
        return 1

    def granted(self, node: int, cost: int) -> bool:
        return self._budgets[node].granted(cost)

    def answer_at(self, node: int, cost: int) -> float | None:  # noqa: ARG002
        """When it is worth asking again; None: it is not."""
        return None


class _Cluster:
    """Weir: a holder on each node, and one ring that they ask over a wire that takes time."""

    def __init__(
        self, simulation: Simulation, budget: Cluster, nodes: int, delays: Delays, random: Random
    ) -> None:
        self._simulation = simulation
        self._delays = delays
        self._random = random
        self._timeout_cost = budget.timeout_cost
        self._ring = Ring(budget, nodes, since=-QUARANTINE_S)
        whole, rest = divmod(budget.cap - self._ring.from_store, nodes)
        self._holders = [Holder(budget, whole + (node < rest)) for node in range(nodes)]
        self._answers: dict[int, float] = {}
        for node in range(nodes):
            simulation.at(random.random() * delays.flush_s, self._flush, node)

    def attempted(self, node: int) -> None:
        self._holders[node].attempted()

    def succeeded(self, node: int, retry: bool) -> None:
        self._holders[node].succeeded(retry=retry)

    def failed(self, node: int) -> None: ...

    def cost(self, timed_out: bool) -> int:
        return self._timeout_cost if timed_out else 1

    def granted(self, node: int, cost: int) -> bool:
        return self._holders[node].spend(self._simulation.now, cost)

    def answer_at(self, node: int, cost: int) -> float | None:
        """Asks the store, unless that is useless or on its way."""
        call = self._holders[node].ask(self._simulation.now, cost)
        if call is not None:
            self._answers[node] = self._send(node, call)
        return self._answers[node] if self._holders[node].asking else None

    def _send(self, node: int, call: Call) -> float:
        """When the answer will be there."""
        there = self._simulation.now + self._delays.round_trip_s / 2
        self._simulation.at(there, self._at_store, node, call)
        return there + self._delays.round_trip_s / 2

    def _at_store(self, node: int, call: Call) -> None:
        now, (since, until) = self._simulation.now, self._delays.away
        away = since <= now < until
        reply = None if away else self._ring.call(now, node, call.earned, call.give_back, call.want)
        self._simulation.at(now + self._delays.round_trip_s / 2, self._answered, node, call, reply)

    def _answered(self, node: int, call: Call, reply: Any) -> None:
        self._holders[node].take(self._simulation.now, call, reply)

    def _flush(self, node: int) -> None:
        if self._simulation.is_over:
            return
        call = self._holders[node].flush(self._simulation.now)
        if call is not None:
            self._send(node, call)
        pause = self._delays.flush_s * (0.9 + 0.2 * self._random.random())
        self._simulation.at(self._simulation.now + pause, self._flush, node)
